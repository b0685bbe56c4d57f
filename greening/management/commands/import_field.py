"""`manage.py import_field FILE`: takes in a phone's emergency export; twice is the same as once."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.utils import translation

from greening.accounts.people import person
from greening.command import TownCommand
from greening.errors import BadInput
from greening.field.export import take_in
from greening.roles import SETTLERS, holds


class Command(TownCommand):
    help = "Takes in the emergency export of a field phone: its captures and its photos."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the zip that the phone made")
        parser.add_argument(
            "--by",
            metavar="EMAIL",
            help="the lead who hands it in (the phone's last user where absent)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise BadInput(f"There is no file {path}.")
        by = person(options["by"]) if options["by"] else None
        if by is not None and not holds(by, *SETTLERS):
            raise BadInput(f"{options['by']} is neither a crew lead nor a planner.")
        with translation.override("en"):
            taken = take_in(
                path,
                by=by,
                progress=lambda items: self.progress(items, label="photos", unit="photo"),
            )
        counts = Counter(verdict["status"] for verdict in taken["verdicts"])
        stored = sum(photo["stored"] for photo in taken["photos"])
        for verdict in taken["verdicts"]:
            if verdict["status"] in ("rejected", "conflict", "waiting"):
                line = f"{verdict['uuid']}: {verdict['status']}: {verdict['message']}"
                self.stderr.write(line, self.style.NOTICE)
        for photo in taken["photos"]:
            if not photo["stored"]:
                self.stderr.write(f"{photo['sha256']}: {photo['message']}", self.style.NOTICE)
        said = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "none"
        self.stdout.write(f"Captures: {said}. Photos: {stored} of {len(taken['photos'])} here.")
