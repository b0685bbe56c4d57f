"""What all imports of vector files share: reading, mapping, one transaction, and a report that names rows."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import transaction

from greening.command import TownCommand
from greening.errors import BadInput
from greening.exchange import source
from greening.exchange.fields import Field, RowProblem, matched, told_by, values
from greening.exchange.landing import Candidate, Report
from greening.exchange.shapes import Territory, sorted_by_place
from greening.exchange.vector import Row, VectorFile, read
from greening.models import Commune

#: Problems listed at the terminal; --errors FILE has them all.
LISTED = 20


class ImportCommand(TownCommand):
    """Reads a vector file, makes a candidate of each row and lands them all in one transaction.

    A command names its `noun` and `fields`, and writes `candidate` and `land`.
    """

    noun = "row"
    nouns = "rows"
    fields: tuple[Field, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            help="GeoJSON, GeoPackage, Shapefile, CSV (also .zip, .gz): a path or an http(s) address",
        )
        parser.add_argument(
            "--mapping",
            metavar="FILE",
            help='JSON file that maps our fields to columns: {"name": "NOM"}',
        )
        names = ", ".join(field.name for field in self.fields)
        parser.add_argument(
            "--field",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"where one field is found, over --mapping and the guesses; fields: {names}",
        )
        parser.add_argument(
            "--layer", help="layer (or file of a zip) to read, where there are several"
        )
        parser.add_argument(
            "--srid",
            type=int,
            help="EPSG code of the coordinates, where the file names none or a wrong one",
        )
        parser.add_argument(
            "--swap", action="store_true", help="the file has latitude before longitude"
        )
        parser.add_argument("--source", help="where the data come from (default: the file's name)")
        parser.add_argument(
            "--dry-run", action="store_true", help="report everything, write nothing"
        )
        parser.add_argument(
            "--strict", action="store_true", help="one refused row refuses the whole file"
        )
        parser.add_argument(
            "--errors", metavar="FILE", help="write refused and doubtful rows to a CSV file"
        )
        parser.add_argument(
            "--max-mb",
            type=int,
            default=source.MAX_BYTES // 1_000_000,
            help="largest file accepted, unpacked (default: %(default)s)",
        )

    # --- What a command writes --------------------------------------------------------------------

    def prepare(self, **options: Any) -> None:
        """Called once before the rows, with all options."""

    def candidate(self, row: Row, found: dict[str, Any]) -> Candidate:
        """The row ready to land, from its `found` values. Raises RowProblem."""
        raise NotImplementedError

    def land(self, candidates: list[Candidate]) -> None:
        """Write the candidates; called inside the transaction."""
        raise NotImplementedError

    # --- The way of every import ------------------------------------------------------------------

    def handle(self, *args: Any, **options: Any) -> None:
        commune = Commune.objects.the()
        self.territory = Territory.of(commune)
        self.report = Report()
        self.source: str = options["source"] or source.label(options["file"])
        self.prepare(**options)
        try:
            with source.opened(options["file"], max_bytes=options["max_mb"] * 1_000_000) as paths:
                file = read(
                    paths, layer=options["layer"], srid=options["srid"], swap=options["swap"]
                )
        except source.TooLarge as error:
            raise BadInput(f"{str(error).removesuffix('.')}, or raise --max-mb.") from error
        if commune.synthetic:
            self.report.notes.append(
                f"{commune.name} is the demonstration town: real and made-up data now mix."
            )
        self.report.notes += file.notes
        candidates = self.candidates(file, told_by(options["mapping"], options["field"]))
        with transaction.atomic():
            self.land(candidates)
            refused_all = options["strict"] and self.report.refused
            if options["dry_run"] or refused_all:
                transaction.set_rollback(True)
        self.tell(options["errors"], dry_run=options["dry_run"], kept=not refused_all)
        if refused_all:
            raise BadInput(
                f"Nothing was kept: {len(self.report.refused)} of {len(file.rows)} rows were refused, and --strict"
                " was given."
            )
        if not self.report.landed:
            raise BadInput(
                f"Nothing landed: all {len(self.report.refused)} rows in the commune were refused."
            )

    def candidates(self, file: VectorFile, told: dict[str, str]) -> list[Candidate]:
        mapping = matched(self.fields, file.attributes, told=told, file=file.name)
        outside, swapped = sorted_by_place(file, self.territory)
        self.report.outside = len(outside)
        ready = []
        for row in self.progress(file.rows, label=self.nouns, unit="row"):
            if row.number in outside:
                continue
            try:
                if row.number in swapped:
                    raise RowProblem("has longitude and latitude swapped")
                ready.append(self.candidate(row, values(self.fields, mapping, row.attributes)))
            except RowProblem as problem:
                self.report.refuse(row.number, str(problem))
        return ready

    def tell(self, errors_file: str | None, *, dry_run: bool, kept: bool) -> None:
        report = self.report
        for title, entries in (("refused", report.refused), ("to check", report.warnings)):
            entries.sort()
            for row, sentence in entries[:LISTED]:
                self.stderr.write(f"row {row} {sentence} [{title}]", self.style.NOTICE)
            if len(entries) > LISTED:
                self.stderr.write(
                    f"… and {len(entries) - LISTED} more rows {title}: --errors FILE lists all.",
                    self.style.NOTICE,
                )
        for note in report.notes:
            self.stderr.write(f"note: {note}", self.style.NOTICE)
        if errors_file is not None:
            with Path(errors_file).open("w", newline="", encoding="utf-8") as handle:
                writer = csv.writer(handle)
                writer.writerow(["row", "verdict", "reason"])
                writer.writerows([row, "refused", reason] for row, reason in report.refused)
                writer.writerows([row, "to check", reason] for row, reason in report.warnings)
        parts = [
            f"{report.created} new",
            f"{report.updated} updated",
            f"{report.unchanged} unchanged",
            *([f"{report.removed} removed"] if report.removed else []),
            *([f"{report.outside} outside the commune"] if report.outside else []),
            f"{len(report.refused)} refused",
        ]
        how = (
            ""
            if kept and not dry_run
            else " (dry run: nothing was written)"
            if dry_run
            else " (nothing was kept)"
        )
        noun = self.noun if report.landed == 1 else self.nouns
        self.stdout.write(f"{report.landed} {noun} landed: {', '.join(parts)}{how}.")
