"""The rules and what follows from them as sentences a resident understands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from parcels.allocation import Ranking, Reason
from parcels.allocation_rules import Cost, Rules
from parcels.decisions import Place


@dataclass(frozen=True)
class Rule:
    title: str
    sentences: tuple[str, ...]


def ordinal(number: int) -> str:
    """12th in English, 12e in French; in French of a place, which is feminine."""
    if (get_language() or "fr").startswith("fr"):
        return "1re" if number == 1 else f"{number}e"
    teens = 11 <= number % 100 <= 13
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def day_of(text: str | dt.date) -> str:
    """A day as the reader writes it."""
    return date_format(
        dt.date.fromisoformat(text) if isinstance(text, str) else text, "DATE_FORMAT"
    )


# --- the rules --------------------------------------------------------------------------------------
def rules_in_words(rules: Rules) -> list[Rule]:
    """The rules as they are applied, in the order in which a resident meets them."""
    return [
        Rule(_("Who may apply"), tuple(_who(rules))),
        Rule(_("In which order"), tuple(_order(rules))),
        Rule(_("When a plot is offered to you"), tuple(_offer(rules))),
        Rule(_("What declining costs"), tuple(_costs(rules))),
        Rule(
            _("Once a year"),
            (
                _(
                    "After %(months)s months we ask whether you still want a plot; without an answer within"
                    " %(days)s days, your application ends."
                )
                % {"months": rules.reconfirm_months, "days": rules.grace_days},
            ),
        ),
        Rule(
            _("Once you garden"),
            (
                _(
                    "A plot is yours for %(months)s months, then you renew it: we ask %(days)s days before."
                )
                % {"months": rules.adoption_months, "days": rules.renewal_window_days},
                _("To leave, give notice %(days)s days before.") % {"days": rules.notice_days},
            ),
        ),
    ]


def _who(rules: Rules) -> list[str]:
    said = []
    if rules.resident:
        said.append(_("People who live in the town."))
    if rules.adult:
        said.append(_("Adults."))
    if rules.no_own_garden:
        said.append(_("People who have no garden at home."))
    if rules.one_application_per == "household":
        said.append(_("One application for each household."))
    else:
        said.append(_("One application for each household in each garden."))
    if rules.one_plot_per_household:
        said.append(_("One plot for each household."))
    return said


def _order(rules: Rules) -> list[str]:
    said = [
        _("Who applied on an earlier day comes first."),
        _("Those of one day are drawn by lot, in a draw that anybody can repeat."),
    ]
    if rules.accessibility_first:
        said.append(_("An accessible plot goes first to those who need one."))
    return said


def _offer(rules: Rules) -> list[str]:
    return [
        ngettext(
            "You have %(days)s day to accept or decline.",
            "You have %(days)s days to accept or decline.",
            rules.answer_days,
        )
        % {"days": rules.answer_days},
        {
            "refusal": _("No answer counts as declining."),
            "nothing": _("No answer costs you nothing: the plot goes to the next person."),
            "out": _("Without an answer, your application ends."),
        }[rules.unanswered],
    ]


def _costs(rules: Rules) -> list[str]:
    last = len(rules.refusal_costs)
    said = []
    for number, cost in enumerate(rules.refusal_costs, start=1):
        words = {"place": ordinal(number), "cost": cost_in_words(cost)}
        if number == last and last > 1:
            said.append(_("From the %(place)s time on: %(cost)s") % words)
        elif last == 1:
            said.append(_("Each time: %(cost)s") % words)
        else:
            said.append(_("The %(place)s time: %(cost)s") % words)
    return said


def cost_in_words(cost: Cost) -> str:
    """What one refusal costs, as the end of a sentence that stands alone too."""
    if cost.cost == "months":
        return ngettext(
            "you move back by %(n)s month in the order.",
            "you move back by %(n)s months in the order.",
            cost.months,
        ) % {"n": cost.months}
    return {
        "nothing": _("nothing, you keep your place."),
        "end_of_list": _("you go to the end of the list."),
        "out": _("your application ends."),
    }[cost.cost]


# --- a place ----------------------------------------------------------------------------------------
def place_in_words(place: Ranking | Place) -> str:
    """ "You are 12th of 63 for this garden"; a range while a draw is still to come."""
    words = {"place": ordinal(place.rank), "last": ordinal(place.last), "of": place.of}
    if place.rank != place.last:
        return (
            _("You are between the %(place)s and the %(last)s place of %(of)s for this garden")
            % words
        )
    return _("You are %(place)s of %(of)s for this garden") % words


def reasons_in_words(place: Ranking | Place) -> list[str]:
    """Why it is that place, one sentence a reason; those before somebody add up to the place less one."""
    return [_REASONS[why.code](why.ahead, why.facts) for why in place.reasons if _known(why)]


def _known(why: Reason) -> bool:
    return why.code in _REASONS


def _day(ahead: int, facts: Mapping[str, Any]) -> str:
    """Whose day counts as earlier; who applied earlier may wait behind, put back by refusals."""
    words = {"day": day_of(facts["day"]), "applied": day_of(facts["applied"]), "n": ahead}
    if facts["day"] != facts["applied"]:
        return (
            ngettext(
                "You applied on %(applied)s, and it counts from %(day)s: %(n)s person stands at an earlier day.",
                "You applied on %(applied)s, and it counts from %(day)s: %(n)s people stand at an earlier day.",
                ahead,
            )
            % words
        )
    if not ahead:
        return _("You applied on %(day)s, and nobody who waits stands at an earlier day.") % words
    return (
        ngettext(
            "You applied on %(day)s; %(n)s person stands at an earlier day.",
            "You applied on %(day)s; %(n)s people stand at an earlier day.",
            ahead,
        )
        % words
    )


def _others(ahead: int, _facts: Mapping[str, Any]) -> str:
    return ngettext(
        "%(n)s person who needs an accessible plot comes first.",
        "%(n)s people who need an accessible plot come first.",
        ahead,
    ) % {"n": ahead}


def _same_day(ahead: int, _facts: Mapping[str, Any]) -> str:
    return ngettext(
        "%(n)s person of the same day comes before you: an earlier draw, or no offer declined.",
        "%(n)s people of the same day come before you: an earlier draw, or no offer declined.",
        ahead,
    ) % {"n": ahead}


def _months(_ahead: int, facts: Mapping[str, Any]) -> str:
    return ngettext(
        "The offers you declined put you back by %(n)s month.",
        "The offers you declined put you back by %(n)s months.",
        facts["months"],
    ) % {"n": facts["months"]}


def _end(_ahead: int, facts: Mapping[str, Any]) -> str:
    return _("The offers you declined put you at the end of the list on %(day)s.") % {
        "day": day_of(facts["since"])
    }


def _drawn(ahead: int, facts: Mapping[str, Any]) -> str:
    words = {"with": facts["with"], "n": ahead}
    if not ahead:
        return (
            _("%(with)s people applied on that day, and the draw placed you before the others.")
            % words
        )
    return (
        ngettext(
            "%(with)s people applied on that day, and the draw placed %(n)s of them before you.",
            "%(with)s people applied on that day, and the draw placed %(n)s of them before you.",
            ahead,
        )
        % words
    )


def _to_be_drawn(_ahead: int, facts: Mapping[str, Any]) -> str:
    return (
        _("%(with)s people applied on that day: a draw will order you, that anybody can repeat.")
        % facts
    )


def _accessible(_ahead: int, _facts: Mapping[str, Any]) -> str:
    return _("You need an accessible plot: for such a plot you come before those who do not.")


_REASONS: Mapping[str, Callable[[int, Mapping[str, Any]], str]] = {
    "needs_accessible": _accessible,
    "others_need_accessible": _others,
    "day_of_application": _day,
    "before_on_that_day": _same_day,
    "refusals_cost_months": _months,
    "refusals_cost_the_end": _end,
    "drawn": _drawn,
    "to_be_drawn": _to_be_drawn,
}
