"""What a tree's age asks for: care rules as data, and the tasks they give for one tree. Pure: no database.

>>> young = TreeFacts(uuid_module.UUID(int=1), "establishing", dt.date(2025, 11, 20))
>>> [(plan.action, plan.due_from.isoformat()) for plan in tasks_for(young, RULES, dt.date(2026, 9, 20))][:3]
[('water', '2026-09-15'), ('survival_check', '2026-09-15'), ('mulch', '2027-03-01')]
"""

from __future__ import annotations

import calendar
import datetime as dt
import uuid as uuid_module
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from greening.errors import BadInput
from greening.models.tree import LIVING_STATES

#: Names of tasks are made from rule, tree and window, so that asking twice gives the same task.
NAMESPACE = uuid_module.UUID("5b0ad6b4-6c2e-5d0f-9a55-0d4f3c1f7a10")
YOUNG = ("planted", "establishing")
DayOfYear = tuple[int, int]  # month, day


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What the rules look at."""

    uuid: uuid_module.UUID
    state: str
    planted_on: dt.date | None
    ended_on: dt.date | None = None
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Yearly:
    """A rule that comes back each year at the same season, counted from the planting.

    `times` gives, for the 1st, 2nd… season that ends after the planting, into how many equal windows that season
    is cut: (10, 8, 6) waters ten times in the first summer; (0, 1) leaves the first year out.
    """

    name: str
    action: str
    opens: DayOfYear
    closes: DayOfYear  # before `opens`: in the following year
    times: tuple[int, ...]
    litres: float | None = None
    states: tuple[str, ...] = YOUNG


@dataclass(frozen=True, slots=True)
class AfterPlanting:
    """A rule that comes once, so many months after the planting, with a window of so many days."""

    name: str
    action: str
    months: int
    days: int
    states: tuple[str, ...] = LIVING_STATES


@dataclass(frozen=True, slots=True)
class AfterLoss:
    """A rule that comes once, in the first season `opens`–`closes` that starts after the tree was lost."""

    name: str
    action: str
    opens: DayOfYear
    closes: DayOfYear
    states: tuple[str, ...] = ("dead", "missing")


Rule = Yearly | AfterPlanting | AfterLoss

#: The default calendar: the town's own choices within common French practice for street trees (three summers of
#: watering, stakes for two years, pruning outside the nesting season); none of the numbers is a measured optimum.
RULES: tuple[Rule, ...] = (
    Yearly("water", "water", opens=(5, 1), closes=(9, 30), times=(10, 8, 6), litres=80.0),
    Yearly("stake_check", "stake", opens=(4, 1), closes=(4, 30), times=(1, 1)),
    Yearly("mulch", "mulch", opens=(3, 1), closes=(4, 15), times=(1, 1, 1)),
    Yearly("survival_check", "survival_check", opens=(9, 15), closes=(11, 15), times=(1, 1, 1)),
    AfterPlanting("stake_removal", "stake_removal", months=24, days=120),
    # Winters 3, 5 and 8: the crown is raised step by step, a few branches at a time.
    Yearly(
        "formative_pruning",
        "prune",
        opens=(11, 15),
        closes=(3, 10),
        times=(0, 0, 1, 0, 1, 0, 0, 1),
        states=(*YOUNG, "established"),
    ),
    AfterLoss("replacement", "replace", opens=(11, 15), closes=(3, 15)),
)

#: How far ahead tasks are laid out: to the end of the next summer and autumn, whenever it is asked.
HORIZON_DAYS = 400


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """A task that a rule asks for; `uuid` is the same whenever and wherever it is asked."""

    tree: uuid_module.UUID
    rule: str
    action: str
    due_from: dt.date
    due_until: dt.date
    litres: float | None = None

    @property
    def uuid(self) -> uuid_module.UUID:
        window = f"{self.due_from.isoformat()}/{self.due_until.isoformat()}"
        return uuid_module.uuid5(NAMESPACE, f"{self.rule}:{self.tree}:{window}")


def tasks_for(
    tree: TreeFacts, rules: Sequence[Rule], today: dt.date, horizon_days: int = HORIZON_DAYS
) -> list[TaskPlan]:
    """The tasks whose window is not over by `today` and opens within the horizon, earliest first."""
    until = today + dt.timedelta(days=horizon_days)
    plans = [
        plan
        for rule in rules
        if tree.state in rule.states
        for plan in _plans(rule, tree)
        if plan.due_until >= today and plan.due_from <= until
    ]
    return sorted(plans, key=lambda plan: (plan.due_from, plan.due_until))


def oldest_planting(rules: Iterable[Rule], today: dt.date) -> dt.date:
    """Trees planted before this day get nothing from the rules that count from the planting."""
    years = 0
    for rule in rules:
        if isinstance(rule, Yearly):
            years = max(years, len(rule.times))
        elif isinstance(rule, AfterPlanting):
            years = max(years, (rule.months + rule.days // 30) // 12 + 1)
    return today.replace(year=today.year - years - 1, month=1, day=1)


def check_rules(rules: Sequence[Rule]) -> None:
    """Refuses two rules of one name: their tasks would be taken for each other."""
    names = [rule.name for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"Two care rules are called {', '.join(twice)}: give each its own name.")


def _plans(rule: Rule, tree: TreeFacts) -> Iterator[TaskPlan]:
    if isinstance(rule, AfterLoss):
        if tree.ended_on is not None and not tree.replaced:
            year = tree.ended_on.year
            if _season(rule.opens, rule.closes, year)[0] <= tree.ended_on:
                year += 1
            opens, closes = _season(rule.opens, rule.closes, year)
            yield TaskPlan(tree.uuid, rule.name, rule.action, opens, closes)
    elif tree.planted_on is None:
        return
    elif isinstance(rule, AfterPlanting):
        opens = months_after(tree.planted_on, rule.months)
        closes = opens + dt.timedelta(days=rule.days)
        yield TaskPlan(tree.uuid, rule.name, rule.action, opens, closes)
    else:
        year = tree.planted_on.year - 1
        while _season(rule.opens, rule.closes, year)[1] <= tree.planted_on:
            year += 1
        for number, times in enumerate(rule.times):
            for opens, closes in _cut(_season(rule.opens, rule.closes, year + number), times):
                if closes > tree.planted_on:
                    yield TaskPlan(tree.uuid, rule.name, rule.action, opens, closes, rule.litres)


def _season(opens: DayOfYear, closes: DayOfYear, year: int) -> tuple[dt.date, dt.date]:
    """First and last day of the season that opens in `year`."""
    return dt.date(year, *opens), dt.date(year + (closes < opens), *closes)


def _cut(season: tuple[dt.date, dt.date], times: int) -> Iterator[tuple[dt.date, dt.date]]:
    """The season in `times` windows that touch, as equal as whole days allow."""
    first, last = season
    days = (last - first).days + 1
    for number in range(times):
        start = first + dt.timedelta(days=days * number // times)
        stop = first + dt.timedelta(days=days * (number + 1) // times - 1)
        yield start, stop


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or that month's last.

    >>> months_after(dt.date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


# --- watering left out ----------------------------------------------------------------------------
#: Rain over RAIN_DAYS that makes a watering needless: the town's choice, to be set from its own soil probes.
ENOUGH_RAIN_MM = 20.0
RAIN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Weather:
    """What decides whether to water: rain of the last RAIN_DAYS (None: not known), its source, a drought order."""

    rain_mm: float | None
    source: str
    drought_order: str = ""  # number and date of the prefect's order, where one forbids watering


@dataclass(frozen=True, slots=True)
class Skip:
    """Why watering is left out, with the value used."""

    reason: str
    rain_mm: float | None
    order_reference: str
    note: str


def skip_watering(weather: Weather, enough_mm: float = ENOUGH_RAIN_MM) -> Skip | None:
    """Why not to water, or None. A drought order comes first; unknown rain is not zero and skips nothing.

    >>> skip_watering(Weather(26.5, "Météo-France, Villacoublay")).note
    '26.5 mm in 7 days (Météo-France, Villacoublay); 20.0 mm are enough.'
    """
    if weather.drought_order:
        return Skip("drought_order", weather.rain_mm, weather.drought_order, "")
    if weather.rain_mm is not None and weather.rain_mm >= enough_mm:
        note = f"{weather.rain_mm} mm in {RAIN_DAYS} days ({weather.source}); {enough_mm} mm are enough."
        return Skip("rain", weather.rain_mm, "", note)
    return None
