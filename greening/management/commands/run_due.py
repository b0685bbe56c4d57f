"""manage.py run_due: scheduled work that is due, each piece once, for cron."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandError, CommandParser

from greening import due
from greening.command import TownCommand
from greening.errors import BadInput


class Command(TownCommand):
    help = (
        "Does the scheduled work that is due (care tasks from the rules, and what the upper floors add), each piece "
        "once in its period, however often and wherever it is run. For cron: 5 * * * * manage.py run_due"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--day", metavar="YYYY-MM-DD", help="as if it were this day (default: today)"
        )
        parser.add_argument("--list", action="store_true", help="say what is due and do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        day = None
        if options["day"]:
            try:
                day = dt.date.fromisoformat(options["day"])
            except ValueError:
                raise BadInput(f"{options['day']} is not a day: write it as 2026-11-23.") from None
        if options["list"]:
            for work in due.due(day):
                self.stdout.write(work.name)
            return
        failed = []
        for done in due.run(day):
            if done.failed:
                failed.append(f"{done.name}: {done.sentence}")
            else:
                self.stdout.write(f"{done.name}: {done.sentence}")
        if failed:
            raise CommandError(f"Not done, and due again: {'; '.join(failed)}")
