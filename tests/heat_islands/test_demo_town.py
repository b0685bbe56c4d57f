"""A whole simulated town over the demo's own streets and yards."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from heat_islands.demo.effects import oracle_effects, true_effects
from heat_islands.demo.town import DemoTown, Variant, build_town, town_on
from heat_islands.science.grid import Grid
from tests.heat_islands.demo_layout import small_layout, small_town


@pytest.fixture(scope="module")
def town() -> DemoTown:
    return build_town(11, side_m=4_500)


def test_a_town_knows_twenty_four_yards_and_where_they_are(town: DemoTown) -> None:
    assert town.land is not None
    assert len(town.land.yards) == len(town.known_yards) == len(town.real_yards) == 24
    assert town.known_yards == tuple(yard.polygon for yard in town.land.yards)
    assert len(town.converted) == 2
    assert len(town.days) == 12


def test_its_truth_lies_on_the_grid_of_its_outline(town: DemoTown) -> None:
    assert town.ground is not None
    grid = Grid.around(town.ground.outline.bounds, 2154, min_side=4_500)
    assert town.frame.bounds == grid.bounds
    assert town.surface.fractions.shape == (6, *grid.shape)


def test_its_yards_truly_cool_by_different_amounts(town: DemoTown) -> None:
    effects = true_effects(town)
    assert effects.shape == (24,)
    assert effects.min() > 0.3
    assert effects.max() < 8.4
    assert effects.std() > 0.6
    oracle = oracle_effects(town, town.surface.fractions)
    assert np.corrcoef(oracle, effects)[0, 1] > 0.7


def test_the_same_seed_gives_the_same_town(town: DemoTown) -> None:
    again = town_on(town.layout, 11, side_m=4_500)
    assert again.surface.fractions.tobytes() == town.surface.fractions.tobytes()
    assert again.coefficients == town.coefficients
    assert again.days == town.days
    np.testing.assert_array_equal(true_effects(again), true_effects(town))


def test_one_layout_may_carry_another_towns_physics(town: DemoTown) -> None:
    other = build_town(12, layout_seed=11, side_m=4_500)
    assert other.known_yards == town.known_yards
    assert other.coefficients != town.coefficients
    assert other.surface.fractions.tobytes() != town.surface.fractions.tobytes()


@pytest.mark.parametrize("variant", get_args(Variant))
def test_variants_share_ground_and_weather(variant: Variant) -> None:
    varied, standard = small_town(1, variant), small_town(1)
    assert varied.surface.fractions.tobytes() == standard.surface.fractions.tobytes()
    assert varied.days == standard.days
    assert (varied.coefficients == standard.coefficients) == (variant != "no_effect")


def test_an_unknown_variant_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="standard, no_effect"):
        town_on(small_layout(), 1, variant="none")  # type: ignore[arg-type]
