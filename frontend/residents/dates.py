"""The dates of an adoption as iCalendar (RFC 5545): days to remember, not hours that are taken."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from parcels.models import Adoption

PRODUCT = "-//Urban greening tracker//Adoptions//"


def calendar_of(adoption: Adoption, title: str, link: str) -> bytes:
    """The last day to renew, and the last day of all where notice was given."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    if adoption.state == "notice":
        days = [("last", adoption.ends_on, _("%(what)s: last day"))]
    else:
        days = [("renew", adoption.until, _("%(what)s: renew until today"))]
    for name, day, sentence in days:
        if day is None or not adoption.is_running:
            continue
        event = Event()
        # One name for each date: taken in again, it moves instead of standing there twice.
        event.add("uid", f"{adoption.uuid}-{name}")
        event.add("sequence", adoption.rev)
        event.add("dtstamp", adoption.updated_at.astimezone(dt.UTC))
        event.add("dtstart", day)
        event.add("dtend", day + dt.timedelta(days=1))  # the day after the last
        event.add("transp", "TRANSPARENT")
        event.add("summary", sentence % {"what": title})
        event.add("url", link)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
