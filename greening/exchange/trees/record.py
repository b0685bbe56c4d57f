"""One row of a file as our fields: read cell by cell, each doubt told, only a row without identity or place refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from greening.errors import BadInput
from greening.exchange.fields import folded
from greening.exchange.trees import cells
from greening.exchange.trees.cells import Doubt
from greening.exchange.trees.profile import Profile
from greening.exchange.trees.targets import Target, state_of_stage, target

#: Doubts of these codes were mended; the row says what was made of it.
CORRECTED = frozenset({"swapped", "girth_not_diameter", "unit_corrected", "lambert"})


@dataclass(frozen=True, slots=True)
class Told:
    """One thing told about a row: `verdict` is refused, corrected or to check."""

    line: int
    verdict: str
    code: str
    column: str
    sentence: str
    source_id: str = ""


@dataclass(slots=True)
class Record:
    """The values of one row by the model they go to; empty cells are absent."""

    line: int
    source_id: str = ""
    lon: float | None = None
    lat: float | None = None
    place: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    tree: dict[str, Any] = field(default_factory=dict)
    site: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def tell(self, code: str, sentence: str, column: str = "", verdict: str = "") -> None:
        verdict = verdict or ("corrected" if code in CORRECTED else "to check")
        self.told.append(Told(self.line, verdict, code, column, sentence, self.source_id))


class Refused(Exception):
    """The row cannot land."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.sentence)
        self.told = told


@dataclass(frozen=True)
class Reader:
    """A mapping made ready: which cell fills what."""

    profile: Profile
    headers: tuple[str, ...]
    columns: tuple[tuple[int, Target], ...]
    empties: tuple[tuple[str, str, Any], ...] = ()  # what empty cells of our own files mean

    @classmethod
    def of(cls, profile: Profile, headers: Sequence[str], mapping: Mapping[str, str]) -> Reader:
        """Raises BadInput for words and columns that do not exist."""
        by_folded = {folded(header): header for header in reversed(headers)}
        columns: list[tuple[int, Target]] = []
        for column, word in mapping.items():
            if not word:
                continue
            aim = target(word) or profile_target(word)
            if aim is None:
                raise BadInput(
                    f"There is nothing called “{word}” to fill; see `import_trees --help`."
                )
            header = column if column in headers else by_folded.get(folded(column))
            if header is None:
                raise BadInput(f"The file has no column “{column}”: it has {', '.join(headers)}.")
            columns.append((list(headers).index(header), aim))
        columns.sort(key=lambda each: each[0])
        empties = empties_of([aim for _index, aim in columns]) if profile.complete else ()
        return cls(profile, tuple(headers), tuple(columns), empties)

    def read(self, line: int, row: Sequence[Any], shape: Any = None) -> Record:
        """The record of one row. Raises Refused for a bad identifier; places are decided by `place.py`."""
        record = Record(line)
        if shape is not None:
            record.place["shape"] = shape
        for index, aim in self.columns:
            cell = row[index] if index < len(row) else None
            if cells.is_empty(cell):
                continue
            try:
                if aim.part == "id" and self.profile.integer_ids:
                    value: Any = str(cells.whole(cell))
                else:
                    value = aim.read(cell)
            except Doubt as doubt:
                if aim.part == "id":
                    raise Refused(
                        Told(line, "refused", doubt.code, self.headers[index], doubt.sentence)
                    ) from None
                sentence = _("%(column)s: %(why)s; left empty.") % {
                    "column": self.headers[index],
                    "why": doubt.sentence,
                }
                record.tell(doubt.code, sentence, self.headers[index])
                continue
            if value is None:
                continue
            self._put(record, aim, value, cell)
        for part, key, empty in self.empties:
            getattr(record, part).setdefault(key, empty)
        for told in record.told:
            if not told.source_id:
                object.__setattr__(told, "source_id", record.source_id)
        stage = record.details.get("stage")
        if stage and "state" not in record.tree and (state := state_of_stage(stage)):
            record.own["stage_state"] = state
        if self.profile.refine:
            self.profile.refine(record)
        return record

    @staticmethod
    def _put(record: Record, aim: Target, value: Any, cell: Any) -> None:
        part = aim.part
        if part == "id":
            if not record.source_id:
                record.source_id = value
            return
        if part == "place" and aim.key in ("lon", "lat") and isinstance(cell, str | float):
            record.place.setdefault("written", []).append(str(cell).strip())
        values: dict[str, Any] = getattr(record, part)
        key = aim.key
        if key.endswith(":diameter"):
            key = key.partition(":")[0]
            if key in values:
                return  # a girth was measured; the diameter is worked out from it, or less exact
            record.own["diameter"] = True
        elif key == "girth_m":
            record.own.pop("diameter", None)
            values[key] = value
            return
        if aim.joins and key in values:
            room = 200 - len(values[key]) - 1
            if value not in values[key] and len(value) <= room:
                values[key] = f"{values[key]} {value}"
        elif key not in values:
            values[key] = value


def empties_of(aims: Sequence[Target]) -> tuple[tuple[str, str, Any], ...]:
    """(part, key, value) that an empty cell of these columns stands for."""
    from greening.exchange.trees.profiles.own import empty_of

    fields = [(aim.part, aim.key, empty_of(aim)) for aim in aims if aim.part in ("tree", "site")]
    links = [("own", aim.key, None) for aim in aims if aim.part == "own"]
    return (
        *fields,
        *[link for link in links if link[1] not in ("uuid", "site_uuid", "site_lon", "site_lat")],
    )


def profile_target(word: str) -> Target | None:
    """Words that only our own files use."""
    from greening.exchange.trees.profiles.own import OWN

    return OWN.get(word)
