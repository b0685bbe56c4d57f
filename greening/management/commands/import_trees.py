"""`manage.py import_trees FILE`: trees of any inventory through the only door, bad rows told, good ones in."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import translation
from tqdm import tqdm

from greening.command import TownCommand
from greening.errors import BadInput
from greening.exchange.trees import read, runs
from greening.exchange.trees.profile import profiles
from greening.exchange.trees.record import Told
from greening.exchange.trees.report import Report
from greening.exchange.trees.targets import TARGETS
from greening.models import Commune, ImportRun


class Command(TownCommand):
    help = "Imports trees: schema-arbre, Paris, Hauts-de-Seine, OpenStreetMap, our own files, or any table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ", ".join(each.name for each in profiles())
        parser.add_argument(
            "file",
            help="CSV, GeoJSON, GeoPackage, Shapefile (also .zip, .gz), or an http(s) address",
        )
        parser.add_argument("--profile", help=f"its convention (default: recognised): {names}")
        parser.add_argument(
            "--mapping",
            action="append",
            default=[],
            metavar="COLUMN=WORD",
            help="what a column is, over the guesses; or a JSON file of them; - ignores a column. Words: "
            + ", ".join(TARGETS)
            + ", details.ANYTHING",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report everything, write nothing"
        )
        parser.add_argument(
            "--strict", action="store_true", help="refuse trees that stand outside the commune"
        )
        parser.add_argument(
            "--errors", metavar="FILE", help="write every refused or doubtful row to a CSV file"
        )
        parser.add_argument(
            "--source",
            help="whose trees these are: with their identifiers it makes a second import update the first",
        )
        parser.add_argument(
            "--keep-missing",
            action="store_true",
            help="the file is a part: archive nothing that it does not have",
        )
        parser.add_argument(
            "--own-numbers",
            action="store_true",
            help="the file's identifiers are this town's own numbers (a schema-arbre file that export_trees wrote)",
        )
        parser.add_argument("--layer", help="layer (or file of a zip), where there are several")
        parser.add_argument("--language", default="en", help="language of the report (default: en)")
        parser.add_argument(
            "--run", type=int, help="go on with an import that was prepared in the browser"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["language"]):
            self.run_import(**options)

    def run_import(self, **options: Any) -> None:
        Commune.objects.the()
        run = None
        if options["run"]:
            run = ImportRun.objects.filter(pk=options["run"]).first()
            if run is None:
                raise BadInput(f"There is no import {options['run']}.")
        with read.opened(options["file"], layer=options["layer"]) as table:
            told = runs.mapping_told(options["mapping"])
            plan = runs.plan(
                table,
                profile_name=options["profile"],
                told=told,
                source=options["source"],
                file=options["file"],
            )
            self.tell_plan(
                plan, [name for name in table.headers if name not in {**told, **plan.mapping}]
            )
            if run is None and not options["dry_run"]:
                run = ImportRun(file_name=Path(options["file"]).name[:200])
            bar = tqdm(
                total=table.total, desc="trees", unit="row", disable=not self.stderr.isatty()
            )
            errors = Path(options["errors"]) if options["errors"] else None
            report, importer = runs.import_file(
                table,
                plan,
                run=run,
                errors=errors or (run.errors_file if run is not None and options["run"] else None),
                actor=run.actor if run is not None else None,
                after_batch=lambda report: bar.update(report.counts["read"] - bar.n),
                strict=options["strict"],
                dry_run=options["dry_run"],
                keep_missing=options["keep_missing"],
                own_numbers=options["own_numbers"],
            )
            bar.close()
        self.tell(report, importer, run, options["errors"])

    def tell_plan(self, plan: runs.Plan, left: list[str]) -> None:
        """How the file is read, and which of its columns nobody reads."""
        columns = ", ".join(f"{column} → {word}" for column, word in plan.mapping.items())
        self.stderr.write(
            f"Read as {plan.profile.name}, source “{plan.source}”: {columns}.", self.style.NOTICE
        )
        if left:
            self.stderr.write(
                f'Not read: {", ".join(left)} (say what one is with --mapping "{left[0]}=WORD", '
                f'that it is nothing with "{left[0]}=-").'
            )

    def tell(
        self, report: Report, importer: Any, run: ImportRun | None, errors: str | None
    ) -> None:
        for (verdict, code), count in report.codes.most_common():
            first = report.first[verdict, code]
            for one in first:
                self.stderr.write(_line(one), self.style.NOTICE)
            if count > len(first):
                where = f"{errors} has all" if errors else "--errors FILE lists all"
                self.stderr.write(
                    f"… {count} rows “{code}” [{verdict}]: {where}.", self.style.NOTICE
                )
        if importer.namer.open:
            names = ", ".join(
                f"{text} ({n})" for (text, _o), n in importer.namer.open.most_common(8)
            )
            self.stderr.write(
                f"{len(importer.namer.open)} names to settle under /programme/import/species/: {names}…",
                self.style.NOTICE,
            )
        for note in report.notes:
            self.stderr.write(f"note: {note}", self.style.NOTICE)
        counts = report.counts
        parts = [
            f"{counts['created']} new",
            f"{counts['updated']} updated",
            f"{counts['unchanged']} unchanged",
        ]
        for key, word in (
            ("restored", "back again"),
            ("archived", "archived (gone from the file)"),
            ("held", "gone from the file but held"),
            ("conflicts", "kept for a person"),
        ):
            if counts[key]:
                parts.append(f"{counts[key]} {word}")
        parts.append(f"{counts['refused']} refused")
        landed = sum(counts[key] for key in ("created", "updated", "unchanged", "restored"))
        end = " (dry run: nothing was written)" if run is None else f"; import {run.pk}"
        noun = "tree" if landed == 1 else "trees"
        self.stdout.write(
            f"{landed} {noun} landed of {counts['read']} rows: {', '.join(parts)}{end}."
        )


def _line(told: Told) -> str:
    where = f"line {told.line}" if told.line else "gone"
    return f"{where}: {told.sentence.rstrip('.')} [{told.verdict}]"
