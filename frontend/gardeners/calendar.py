"""A garden's open days as a calendar file that a phone takes in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from parcels.models import OpenDay, SharedGarden


@require_safe
def open_days_ics(request: HttpRequest, number: int) -> HttpResponse:
    """Everybody's: the coming open days of one garden. A draft or closed garden has none to show."""
    gardens = SharedGarden.objects.filter(archived_at=None).exclude(state__in=("draft", "closed"))
    garden = get_object_or_404(gardens, pk=number)
    days = garden.open_days.coming().select_related("garden")
    answer = HttpResponse(calendar_of(days), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="garden-{garden.pk}-open-days.ics"'
    return answer


def calendar_of(days: Iterable[OpenDay]) -> bytes:
    """RFC 5545: one event a day, in UTC, so that no time-zone table is needed; a changed day keeps its UID."""
    calendar = Calendar()
    calendar.add("prodid", "-//Urban greening tracker//Open days//EN")
    calendar.add("version", "2.0")
    for row in days:
        event = Event()
        event.add("uid", f"open-day-{row.uuid}")
        event.add("dtstamp", row.changed_at.astimezone(dt.UTC))
        event.add("dtstart", _moment(row.day, row.starts))
        event.add("dtend", _moment(row.day, row.ends))
        event.add("summary", _("Open day: %(garden)s") % {"garden": row.garden.name})
        event.add("location", row.where)
        if row.note:
            event.add("description", row.note)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, time)).astimezone(dt.UTC)
