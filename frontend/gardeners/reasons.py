"""Why somebody stands where they stand, in a manager's words: about a third person, short enough for a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parcels.allocation import Ranking


def why(place: Ranking) -> list[str]:
    """The reasons of a place; what they count before it adds up to the rank less one."""
    return [
        WORDS[reason.code](reason.ahead, reason.facts)
        for reason in place.reasons
        if reason.code in WORDS
    ]


def bar_in_words(code: str) -> str:
    """The rule that keeps somebody on the list from being offered a plot."""
    return {
        "not_resident": _("does not declare to live in the town"),
        "not_adult": _("does not declare to be of age"),
        "has_garden": _("does not declare to be without a garden at home"),
        "household_has_plot": _("the household has a plot already"),
    }.get(code, "")


def _on(text: str) -> str:
    return date_format(dt.date.fromisoformat(text), "SHORT_DATE_FORMAT")


def _day(ahead: int, facts: Mapping[str, Any]) -> str:
    words = {"day": _on(facts["day"]), "applied": _on(facts["applied"]), "n": ahead}
    if facts["day"] != facts["applied"]:
        return _("applied on %(applied)s, counts from %(day)s: %(n)s before that") % words
    return _("applied on %(day)s: %(n)s before that") % words


def _same_day(ahead: int, _facts: Mapping[str, Any]) -> str:
    return ngettext(
        "%(n)s of the same day first: an earlier draw, or no refusal",
        "%(n)s of the same day first: an earlier draw, or no refusal",
        ahead,
    ) % {"n": ahead}


def _others(ahead: int, _facts: Mapping[str, Any]) -> str:
    return ngettext(
        "%(n)s who needs an accessible plot first", "%(n)s who need an accessible plot first", ahead
    ) % {"n": ahead}


def _drawn(ahead: int, facts: Mapping[str, Any]) -> str:
    return _("draw among %(with)s of one day: %(n)s of them first") % {**facts, "n": ahead}


def _to_be_drawn(_ahead: int, facts: Mapping[str, Any]) -> str:
    return _("to be drawn among %(with)s of one day") % facts


WORDS: Mapping[str, Callable[[int, Mapping[str, Any]], str]] = {
    "needs_accessible": lambda _n, _facts: _("needs an accessible plot"),
    "others_need_accessible": _others,
    "day_of_application": _day,
    "before_on_that_day": _same_day,
    "refusals_cost_months": lambda _n, facts: (
        _("put back by %(months)s months for refusals") % facts
    ),
    "refusals_cost_the_end": lambda _n, facts: (
        _("at the end since %(since)s for refusals") % {"since": _on(facts["since"])}
    ),
    "drawn": _drawn,
    "to_be_drawn": _to_be_drawn,
}
