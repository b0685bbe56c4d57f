"""Yards on the grid: their ground, their conversion, their share of a footprint."""

import numpy as np
import pytest
from shapely import box

from heat_islands.science.courtyards import (
    Design,
    changes,
    dilution,
    ground_of,
    largest_plausible_k,
    moved_weights,
)
from heat_islands.science.errors import YardError
from heat_islands.science.grid import Grid

GRID = Grid(2154, 0, 100, 10, 10)
PAVED = np.array([[1.0, 0, 0, 0, 0, 0]])


def cover(kind: int) -> np.ndarray:
    fractions = np.zeros((6, 10, 10), np.float32)
    fractions[kind] = 1
    return fractions


def test_the_default_design_turns_paving_into_crowns_and_lawn() -> None:
    assert Design().converted(PAVED).tolist() == [[0, 0, 0.6, 0.4, 0, 0]]


def test_what_is_greener_than_the_design_stays() -> None:
    wood = np.array([[0.1, 0, 0.2, 0.7, 0, 0]])
    assert Design().converted(wood)[0] == pytest.approx([0, 0, 0.3, 0.7, 0, 0])


def test_soil_stays_soil_and_gives_way_in_proportion() -> None:
    bare = np.array([[0.5, 0, 0, 0, 0.5, 0]])
    assert Design().converted(bare)[0] == pytest.approx([0, 0, 0.3, 0.4, 0.3, 0])


def test_a_design_that_keeps_paving_keeps_it() -> None:
    assert Design(0.2, 0.5).converted(PAVED)[0] == pytest.approx([0.3, 0, 0.5, 0.2, 0, 0])


@pytest.mark.parametrize("seed", range(3))
def test_every_design_conserves_the_ground(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ground = rng.dirichlet(np.ones(6), 50)
    ground[:, 1] = 0
    ground /= ground.sum(axis=1, keepdims=True)
    after = Design(*rng.random(2)).converted(ground)
    assert after.sum(axis=1) == pytest.approx(1.0)
    assert (after >= -1e-12).all()
    assert (after[:, 3] >= ground[:, 3] - 1e-12).all()


def test_cells_converted_in_the_yard_s_proportions_make_the_yard_converted() -> None:
    cells = np.random.default_rng(5).dirichlet([1, 1e-9, 1, 1, 1, 1e-9], 30)
    whole = cells.mean(axis=0)
    made = Design().converted(cells, whole)
    assert made.mean(axis=0) == pytest.approx(Design().converted(whole[None])[0])


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(YardError, match="between 0 and 1"):
        Design(canopy=1.2)


def test_roofs_under_an_outline_are_not_its_ground() -> None:
    fractions = cover(0)
    fractions[:, :, 5:] = cover(1)[:, :, 5:]
    ground = ground_of(moved_weights([box(30, 30, 70, 70)], GRID, 0, 0), fractions)
    assert ground.open_share[0] == pytest.approx(0.5)
    assert ground.shares[0] == pytest.approx([1, 0, 0, 0, 0, 0])


def test_a_yard_on_unknown_ground_is_unknown() -> None:
    ground = ground_of(moved_weights([box(30, 30, 70, 70)], GRID, 0, 0), cover(0) * np.nan)
    assert np.isnan(ground.shares).all()


def test_a_displaced_cover_is_read_where_it_shows_the_yard() -> None:
    fractions = cover(2)
    fractions[:, 3:5, 5:7] = cover(0)[:, 3:5, 5:7]  # the yard, shown 20 m east of where it is
    outline = box(30, 50, 50, 70)
    there = ground_of(moved_weights([outline], GRID, 20, 0), fractions)
    assert there.shares[0] == pytest.approx([1, 0, 0, 0, 0, 0])


def test_crowns_in_a_clump_are_averaged_after_the_basis_not_before() -> None:
    fractions = cover(0)
    fractions[:, :, :5] = cover(3)[:, :, :5]
    matrix = moved_weights([box(30, 30, 70, 70)], GRID, 0, 0)
    found = changes(matrix, fractions, [Design()], lambda shares: shares[:, 3:4] ** 2)
    assert found.before[0, 0] == pytest.approx(0.5)  # half the cells with 1² — not .5²


def test_a_yard_as_wide_as_the_map_is_hardly_diluted_and_a_small_one_much() -> None:
    grid = Grid(2154, 0, 1000, 100, 100)
    small, large = dilution(
        moved_weights([box(480, 480, 510, 510), box(0, 0, 1000, 1000)], grid, 0, 0), grid, 100.0
    )
    assert 0.05 < small < 0.09  # 900 m² under a 100 m footprint: "about 9 % of a 1,000 m² yard's"
    assert large > 0.9


def test_no_claim_may_exceed_what_greening_was_measured_to_bring() -> None:
    assert largest_plausible_k(PAVED, Design().converted(PAVED))[0] == pytest.approx(8.4)
