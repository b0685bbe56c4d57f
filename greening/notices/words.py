"""A notice in words: facts as they are kept, and as a sentence says them in the language that is active."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from greening.errors import TownError
from greening.models.notice import Appointment, Notice
from greening.notices.kinds import NoticeKind, Words, kind


def kept(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON: days and moments keep their kind, so that each language can write them in its own way."""
    return {name: _kept(name, value) for name, value in facts.items()}


def _kept(name: str, value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dt.datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, dt.date):
        return {"day": value.isoformat()}
    if isinstance(value, Promise | uuid.UUID | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [_kept(name, each) for each in value]
    raise TownError(
        f"The fact {name} of a notice is a {type(value).__name__}: give text, a number, a day or a moment."
    )


def facts_of(told: Notice | Appointment) -> dict[str, Any]:
    """The facts as they were given."""
    return {name: _given(value) for name, value in told.facts.items()}


def _given(value: Any) -> Any:
    if isinstance(value, list):
        return [_given(each) for each in value]
    if isinstance(value, dict):
        if "moment" in value:
            return dt.datetime.fromisoformat(value["moment"])
        return dt.date.fromisoformat(value["day"])
    return value


def say(words: Words, facts: Mapping[str, Any]) -> str:
    """A sentence about `facts`, which are decoded. Raises TownError where one is missing."""
    try:
        if callable(words) and not isinstance(words, Promise):
            return str(words(facts))
        return str(words).format_map({name: shown(value) for name, value in facts.items()})
    except (KeyError, IndexError) as error:
        raise TownError(f"A notice cannot be said without the fact {error}: give it.") from None


def shown(value: Any) -> str:
    """A fact as the active language writes it.

    >>> from django.utils.translation import override
    >>> with override("fr"):
    ...     shown(dt.date(2026, 5, 1)), shown(1.5), shown(["a", "b"])
    ('1 mai 2026', '1,5', 'a, b')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(_("yes")) if value else str(_("no"))
    if isinstance(value, dt.datetime):
        moment = timezone.localtime(value) if timezone.is_aware(value) else value
        return date_format(moment, "DATETIME_FORMAT")
    if isinstance(value, dt.date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, list):
        return ", ".join(shown(each) for each in value)
    return str(localize(value)) if isinstance(value, int | float) else str(value)


def one_line(text: str) -> str:
    """Text for a header or a title: whatever breaks a line is a space, other control characters are dropped.

    >>> one_line("Plot 3\\r\\nBcc: all@example.fr\\x00")
    'Plot 3 Bcc: all@example.fr'
    """
    return "".join(each for each in " ".join(text.split()) if each.isprintable())


def subject(notice: Notice) -> str:
    return one_line(say(kind(notice.what).subject, facts_of(notice)))


def body(notice: Notice) -> str:
    return say(kind(notice.what).body, facts_of(notice)).strip()


def title(appointment: Appointment) -> str:
    """What stands in a calendar."""
    found = kind(appointment.what)
    return one_line(say(found.calendar or found.subject, facts_of(appointment)))


def check(found: NoticeKind, facts: Mapping[str, Any]) -> None:
    """Say it all once, to nobody: a missing fact stops whoever writes the notice, not the mail weeks later."""
    for words in (found.subject, found.body, found.calendar):
        if words is not None:
            say(words, facts)
