"""How long notices are kept, what is exported and erased of them, and what administrators are told of mail."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from greening.accounts.own_data import OwnData
from greening.accounts.own_data import register as register_own_data
from greening.due import Work
from greening.due import register as register_work
from greening.models.notice import Appointment, CalendarFeed, Notice, Preference, SilencedTopic
from greening.notices import feeds, words
from greening.notices.kinds import NoticeKind, Topic, register
from greening.notices.people import language_of
from greening.notices.queue import forget_tasks
from greening.notices.telling import tell
from greening.roles import Role

#: Mail in these states still matters to somebody; its notice is kept until it is settled.
UNSETTLED = (
    Notice.Mail.WAITING,
    Notice.Mail.CLAIMED,
    Notice.Mail.SENDING,
    Notice.Mail.UNCERTAIN,
)


def forget_notices(day: dt.date) -> str:
    """Scheduled work: notices long read, or never read in twice that time, and dates that passed."""
    now = timezone.now()
    kept = dt.timedelta(days=settings.NOTICE_DAYS)
    old = Notice.objects.filter(Q(read_at__lt=now - kept) | Q(created_at__lt=now - 2 * kept))
    notices, _by_model = old.exclude(mail__in=UNSETTLED).delete()
    passed = Appointment.objects.filter(
        Q(last_day__lt=timezone.localdate(now - feeds.KEPT)) | Q(ends_at__lt=now - feeds.KEPT)
    )
    dates, _by_model = passed.delete()
    return f"{notices} notices and {dates} dates forgotten"


def tell_of_mail(day: dt.date) -> str:
    """Scheduled work: administrators are told, on their page and once a day, of mail that needs a person."""
    held = Notice.objects.for_a_person().exclude(what="mail-held").count()
    if not held:
        return "no mail needs a person"
    told = 0
    for person in User.objects.filter(
        Q(groups__name=Role.ADMINISTRATOR.value) | Q(is_superuser=True), is_active=True
    ).distinct():
        told += tell(
            person,
            "mail-held",
            key=f"mail-held:{day}:{person.pk}",
            facts={"count": held},
            link=reverse("mail-desk"),
        )
    return f"{held} messages need a person, {told} administrators told"


def export(person: User) -> dict[str, Any]:
    """What is held of a person here, in their language."""
    with override(language_of(person)):
        return {
            "language": language_of(person),
            "no mail about": sorted(
                SilencedTopic.objects.filter(person=person).values_list("topic", flat=True)
            ),
            "calendar address": feeds.address_of(person),
            "notices": [
                {
                    "subject": words.subject(notice),
                    "text": words.body(notice),
                    "written": notice.created_at.isoformat(),
                    "read": notice.read_at and notice.read_at.isoformat(),
                    "mailed": notice.sent_at and notice.sent_at.isoformat(),
                }
                for notice in Notice.objects.filter(person=person).order_by("id")
            ],
            "dates": [
                {"what": words.title(each), "when": str(each.first_day or each.starts_at)}
                for each in Appointment.objects.filter(person=person).order_by("id")
            ],
        }


def erase(person: User) -> None:
    """Everything here that is about a person; mail that waited is not sent any more."""
    for model in (Notice, Appointment, SilencedTopic, CalendarFeed, Preference):
        model.objects.filter(person=person).delete()


def declare() -> None:
    register(
        Topic("town", _("The town's own work"), roles=(Role.ADMINISTRATOR,)),
        NoticeKind(
            "mail-held",
            "town",
            _("Mail that needs a decision"),
            _(
                "Messages that may not have reached their readers: {count}. Decide whether each is sent again."
            ),
            action=_("Mail that leaves"),
        ),
    )
    register_own_data(OwnData("notices", export, erase))
    register_work(
        Work("old notices", forget_notices),
        Work("traces of tasks", forget_tasks),
        Work("mail held", tell_of_mail),
    )
