"""Two simulated towns, whole: scenes, composite, cover, ranking, judged against their own truth.

Ten of them are the bench's (tests/benchmarks/bench_ranking.py); their seeds were never tuned on.
What the issue demands of a median over towns is demanded here of the two together.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.skill import TownSkill, coverage, examined_together

pytestmark = pytest.mark.town

SEEDS = (9001, 9002)


@pytest.fixture(scope="module")
def skills() -> list[TownSkill]:
    return examined_together(SEEDS)


def mean(skills: list[TownSkill], name: str) -> float:
    return float(np.mean([getattr(skill, name) for skill in skills]))


def test_the_ranking_comes_near_the_oracle_s(skills: list[TownSkill]) -> None:
    assert mean(skills, "tau") >= 0.8 * mean(skills, "tau_oracle")
    assert mean(skills, "tau") >= 0.8 * mean(skills, "tau_oracle_moved")


@pytest.mark.parametrize("rule", ["tau_temperature", "tau_sealed_share", "tau_sealed_m2"])
def test_the_ranking_beats_plain_rules(skills: list[TownSkill], rule: str) -> None:
    assert mean(skills, "tau") > mean(skills, rule)


def test_a_yard_s_effect_is_neither_lost_nor_blown_up_by_the_change_of_scale(
    skills: list[TownSkill],
) -> None:
    assert 0.8 <= mean(skills, "ratio") <= 1.25


def test_intervals_hold_most_true_effects(skills: list[TownSkill]) -> None:
    # Two towns share two levels' errors: of 44 yards, the bench's 85–95 % cannot be asked; three quarters can.
    assert coverage(skills) >= 0.75


def test_the_cover_s_shift_is_found(skills: list[TownSkill]) -> None:
    for skill in skills:
        assert np.hypot(*skill.offset_m) > 2.0  # every town's map is a pixel out of place
