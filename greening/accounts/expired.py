"""What is forgotten of people in time: sessions that have run out."""

from __future__ import annotations

import datetime as dt

from django.contrib.sessions.models import Session
from django.utils import timezone

from greening.due import Work, register


def forget_sessions(day: dt.date) -> str:
    """Delete the sessions that have run out; each is a trace of when somebody came."""
    deleted, _by_model = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return f"{deleted} expired sessions forgotten"


def declare() -> None:
    register(Work("expired sessions", forget_sessions))
