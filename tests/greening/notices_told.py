"""Kinds of notice for tests, as an upper floor registers its own, and somebody to be told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils.translation import get_language

from greening.notices import CalendarEntry, NoticeKind, Topic, kinds, notify
from tests.greening.people import person


def in_two_languages(french: str, english: str) -> Any:
    """Words that no catalogue knows, in the reader's language."""

    def words(facts: Any) -> str:
        from greening.notices.words import shown

        text = french if get_language() == "fr" else english
        return text.format(**{name: shown(value) for name, value in facts.items()})

    return words


TOPIC = Topic("test-offers", "offers of a plot")
OFFERED = NoticeKind(
    "test-offered",
    "test-offers",
    in_two_languages("Une parcelle au {garden}", "A plot in {garden}"),
    in_two_languages("Répondez avant le {until}.", "Answer by {until}."),
    action="Answer",
    calendar=in_two_languages("Répondre : {garden}", "Answer: {garden}"),
)
UNTIL = dt.date(2027, 5, 1)


@pytest.fixture(autouse=True)
def _test_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry has the tests' kinds for one test."""
    monkeypatch.setattr(kinds, "_topics", dict(kinds._topics))
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    kinds.register(TOPIC, OFFERED)


def tell(who: Any, key: str = "offer-1", **changes: Any) -> bool:
    """An offer of a plot, with its day in the calendar."""
    given: dict[str, Any] = {
        "facts": {"garden": "Jardin des Épinettes", "until": UNTIL},
        "link": "/gardens/3/",
        "calendar": CalendarEntry("offer", UNTIL),
        **changes,
    }
    return notify(who, "test-offered", key=key, **given)


def resident(email: str = "lea@example.fr") -> Any:
    return person(email=email)
