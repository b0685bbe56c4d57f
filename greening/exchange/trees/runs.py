"""Runs kept in the database: a file opened, its convention and columns settled, imported under a lock."""

from __future__ import annotations

import json
import re
import uuid as uuid_module
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils import timezone

from greening import row_statistics
from greening.errors import BadInput, TownError
from greening.exchange import alone
from greening.exchange import source as source_module
from greening.exchange.trees import guess, plausible
from greening.exchange.trees.profile import Profile, profile, recognised
from greening.exchange.trees.read import Table
from greening.exchange.trees.report import Report
from greening.exchange.trees.run import Importer, Settings
from greening.models import Commune, ImportRun
from greening.models.base import new_uuid

PLACES = ({"lon", "lat"}, {"lat_lon"}, {"wkt"}, {"x", "y"})


@dataclass
class Plan:
    """What an import of this file would do with its columns; a person may change `mapping` first."""

    profile: Profile
    mapping: dict[str, str]
    why: dict[str, str] = field(default_factory=dict)
    source: str = ""
    notes: list[str] = field(default_factory=list)


def plan(
    table: Table,
    *,
    profile_name: str | None = None,
    told: Mapping[str, str] | None = None,
    source: str | None = None,
    file: str = "",
) -> Plan:
    """Settle convention, columns and units from the file's headers and first rows. Raises BadInput."""
    chosen = profile(profile_name) if profile_name else recognised(table.headers)
    sample = table.sample()
    rows = [cells for _line, cells, _shape in sample]
    found = guess.guesses(chosen, table.headers, rows, Commune.objects.the().geom.extent)
    mapping = {**guess.as_mapping(found)}
    for column, word in (told or {}).items():
        header = _header(table, column)
        # One column a word, but for texts that are joined: what was told goes before what was guessed.
        if word != "address":
            mapping = {c: w for c, w in mapping.items() if w != word or c in (told or {})}
        mapping[header] = word
    mapping = {column: word for column, word in mapping.items() if word and word != "-"}
    notes = list(table.notes)
    if not chosen.complete:
        right, more = plausible.units_of(table.headers, mapping, rows)
        confirmed = {_header(table, column) for column in told or {}}
        # A unit that a person confirmed stands; they are told all the same.
        mapping = {
            column: word if column in confirmed else right[column]
            for column, word in mapping.items()
        }
        notes += more
    has_shape = any(shape is not None for _line, _cells, shape in sample)
    if not has_shape and not any(words <= set(mapping.values()) for words in PLACES):
        raise BadInput(
            f"{table.name} has no columns that give a place: say which hold longitude and latitude with"
            ' --mapping "COLUMN=lon" --mapping "COLUMN=lat"'
            f" (it has {', '.join(table.headers)})."
        )
    name = source or chosen.source or without_dates(source_module.label(file or table.name))
    why = {each.column: each.why for each in found}
    return Plan(chosen, mapping, why, name[:200], notes)


def _header(table: Table, column: str) -> str:
    from greening.exchange.fields import folded

    if column in table.headers:
        return column
    found = next((header for header in table.headers if folded(header) == folded(column)), None)
    if found is None:
        raise BadInput(f"{table.name} has no column “{column}”: it has {', '.join(table.headers)}.")
    return found


def without_dates(label: str) -> str:
    """A file's label without the dates and numbers that change from one delivery to the next.

    >>> without_dates("20260301_issy_Arbres_Urbains"), without_dates("arbres-2025")
    ('issy_Arbres_Urbains', 'arbres')
    """
    return re.sub(r"[\W_]*\d{4,8}[\W_]*", "_", label).strip("_- ") or label


def mapping_told(given: Sequence[str]) -> dict[str, str]:
    """Columns → words, from a JSON file or `COLUMN=word` pairs (several separated by `;`). Raises BadInput."""
    told: dict[str, str] = {}
    for one in given:
        path = Path(one)
        if path.suffix == ".json" or ("=" not in one and path.exists()):
            try:
                loaded = json.loads(path.read_text("utf-8"))
            except (OSError, ValueError) as error:
                raise BadInput(f"The mapping {one} is not a JSON file: {error}.") from error
            if not isinstance(loaded, dict) or not all(isinstance(v, str) for v in loaded.values()):
                raise BadInput(
                    f'The mapping {one} must look like {{"CIRCONF": "girth_cm", "X": "lon"}}.'
                )
            told.update(loaded)
            continue
        for pair in one.split(";"):
            column, equals, word = pair.rpartition("=")
            if not (column and equals):
                raise BadInput(f"--mapping is a JSON file or COLUMN=word, not “{pair}”.")
            told[column.strip()] = word.strip()
    return told


def import_file(
    table: Table,
    settled: Plan,
    *,
    run: ImportRun | None = None,
    errors: Path | None = None,
    actor: Any = None,
    after_batch: Any = None,
    **options: Any,
) -> tuple[Report, Importer]:
    """Import under the source's lock, keeping `run` up to date; a dry run has none.

    Raises BadInput, with nothing of the run touched, where another process has it or where it is done already.
    """
    batch: uuid_module.UUID = run.uuid if run is not None else new_uuid()
    settings = Settings(
        settled.profile, settled.source, settled.mapping, batch, actor=actor, **options
    )

    def keep(report: Report) -> None:
        if run is not None:
            run.counts, run.seen_at = dict(report.counts), timezone.now()
            run.save(update_fields=["counts", "seen_at"])
        if after_batch:
            after_batch(report)

    with alone.with_run(run) if run is not None else nullcontext():
        if run is not None:
            _begin(run, settled, table, options)
        report = Report(errors)
        report.notes += settled.notes
        importer = Importer(settings, table, report, keep)
        try:
            with alone.with_source(settled.source):
                importer.run()
        except TownError as error:
            if run is not None:
                run.message = str(error)
                _finish(run, report, importer, ImportRun.State.FAILED)
            raise
        finally:
            report.close()
        if run is not None:
            _finish(run, report, importer, ImportRun.State.DONE)
    if run is not None:
        row_statistics.renew()
    return report, importer


def _begin(run: ImportRun, settled: Plan, table: Table, options: Mapping[str, Any]) -> None:
    """The run as it is now, in the hands of this process alone, becomes the one that goes on."""
    if not run._state.adding:
        run.refresh_from_db()
        if not run.can_go_on:
            raise BadInput(f"Import {run.pk} is {run.get_state_display()}: start another.")
    run.state, run.message, run.seen_at = ImportRun.State.RUNNING, "", timezone.now()
    run.profile, run.source = settled.profile.name, settled.source
    run.mapping, run.total = settled.mapping, table.total
    run.options = {name: bool(options.get(name)) for name in ("strict", "keep_missing")}
    run.save()


def _finish(run: ImportRun, report: Report, importer: Importer, state: ImportRun.State) -> None:
    run.state, run.finished_at = state, timezone.now()
    run.counts, run.report = dict(report.counts), report.as_json()
    if hasattr(importer, "namer"):
        run.report["species"] = [
            [text, outcome, count]
            for (text, outcome), count in importer.namer.open.most_common(200)
        ]
    run.save()
