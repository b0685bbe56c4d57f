"""Scheduled work that is due, each piece once: what `run_due` asks cron to do, whoever else runs it meanwhile.

A piece has a period of days; it is due while the newest period it was done in lies behind. One process at a time
works here (a lock of the database on PostGIS, where several machines may share it, and of a file in DATA_DIR); what
was done is marked in the database, once the piece succeeded, so one that failed or was killed is due again. Each
piece must bear that: it is run again from its start, and what it did before must not be done twice (the door of
events and the keys of notices see to that, and `whole` work is taken back whole with its mark).
"""

from __future__ import annotations

import datetime as dt
import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from greening.errors import TownError
from greening.models.notice import DueMark

#: The advisory lock's number on PostGIS: any, but ours ("due" in ASCII).
LOCK_NUMBER = 0x647565
EPOCH = dt.date(1970, 1, 1)
#: Missed periods that are caught up at most, the newest ones: a town that slept for a year is not told of each day.
MOST_CAUGHT_UP = 60


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of scheduled work: done once in each period of `every_days`, counted from 1 January 1970 in the town.

    `run` does it for a day and says in a sentence what it did. Work that looks at the town as it is today is run
    once, however many nights were missed. Work that belongs to each day (`catches_up`) is run for each missed
    period, the oldest first, and each is marked as it ends. `whole` work writes to the database only: its mark is
    committed with it, so that a kill at any instant leaves both or neither.
    """

    name: str
    run: Callable[[dt.date], str]
    every_days: int = 1
    catches_up: bool = False
    whole: bool = False

    def period(self, day: dt.date) -> dt.date:
        """The first day of the period that `day` lies in.

        >>> Work("water", str, every_days=7).period(dt.date(2026, 11, 23))
        datetime.date(2026, 11, 19)
        """
        return day - dt.timedelta(days=(day - EPOCH).days % self.every_days)

    def days_due(self, day: dt.date, mark: dt.date | None) -> list[dt.date]:
        """The days to run it for, when it was last done in the period that began at `mark`.

        >>> work = Work("news", str, catches_up=True)
        >>> [each.day for each in work.days_due(dt.date(2026, 11, 23), dt.date(2026, 11, 20))]
        [21, 22, 23]
        >>> work.days_due(dt.date(2026, 11, 23), dt.date(2026, 11, 23))
        []
        """
        now = self.period(day)
        if mark is not None and mark > max(now, timezone.localdate() + dt.timedelta(days=1)):
            mark = None  # a rehearsal for a day that has not come
        if mark is not None and mark >= now:
            return []
        if mark is None or not self.catches_up:
            return [day]
        missed = min((now - mark).days // self.every_days, MOST_CAUGHT_UP) - 1
        step = dt.timedelta(days=self.every_days)
        return [*(now - step * back for back in range(missed, 0, -1)), day]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a piece: the sentence it said, or why it failed; it is due again then."""

    name: str
    sentence: str
    failed: bool = False


_works: dict[str, Work] = {}


def register(*works: Work) -> None:
    """Make scheduled work known; called from the `apps.py` of the app that owns it."""
    for work in works:
        if work.every_days < 1:
            raise TownError(
                f"{work.name} is done every {work.every_days} days: at least one is needed."
            )
        _works[work.name] = work


def works() -> list[Work]:
    return list(_works.values())


def due(day: dt.date | None = None) -> list[Work]:
    """Work whose period is not marked as done yet."""
    on = day or timezone.localdate()
    marks = _marks()
    return [work for work in _works.values() if work.days_due(on, marks.get(work.name))]


def run(day: dt.date | None = None) -> Iterator[Done]:
    """Do what is due, piece by piece, telling each as it ends; waits for another process that is at it."""
    on = day or timezone.localdate()
    with only_one():
        marks = _marks()
        for work in list(_works.values()):
            for each in work.days_due(on, marks.get(work.name)):
                try:
                    with transaction.atomic() if work.whole else nullcontext():
                        sentence = work.run(each)
                        _mark(work, each)
                except Exception as error:  # noqa: BLE001 — one piece's failure must not keep the others from being done
                    yield Done(work.name, f"{type(error).__name__}: {error}", failed=True)
                    break  # days that belong to each other are done in their order
                yield Done(work.name, sentence if each == on else f"{each}: {sentence}")


@contextmanager
def only_one() -> Iterator[None]:
    """Waits until no other process, on this machine or on another with this database, is in here."""
    folder = _folder()
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_NUMBER])


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "due"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _marks() -> dict[str, dt.date]:
    """The newest period done, by work."""
    return dict(DueMark.objects.values_list("name", "period"))


def _mark(work: Work, day: dt.date) -> None:
    DueMark.objects.update_or_create(
        name=work.name, defaults={"period": work.period(day), "done_at": timezone.now()}
    )


# --- the ground's own -------------------------------------------------------------------------------
def care_tasks(day: dt.date) -> str:
    """Lay out care from the rules; the rules' identifiers make a second run add nothing."""
    from greening.care_schedule import generate

    done = generate(day)
    said = f"{done.trees} trees looked at, {done.created} tasks made, {done.withdrawn} withdrawn"
    return f"{said}, {len(done.refused)} refused ({done.refused[0]})" if done.refused else said


def waiting_changes(day: dt.date) -> str:
    """Look again at changes that wait for another: what it was may have come while nobody looked."""
    from greening.events.door import decide_again
    from greening.models import Event

    return f"{decide_again(Event.objects.filter(status=Event.Status.WAITING))} wait no more"


def declare() -> None:
    """Register the ground's own scheduled work."""
    from greening.row_statistics import nightly

    register(
        Work("care tasks", care_tasks),
        Work("row statistics", nightly),
        Work("waiting changes", waiting_changes),
    )
