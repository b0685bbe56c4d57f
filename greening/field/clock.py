"""Phones whose clock is wrong: dates are moved by what the clock was off, and sent again they stay the same event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from greening.field.reading import read_time

#: Below half a day the phone's day may be right all the same: time zones, a slow clock. Beyond, it is wrong.
TOLERATED = dt.timedelta(hours=12)
#: Days that a capture sets to its own day.
DAYS = (
    "planted_on",
    "ended_on",
    "measured_on",
    "done_on",
    "due_from",
    "due_until",
    "checked_on",
    "noted_on",
    "inspected_on",
    "seen_on",
)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A capture's time as the server reckons it, and its patch with the days that go with it."""

    time: dt.datetime | None
    patch: dict[str, Any]
    moved: bool


def skew(sent_at: dt.datetime | None, now: dt.datetime) -> dt.timedelta:
    """What must be added to the phone's times; nothing while the clock is about right.

    >>> skew(dt.datetime(2027, 11, 23, tzinfo=dt.UTC), dt.datetime(2026, 11, 23, tzinfo=dt.UTC)).days
    -365
    """
    if sent_at is None or abs(now - sent_at) <= TOLERATED:
        return dt.timedelta(0)
    return now - sent_at


def skew_at_export(exported_at: Any, ahead_ms: Any, now: dt.datetime) -> dt.timedelta:
    """What must be added to the times of an export: by what its phone, when it last heard the server, was ahead of it.

    How long the file lay about says nothing of its clock. Nothing where the phone never heard the server, or where
    the file would then be from the future: the clock was put right after it was measured.

    >>> now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    >>> skew_at_export("2025-11-20T08:00:00Z", -365 * 86_400_000, now).days
    365
    >>> skew_at_export("2026-11-20T08:00:00Z", -365 * 86_400_000, now).days
    0
    """
    read = read_time(exported_at)
    if read is None or isinstance(ahead_ms, bool) or not isinstance(ahead_ms, int | float):
        return dt.timedelta(0)
    try:
        true = read - dt.timedelta(milliseconds=ahead_ms)
    except (OverflowError, ValueError):
        return dt.timedelta(0)
    return skew(read, true) if true <= now + TOLERATED else dt.timedelta(0)


def correct(
    patch: Mapping[str, Any],
    device_time: dt.datetime | None,
    off: dt.timedelta,
    now: dt.datetime,
) -> Corrected:
    """The capture with its time put right; days other than the phone's own day are left as they are."""
    if device_time is None:
        return Corrected(None, dict(patch), False)
    try:
        true = device_time + off
    except OverflowError:
        true = now
    if (
        true > now + TOLERATED
    ):  # nothing is captured after it arrived: the clock was set back meanwhile
        true = now
    if true == device_time:
        return Corrected(device_time, dict(patch), False)
    return Corrected(min(true, now), moved_days(patch, device_time, min(true, now)), True)


def moved_days(patch: Mapping[str, Any], claimed: dt.datetime, true: dt.datetime) -> dict[str, Any]:
    """The patch with the days that were the phone's own day set to the true day."""
    before, after = _day(claimed), _day(true)
    days = {name: after for name in DAYS if patch.get(name) == before}
    if "checked_on" in days and patch.get("autumn") == autumn_of(before):
        return {**patch, **days, "autumn": autumn_of(after)}
    return {**patch, **days}


def as_first_sent(
    patch: Mapping[str, Any], claimed: dt.datetime | None, stored: Mapping[str, Any]
) -> dict[str, Any]:
    """The patch of an event that is here already, with the days that were moved when it first came.

    A clock is off by another amount at each sending; what was decided once holds.
    """
    if claimed is None:
        return dict(patch)
    day = _day(claimed)
    days = {
        name: stored[name]
        for name in DAYS
        if patch.get(name) == day and isinstance(stored.get(name), str)
    }
    if "checked_on" in days and patch.get("autumn") == autumn_of(day) and "autumn" in stored:
        days["autumn"] = stored["autumn"]
    return {**patch, **days}


def _day(moment: dt.datetime) -> str:
    return timezone.localtime(moment).date().isoformat()


def autumn_of(day: str) -> int:
    """The autumn whose survival check is made on `day`: from August to the July after.

    >>> autumn_of("2026-11-23"), autumn_of("2027-02-01")
    (2026, 2026)
    """
    date = dt.date.fromisoformat(day)
    return date.year if date.month >= 8 else date.year - 1
