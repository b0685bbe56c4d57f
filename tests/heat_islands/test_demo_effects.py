"""The true cooling of yards: what a conversion does, and what an oracle could say of it."""

from __future__ import annotations

import numpy as np
import pytest

from heat_islands.demo.effects import (
    Design,
    converted_fractions,
    coverage,
    oracle_effects,
    true_effects,
)
from heat_islands.demo.fabric import GRASS, ROOF, SEALED, TREE
from tests.heat_islands.demo_layout import small_town

LIMIT_K = (
    12 * 0.4 + 6 * 0.6
)  # the project's sanity limit at yard scale for the default design: 8.4 K


def test_a_paved_yard_becomes_two_fifths_canopy_and_three_fifths_lawn() -> None:
    after = Design().converted(np.array([1.0, 0, 0, 0, 0, 0]))
    np.testing.assert_allclose(after, [0, 0, 0.6, 0.4, 0, 0], atol=1e-6)


def test_canopy_beyond_the_design_is_kept() -> None:
    after = Design().converted(np.array([0.3, 0, 0.1, 0.6, 0, 0]))
    np.testing.assert_allclose(after, [0, 0, 0.4, 0.6, 0, 0], atol=1e-6)


def test_soil_makes_room_for_crowns_and_stays_soil() -> None:
    after = Design().converted(np.array([0.5, 0, 0, 0.2, 0.3, 0]))
    # Crowns grow from .2 to .4, so all else shrinks by (1 − .4) / (1 − .2) = .75.
    np.testing.assert_allclose(after, [0, 0, 0.375, 0.4, 0.225, 0], atol=1e-6)


def test_cell_by_cell_the_conversion_holds_the_yards_own_shares() -> None:
    for yard in small_town().surface.yards:
        after = Design().converted(yard.ground)
        np.testing.assert_allclose(after.sum(axis=0), yard.cover, atol=1e-5)
        shares = after.sum(axis=(1, 2)) / after.sum()
        np.testing.assert_allclose(shares, Design().converted(yard.shares), atol=1e-5)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_conversion_always_cools_and_never_beyond_the_sanity_limit(seed: int) -> None:
    effects = true_effects(small_town(seed))
    assert effects.min() > 0.2
    assert effects.max() < LIMIT_K


def test_conversion_never_cools_in_the_town_without_effect() -> None:
    town = small_town(1, "no_effect")
    np.testing.assert_allclose(true_effects(town), 0, atol=1e-5)
    np.testing.assert_allclose(oracle_effects(town, town.surface.fractions), 0, atol=1e-5)


def test_a_yard_that_meets_the_design_gains_nothing() -> None:
    town = small_town()
    already = Design(canopy=0.0)
    done = converted_fractions(town, (0,))
    yard = town.surface.yards[0]
    ground = Design().converted(yard.ground)
    assert Design().converted(ground) == pytest.approx(ground, abs=1e-6)
    assert already.converted(ground) == pytest.approx(ground, abs=1e-6)
    assert (done[SEALED] <= town.surface.fractions[SEALED] + 1e-6).all()


def test_the_effect_is_the_difference_of_two_whole_surfaces() -> None:
    town = small_town()
    effects = true_effects(town)
    for number in (0, 3, 7):
        yard = town.surface.yards[number]
        green = town.climate.with_ground(converted_fractions(town, (number,)))
        spread = town.climate.neighbours - green.neighbours
        cooling = []
        for day in town.days:
            fall = town.climate.temperature(day) - green.temperature(day)
            own = fall - day.strength * spread
            near = np.average(spread[yard.rows, yard.cols], weights=yard.cover)
            cooling.append(own.sum(dtype=np.float64) / yard.area_cells + day.strength * near)
        assert effects[number] == pytest.approx(np.mean(cooling), abs=0.02)


def test_more_canopy_cools_more() -> None:
    town = small_town()
    assert (true_effects(town, Design(canopy=0.7)) > true_effects(town)).all()


def test_paved_yards_gain_more_than_green_ones() -> None:
    sealed, effects = [], []
    for seed in (1, 2, 3, 4):
        town = small_town(seed)
        sealed += [float(yard.shares[SEALED]) for yard in town.surface.yards]
        effects += list(true_effects(town))
    assert np.corrcoef(sealed, effects)[0, 1] > 0.5


def test_an_oracle_with_true_fractions_comes_close() -> None:
    said, true = [], []
    for seed in (1, 2, 3, 4):
        town = small_town(seed)
        said += list(oracle_effects(town, town.surface.fractions))
        true += list(true_effects(town))
    assert np.corrcoef(said, true)[0, 1] > 0.8
    assert 0.85 < np.median(np.array(said) / np.array(true)) < 1.15


def test_an_oracle_that_sees_a_yard_only_as_roof_or_nothing_counts_it_as_paved() -> None:
    town = small_town()
    roofed, blind = np.zeros_like(town.surface.fractions), np.zeros_like(town.surface.fractions)
    roofed[ROOF] = 1
    blind[:] = np.nan
    paved = np.zeros_like(roofed)
    paved[SEALED] = 1
    # All three believe in a paved yard; only the first believes in shade from the roofs around it.
    assert oracle_effects(town, blind) == pytest.approx(oracle_effects(town, paved), abs=1e-5)
    assert (oracle_effects(town, roofed) < oracle_effects(town, paved)).all()


def test_an_oracle_refuses_fractions_of_another_grid() -> None:
    with pytest.raises(ValueError, match="not on the town's"):
        oracle_effects(small_town(), np.zeros((6, 3, 3), dtype=np.float32))


def test_an_outlines_coverage_sums_to_its_area() -> None:
    town = small_town()
    for outline in town.known_yards:
        *_, cover = coverage(town.frame, outline)
        assert cover.sum() * 100 == pytest.approx(outline.area, rel=0.03)


def test_lawn_replaces_paving_in_the_converted_fractions() -> None:
    town = small_town()
    yard = town.surface.yards[2]
    change = converted_fractions(town, (2,)) - town.surface.fractions
    assert np.abs(change.sum(axis=0)).max() < 1e-5
    assert change[GRASS].sum() + change[TREE].sum() > 0.2 * yard.area_cells
    outside = change.copy()
    outside[:, yard.rows, yard.cols] = 0
    assert not outside.any()
