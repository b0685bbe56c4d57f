"""Zonal statistics: 3 × 3 rasters worked by hand, then exactextract itself as the judge."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.feature import JSONFeatureSource
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st

from heat_islands.science import zonal
from heat_islands.science.errors import YardError
from heat_islands.science.grid import Grid

GRID = Grid(srid=2154, left=0.0, top=30.0, width=3, height=3, resolution=10.0)
# Row 0 is the northern one: its first cell covers x 0–10, y 20–30.
RASTER = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])


def mean_of(shape: shapely.Geometry, values: np.ndarray = RASTER, grid: Grid = GRID) -> float:
    return float(zonal.means(zonal.weights([shape], grid), values).mean[0])


def judged(shapes: list[shapely.Geometry], values: np.ndarray, grid: Grid, ops: list[str]) -> list:
    left, bottom, right, top = grid.bounds
    source = NumPyRasterSource(values, left, bottom, right, top)
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(s)}
        for s in shapes
    ]
    found = exact_extract(source, JSONFeatureSource(features), ops)
    return [feature["properties"] for feature in found]


# --- By hand -----------------------------------------------------------------------------------


def test_one_whole_cell_is_its_value() -> None:
    assert mean_of(shapely.box(10, 10, 20, 20)) == 5.0


def test_four_quarters_weigh_the_same() -> None:
    assert mean_of(shapely.box(5, 15, 15, 25)) == pytest.approx((1 + 2 + 4 + 5) / 4)


def test_a_polygon_inside_one_cell_has_that_cells_value_and_its_own_small_count() -> None:
    tiny = shapely.box(12, 12, 13, 14)  # 2 m² of a 100 m² cell
    found = zonal.means(zonal.weights([tiny], GRID), RASTER)
    assert found.mean[0] == 5.0
    assert found.count[0] == pytest.approx(0.02)


def test_a_sliver_across_two_cells_weighs_them_by_area() -> None:
    sliver = shapely.box(9.999, 20, 10.003, 30)  # 1 mm of the first cell, 3 mm of the second
    assert mean_of(sliver) == pytest.approx((1 * 1 + 2 * 3) / 4, abs=1e-3)


def test_a_hole_takes_its_cell_away() -> None:
    ring = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    assert mean_of(ring, np.where(RASTER == 5, 1000.0, RASTER)) == pytest.approx(5.0)


def test_overlapping_polygons_do_not_share_cells_out() -> None:
    shape = shapely.box(0, 20, 20, 30)
    found = zonal.means(zonal.weights([shape, shape], GRID), RASTER)
    assert found.mean.tolist() == [1.5, 1.5]
    assert found.count.tolist() == [2.0, 2.0]


def test_a_triangle_weighs_the_diagonal_cells_by_half() -> None:
    triangle = shapely.Polygon([(0, 0), (20, 0), (20, 20)])
    # cells 7 and 5 by half, 8 whole
    assert mean_of(triangle) == pytest.approx((7 * 0.5 + 5 * 0.5 + 8) / 2)


def test_missing_cells_are_absent_and_their_share_is_told() -> None:
    holed = RASTER.copy()
    holed[1, 1] = np.nan
    found = zonal.means(zonal.weights([shapely.box(5, 15, 15, 25)], GRID), holed)
    assert found.mean[0] == pytest.approx((1 + 2 + 4) / 3)
    assert found.share[0] == pytest.approx(0.75)


def test_masked_cells_are_absent_like_nan() -> None:
    masked = np.ma.masked_greater(RASTER.astype(np.int16), 4)
    found = zonal.means(zonal.weights([shapely.box(5, 15, 15, 25)], GRID), masked)
    assert found.mean[0] == pytest.approx((1 + 2 + 4) / 3)


def test_a_polygon_without_a_valid_cell_has_no_mean() -> None:
    found = zonal.statistics(
        zonal.weights([shapely.box(0, 0, 10, 10)], GRID), np.full((3, 3), np.nan), [0.5]
    )
    assert np.isnan([found.mean[0], found.std[0], found.minimum[0], found.maximum[0]]).all()
    assert np.isnan(found.quantiles[0, 0])
    assert found.count[0] == 0


def test_what_lies_outside_the_grid_weighs_nothing() -> None:
    assert mean_of(shapely.box(-50, 20, 10, 80)) == 1.0


def test_a_polygon_outside_the_grid_is_an_empty_row_among_the_others() -> None:
    shapes = [shapely.box(100, 100, 110, 110), shapely.box(0, 20, 10, 30)]
    found = zonal.means(zonal.weights(shapes, GRID), RASTER)
    assert np.isnan(found.mean[0])
    assert found.mean[1] == 1.0
    assert zonal.weights(shapes[:1], GRID).nnz == 0


def test_no_polygon_at_all_gives_no_row() -> None:
    assert zonal.weights([], GRID).shape == (0, 9)


def test_extremes_count_cells_that_are_only_touched() -> None:
    found = zonal.statistics(zonal.weights([shapely.box(5, 15, 15, 25)], GRID), RASTER)
    assert (found.minimum[0], found.maximum[0]) == (1.0, 5.0)
    assert found.std[0] == pytest.approx(np.std([1, 2, 4, 5]))


def test_only_the_block_that_polygons_meet_is_clipped_and_cells_keep_their_numbers() -> None:
    grid = Grid(2154, 640_000.0, 6_868_000.0, 2000, 2000, 10.0)
    shape = shapely.box(655_000, 6_853_000, 655_010, 6_853_010)
    matrix = zonal.weights([shape], grid)
    assert matrix.shape == (1, 4_000_000)
    assert matrix.indices.tolist() == [1499 * 2000 + 1500]


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        (None, "missing"),
        (shapely.Polygon(), "empty"),
        (shapely.Point(1, 1), "not a polygon"),
        (shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), "crosses itself"),
        (shapely.Polygon([(0, 0), (10, 0), (np.inf, 10)]), "not numbers"),
        (shapely.Polygon([(0, 0), (10, 0), (20, 0)]), "redraw"),
    ],
)
def test_a_bad_polygon_is_named_in_one_sentence(shape: shapely.Geometry, sentence: str) -> None:
    with pytest.raises(YardError, match=rf"^Polygon 2 of 2 .*{sentence}.*\.$"):
        zonal.weights([shapely.box(0, 0, 10, 10), shape], GRID)


def test_values_of_another_grid_are_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        zonal.means(zonal.weights([shapely.box(0, 0, 10, 10)], GRID), np.zeros((4, 4)))


# --- Against exactextract ----------------------------------------------------------------------

place = st.floats(-20, 120, allow_nan=False, allow_infinity=False)
#: Sides from a millimetre (a sliver on a 10 m grid) to the whole raster.
side = st.sampled_from([0.001, 0.01, 0.3, 1.0, 7.3, 10.0, 25.0, 90.0])


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Geometry:
    """Boxes, rotated slivers, rings with a hole and two-part polygons on and beyond a 10 × 10 grid."""
    x, y, w, h = draw(place), draw(place), draw(side), draw(side)
    shape: shapely.Geometry = shapely.box(x, y, x + w, y + h)
    shape = shapely.affinity.rotate(shape, draw(st.floats(0, 90)))
    kind = draw(st.integers(0, 2))
    if kind == 1:
        shape = shape.difference(shapely.affinity.scale(shape, 0.5, 0.5))
    if kind == 2:
        shape = shape.union(shapely.affinity.translate(shape, 2 * w + 1, 0))
    return shape


@settings(max_examples=150, deadline=None)
@given(
    shapes=st.lists(polygons(), min_size=1, max_size=5),
    seed=st.integers(0, 10_000),
    missing=st.sampled_from([0.0, 0.2, 0.9]),
)
def test_equal_to_exactextract(shapes: list[shapely.Geometry], seed: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    grid = Grid(2154, 0.0, 100.0, 10, 10, 10.0)
    raster = rng.normal(300.0, 5.0, grid.shape)
    raster[rng.random(grid.shape) < missing] = np.nan
    raster[0, :] = np.nan  # a border without data
    ours = zonal.statistics(zonal.weights(shapes, grid), raster, [0.05, 0.5, 0.9])
    ops = ["mean", "count", "stdev", "min", "max"]
    ops += ["quantile(q=0.05)", "quantile(q=0.5)", "quantile(q=0.9)"]
    for i, theirs in enumerate(judged(shapes, raster, grid, ops)):
        keys = ("mean", "stdev", "min", "max", "quantile_5", "quantile_50", "quantile_90")
        wanted = [theirs["count"], *(theirs[key] for key in keys)]
        got = [ours.count[i], ours.mean[i], ours.std[i], ours.minimum[i], ours.maximum[i]]
        got += ours.quantiles[i].tolist()
        wanted = [np.nan if value is None else float(value) for value in wanted]
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(shape=polygons())
def test_coverage_adds_up_to_the_area_inside_the_grid(shape: shapely.Geometry) -> None:
    grid = Grid(2154, 0.0, 100.0, 10, 10, 10.0)
    covered = float(zonal.weights([shape], grid).sum()) * 100.0
    inside = shape.intersection(shapely.box(0, 0, 100, 100)).area
    assert covered == pytest.approx(inside, rel=1e-3, abs=1e-3)
