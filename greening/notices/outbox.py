"""The outbox: a notice's mail from waiting to sent, exactly once, or held for a person to decide.

waiting → claimed → sending → sent, each step a commit of its own. A worker killed before `sending` has sent nothing:
its lease runs out and the mail waits again. One killed in `sending` may have: the mail is `uncertain` then, and an
administrator decides (decision 0006). A late worker whose lease was given away finds its claim gone and stops.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from greening.models.notice import Notice
from greening.notices.carrier import Carrier, NotTaken, Refused, Unsure
from greening.notices.kinds import kind
from greening.notices.mail import compose
from greening.notices.people import address_of, silenced
from greening.notices.tasks import deliver_mail

log = logging.getLogger(__name__)
Mail = Notice.Mail

#: How long one attempt may take: each word with the server has EMAIL_TIMEOUT seconds, and there are about ten.
LEASE = dt.timedelta(minutes=5)
#: Minutes until the next try, by how many there were; the last is kept to.
BACKOFF_MINUTES = (1, 5, 15, 60, 240)
#: As mail servers do themselves: after five days nobody waits for it.
GIVE_UP_AFTER = dt.timedelta(days=5)
#: A mail that waits longer than this past its time has lost its task.
LOST_AFTER = dt.timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found and did."""

    sent: int = 0
    taken_back: int = 0
    uncertain: int = 0

    def __str__(self) -> str:
        return f"{self.sent} sent, {self.taken_back} taken back from a dead worker, {self.uncertain} uncertain"


def deliver(number: int) -> str:
    """Send one notice's mail if it waits and its time has come; answers the state it is in after, or "nothing"."""
    claim = uuid.uuid4()
    now = timezone.now()
    waiting = Notice.objects.filter(pk=number, mail=Mail.WAITING, next_try_at__lte=now)
    taken = waiting.update(
        mail=Mail.CLAIMED, claim=claim, leased_until=now + LEASE, tries=F("tries") + 1
    )
    notice = (
        Notice.objects.select_related("person", "appointment")
        .filter(pk=number, claim=claim)
        .first()
        if taken
        else None
    )
    return "nothing" if notice is None else _send(notice)


def _send(notice: Notice) -> str:
    try:
        address = address_of(notice.person)
        if not address or kind(notice.what).topic in silenced(notice.person):
            return _settle(notice, Mail.NONE)
        message = compose(notice, address)
    except Exception as error:
        log.exception("Notice %s could not be written as mail.", notice.pk)
        return _settle(notice, Mail.FAILED, error=f"{type(error).__name__}: {error}")
    try:
        with Carrier(message) as carrier:
            carrier.offer()
            if not _begin(notice):
                return "nothing"
            carrier.hand_over()
            return _settle(notice, Mail.SENT, sent_at=timezone.now())
    except Refused as error:
        return _settle(notice, Mail.FAILED, error=str(error))
    except NotTaken as error:
        return _later(notice, str(error))
    except Unsure as error:
        log.error("Notice %s may or may not have been mailed: %s", notice.pk, error)
        return _settle(notice, Mail.UNCERTAIN, error=str(error))


def _begin(notice: Notice) -> bool:
    """Write down, for good, that the text is about to be handed over; False if the lease has been given away."""
    with transaction.atomic(durable=True):
        return bool(
            Notice.objects.filter(
                pk=notice.pk,
                claim=notice.claim,
                mail=Mail.CLAIMED,
                leased_until__gt=timezone.now(),
            ).update(mail=Mail.SENDING)
        )


def _settle(notice: Notice, state: Notice.Mail, *, error: str = "", **values: Any) -> str:
    """The end of an attempt; whoever has taken the notice over meanwhile is not disturbed."""
    values |= {"mail": state, "error": error[:300], "claim": None, "leased_until": None}
    ours = Notice.objects.filter(pk=notice.pk, claim=notice.claim)
    return str(state.value) if ours.update(**values) else "nothing"


def _later(notice: Notice, error: str) -> str:
    """Wait for another try, each further away; given up after GIVE_UP_AFTER."""
    now = timezone.now()
    minutes = BACKOFF_MINUTES[min(notice.tries, len(BACKOFF_MINUTES)) - 1]
    next_try = now + dt.timedelta(minutes=minutes)
    if next_try - notice.created_at > GIVE_UP_AFTER:
        return _settle(notice, Mail.FAILED, error=error)
    with transaction.atomic():
        state = _settle(notice, Mail.WAITING, error=error, next_try_at=next_try)
        if state == Mail.WAITING:
            deliver_mail.using(run_after=next_try).enqueue(notice.pk)
    return state


def sweep(*, limit: int | None = None, late_by: dt.timedelta = LOST_AFTER) -> Swept:
    """Take back what dead workers held, and send what has waited for longer than `late_by` past its time.

    Stops at the first mail that the server does not take: the others would fare alike.
    """
    now = timezone.now()
    taken_back = Notice.objects.filter(mail=Mail.CLAIMED, leased_until__lt=now).update(
        mail=Mail.WAITING, claim=None, leased_until=None
    )
    # The claim is kept: a worker that is merely slow may still say how it ended.
    uncertain = Notice.objects.filter(mail=Mail.SENDING, leased_until__lt=now).update(
        mail=Mail.UNCERTAIN, error="The worker stopped while the message was handed over."
    )
    sent = 0
    for number in Notice.objects.to_be_mailed(now - late_by).values_list("pk", flat=True)[:limit]:
        outcome = deliver(number)
        sent += outcome == Mail.SENT
        if outcome == Mail.WAITING:
            break
    return Swept(sent, taken_back, uncertain)


def send_again(notice: Notice) -> bool:
    """A person's decision: mail it, although it may have left before; False if it is not theirs to take any more."""
    now = timezone.now()
    with transaction.atomic():
        changed = (
            Notice.objects.for_a_person()
            .filter(pk=notice.pk)
            .update(
                mail=Mail.WAITING, claim=None, leased_until=None, next_try_at=now, tries=0, error=""
            )
        )
        if changed:
            deliver_mail.enqueue(notice.pk)
    return bool(changed)


def let_be(notice: Notice) -> bool:
    """A person's decision: it arrived, or need not; nothing more is sent."""
    held = Notice.objects.for_a_person().filter(pk=notice.pk)
    return bool(held.update(mail=Mail.NONE, claim=None, leased_until=None))
