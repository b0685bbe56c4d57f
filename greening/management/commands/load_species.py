"""`manage.py load_species`: the reference of urban species into the town, as often as one likes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from greening.command import TownCommand
from greening.species.load import load_species

#: More lines than this of one sort are counted, not listed.
_LISTED = 20


class Command(TownCommand):
    help = (
        "Loads the reference of urban species common in Île-de-France. What the town changed is kept; running it "
        "again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--merge-synonyms",
            action="store_true",
            help="merge the town's own records of a reference species under another name into it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        done = load_species(merge_synonyms=options["merge_synonyms"])
        self.stdout.write(
            f"Species: {done.created} created, {done.updated} updated, {done.unchanged} unchanged."
        )
        self._list("kept as the town has it", [f"{row}: {column}" for row, column in done.kept])
        self._list("merged", [f"{row} → {into}" for row, into in done.merged])
        self._list(
            "to merge (--merge-synonyms does it)",
            [f"{row} → {into}" for row, into in done.to_merge],
        )

    def _list(self, title: str, lines: list[str]) -> None:
        for line in lines[:_LISTED]:
            self.stdout.write(f"  {title}: {line}")
        if len(lines) > _LISTED:
            self.stdout.write(f"  {title}: {len(lines) - _LISTED} more")
