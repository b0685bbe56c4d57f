"""The server's half of the daily balance: what of one phone is here, and what is plainly lacking."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from greening.models import Event, Photo, Unreadable

STATUSES = ("applied", "merged", "rejected", "conflict", "waiting")
#: Longest list of what is missing; a phone that lacks more has another problem.
MOST_MISSING = 1_000


def gaps(numbers: Iterable[int], most: int = MOST_MISSING) -> tuple[list[int], int]:
    """The numbers from 1 to the highest that are not there, at most so many, and how many there are in all.

    >>> gaps([1, 2, 5, 7])
    ([3, 4, 6], 3)
    """
    missing: list[int] = []
    count, expected = 0, 1
    for number in sorted(set(numbers)):
        if number > expected:
            count += number - expected
            room = most - len(missing)
            missing.extend(range(expected, min(number, expected + room)))
        expected = max(expected, number + 1)
    return missing, count


def balance_of(device: uuid_module.UUID, *, day: dt.date | None = None) -> dict[str, Any]:
    """Events and photos of a phone (those of one day of reception), and gaps in its numbering (always of all)."""
    rows = Event.objects.filter(device=str(device), source=Event.Source.PHONE, cause=None)
    strays = Unreadable.objects.filter(device__uuid=device)
    every = {*rows.values_list("sequence", flat=True), *strays.values_list("sequence", flat=True)}
    numbers = sorted(number for number in every if number is not None)
    missing, missing_count = gaps(numbers)
    if day is not None:
        start = timezone.make_aware(dt.datetime.combine(day, dt.time()))
        stop = timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time()))
        rows = rows.filter(server_time__gte=start, server_time__lt=stop)
        strays = strays.filter(received_at__gte=start, received_at__lt=stop)
    counted: Counter[str] = Counter()
    announced: set[str] = set()
    for status, photos in rows.values_list("status", "photos"):
        counted[status] += 1
        announced.update(photos)
    counted["rejected"] += strays.count()
    here, refused = photos_here(announced)
    absent = sorted(announced - here - refused)
    return {
        "device": str(device),
        "events": {"total": counted.total(), **{name: counted[name] for name in STATUSES}},
        "sequences": {
            "highest": numbers[-1] if numbers else 0,
            "received": len(numbers),
            "missing": missing,
            "missing_count": missing_count,
        },
        "photos": {
            "announced": len(announced),
            "received": len(here),
            "refused": len(refused),
            "missing": absent[:MOST_MISSING],
            "missing_count": len(absent),
        },
        "as_of": timezone.now().isoformat(),
    }


def photos_here(hashes: Iterable[str]) -> tuple[set[str], set[str]]:
    """Of these photos, those stored and those refused."""
    stored: set[str] = set()
    refused: set[str] = set()
    wanted = sorted(hashes)
    for start in range(0, len(wanted), 500):  # SQLite counts a statement's parameters
        rows = Photo.objects.filter(sha256__in=wanted[start : start + 500])
        for sha256, code in rows.values_list("sha256", "code"):
            (refused if code else stored).add(sha256)
    return stored, refused
