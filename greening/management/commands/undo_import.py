"""`manage.py undo_import RUN`: takes an import back through the door; what somebody changed since stays."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import translation

from greening.command import TownCommand
from greening.errors import BadInput
from greening.models import ImportRun
from greening.undo import undo_import


class Command(TownCommand):
    help = "Takes an import back: what it made is archived, what it changed is given back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, help="number of the import, as import_trees prints it")

    def handle(self, *args: Any, **options: Any) -> None:
        run = ImportRun.objects.filter(pk=options["run"]).first()
        if run is None:
            raise BadInput(f"There is no import {options['run']}.")
        with translation.override("en"):
            undone = undo_import(run)
        for kind, number, sentence in undone.kept[:20]:
            self.stderr.write(f"{kind} {number}: {sentence} [kept]", self.style.NOTICE)
        counts = undone.counts
        self.stdout.write(
            f"Import {run.pk} taken back: {counts['archived']} archived, {counts['restored']} given back,"
            f" {counts['kept']} left for a person."
        )
