"""Figures that open: each number with its time, the sentence that defines it, and the very rows it counts.

A family is measured at once (the programme's: one query); upper floors register families of their own.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from greening.errors import BadInput, TownError
from greening.models import Commune, PlantingSite, Tree
from greening.models.tree import LIVING_STATES, LOST_STATES


@dataclass(frozen=True, slots=True)
class Indicator:
    """A figure: what it is called, the sentence that says what is counted and from what, and its rows."""

    name: str
    label: Any
    source: Any
    rows: Callable[[], QuerySet[Any]] | None = None  # None: not a count (a target, a rate)
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Indicators that one measurement answers together: `measure` gives a value for each name."""

    name: str
    measure: Callable[[], Mapping[str, float | None]]
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """An indicator's value as of an instant; None is not known, never zero."""

    indicator: Indicator
    value: float | None
    as_of: dt.datetime

    def rows(self) -> QuerySet[Any]:
        """The rows the number counts, as they are now."""
        if self.indicator.rows is None:
            raise BadInput(f"{self.indicator.name} counts no rows.")
        return self.indicator.rows()


_families: dict[str, Family] = {}
_held: dict[str, tuple[float, dict[str, Reading]]] = {}


def register(family: Family) -> None:
    """Make a family known; called from the `apps.py` of the app that owns it."""
    for other in _families.values():
        clash = {each.name for each in other.indicators} & {each.name for each in family.indicators}
        if other.name != family.name and clash:
            raise TownError(f"Two families give the indicators {', '.join(sorted(clash))}.")
    _families[family.name] = family


def families() -> list[Family]:
    return list(_families.values())


def indicator(name: str) -> Indicator:
    for family in _families.values():
        for each in family.indicators:
            if each.name == name:
                return each
    raise BadInput(f"There is no indicator {name}.")


def forget_readings() -> None:
    """Measure anew at the next question: for tests, whose towns come and go within a second."""
    _held.clear()


def read(family: str, max_age_s: float = 0.0) -> dict[str, Reading]:
    """The family's readings by name, measured now or at most `max_age_s` ago by this process.

    Public pages pass 2: a planting shows within 5 s, whatever the number of visitors.
    """
    known = _families.get(family)
    if known is None:
        raise BadInput(f"There is no family of indicators {family}.")
    held = _held.get(family)
    now = time.monotonic()
    if held is not None and now - held[0] < max_age_s:
        return held[1]
    as_of = timezone.now()
    values = known.measure()
    readings = {each.name: Reading(each, values[each.name], as_of) for each in known.indicators}
    _held[family] = (now, readings)
    return readings


# --- the programme: the promise of 6,000 trees ------------------------------------------------------
def planned_sites() -> QuerySet[Any]:
    return PlantingSite.objects.planned()


def planted_trees() -> QuerySet[Any]:
    return Tree.objects.programme().planted()


def living_trees() -> QuerySet[Any]:
    return planted_trees().filter(state__in=LIVING_STATES)


def lost_trees() -> QuerySet[Any]:
    return planted_trees().filter(state__in=LOST_STATES)


def moved_trees() -> QuerySet[Any]:
    return planted_trees().filter(state="transplanted")


def measure_programme() -> dict[str, float | None]:
    """Target, planned, planted, alive, lost and moved in one query; planted = alive + lost + moved."""
    the_town = Commune.objects.order_by("id").values("pk")[:1]
    rows = (
        _by_state("tree", planted_trees())
        .union(
            _by_state("site", planned_sites()),
            Commune.objects.filter(pk__in=the_town)
            .order_by()
            .values_list(Value("town"), Value(""), F("tree_target")),
            all=True,
        )
        .order_by()
    )
    counts: dict[str, dict[str, int]] = {"tree": {}, "site": {}, "town": {}}
    for of, state, count in rows:
        counts[of][state] = count
    trees = counts["tree"]
    return {
        "trees_target": counts["town"].get(""),
        "trees_planned": sum(counts["site"].values()),
        "trees_planted": sum(trees.values()),
        "trees_alive": sum(trees.get(state, 0) for state in LIVING_STATES),
        "trees_lost": sum(trees.get(state, 0) for state in LOST_STATES),
        "trees_moved": trees.get("transplanted", 0),
    }


def _by_state(of: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    """(of, state, count) for each state among `rows`."""
    counted = rows.order_by().values(of=Value(of), what=F("state")).annotate(n=Count("pk"))
    rows_of_states: QuerySet[Any] = counted.values_list("of", "what", "n")
    return rows_of_states


PROGRAMME = Family(
    "programme",
    measure_programme,
    (
        Indicator(
            "trees_target",
            _("trees promised"),
            _("The promise the town made, as set for the commune."),
        ),
        Indicator(
            "trees_planned",
            _("planned"),
            _("Planting sites that are scheduled or ready and wait for their tree."),
            planned_sites,
        ),
        Indicator(
            "trees_planted",
            pgettext_lazy("trees", "planted"),
            _(
                "Trees put in the ground on a campaign's site since the first campaign began, with those lost or "
                "moved since."
            ),
            planted_trees,
        ),
        Indicator(
            "trees_alive",
            _("alive"),
            _("Of the trees planted, those that the inventory says live today."),
            living_trees,
        ),
        Indicator(
            "trees_lost",
            _("lost"),
            _("Of the trees planted, those recorded dead, missing or felled."),
            lost_trees,
        ),
        Indicator(
            "trees_moved",
            _("moved"),
            _("Of the trees planted, those dug up to live elsewhere."),
            moved_trees,
        ),
    ),
)


def declare() -> None:
    """Register the ground's own indicators."""
    register(PROGRAMME)
