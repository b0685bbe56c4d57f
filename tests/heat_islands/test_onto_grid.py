"""Pixels reach the canonical grid in their place, and clouds lend nothing to their neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from affine import Affine
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.warp import Resampling, reproject

from heat_islands.science.grid import Grid
from heat_islands.science.onto_grid import pixel_positions, read_onto, resample, window_over
from heat_islands.science.products import open_products
from tests.heat_islands.landsat_folders import CLOUD, SHAPE, write_product

UTM = CRS.from_epsg(32631)
#: Three cells a pixel, same axes: positions can be worked by hand.
NATIVE = Affine(30, 0, 0, 0, -30, 900)
GRID = Grid(32631, 0, 900, 90, 90)


def ramp() -> np.ndarray:
    return np.arange(900, dtype=np.float32).reshape(1, 30, 30)


def test_a_cell_in_the_middle_of_a_pixel_has_its_value() -> None:
    on_grid = resample(ramp(), NATIVE, UTM, GRID)[0]
    np.testing.assert_allclose(on_grid[1::3, 1::3], ramp()[0], atol=1e-4)


def test_between_pixels_the_value_is_between_theirs() -> None:
    on_grid = resample(ramp(), NATIVE, UTM, GRID)[0]
    np.testing.assert_allclose(on_grid[31, 31:35], [310, 310 + 1 / 3, 310 + 2 / 3, 311], atol=1e-4)


def test_a_masked_pixel_is_nine_unknown_cells_and_lends_nothing_to_the_others() -> None:
    cloudy, absurd = ramp(), ramp()
    cloudy[0, 10, 10] = np.nan
    absurd[0, 10, 10] = 1e9
    on_grid = resample(cloudy, NATIVE, UTM, GRID)[0]
    assert np.isnan(on_grid).sum() == 9
    assert np.isnan(on_grid[30:33, 30:33]).all()
    known = np.isfinite(on_grid)
    assert on_grid[known].max() <= 899
    # Far from it nothing changes; beside it the value is made of the known neighbours alone.
    assert on_grid[29, 31] == ramp()[0, 9, 10]
    np.testing.assert_array_equal(on_grid[40:], resample(absurd, NATIVE, UTM, GRID)[0][40:])


def test_each_layer_has_its_own_gaps() -> None:
    stack = np.concatenate([ramp(), ramp()])
    stack[0, 5, 5] = np.nan
    on_grid = resample(stack, NATIVE, UTM, GRID)
    assert np.isnan(on_grid).sum(axis=(1, 2)).tolist() == [9, 0]


def test_cells_beyond_the_image_are_unknown() -> None:
    grid = Grid(32631, -30, 930, 96, 96)
    on_grid = resample(ramp(), NATIVE, UTM, grid)[0]
    assert np.isnan(on_grid[:3]).all()
    assert np.isnan(on_grid[:, -3:]).all()
    assert np.isfinite(on_grid[3:93, 3:93]).all()


def test_positions_in_another_crs_are_those_of_proj_to_a_millimetre() -> None:
    grid = Grid(2154, 640_000, 6_870_000, 700, 500)
    x, y = Transformer.from_crs(2154, 32631, always_xy=True).transform(640_000, 6_870_000)
    transform = Affine(30, 0, x, 0, -30, y)
    rows, columns = pixel_positions(grid, transform, UTM)
    cells_x, cells_y = np.meshgrid(
        640_005 + 10.0 * np.arange(700), 6_869_995 - 10.0 * np.arange(500)
    )
    exact_x, exact_y = Transformer.from_crs(2154, 32631, always_xy=True).transform(cells_x, cells_y)
    np.testing.assert_allclose((columns + 0.5) * 30 + x, exact_x, atol=0.001)
    np.testing.assert_allclose(y - (rows + 0.5) * 30, exact_y, atol=0.001)


def test_without_gaps_it_agrees_with_gdal() -> None:
    rng = np.random.default_rng(3)
    source = rng.normal(300, 5, (1, 80, 80)).astype(np.float32)
    grid = Grid(2154, 640_000, 6_870_000, 150, 150)
    x, y = Transformer.from_crs(2154, 32631, always_xy=True).transform(640_000, 6_870_000)
    transform = Affine(30, 0, x - 300, 0, -30, y + 300)
    gdal = np.full((1, *grid.shape), np.nan, dtype=np.float32)
    reproject(
        source,
        gdal,
        src_transform=transform,
        src_crs=UTM,
        dst_transform=grid.transform,
        dst_crs=CRS.from_epsg(2154),
        resampling=Resampling.bilinear,
        tolerance=0,
    )
    np.testing.assert_allclose(resample(source, transform, UTM, grid), gdal, atol=0.02)


def test_clouds_do_not_reach_the_grid(tmp_path: Path) -> None:
    qa = np.full(SHAPE, 21824, np.uint16)
    qa[60:80, 60:80] = CLOUD
    kelvin = np.full(SHAPE, 305.0)
    kelvin[60:80, 60:80] = 280.0
    (product,) = open_products(write_product(tmp_path, kelvin=kelvin, qa=qa))
    layers = read_onto(product, Grid(2154, 644_800, 6_860_000, 300, 300))
    assert layers is not None
    for layer in layers:
        assert np.isnan(layer).any()
    lst = layers[0]
    assert np.isclose(lst[np.isfinite(lst)], 305.0, atol=0.01).all()


def test_a_grid_that_the_scene_misses_has_no_window(tmp_path: Path) -> None:
    (product,) = open_products(write_product(tmp_path))
    far = Grid(2154, 900_000, 6_300_000, 300, 300)
    assert window_over(product, far) is None
    assert read_onto(product, far) is None


def test_a_block_reads_the_same_as_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    (product,) = open_products(write_product(tmp_path, kelvin=rng.normal(300, 4, SHAPE)))
    grid = Grid(2154, 644_800, 6_860_000, 300, 300)
    whole = read_onto(product, grid)
    assert whole is not None
    for block in grid.blocks(128):
        part = read_onto(product, grid.crop(block))
        assert part is not None
        np.testing.assert_allclose(part, whole[(slice(None), *block.slices)], atol=2e-3)
