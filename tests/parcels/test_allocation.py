"""Who gets the next plot: a total order that anybody can compute again, and reasons that add up."""

from __future__ import annotations

import datetime as dt
import json
import random
import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcels.allocation import (
    Candidate,
    Ranking,
    Rules,
    barred,
    commitment,
    draw_value,
    rank,
)
from parcels.allocation_rules import DEFAULT, Cost, RulesError

RULES = Rules.read(DEFAULT)
MONDAY = dt.date(2026, 3, 2)
KEYS = [(MONDAY + dt.timedelta(days=n)).isoformat() for n in range(3)]
SEEDS = {key: f"{n:064x}" for n, key in enumerate(KEYS)}


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    name = draw(st.uuids())
    key = draw(st.sampled_from(KEYS))
    day = dt.date.fromisoformat(key)
    yes = st.integers(0, 9).map(lambda n: n > 0)
    return Candidate(
        application=name,
        resident=name,
        day=day,
        order_key=key,
        adult=draw(yes),
        lives_here=draw(yes),
        no_own_garden=draw(yes),
        household_has_plot=not draw(yes),
        had_this_offer=not draw(yes),
        household_has_offer=not draw(yes),
        needs_accessible=draw(st.booleans()),
        refusals=draw(st.integers(0, 3)),
        delay_months=draw(st.sampled_from([0, 0, 6])),
        behind_since=draw(st.sampled_from([None, None, MONDAY + dt.timedelta(days=1)])),
    )


LINES = st.lists(candidates(), max_size=25, unique_by=lambda one: one.application)
SOME_SEEDS = st.sets(st.sampled_from(KEYS)).map(lambda keys: {key: SEEDS[key] for key in keys})
PLOTS = st.sampled_from([None, True, False])


@given(LINES, PLOTS)
def test_the_order_is_total_and_everybody_has_a_place_of_their_own(
    line: list[Candidate], accessible: bool | None
) -> None:
    places = rank(line, RULES, seeds=SEEDS, accessible=accessible)
    assert [place.rank for place in places] == list(range(1, len(places) + 1))
    assert all(place.settled and place.of == len(places) for place in places)


