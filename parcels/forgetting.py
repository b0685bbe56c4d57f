"""What the gardens forget in time of who waited or gardened; `greening/accounts/texts/retention.*.md` promises it."""

from __future__ import annotations

import datetime as dt
import logging

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from parcels.doorway import Refused, all_or_nothing
from parcels.models import Adoption, Application, CoGardener, Contest, Resident
from parcels.residents import empty

log = logging.getLogger(__name__)
#: How long a person's details stay after the last of theirs ended: time to contest, to be answered, to come back.
KEPT_DAYS = 180
OVER = ("ended", "refused")


def idle_since(limit: dt.datetime) -> QuerySet[Resident]:
    """People with nothing open or running, and nothing of whose ended after `limit`. Invented people are left."""
    of_theirs = OuterRef("pk")
    applications = Application.objects.filter(resident=of_theirs)
    adoptions = Adoption.objects.filter(resident=of_theirs)
    tended = CoGardener.objects.filter(resident=of_theirs)
    contests = Contest.objects.filter(resident=of_theirs)
    still = (
        applications.open(),
        adoptions.exclude(state__in=OVER),
        tended.filter(state="active").exclude(adoption__state__in=OVER),
        contests.filter(state="received"),
        applications.filter(updated_at__gte=limit),
        adoptions.filter(updated_at__gte=limit),
        tended.filter(updated_at__gte=limit),
        tended.filter(adoption__updated_at__gte=limit),
        contests.filter(updated_at__gte=limit),
    )
    found = Resident.objects.filter(erased_at=None, synthetic=False, created_at__lt=limit)
    for rows in still:
        found = found.exclude(Exists(rows))
    return found.exclude(consent_at__gte=limit)


def forget_idle(day: dt.date) -> str:
    """Empty the details of those who neither wait nor garden since KEPT_DAYS; one after the other."""
    limit = timezone.now() - dt.timedelta(days=KEPT_DAYS)
    emptied = failed = 0
    for number in list(idle_since(limit).order_by("pk").values_list("pk", flat=True)):
        try:
            emptied += _forget(number, limit)
        except Refused:
            log.exception("Resident %s could not be emptied; the next night tries again.", number)
            failed += 1
    said = f"{emptied} people who neither wait nor garden forgotten"
    return f"{said}, {failed} could not be" if failed else said


@all_or_nothing
def _forget(number: int, limit: dt.datetime) -> bool:
    """Unless they came back meanwhile: the row is held first, then asked again."""
    held = Resident.objects.select_for_update().get(pk=number)
    if not idle_since(limit).filter(pk=number).exists():
        return False
    empty(held)
    return True
