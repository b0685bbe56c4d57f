"""A town's rules for giving plots, read from JSON and checked. Pure: no Django, no I/O.

>>> Rules.read(DEFAULT).answer_days
7
>>> Rules.read({**DEFAULT, "answer_days": 0})
Traceback (most recent call last):
parcels.allocation_rules.RulesError: answer_days: a whole number from 1 to 90 is needed, not 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: What the product starts with: the town's own choices to revise, close to what French shared gardens publish.
DEFAULT: dict[str, Any] = {
    "who": {"resident": True, "adult": True, "no_own_garden": True},
    "one_application_per": "household",
    "one_plot_per_household": True,
    "accessibility_first": True,
    "ties": "draw",
    "answer_days": 7,
    "refusal_costs": [
        {"cost": "nothing"},
        {"cost": "months", "months": 6},
        {"cost": "end_of_list"},
        {"cost": "out"},
    ],
    "unanswered": "refusal",
    "reconfirm": {"months": 12, "grace_days": 30},
    "adoption": {"months": 12, "renewal_window_days": 60, "notice_days": 30},
}

OneApplicationPer = Literal["household", "household_and_garden"]
#: How an offer that nobody answers counts: like a refusal, not at all, or as the end of the application.
Unanswered = Literal["refusal", "nothing", "out"]
CostName = Literal["nothing", "months", "end_of_list", "out"]


class RulesError(ValueError):
    """The rules as given cannot be used; the message names the entry and what it takes."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one refusal costs: nothing, so many months in the order, the end of the list, or the application."""

    cost: CostName
    months: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    resident: bool
    adult: bool
    no_own_garden: bool
    one_application_per: OneApplicationPer
    one_plot_per_household: bool
    accessibility_first: bool
    answer_days: int
    refusal_costs: tuple[Cost, ...]  # of the 1st, 2nd… refusal; the last one comes back
    unanswered: Unanswered
    reconfirm_months: int
    grace_days: int
    adoption_months: int
    renewal_window_days: int
    notice_days: int

    @classmethod
    def read(cls, data: object) -> Rules:
        """The rules that `data`, parsed JSON, says. Raises RulesError at the first entry that cannot be used."""
        top = _table(data, "rules", DEFAULT)
        if top["ties"] != "draw":
            raise RulesError("ties: “draw” is the only way to settle them so far.")
        who = _table(top["who"], "who", DEFAULT["who"])
        reconfirm = _table(top["reconfirm"], "reconfirm", DEFAULT["reconfirm"])
        adoption = _table(top["adoption"], "adoption", DEFAULT["adoption"])
        return cls(
            resident=_flag(who, "who", "resident"),
            adult=_flag(who, "who", "adult"),
            no_own_garden=_flag(who, "who", "no_own_garden"),
            one_application_per=_one_of(
                top, "one_application_per", ("household", "household_and_garden")
            ),
            one_plot_per_household=_flag(top, "", "one_plot_per_household"),
            accessibility_first=_flag(top, "", "accessibility_first"),
            answer_days=_number(top, "", "answer_days", 1, 90),
            refusal_costs=_costs(top["refusal_costs"]),
            unanswered=_one_of(top, "unanswered", ("refusal", "nothing", "out")),
            reconfirm_months=_number(reconfirm, "reconfirm", "months", 1, 60),
            grace_days=_number(reconfirm, "reconfirm", "grace_days", 1, 365),
            adoption_months=_number(adoption, "adoption", "months", 1, 120),
            renewal_window_days=_number(adoption, "adoption", "renewal_window_days", 1, 365),
            notice_days=_number(adoption, "adoption", "notice_days", 0, 365),
        )

    def cost_of(self, refusal: int) -> Cost:
        """What the 1st, 2nd… refusal costs; beyond the list, its last entry.

        >>> [Rules.read(DEFAULT).cost_of(number).cost for number in (1, 2, 3, 4, 9)]
        ['nothing', 'months', 'end_of_list', 'out', 'out']
        """
        return self.refusal_costs[min(refusal, len(self.refusal_costs)) - 1]

    def cost_of_silence(self, refusal: int) -> Cost:
        """What an offer left without an answer costs, where it would be this refusal."""
        if self.unanswered == "refusal":
            return self.cost_of(refusal)
        return Cost("out" if self.unanswered == "out" else "nothing")


def _table(data: object, name: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise RulesError(f"{name}: a table is needed, with {', '.join(wanted)}.")
    unknown = sorted(str(key) for key in data.keys() - wanted.keys())
    if unknown:
        raise RulesError(f"{name}: {', '.join(unknown)} is no rule; those are {', '.join(wanted)}.")
    missing = [key for key in wanted if key not in data]
    if missing:
        raise RulesError(f"{name}: {', '.join(missing)} is missing.")
    return data


def _path(table: str, name: str) -> str:
    return f"{table}.{name}" if table else name


def _flag(data: Mapping[str, Any], table: str, name: str) -> bool:
    value = data[name]
    if not isinstance(value, bool):
        raise RulesError(f"{_path(table, name)}: true or false is needed, not {value!r}.")
    return value


def _number(data: Mapping[str, Any], table: str, name: str, least: int, most: int) -> int:
    value = data[name]
    if type(value) is not int or not least <= value <= most:
        raise RulesError(
            f"{_path(table, name)}: a whole number from {least} to {most} is needed, not {value!r}."
        )
    return value


def _one_of(data: Mapping[str, Any], name: str, words: Sequence[str]) -> Any:
    value = data[name]
    if value not in words:
        raise RulesError(f"{name}: one of {', '.join(words)} is needed, not {value!r}.")
    return value


def _costs(data: object) -> tuple[Cost, ...]:
    if not isinstance(data, list) or not data:
        raise RulesError(
            "refusal_costs: a list of costs is needed, that of the first refusal first."
        )
    return tuple(_cost(entry, number) for number, entry in enumerate(data, start=1))


def _cost(entry: object, number: int) -> Cost:
    name = f"refusal_costs, number {number}"
    words = ("nothing", "months", "end_of_list", "out")
    if not isinstance(entry, Mapping) or entry.get("cost") not in words:
        raise RulesError(f"{name}: “cost” must be one of {', '.join(words)}.")
    if entry.keys() - {"cost", "months"} or ("months" in entry) != (entry["cost"] == "months"):
        raise RulesError(f"{name}: “months”, and nothing else, goes with the cost “months”.")
    months = _number(entry, name, "months", 1, 60) if "months" in entry else 0
    return Cost(entry["cost"], months)
