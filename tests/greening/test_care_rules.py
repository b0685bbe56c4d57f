"""The care calendar of one tree, without a database."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greening.care import (
    HORIZON_DAYS,
    RULES,
    AfterLoss,
    AfterPlanting,
    TaskPlan,
    TreeFacts,
    Weather,
    Yearly,
    check_rules,
    oldest_planting,
    skip_watering,
    tasks_for,
)
from greening.errors import BadInput

TREE = uuid.UUID(int=7)
WATER = Yearly("water", "water", opens=(5, 1), closes=(9, 30), times=(3, 2, 1), litres=80.0)
FAR = 10 * 366


def planted(day: str, state: str = "planted") -> TreeFacts:
    return TreeFacts(TREE, state, dt.date.fromisoformat(day))


def windows(plans: list[TaskPlan]) -> list[tuple[str, str]]:
    return [(plan.due_from.isoformat(), plan.due_until.isoformat()) for plan in plans]


def test_a_summer_is_cut_into_windows_that_touch() -> None:
    """1 May to 30 September are 153 days: three windows of 51."""
    plans = tasks_for(planted("2025-11-20"), [WATER], dt.date(2026, 1, 1), 365)
    assert windows(plans) == [
        ("2026-05-01", "2026-06-20"),
        ("2026-06-21", "2026-08-10"),
        ("2026-08-11", "2026-09-30"),
    ]
    assert {plan.litres for plan in plans} == {80.0}


def test_waterings_come_in_the_first_three_summers_only() -> None:
    plans = tasks_for(planted("2025-11-20"), [WATER], dt.date(2025, 12, 1), FAR)
    assert [plan.due_from.year for plan in plans] == [2026] * 3 + [2027] * 2 + [2028]


def test_a_tree_planted_in_june_is_watered_that_summer_from_then_on() -> None:
    plans = tasks_for(planted("2026-06-25"), [WATER], dt.date(2026, 6, 25), FAR)
    assert windows(plans)[0] == ("2026-06-21", "2026-08-10")
    assert plans[-1].due_from.year == 2028


def test_windows_that_are_over_are_not_asked_for() -> None:
    plans = tasks_for(planted("2025-11-20"), [WATER], dt.date(2026, 6, 21), 60)
    assert windows(plans) == [("2026-06-21", "2026-08-10"), ("2026-08-11", "2026-09-30")]


def test_the_stake_comes_off_two_years_after_the_planting() -> None:
    rule = AfterPlanting("stake_removal", "stake_removal", months=24, days=120)
    (plan,) = tasks_for(planted("2024-02-29"), [rule], dt.date(2025, 1, 1), FAR)
    assert plan.due_from == dt.date(2026, 2, 28)


def test_pruning_skips_the_years_with_no_times_and_crosses_new_year() -> None:
    rule = Yearly("p", "prune", opens=(11, 15), closes=(3, 10), times=(0, 0, 1))
    (plan,) = tasks_for(planted("2025-11-20"), [rule], dt.date(2025, 12, 1), FAR)
    # Winter 1 is the one of the planting itself, 2025-2026.
    assert windows([plan]) == [("2027-11-15", "2028-03-10")]


def test_formative_pruning_keeps_out_of_the_nesting_season() -> None:
    plans = tasks_for(planted("2025-11-20"), RULES, dt.date(2025, 12, 1), FAR)
    prunings = [plan for plan in plans if plan.action == "prune"]
    assert len(prunings) == 3
    for plan in prunings:
        assert (plan.due_from.month, plan.due_until.month) == (11, 3)
        assert plan.due_until.day <= 10  # LPO: from 15 March


@pytest.mark.parametrize(
    ("ended", "opens"),
    [("2026-06-01", "2026-11-15"), ("2026-11-15", "2027-11-15"), ("2026-12-24", "2027-11-15")],
)
def test_a_lost_tree_is_replaced_in_the_next_planting_season(ended: str, opens: str) -> None:
    facts = TreeFacts(TREE, "dead", dt.date(2025, 11, 20), dt.date.fromisoformat(ended))
    rule = AfterLoss("replacement", "replace", opens=(11, 15), closes=(3, 15))
    (plan,) = tasks_for(facts, [rule], dt.date(2026, 6, 2), FAR)
    assert plan.due_from.isoformat() == opens


def test_a_replaced_or_felled_tree_asks_for_nothing() -> None:
    ended = dt.date(2026, 6, 1)
    replaced = TreeFacts(TREE, "dead", dt.date(2025, 11, 20), ended, replaced=True)
    felled = TreeFacts(TREE, "felled", dt.date(2025, 11, 20), ended)
    for facts in (replaced, felled):
        assert tasks_for(facts, RULES, dt.date(2026, 6, 2), FAR) == []


def test_a_tree_of_unknown_planting_date_asks_for_nothing() -> None:
    assert tasks_for(TreeFacts(TREE, "planted", None), RULES, dt.date(2026, 1, 1), FAR) == []


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(BadInput, match="water"):
        check_rules([WATER, WATER])


DAYS = st.dates(dt.date(2015, 1, 1), dt.date(2035, 12, 31))


@given(planted_on=DAYS, wait=st.integers(0, 4000), horizon=st.integers(0, 800))
def test_whenever_asked_a_window_is_the_same_task(
    planted_on: dt.date, wait: int, horizon: int
) -> None:
    """What is asked on any day is part of what the whole life asks: same windows, same identifiers."""
    facts = TreeFacts(TREE, "planted", planted_on)
    life = {plan.uuid: plan for plan in tasks_for(facts, RULES, planted_on, 20 * 366)}
    assert len(life) == len(tasks_for(facts, RULES, planted_on, 20 * 366))
    day = planted_on + dt.timedelta(days=wait)
    for plan in tasks_for(facts, RULES, day, horizon):
        assert life[plan.uuid] == plan
        assert plan.due_until >= day
        assert plan.due_from <= day + dt.timedelta(days=horizon)
        assert plan.due_from <= plan.due_until
        assert plan.due_until > planted_on


@given(planted_on=DAYS, today=DAYS)
def test_trees_older_than_the_oldest_planting_ask_for_nothing(
    planted_on: dt.date, today: dt.date
) -> None:
    if planted_on < oldest_planting(RULES, today):
        facts = TreeFacts(TREE, "established", planted_on)
        assert tasks_for(facts, RULES, today, HORIZON_DAYS) == []


def test_rain_leaves_a_watering_out_with_the_value_used() -> None:
    skip = skip_watering(Weather(24.0, "Villacoublay"))
    assert skip is not None
    assert (skip.reason, skip.rain_mm) == ("rain", 24.0)
    assert "Villacoublay" in skip.note
    assert skip_watering(Weather(19.9, "Villacoublay")) is None


def test_unknown_rain_is_not_zero_and_a_drought_order_comes_first() -> None:
    assert skip_watering(Weather(None, "no station")) is None
    skip = skip_watering(Weather(None, "no station", drought_order="Arrêté 2026-113"))
    assert skip is not None
    assert (skip.reason, skip.order_reference) == ("drought_order", "Arrêté 2026-113")
