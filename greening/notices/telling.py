"""Writing a notice: the outbox row and the queue's task, both in the transaction of what is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from greening.errors import TownError
from greening.models.notice import Notice
from greening.notices import words
from greening.notices.dates import CalendarEntry, put
from greening.notices.kinds import kind
from greening.notices.people import wants_mail
from greening.notices.tasks import deliver_mail


def tell(
    person: User,
    what: str,
    *,
    key: str,
    facts: Mapping[str, Any],
    link: str = "",
    calendar: CalendarEntry | None = None,
) -> bool:
    """See `greening.notices.notify`."""
    found = kind(what)
    words.check(found, facts)
    if not key or len(key) > 200:
        raise TownError(f"A notice's key has 1 to 200 characters, this one {len(key)}.")
    if link and (not link.startswith("/") or link.startswith(("//", "/\\"))):
        raise TownError(
            f"A notice leads to a path of this site: {link} is none, give one like /gardens/3/."
        )
    mailed = wants_mail(person, found.topic)
    kept = words.kept(facts)
    with transaction.atomic():
        if Notice.objects.filter(key=key).exists():
            return False
        try:
            with transaction.atomic():
                notice = Notice.objects.create(
                    person=person,
                    key=key,
                    what=what,
                    facts=kept,
                    link=link,
                    mail=Notice.Mail.WAITING if mailed else Notice.Mail.NONE,
                )
        except IntegrityError:
            # Another process said it between the question and the row; anything else is an error of its own.
            if Notice.objects.filter(key=key).exists():
                return False
            raise
        if calendar is not None:
            notice.appointment = put(person, what, calendar, facts=kept, link=link)
            notice.save(update_fields=["appointment"])
        if mailed:
            deliver_mail.enqueue(notice.pk)
    return True