@given(LINES, SOME_SEEDS, PLOTS, st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_given_does_not_matter(
    line: list[Candidate], seeds: dict[str, str], accessible: bool | None, rng: random.Random
) -> None:
    shuffled = line[:]
    rng.shuffle(shuffled)
    assert rank(shuffled, RULES, seeds=seeds, accessible=accessible) == rank(
        line, RULES, seeds=seeds, accessible=accessible
    )


@given(LINES, SOME_SEEDS, PLOTS)
def test_the_reasons_add_up_to_the_rank(
    line: list[Candidate], seeds: dict[str, str], accessible: bool | None
) -> None:
    for place in rank(line, RULES, seeds=seeds, accessible=accessible):
        assert sum(why.ahead for why in place.reasons) == place.rank - 1


@given(LINES, SOME_SEEDS, PLOTS)
def test_the_reasons_agree_with_who_stands_before(
    line: list[Candidate], seeds: dict[str, str], accessible: bool | None
) -> None:
    places = rank(line, RULES, seeds=seeds, accessible=accessible)
    for place in places:
        said = {why.code: why.ahead for why in place.reasons}
        before = [one.candidate for one in places if one.last < place.rank]
        urgent = [one for one in before if accessible and one.needs_accessible]
        mine = accessible and place.candidate.needs_accessible
        assert said.get("others_need_accessible", 0) == (0 if mine else len(urgent))
        alike = before if mine else [one for one in before if one not in urgent]
        earlier = [one for one in alike if one.counts_from < place.candidate.counts_from]
        assert said["day_of_application"] == len(earlier)


@given(LINES, candidates(), SOME_SEEDS, PLOTS)
def test_somebody_who_comes_behind_makes_nobodys_place_worse(
    line: list[Candidate], new: Candidate, seeds: dict[str, str], accessible: bool | None
) -> None:
    late = replace(
        new,
        day=MONDAY + dt.timedelta(days=400),
        order_key="2027-04-06",
        needs_accessible=False,
    )
    before = rank(line, RULES, seeds=seeds, accessible=accessible)
    after = rank([*line, late], RULES, seeds=seeds, accessible=accessible)
    assert [where(place) for place in after[: len(before)]] == [where(place) for place in before]


def where(place: Ranking) -> tuple[Any, ...]:
    return place.candidate.application, place.rank, place.last, place.reasons


@given(LINES, SOME_SEEDS, st.sampled_from([None, False]))
def test_accessibility_gives_no_priority_but_on_an_accessible_plot(
    line: list[Candidate], seeds: dict[str, str], accessible: bool | None
) -> None:
    able = [replace(one, needs_accessible=False) for one in line]
    needs = {one.application for one in line if one.needs_accessible}
    places = rank(line, RULES, seeds=seeds, accessible=accessible)
    same = rank(able, RULES, seeds=seeds, accessible=None)
    left = [one for one in same if accessible is None or one.candidate.application not in needs]
    assert [one.candidate.application for one in places] == [
        one.candidate.application for one in left
    ]


@given(LINES, SOME_SEEDS)
def test_on_an_accessible_plot_those_who_need_it_come_first(
    line: list[Candidate], seeds: dict[str, str]
) -> None:
    places = rank(line, RULES, seeds=seeds, accessible=True)
    needs = [place.candidate.needs_accessible for place in places]
    assert needs == sorted(needs, reverse=True)
    without = replace(RULES, accessibility_first=False)
    assert rank(line, without, seeds=seeds, accessible=True) == rank(line, without, seeds=seeds)


@given(LINES, SOME_SEEDS, PLOTS)
def test_who_the_rules_bar_has_no_place(
    line: list[Candidate], seeds: dict[str, str], accessible: bool | None
) -> None:
    placed = {one.candidate for one in rank(line, RULES, seeds=seeds, accessible=accessible)}
    assert not any(barred(one, RULES) or one.had_this_offer for one in placed)
    assert not any(one.household_has_offer for one in placed)
    able = {
        one
        for one in line
        if not barred(one, RULES)
        and not one.had_this_offer
        and not one.household_has_offer
        and not (accessible is False and one.needs_accessible)
    }
    assert placed == able


@given(candidates())
def test_a_candidate_comes_back_from_the_log_as_it_was(one: Candidate) -> None:
    assert Candidate.from_facts(json.loads(json.dumps(one.as_facts()))) == one


# --- by hand ----------------------------------------------------------------------------------------
def someone(number: int, day: int = 2, **facts: Any) -> Candidate:
    name = uuid.UUID(int=number)
    on = dt.date(2026, 3, day)
    return Candidate(name, name, on, facts.pop("order_key", on.isoformat()), **facts)


def order(*line: Candidate, **facts: Any) -> list[int]:
    return [place.candidate.application.int for place in rank(line, RULES, **facts)]


def test_a_refusal_that_costs_six_months_puts_behind_those_who_applied_until_then() -> None:
    held_back = someone(1, delay_months=6, refusals=2)  # counts from 2 September
    august = replace(someone(2), day=dt.date(2026, 8, 30), order_key="2026-08-30")
    that_day = replace(someone(3), day=dt.date(2026, 9, 2), order_key="2026-09-02")
    october = replace(someone(4), day=dt.date(2026, 10, 1), order_key="2026-10-01")
    assert order(october, held_back, that_day, august) == [2, 3, 1, 4]
    place = rank([october, held_back, that_day, august], RULES)[2]
    assert [(why.code, why.ahead) for why in place.reasons] == [
        ("day_of_application", 1),
        ("before_on_that_day", 1),
        ("refusals_cost_months", 0),
    ]


def test_the_end_of_the_list_is_the_day_of_the_refusal() -> None:
    last = someone(1, behind_since=dt.date(2026, 5, 1), refusals=3)
    april = replace(someone(2), day=dt.date(2026, 4, 1), order_key="2026-04-01")
    june = replace(someone(3), day=dt.date(2026, 6, 1), order_key="2026-06-01")
    assert order(last, april, june) == [2, 1, 3]


#: Three applications of one day under the seed 00…00; computed once with openssl, by
#: `printf '…' | xxd -r -p | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…00`.
GOLDEN = {
    1: "2a354913daa8d8d2d7ebd8059672c7bd51ea9bf5b0e08ba47bdcb062b1dd7c69",
}


def test_a_draw_is_the_one_that_anybody_computes_again() -> None:
    seed = "00" * 32
    for number, value in GOLDEN.items():
        assert draw_value(seed, uuid.UUID(int=number)) == value
    values = {number: draw_value(seed, uuid.UUID(int=number)) for number in range(1, 6)}
    drawn = order(*(someone(number) for number in range(1, 6)), seeds={"2026-03-02": seed})
    assert drawn == sorted(values, key=lambda number: values[number])
    assert commitment(seed) == "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"


def test_a_draw_is_as_likely_to_put_anybody_first() -> None:
    line = [someone(number) for number in range(1, 6)]
    firsts = [order(*line, seeds={"2026-03-02": commitment(f"{n:064x}")})[0] for n in range(2_000)]
    counts = [firsts.count(number) for number in range(1, 6)]
    assert sum(counts) == 2_000
    # Expected 400 each, standard deviation 18: five of them.
    assert all(310 < count < 490 for count in counts)


def test_before_the_draw_places_are_shared_and_say_so() -> None:
    places = rank([someone(1, day=1), someone(2), someone(3), someone(4, day=3)], RULES)
    assert [(place.rank, place.last) for place in places] == [(1, 1), (2, 3), (2, 3), (4, 4)]
    assert [why.code for why in places[1].reasons] == ["day_of_application", "to_be_drawn"]


# --- rules ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"answer_days": "7"}, "answer_days: a whole number from 1 to 90 is needed, not '7'."),
        ({"answer_days": True}, "answer_days: a whole number from 1 to 90 is needed, not True."),
        ({"who": {"resident": True}}, "who: adult, no_own_garden is missing."),
        ({"who": []}, "who: a table is needed, with resident, adult, no_own_garden."),
        ({"bribes": 1}, "rules: bribes is no rule; those are who, "),
        ({"refusal_costs": []}, "refusal_costs: a list of costs is needed"),
        ({"refusal_costs": [{"cost": "fine"}]}, "refusal_costs, number 1: “cost” must be one of"),
        ({"refusal_costs": [{"cost": "months"}]}, "“months”, and nothing else, goes with"),
        ({"refusal_costs": [{"cost": "out", "months": 3}]}, "“months”, and nothing else"),
        ({"unanswered": "maybe"}, "unanswered: one of refusal, nothing, out is needed"),
        ({"one_application_per": "person"}, "one_application_per: one of household"),
        ({"ties": "first come"}, "ties: “draw” is the only way"),
        ({"accessibility_first": 1}, "accessibility_first: true or false is needed, not 1."),
        ({"reconfirm": {"months": 12, "grace_days": 0}}, "reconfirm.grace_days: a whole number"),
    ],
)
def test_rules_that_cannot_be_used_say_which_entry(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RulesError) as error:
        Rules.read({**DEFAULT, **change})
    assert sentence in str(error.value)


def test_silence_costs_what_the_rules_say() -> None:
    assert RULES.cost_of_silence(2) == Cost("months", 6)
    assert replace(RULES, unanswered="nothing").cost_of_silence(4) == Cost("nothing")
    assert replace(RULES, unanswered="out").cost_of_silence(1) == Cost("out")
