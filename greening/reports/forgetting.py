"""What is forgotten of who reported: some months after the end, or when the person asks. What was seen stays."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from greening.accounts import own_data
from greening.due import Work, register
from greening.field.uploads import original_of
from greening.models import Event, Observation, Report
from greening.reports.photos import forget_photos


@transaction.atomic
def forget(report: Report) -> None:
    """Take the person out of a report: name, words, address, photos; the observation and its answer stay."""
    if report.reporter_id is not None:
        _events_of(report).update(actor=None, device="")
    forget_photos(report)
    report.reporter = None
    report.text = report.more = report.address = ""
    report.erased_at = timezone.now()
    report.save(update_fields=["reporter", "text", "more", "address", "erased_at"])


def _events_of(report: Report) -> QuerySet[Event]:
    """What its person did: filing it, and answering the town's question, which stands with the head of that time.

    A head may be the same person's other report, which is forgotten in its own time, or something they saw as one of
    the town's people, which is work: of a head's events only the answers are the reporter's.
    """
    own = Q(object_uuid=report.observation.uuid)
    joined = Event.objects.filter(own, patch__has_key="joined_to").values_list("patch", flat=True)
    heads = {patch["joined_to"] for patch in joined if patch["joined_to"]} | {str(report.head.uuid)}
    others = Report.objects.filter(reporter=report.reporter_id).exclude(pk=report.pk)
    heads -= {str(uuid) for uuid in others.values_list("observation__uuid", flat=True)}
    answered = Q(object_uuid__in=heads, create=False, patch={"state": "received"})
    return Event.objects.filter(own | answered, actor=report.reporter_id)


def forget_old(day: dt.date) -> str:
    """Forget who reported what ended REPORT_KEEP_DAYS ago; one after the other, so that a stop loses nothing."""
    before = timezone.now() - dt.timedelta(days=settings.REPORT_KEEP_DAYS)
    reports = list(Report.objects.to_forget(before).select_related("observation"))
    for report in reports:
        forget(report)
    return f"{len(reports)} reports no longer name who made them"


# --- a person's own data ------------------------------------------------------------------------------
def export_of(person: User) -> list[dict[str, Any]]:
    """Everything kept of a person's reports, for themselves."""
    reports = Report.objects.of(person).select_related("observation__joined_to").order_by("pk")
    return [
        {
            "number": report.number,
            "what": str(report.observation.get_what_display()),
            "received_at": report.received_at.isoformat(),
            "position": list(report.observation.geom.coords),
            "address": report.address,
            "text": report.text,
            "more": report.more,
            "state": str(report.head.get_state_display()),
            "answer": report.answer,
            "photos": [photo.sha256 for photo in report.photos.all()],
        }
        for report in reports.prefetch_related("photos")
    ]


def erase_of(person: User) -> None:
    """Forget a person in all their reports."""
    for report in Report.objects.of(person).select_related("observation"):
        forget(report)


def files_of(person: User) -> list[tuple[str, Path]]:
    """The photos as they were sent, for the download."""
    reports = Report.objects.of(person).prefetch_related("photos").order_by("pk")
    found = [(report, photo) for report in reports for photo in report.photos.all()]
    paths = [(f"{report.number}-{photo}", original_of(photo)) for report, photo in found]
    return [(f"{name}{path.suffix}", path) for name, path in paths if path.exists()]


def waits(person: User) -> bool:
    """Whether a person still waits for an answer."""
    reports = Report.objects.of(person).select_related("observation__joined_to")
    return any(report.state in Observation.OPEN for report in reports)


def declare() -> None:
    """Forgetting is scheduled work, and reports are part of what a person may ask for."""
    register(Work("reporters", forget_old))
    own_data.register(own_data.OwnData("reports", export_of, erase_of, files_of, waits))
