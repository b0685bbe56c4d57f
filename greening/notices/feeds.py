"""A person's calendar as an address to subscribe to: a random secret, signed, that can be taken away.

The table holds the secret without its signature: who reads the table alone has nobody's address.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from greening.errors import NotThere
from greening.models.notice import Appointment, CalendarFeed
from greening.notices import ics
from greening.notices.mail import public_address
from greening.notices.people import language_of

#: Dates stay in the calendar this long after they passed.
KEPT = dt.timedelta(days=60)
_signer = Signer(sep=".", salt="greening.notices.calendar")


def address_of(person: User) -> str:
    """The full address, or nothing where the person made none."""
    feed = CalendarFeed.objects.filter(person=person).first()
    if feed is None:
        return ""
    return public_address(reverse("calendar-feed", args=[_signer.sign(feed.secret.hex)]))


def renew(person: User) -> None:
    """A new address; the old one, if there was one, leads nowhere from now on."""
    CalendarFeed.objects.update_or_create(
        person=person, defaults={"secret": uuid.uuid4(), "made_at": timezone.now()}
    )


def revoke(person: User) -> None:
    CalendarFeed.objects.filter(person=person).delete()


def read(token: str) -> bytes:
    """The calendar behind a token. Raises NotThere for one that is not ours or was taken away."""
    try:
        secret = uuid.UUID(_signer.unsign(token))
    except (BadSignature, ValueError):
        secret = None
    feed = (
        CalendarFeed.objects.select_related("person").filter(secret=secret).first()
        if secret
        else None
    )
    if feed is None or not feed.person.is_active:
        raise NotThere("No calendar has this address: make a new one on your notices page.")
    with override(language_of(feed.person)):
        return ics.feed(appointments_of(feed.person), _("My garden dates"))


def appointments_of(person: User) -> list[Appointment]:
    """Dates to come and those passed lately, in their order."""
    since = timezone.now() - KEPT
    found = Appointment.objects.filter(
        Q(last_day__gte=timezone.localdate(since)) | Q(ends_at__gte=since), person=person
    )
    return list(found.order_by("first_day", "starts_at", "id"))
