"""What is forgotten of people in time; `texts/retention.*.md` says the same to those concerned."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from greening.due import Work, register

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

log = logging.getLogger(__name__)
#: A sign-up whose address nobody confirmed.
UNCONFIRMED_DAYS = 7
#: From the warning to the erasure of an account that nobody uses.
NOTICE_DAYS = 30
#: The network address of a sign-in, and messages kept in files where no mail server is named.
TRACE_DAYS = 30
#: A question about personal data loses its words so long after the answer; that it was answered stays on record.
ANSWERED_DAYS = 365
NO_ADDRESS = "0.0.0.0"  # noqa: S104 — stands for one that was forgotten


def forget_sessions(day: dt.date) -> str:
    """Delete the sessions that have run out; each is a trace of when somebody came."""
    deleted, _by_model = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return f"{deleted} expired sessions forgotten"


def forget_traces(day: dt.date) -> str:
    """Forget the network addresses of old sign-ins, sign-ins that are over, and old messages in files."""
    from allauth.usersessions.models import UserSession

    limit = timezone.now() - dt.timedelta(days=TRACE_DAYS)
    open_keys = Session.objects.values("session_key")
    ended, _by_model = UserSession.objects.exclude(session_key__in=open_keys).delete()
    blanked = (
        UserSession.objects.filter(last_seen_at__lt=limit)
        .exclude(ip=NO_ADDRESS)
        .update(ip=NO_ADDRESS)
    )
    letters = 0
    folder = Path(settings.DATA_DIR) / "mail"
    for letter in folder.glob("*.log") if folder.is_dir() else ():
        if letter.stat().st_mtime < limit.timestamp():
            letter.unlink(missing_ok=True)
            letters += 1
    return f"{ended} ended sign-ins, {blanked} network addresses and {letters} messages forgotten"


def forget_unconfirmed(day: dt.date) -> str:
    """Erase accounts whose address was not confirmed within a week: perhaps somebody else's address was given."""
    from allauth.account.models import EmailAddress
    from django.contrib.auth.models import User

    from greening.accounts.erasing import erase

    since = timezone.now() - dt.timedelta(days=UNCONFIRMED_DAYS)
    waiting = EmailAddress.objects.filter(verified=False).values("user")
    confirmed = EmailAddress.objects.filter(verified=True).values("user")
    stale = User.objects.filter(
        date_joined__lt=since, last_login__isnull=True, is_superuser=False, pk__in=waiting
    ).exclude(pk__in=confirmed)
    users = list(stale)
    for user in users:
        erase(user, tell=False)
    return f"{len(users)} unconfirmed accounts erased"


def unused_since(limit: dt.datetime) -> QuerySet[User]:
    """Accounts that nobody signed in to since; administrators' are theirs to end."""
    from django.contrib.auth.models import User

    from greening.roles import Role

    return (
        User.objects.annotate(seen=Coalesce("last_login", "date_joined"))
        .filter(seen__lt=limit, is_superuser=False)
        .exclude(groups__name=Role.ADMINISTRATOR.value)
        .exclude(email="")  # somebody who left
    )


def forget_unused(day: dt.date) -> str:
    """Warn who has not come for years, and erase thirty days after the warning; coming back voids it."""
    from greening.accounts.erasing import erase
    from greening.accounts.own_data import parts
    from greening.models import UnusedNotice

    now = timezone.now()
    limit = now - dt.timedelta(days=round(settings.ACCOUNT_YEARS * 365.25))
    unused = unused_since(limit)
    UnusedNotice.objects.exclude(user__in=unused.values("pk")).delete()
    in_use = [part.in_use for part in parts()]
    told = erased = 0
    for user in list(unused.select_related("unused_notice")):
        if any(still(user) for still in in_use):
            continue
        notice: Any = getattr(user, "unused_notice", None)
        if notice is None:
            told += _warn(user)
        elif notice.sent_at < now - dt.timedelta(days=NOTICE_DAYS):
            with translation.override(settings.LANGUAGE_CODE):
                erase(user)
            erased += 1
    return f"{told} warned, {erased} unused accounts erased"


def _warn(user: Any) -> int:
    """Say it, then write down that it was said: nobody is erased whom the message did not leave for.

    A worker killed between the two says it once more on the next night.
    """
    from allauth.account.adapter import get_adapter

    from greening.models import UnusedNotice

    last_day = timezone.localdate() + dt.timedelta(days=NOTICE_DAYS)
    try:
        with translation.override(settings.LANGUAGE_CODE):
            get_adapter().letter("account/email/unused", user.email, {"last_day": last_day}).send()
    except (SMTPException, OSError):
        log.exception(
            "A warning to an unused account could not be sent; the next night tries again."
        )
        return 0
    UnusedNotice.objects.get_or_create(user=user)
    return 1


def forget_answered(day: dt.date) -> str:
    """Take the words out of questions about personal data that were answered a year ago."""
    from greening.models import PrivacyRequest

    limit = timezone.now() - dt.timedelta(days=ANSWERED_DAYS)
    old = PrivacyRequest.objects.filter(answered_at__lt=limit).exclude(Q(message="") & Q(answer=""))
    return f"{old.update(message='', answer='')} answered questions lost their words"


def declare() -> None:
    register(
        Work("expired sessions", forget_sessions),
        Work("traces of sign-ins", forget_traces),
        Work("unconfirmed accounts", forget_unconfirmed),
        Work("unused accounts", forget_unused),
        Work("answered questions", forget_answered),
    )
