"""Dates as iCalendar (RFC 5545): one for a mail, all of a person's for a subscription."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import get_language
from icalendar import Calendar, Event

from greening.models.notice import Appointment
from greening.notices import words

PRODUCT = "-//Urban greening tracker//Notices//"
#: How often a calendar that subscribed should look again.
REFRESH = dt.timedelta(hours=6)


def single(appointment: Appointment) -> bytes:
    """One date, to be taken in by hand; a cancelled one takes it out again."""
    calendar = _calendar()
    calendar.add("method", "CANCEL" if appointment.cancelled else "PUBLISH")
    calendar.add_component(_event(appointment))
    return bytes(calendar.to_ical())


def feed(appointments: Iterable[Appointment], name: str) -> bytes:
    """All dates; cancelled ones stay, marked as such, for calendars that only ever add."""
    calendar = _calendar()
    calendar.add("x-wr-calname", name)
    calendar.add("name", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH)
    for appointment in appointments:
        calendar.add_component(_event(appointment))
    return bytes(calendar.to_ical())


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", f"{PRODUCT}{(get_language() or 'fr').upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _event(appointment: Appointment) -> Event:
    from greening.notices.mail import public_address

    event = Event()
    event.add("uid", str(appointment.uuid))
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.changed_at.astimezone(dt.UTC))
    event.add("last-modified", appointment.changed_at.astimezone(dt.UTC))
    event.add("summary", words.title(appointment))
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    if appointment.starts_at is not None and appointment.ends_at is not None:
        event.add("dtstart", appointment.starts_at.astimezone(dt.UTC))
        event.add("dtend", appointment.ends_at.astimezone(dt.UTC))
    elif appointment.first_day is not None and appointment.last_day is not None:
        event.add("dtstart", appointment.first_day)
        event.add("dtend", appointment.last_day + dt.timedelta(days=1))  # the day after the last
        event.add("transp", "TRANSPARENT")  # a day to remember keeps nobody busy
    if appointment.place:
        event.add("location", words.one_line(appointment.place))
    if appointment.link:
        event.add("url", public_address(appointment.link))
    return event
