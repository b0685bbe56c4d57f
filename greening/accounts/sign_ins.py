"""Where somebody is signed in: the list, and ending any of it. Every question is asked of the person's own rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from greening.accounts.device import told_by
from greening.models import Device


@dataclass(frozen=True, slots=True)
class SignIn:
    number: int
    device: str
    since: dt.datetime
    is_this: bool
    phone: str = ""  # the field app's name of it


def sign_ins(request: HttpRequest) -> list[SignIn]:
    """The person's own sign-ins that still hold, this one first; those that ran out are forgotten on the way."""
    user: Any = request.user
    key = request.session.session_key
    if not UserSession.objects.filter(session_key=key).exists():
        # Signed in before sign-ins were listed.
        UserSession.objects.create_from_request(request)
    phones = dict(
        Device.objects.filter(person=user)
        .exclude(session_key="")
        .values_list("session_key", "name")
    )
    found = [
        SignIn(
            session.pk,
            told_by(session.user_agent),
            session.created_at,
            session.session_key == key,
            phones.get(session.session_key, ""),
        )
        for session in UserSession.objects.purge_and_list(user)
    ]
    return sorted(found, key=lambda one: (not one.is_this, -one.since.timestamp()))


def end(user: Any, number: int) -> bool:
    """End one sign-in of this person; False where they have none of that number."""
    session = UserSession.objects.filter(user=user, pk=number).first()
    if session is None:
        return False
    session.end()
    return True


def end_others(request: HttpRequest) -> int:
    """End all of the person's sign-ins but this one, and say how many those were."""
    user: Any = request.user
    others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    ended = list(others)
    for session in ended:
        session.end()
    return len(ended)
