"""manage.py run_due: scheduled work that is due, each piece once, and the mail that waits; for cron, or by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandError, CommandParser

from greening import due
from greening.command import TownCommand
from greening.errors import BadInput
from greening.notices.outbox import Swept, sweep
from greening.notices.queue import watch, work_off


class Command(TownCommand):
    help = (
        "Does the scheduled work that is due (care tasks from the rules, and what the upper floors add), each piece "
        "once in its period, however often and wherever it is run; then the tasks that wait in the queue, and mail "
        "that lost its worker. For cron: 5 * * * * manage.py run_due. With --watch it stays and needs no cron."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--day", metavar="YYYY-MM-DD", help="as if it were this day (default: today)"
        )
        parser.add_argument("--list", action="store_true", help="say what is due and do nothing")
        parser.add_argument(
            "--watch",
            action="store_true",
            help="stay, work off the queue as it fills, and look each minute for what is due",
        )
        parser.add_argument(
            "--beside",
            type=int,
            metavar="PID",
            help="with --watch: end when this process ends (the server it was started with)",
        )

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
        if options["watch"]:
            if day is not None:
                raise BadInput("--watch follows the clock: leave --day out.")
            watch(self._once, beside=options["beside"])
            return
        failed = self._once(day)
        if failed:
            raise CommandError(f"Not done, and due again: {'; '.join(failed)}")

    def _once(self, day: dt.date | None = None) -> list[str]:
        """Everything due, then the queue; answers what failed."""
        failed = []
        for done in due.run(day):
            if done.failed:
                failed.append(f"{done.name}: {done.sentence}")
            else:
                self.stdout.write(f"{done.name}: {done.sentence}")
        work_off()
        swept = sweep(late_by=dt.timedelta())
        if swept != Swept():
            self.stdout.write(f"mail: {swept}")
        return failed
