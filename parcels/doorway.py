"""This floor's verbs at the door: all of what they ask lands, or nothing does and one sentence says why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.contrib.auth.models import User
from django.db import OperationalError, connection, models, transaction
from django.utils import timezone

from greening.errors import TownError
from greening.events import Change, Verdict, apply
from greening.models.event import Event
from parcels.allocation_rules import RulesError

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
#: Two writers that wait for each other on PostGIS: one is turned away by the database and simply tries again.
TRIES = 4
#: Rows that scheduled work names when rules refused them.
NAMED = 5


class Refused(TownError):
    """A rule refused what was asked: its code, and its sentence for the person who asked."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def pass_door(*changes: Change) -> list[Verdict]:
    """Apply changes; raises Refused where one, or anything that follows from one, does not land.

    Within a transaction of the caller's, so that the whole of it is taken back.
    """
    verdicts = apply(changes)
    for verdict in verdicts:
        if not verdict.landed:
            raise Refused(verdict.code, str(verdict.message))
    causes = [change.uuid for change in changes]
    while causes:
        rows = list(
            Event.objects.filter(cause__in=causes).values_list("uuid", "status", "code", "message")
        )
        for _uuid, status, code, message in rows:
            if status not in (Event.Status.APPLIED, Event.Status.MERGED):
                raise Refused(code, message)
        causes = [uuid for uuid, *_rest in rows]
    return verdicts


def all_or_nothing(verb: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """A verb in one transaction, tried again where the database chose it to give way to another writer."""

    @wraps(verb)
    def whole(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        if connection.in_atomic_block:
            with transaction.atomic():
                return verb(*args, **kwargs)
        for left in reversed(range(TRIES)):
            try:
                with transaction.atomic():
                    return verb(*args, **kwargs)
            except OperationalError as error:
                if not left or "deadlock" not in str(error):
                    raise
        raise AssertionError

    return whole


class RowByRow:
    """Scheduled work over many rows: one that cannot be done is told of in the end, and the others are done."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def do(self, verb: Callable[[], Answer], row: models.Model) -> Answer | None:
        try:
            return verb()
        except (TownError, RulesError) as refused:
            self.refused.append(f"{row._meta.model_name} {row.pk} ({refused})")
            return None

    def said(self, sentence: str) -> str:
        """The work's sentence, with how many rows a person must look at and the first of them."""
        if not self.refused:
            return sentence
        named = ", ".join(self.refused[:NAMED])
        more = ", …" if len(self.refused) > NAMED else ""
        return f"{sentence}, {len(self.refused)} refused: {named}{more}"


def through(by: User | None) -> str:
    """The source of an event: a person at a page, or the system itself."""
    return Event.Source.SYSTEM if by is None else Event.Source.WEB


def noon(day: dt.date) -> dt.datetime:
    """A moment of a day in the town, for scheduled work that is done for that day."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
