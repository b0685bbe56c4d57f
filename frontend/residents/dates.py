"""The dates of an adoption as iCalendar (RFC 5545): days to remember, not hours that are taken."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from greening.models import Appointment
from greening.notices.dates import uid_of
from parcels.models import Adoption
from parcels.telling import last_day_key, renewal_key

PRODUCT = "-//Urban greening tracker//Adoptions//"


def calendar_of(adoption: Adoption, person: User, title: str, link: str) -> bytes:
    """The last day to renew, and the last day of all where notice was given."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    if adoption.state == "notice":
        days = [(last_day_key(adoption), adoption.ends_on, _("%(what)s: last day"))]
    else:
        days = [(renewal_key(adoption), adoption.until, _("%(what)s: renew until today"))]
    for key, day, sentence in days:
        if day is None or not adoption.is_running:
            continue
        event = Event()
        # The name that the person's own calendar address gives it: taken in again, or by both ways, it moves
        # instead of standing there twice.
        told = Appointment.objects.filter(person=person, key=key).first()
        event.add("uid", str(told.uuid if told else uid_of(person, key)))
        event.add("sequence", told.sequence + told.cancelled if told else 0)
        event.add("dtstamp", adoption.updated_at.astimezone(dt.UTC))
        event.add("dtstart", day)
        event.add("dtend", day + dt.timedelta(days=1))  # the day after the last
        event.add("transp", "TRANSPARENT")
        event.add("summary", sentence % {"what": title})
        event.add("url", link)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
