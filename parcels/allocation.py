"""Who gets the next plot, and why: candidates ranked by the rules, each place explained. Pure: no Django, no I/O.

The order is that of the days of application. Those of one day are drawn by lot from a seed whose hash was published
before anybody applied: who has the seed can draw again and gets the same order.

>>> one, two = uuid_module.UUID(int=1), uuid_module.UUID(int=2)
>>> monday, tuesday = dt.date(2026, 3, 2), dt.date(2026, 3, 3)
>>> waiting = [Candidate(one, one, tuesday, "2026-03-03"), Candidate(two, two, monday, "2026-03-02")]
>>> [(place.rank, place.of, place.candidate.day.day) for place in rank(waiting, Rules.read(DEFAULT))]
[(1, 2, 2), (2, 2, 3)]
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import hmac
import json
import uuid as uuid_module
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from parcels.allocation_rules import DEFAULT, Rules

__all__ = ["DEFAULT", "Candidate", "Ranking", "Reason", "Rules", "barred", "commitment", "rank"]

#: In the log's inputs, so that an old decision can be played again by the code of its time.
METHOD = "order-of-days-and-draw/1"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the rules look at: an application that waits, and the facts of who made it. No name, no address."""

    application: uuid_module.UUID
    resident: uuid_module.UUID
    day: dt.date  # of the application
    order_key: (
        str  # fixed with the application: its day and which draw of that day; one key, one draw
    )
    adult: bool = True
    lives_here: bool = True
    no_own_garden: bool = True
    household_has_plot: bool = False
    had_this_offer: bool = False  # of the very plot in question: nobody is asked twice about one
    household_has_offer: bool = False  # of another plot, not answered yet; asked for a plot only
    needs_accessible: bool = False
    refusals: int = 0
    delay_months: int = 0  # what refusals cost so far
    behind_since: dt.date | None = None  # put to the end of the list on this day

    @property
    def held_back(self) -> bool:
        return bool(self.delay_months or self.behind_since)

    @property
    def counts_from(self) -> dt.date:
        """The day that orders: the application's, moved by what refusals cost.

        >>> here = uuid_module.UUID(int=1)
        >>> Candidate(here, here, dt.date(2026, 8, 31), "", delay_months=6).counts_from
        datetime.date(2027, 2, 28)
        """
        day = months_after(self.day, self.delay_months)
        return max(day, self.behind_since) if self.behind_since else day

    def as_facts(self) -> dict[str, Any]:
        """JSON for the log; `from_facts` reads it back."""
        return {
            "application": str(self.application),
            "resident": str(self.resident),
            "day": self.day.isoformat(),
            "order_key": self.order_key,
            "adult": self.adult,
            "lives_here": self.lives_here,
            "no_own_garden": self.no_own_garden,
            "household_has_plot": self.household_has_plot,
            "had_this_offer": self.had_this_offer,
            # Only where it is so: entries from before this was asked keep their hash.
            **({"household_has_offer": True} if self.household_has_offer else {}),
            "needs_accessible": self.needs_accessible,
            "refusals": self.refusals,
            "delay_months": self.delay_months,
            "behind_since": self.behind_since.isoformat() if self.behind_since else None,
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Candidate:
        behind = facts["behind_since"]
        return cls(
            **{
                **facts,
                "application": uuid_module.UUID(facts["application"]),
                "resident": uuid_module.UUID(facts["resident"]),
                "day": dt.date.fromisoformat(facts["day"]),
                "behind_since": dt.date.fromisoformat(behind) if behind else None,
            }
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of why somebody stands where they stand, for a page to put in words.

    `ahead` is how many are before them for this reason; over all reasons of a place it sums to its rank less one.
    """

    code: str
    ahead: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A place: from `rank` to `last`, which differ only while a draw is still to come."""

    candidate: Candidate
    rank: int
    last: int
    of: int
    reasons: tuple[Reason, ...]

    @property
    def settled(self) -> bool:
        return self.rank == self.last


def barred(candidate: Candidate, rules: Rules) -> str:
    """The code of the rule that keeps somebody from being offered a plot; empty where none does."""
    if rules.resident and not candidate.lives_here:
        return "not_resident"
    if rules.adult and not candidate.adult:
        return "not_adult"
    if rules.no_own_garden and not candidate.no_own_garden:
        return "has_garden"
    if rules.one_plot_per_household and candidate.household_has_plot:
        return "household_has_plot"
    return ""


def rank(
    candidates: Iterable[Candidate],
    rules: Rules,
    *,
    seeds: Mapping[str, str] | None = None,
    accessible: bool | None = None,
) -> list[Ranking]:
    """Everybody who may be offered a plot, first place first, with the reasons of each place.

    `seeds` holds the revealed seed of each order key; those of one key without a seed share their places, in the
    order of their identifiers. `accessible` is the plot's: an accessible one goes first to those who need it, and
    another is not offered to them, which costs them nothing. None ranks the garden's list whatever the plot.
    """
    seeds = seeds or {}
    line: list[tuple[tuple[Any, ...], str, Candidate]] = []
    for candidate in candidates:
        if barred(candidate, rules) or candidate.had_this_offer:
            continue
        if rules.one_plot_per_household and candidate.household_has_offer:
            continue  # they keep their place until that offer is answered
        if accessible is False and candidate.needs_accessible:
            continue
        first = bool(accessible and rules.accessibility_first and candidate.needs_accessible)
        tie = (not first, candidate.counts_from, candidate.held_back, candidate.order_key)
        seed = seeds.get(candidate.order_key)
        line.append((tie, draw_value(seed, candidate.application) if seed else "", candidate))
    line.sort(key=lambda entry: (entry[0], entry[1], entry[2].application))
    places: list[Ranking] = []
    placed: Counter[tuple[Any, ...]] = Counter()  # by priority, and by priority and day
    for tie, tied in groupby(line, key=lambda entry: entry[0]):
        group = list(tied)
        drawn = seeds.get(tie[3], "")
        start = len(places)
        alike, same_day = placed[tie[:1]], placed[tie[:2]]
        counts = {
            "accessibility": start - alike,
            "earlier": alike - same_day,
            "same_day": same_day,
        }
        for number, (_tie, draw, candidate) in enumerate(group):
            place = start + number + 1 if drawn else start + 1
            last = place if drawn else start + len(group)
            reasons = _reasons(candidate, tie, counts)
            if len(group) > 1:
                facts = {"with": len(group), "key": tie[3], "draw": draw, "seed": drawn}
                ahead = number if drawn else 0
                reasons.append(Reason("drawn" if drawn else "to_be_drawn", ahead, facts))
            places.append(Ranking(candidate, place, last, len(line), tuple(reasons)))
        placed.update({tie[:1]: len(group), tie[:2]: len(group)})
    return places


def _reasons(candidate: Candidate, tie: tuple[Any, ...], counts: Mapping[str, int]) -> list[Reason]:
    """`counts` are those who stand before the tie, by the first rule that puts them there."""
    reasons = []
    if not tie[0]:
        reasons.append(Reason("needs_accessible"))
    if counts["accessibility"]:
        reasons.append(Reason("others_need_accessible", counts["accessibility"]))
    day = {"day": candidate.counts_from.isoformat(), "applied": candidate.day.isoformat()}
    reasons.append(Reason("day_of_application", counts["earlier"], day))
    if counts["same_day"]:
        # Of the same day, but not held back, or of an earlier draw of that day.
        reasons.append(Reason("before_on_that_day", counts["same_day"]))
    if candidate.delay_months:
        cost = {"refusals": candidate.refusals, "months": candidate.delay_months}
        reasons.append(Reason("refusals_cost_months", 0, cost))
    if candidate.behind_since:
        since = {"refusals": candidate.refusals, "since": candidate.behind_since.isoformat()}
        reasons.append(Reason("refusals_cost_the_end", 0, since))
    return reasons


# --- draws ------------------------------------------------------------------------------------------
def commitment(seed: str) -> str:
    """What is published before a draw: the SHA-256 of the seed's bytes; the seed itself is 64 hexadecimal digits.

    >>> commitment("00" * 32)
    '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925'
    """
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()


def draw_value(seed: str, application: uuid_module.UUID) -> str:
    """An application's lot: HMAC-SHA256 of its identifier's 16 bytes with the seed as key; the lowest comes first.

    >>> draw_value("00" * 32, uuid_module.UUID(int=1))[:16]
    '2a354913daa8d8d2'
    """
    return hmac.new(bytes.fromhex(seed), application.bytes, hashlib.sha256).hexdigest()


def digest(facts: object) -> str:
    """SHA-256 of JSON in one way of writing it: the same facts, the same hash."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
