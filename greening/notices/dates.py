"""Dates that a notice puts into its reader's calendar: given once more under the same key, they are changed there."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from greening.errors import TownError
from greening.models.notice import Appointment

#: How long something lasts of which only the beginning is known.
USUAL_LENGTH = dt.timedelta(hours=1)
NAMESPACE = uuid_module.UUID("7a1f4c52-9a0e-5d5e-8a56-3f0b6f0c9d11")


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A date: whole days (`starts` and `ends` are days, the last included) or moments with a time zone.

    `key` is the date's own name for this person ("offer-<uuid>"): a later notice with the same key moves or
    cancels the date in their calendar, and no second one appears.
    """

    key: str
    starts: dt.date | dt.datetime
    ends: dt.date | dt.datetime | None = None
    place: str = ""
    cancelled: bool = False


def put(
    person: User, what: str, entry: CalendarEntry, *, facts: Mapping[str, Any], link: str = ""
) -> Appointment:
    """Write the date down for `person`; `sequence` grows only where something of it changed."""
    values = {
        "what": what,
        "facts": dict(facts),
        "link": link,
        "place": entry.place[:200],
        "cancelled": entry.cancelled,
        **_span(entry),
    }
    with transaction.atomic():
        found = _locked(person, entry.key)
        if found is None:
            try:
                with transaction.atomic():
                    return Appointment.objects.create(
                        person=person, key=entry.key, uuid=uid_of(person, entry.key), **values
                    )
            except IntegrityError:  # written by another process meanwhile
                found = _locked(person, entry.key)
                if found is None:
                    raise
        _set(found, values)
        return found


def change(person: User, key: str, day: dt.date | None) -> None:
    """Move a date that was told to another day, or take it out (None), where nothing is to be said about it.

    A date that was never told is not made by this.
    """
    with transaction.atomic():
        found = _locked(person, key)
        if found is None:
            return
        values: dict[str, Any] = {"cancelled": day is None}
        if day is not None:
            values |= {"first_day": day, "last_day": day, "starts_at": None, "ends_at": None}
        _set(found, values)


def uid_of(person: User, key: str) -> uuid_module.UUID:
    """What calendars know a date by, told or not yet: taken in twice, by two ways, it stands there once."""
    return uuid_module.uuid5(NAMESPACE, f"{person.pk}:{key}")


def _set(found: Appointment, values: Mapping[str, Any]) -> None:
    if any(getattr(found, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(found, name, value)
        found.sequence += 1
        found.changed_at = timezone.now()
        found.save()


def _locked(person: User, key: str) -> Appointment | None:
    return Appointment.objects.select_for_update().filter(person=person, key=key).first()


def _span(entry: CalendarEntry) -> dict[str, Any]:
    starts, ends = entry.starts, entry.ends
    moments = isinstance(starts, dt.datetime)
    if ends is not None and isinstance(ends, dt.datetime) != moments:
        raise TownError(f"The date {entry.key} mixes days and moments: give both ends alike.")
    if isinstance(starts, dt.datetime):
        last = ends if isinstance(ends, dt.datetime) else starts + USUAL_LENGTH
        if timezone.is_naive(starts) or timezone.is_naive(last):
            raise TownError(f"The date {entry.key} has no time zone: give aware moments.")
        span = {"first_day": None, "last_day": None, "starts_at": starts, "ends_at": last}
        if last < starts:
            raise TownError(f"The date {entry.key} ends before it starts.")
        return span
    day = ends if ends is not None else starts
    if day < starts:
        raise TownError(f"The date {entry.key} ends before it starts.")
    return {"first_day": starts, "last_day": day, "starts_at": None, "ends_at": None}
