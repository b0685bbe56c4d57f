"""The demo town's true ground: where it lies, what it is made of, what its yards hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heat_islands.demo.fabric import GRASS, ROOF, SEALED, SOIL, TREE, WATER
from heat_islands.demo.fields import smooth_noise, stream
from heat_islands.demo.frame import Frame
from heat_islands.demo.surface import build_surface, yard_mixture
from heat_islands.science.grid import Grid
from tests.heat_islands.demo_layout import small_layout, small_town

METRES = st.floats(-5_000, 5_000)
EXTENTS = st.floats(1, 30_000)


@given(METRES, METRES, EXTENTS, EXTENTS)
def test_the_truth_lies_on_the_territorys_canonical_grid(
    left: float, bottom: float, width: float, height: float
) -> None:
    bounds = (
        646_000 + left,
        6_858_000 + bottom,
        646_000 + left + width,
        6_858_000 + bottom + height,
    )
    frame, grid = Frame.around(bounds), Grid.around(bounds, 2154)
    assert frame.bounds == grid.bounds
    assert frame.shape == grid.shape
    assert frame.transform == grid.transform


def test_every_cell_is_known_and_its_shares_sum_to_one() -> None:
    fractions = small_town().surface.fractions
    assert fractions.dtype == np.float32
    assert fractions.min() >= 0
    np.testing.assert_allclose(fractions.sum(axis=0), 1, atol=1e-5)


def test_most_cells_of_the_town_mix_several_kinds_of_ground() -> None:
    surface = small_town().surface
    rows, cols = surface.town_window
    kinds = (surface.fractions[:, rows, cols] > 0.02).sum(axis=0)
    assert (kinds >= 2).mean() > 0.4


def test_a_cell_wholly_under_a_building_is_roof() -> None:
    surface = small_town().surface
    polygon, height = small_layout().buildings[0]
    middle = polygon.centroid
    rows, cols = surface.frame.window((middle.x, middle.y, middle.x + 0.1, middle.y + 0.1))
    assert surface.fractions[ROOF, rows, cols].max() > 0.6
    assert surface.building_m[rows, cols].max() == pytest.approx(height, rel=0.05)


def test_the_region_has_woods_and_fields_to_refer_to() -> None:
    surface = build_surface(3, small_layout(), side_m=8_000)
    wooded = (surface.fractions[TREE] > 0.8).mean()
    fields = (surface.fractions[GRASS] + surface.fractions[SOIL] > 0.8).mean()
    city = (surface.fractions[SEALED] + surface.fractions[ROOF] > 0.8).mean()
    assert wooded > 0.05
    assert fields > 0.05
    assert city > 0.15
    assert (surface.fractions[WATER] > 0.9).any()


def test_yards_are_open_ground_of_their_own_size() -> None:
    for known, yard in zip(small_layout().yards, small_town().surface.yards, strict=True):
        assert yard.shares[ROOF] == 0
        assert yard.shares.sum() == pytest.approx(1, abs=1e-5)
        assert yard.area_cells * 100 == pytest.approx(known.area, rel=0.2)


def test_real_yards_lie_within_three_metres_of_their_outlines() -> None:
    town = small_town()
    moved = [
        (real.centroid.x - known.centroid.x, real.centroid.y - known.centroid.y)
        for real, known in zip(town.real_yards, town.known_yards, strict=True)
    ]
    assert np.abs(moved).max() <= 3
    assert np.abs(moved).max() > 0.5


def test_yards_are_mostly_paved_and_some_are_green() -> None:
    mixtures = np.array([yard_mixture(stream(seed, "yard", 0)) for seed in range(300)])
    sealed = mixtures[:, 0]
    assert 0.65 < (sealed >= 0.55).mean() < 0.85
    assert sealed.min() > 0.19
    assert (mixtures[:, 2] > 0.2).mean() > 0.05


def test_the_same_seed_gives_the_same_ground_and_another_seed_does_not() -> None:
    first, again, other = (
        build_surface(seed, small_layout(), side_m=2_000).fractions for seed in (5, 5, 6)
    )
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_a_yard_wholly_under_buildings_is_refused() -> None:
    layout = small_layout()
    covered = ((layout.yards[0].buffer(10), 12.0), *layout.buildings)
    broken = layout.__class__(layout.outline, yards=layout.yards[:1], buildings=covered)
    with pytest.raises(ValueError, match="no open ground"):
        build_surface(1, broken, side_m=2_000)


@pytest.mark.parametrize("scale", [3.0, 20.0])
def test_smooth_noise_has_the_spread_and_reach_it_names(scale: float) -> None:
    fields = [smooth_noise(np.random.default_rng(seed), (300, 300), scale) for seed in range(12)]
    assert np.mean([field.std() for field in fields]) == pytest.approx(1, abs=0.1)
    lag = round(scale)
    along = np.mean([(f[:, lag:] * f[:, :-lag]).mean() / (f**2).mean() for f in fields])
    assert along == pytest.approx(np.exp(-1), abs=0.08)
