"""Scheduled work that is due, each piece once: what `run_due` asks cron to do, whoever else runs it meanwhile.

A piece has a period of days; it is due when its period's key was not marked as done. One process at a time works
here (a lock of the database on PostGIS, where several machines may share it, and of a file in DATA_DIR); a piece
is marked once it succeeded, so one that failed or was killed is due again. Each piece must bear that: it is run
again from its start, and what it did before must not be done twice (the door of events sees to that).
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from greening.errors import TownError

#: The advisory lock's number on PostGIS: any, but ours ("due" in ASCII).
LOCK_NUMBER = 0x647565


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of scheduled work: done once in each period of `every_days`, counted from 1 January 1970 in the town.

    `run` does it for a day and says in a sentence what it did.
    """

    name: str
    run: Callable[[dt.date], str]
    every_days: int = 1

    def key(self, day: dt.date) -> str:
        """The first day of the period that `day` lies in.

        >>> Work("water", str, every_days=7).key(dt.date(2026, 11, 23))
        '2026-11-19'
        """
        since = (day - dt.date(1970, 1, 1)).days
        start = day - dt.timedelta(days=since % self.every_days)
        return start.isoformat()


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
    return [work for work in _works.values() if marks.get(work.name) != work.key(on)]


def run(day: dt.date | None = None) -> Iterator[Done]:
    """Do what is due, piece by piece, telling each as it ends; waits for another process that is at it."""
    on = day or timezone.localdate()
    with only_one():
        for work in due(on):
            try:
                sentence = work.run(on)
            except Exception as error:  # noqa: BLE001 — one piece's failure must not keep the others from being done
                yield Done(work.name, f"{type(error).__name__}: {error}", failed=True)
                continue
            _mark(work.name, work.key(on))
            yield Done(work.name, sentence)


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


def _marks() -> dict[str, Any]:
    """The newest period done, by work; a file that cannot be read counts as nothing done."""
    try:
        marks = json.loads((_folder() / "done.json").read_text())
    except (OSError, ValueError):
        return {}
    return marks if isinstance(marks, dict) else {}


def _mark(name: str, key: str) -> None:
    path = _folder() / "done.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({**_marks(), name: key}, indent=1, sort_keys=True))
    fresh.replace(path)  # whole or not at all


# --- the ground's own -------------------------------------------------------------------------------
def care_tasks(day: dt.date) -> str:
    """Lay out care from the rules; the rules' identifiers make a second run add nothing."""
    from greening.care_schedule import generate

    done = generate(day)
    said = f"{done.trees} trees looked at, {done.created} tasks made, {done.withdrawn} withdrawn"
    return f"{said}, {len(done.refused)} refused ({done.refused[0]})" if done.refused else said


def declare() -> None:
    """Register the ground's own scheduled work."""
    from greening.row_statistics import nightly

    register(Work("care tasks", care_tasks), Work("row statistics", nightly))
