"""What heats the simulated surface: coefficients, days, and temperatures that make sense."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from heat_islands.demo.fabric import ROOF, SEALED, TREE
from heat_islands.demo.physics import Coefficients, days, shade, unseen
from tests.heat_islands.demo_layout import small_town

NAMES = [name for name in Coefficients.__dataclass_fields__ if name != "around_m"]


def test_coefficients_differ_by_thirty_percent_between_towns() -> None:
    usual = Coefficients()
    drawn = [Coefficients.drawn(seed) for seed in range(200)]
    ratios = np.array([[getattr(c, name) / getattr(usual, name) for name in NAMES] for c in drawn])
    assert ratios.min() >= 0.7
    assert ratios.max() <= 1.3
    np.testing.assert_allclose(ratios.mean(axis=0), 1, atol=0.05)
    # A uniform draw over ± 30 % has an SD of .6 / √12.
    np.testing.assert_allclose(ratios.std(axis=0), 0.173, atol=0.03)
    between = np.corrcoef(ratios.T) - np.eye(len(NAMES))
    assert np.abs(between).max() < 0.3


def test_sealed_ground_is_hotter_than_woods_by_five_to_twelve_kelvin_in_july() -> None:
    contrasts = []
    for seed in (1, 2, 3, 4):
        town = small_town(seed)
        july = min(
            town.days, key=lambda day: abs((day.on.replace(year=2025) - date(2025, 7, 10)).days)
        )
        kelvin = town.climate.temperature(july)
        sealed = kelvin[town.surface.fractions[SEALED] > 0.8].mean()
        contrasts.append(sealed - kelvin[town.surface.fractions[TREE] > 0.8].mean())
    assert 5 < np.median(contrasts) < 12
    # One town's coefficients may all lie 30 % high; what its satellite sees of it stays below 12 K.
    assert min(contrasts) > 5
    assert max(contrasts) < 12 * 1.3


def test_temperatures_are_those_of_a_summer_morning() -> None:
    town = small_town()
    for day in town.days:
        kelvin = town.climate.temperature(day)
        assert kelvin.dtype == np.float32
        assert 278 < kelvin.min() < kelvin.max() < 333


def test_twelve_days_over_four_summers_by_two_satellites() -> None:
    passes = days(9)
    assert [day.number for day in passes] == list(range(12))
    assert [day.on.year for day in passes] == sorted([2023, 2024, 2025, 2026] * 3)
    for day in passes:
        assert date(day.on.year, 6, 15) <= day.on <= date(day.on.year, 9, 15)
        assert 0 <= day.drought_k <= 4
    assert {day.satellite for seed in range(3) for day in days(seed)} == {"LC08", "LC09"}
    assert len({day.on for day in passes}) == 12


def test_hot_days_are_cloudy_days() -> None:
    passes = [day for seed in range(60) for day in days(seed)]
    heat = [day.paving_k for day in passes]
    cloud = [day.cloud_share for day in passes]
    assert np.corrcoef(heat, cloud)[0, 1] > 0.3
    assert 0.08 < np.mean(cloud) < 0.25
    assert max(cloud) <= 0.45


def test_what_no_model_sees_has_its_stated_spread() -> None:
    town = small_town()
    hidden = [unseen(seed, town.surface) for seed in range(6)]
    assert np.mean([field.field.std() for field in hidden]) == pytest.approx(0.7, rel=0.12)
    assert np.mean([field.watering.std() for field in hidden]) == pytest.approx(0.8, rel=0.12)


def test_watering_follows_greenery_but_not_in_the_town_without_effect() -> None:
    surface = small_town().surface
    green = 1 - surface.fractions[SEALED] - surface.fractions[ROOF]

    def goes_with_green(follow: float) -> float:
        drawn = [unseen(seed, surface, watering_follows_green=follow) for seed in range(8)]
        return float(np.mean([np.corrcoef(u.watering.ravel(), green.ravel())[0, 1] for u in drawn]))

    assert goes_with_green(0.4) > 0.1
    assert abs(goes_with_green(0.0)) < 0.1


def test_shade_falls_to_the_north_of_tall_buildings() -> None:
    fractions = np.zeros((6, 9, 9), dtype=np.float32)
    fractions[SEALED] = 1
    fractions[SEALED, 4, 4], fractions[ROOF, 4, 4] = 0, 1
    tall, low = (shade(fractions, np.full((9, 9), height, np.float32)) for height in (25.0, 3.0))
    assert tall[3, 4] > 0.9
    assert tall[2, 3] > 0.3
    assert tall[5, 4] == 0
    assert low[3, 4] == 0


def test_no_ground_changes_any_temperature_in_the_town_without_effect() -> None:
    town = small_town(1, "no_effect")
    paved = town.surface.fractions.copy()
    paved[SEALED] += paved[TREE]
    paved[TREE] = 0
    before = town.climate.temperature(town.days[0])
    after = town.climate.with_ground(paved).temperature(town.days[0])
    np.testing.assert_allclose(before, after, atol=1e-4)
