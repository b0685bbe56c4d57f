"""What the simulated satellite sees: blur, noise, clouds, place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from heat_islands.demo.clouds import (
    CLEAR,
    CLEAR_WATER,
    CLOUD,
    DILATED,
    FILL,
    SHADOW,
    draw_sky,
    quality_words,
)
from heat_islands.demo.fabric import SEALED, TREE
from heat_islands.demo.fields import correlated
from heat_islands.demo.frame import CELL_M, Frame
from heat_islands.demo.physics import Day
from heat_islands.demo.sensor import (
    EMISSIVITY,
    ERROR_K,
    FWHM_M,
    PIXEL_M,
    Landsat,
    Measured,
    SceneGrid,
    brightness_temperature,
    error_correlation,
    footprints,
    planck,
)
from heat_islands.demo.town import DemoTown
from tests.heat_islands.demo_layout import small_layout, small_town

FRAME = Frame.around(small_layout().outline.bounds, 4_000)
GRID = SceneGrid.over(FRAME)
FINE_DAY = Day(0, date(2023, 7, 3), "LC09", 312.0, 1.0, 1.0, 0.9, 0.0)


@cache
def measured(seed: int = 1) -> tuple[DemoTown, Measured]:
    town = small_town(seed)
    return town, Landsat(town).measure(FINE_DAY)


def test_pixels_are_snapped_as_usgs_snaps_them() -> None:
    # Liverpool's real product: corner 487005, 5929995, so centres on multiples of 30 m.
    assert GRID.left % 30 == 15
    assert GRID.top % 30 == 15
    assert GRID.known.mean() > 0.95
    assert not GRID.known.all()  # the region's square stands askew in UTM: its corners are fill


def test_pixels_find_their_cells_in_lambert_93() -> None:
    from pyproj import Transformer

    row, col = 40, 70
    x, y = GRID.left + (col + 0.5) * 30, GRID.top - (row + 0.5) * 30
    east, north = Transformer.from_crs(32631, 2154, always_xy=True).transform(x, y)
    rows, cols = GRID.pixel_cells[:, row, col]
    assert rows == pytest.approx((FRAME.top - north) / 10 - 0.5, abs=1e-3)
    assert cols == pytest.approx((east - FRAME.left) / 10 - 0.5, abs=1e-3)


def test_a_point_of_heat_is_blurred_over_a_hundred_metres() -> None:
    field = np.zeros(FRAME.shape, dtype=np.float32)
    field[200, 200] = 1
    seen = footprints(field, GRID, FWHM_M, (0.0, 0.0))
    rows, cols = GRID.swath_cells
    away_m = np.hypot(rows - 200, cols - 200) * CELL_M
    near = seen > 0.02 * seen.max()
    # A Gaussian of full width at half maximum w falls as exp(−4 ln 2 (d / w)²).
    slope = np.polyfit(away_m[near] ** 2, np.log(seen[near]), 1)[0]
    assert np.sqrt(-4 * np.log(2) / slope) == pytest.approx(FWHM_M, rel=0.03)
    # Each 100 m sample is the mean over its footprint: together they hold 1 / (10 × 10 cells).
    assert seen.sum() == pytest.approx(0.01, rel=0.02)


def test_misregistration_moves_the_image_by_its_metres() -> None:
    ramp = np.tile(np.arange(FRAME.width, dtype=np.float32) * CELL_M, (FRAME.height, 1))
    inner = slice(8, -8)
    still, moved = (footprints(ramp, GRID, FWHM_M, (east, 0.0)) for east in (0.0, 20.0))
    # An image 20 m too far east shows, at each place, the ground 20 m to its west.
    np.testing.assert_allclose((moved - still)[inner, inner], -20, atol=0.1)


def test_samples_are_interpolated_where_pixels_lie() -> None:
    rows, _ = GRID.swath_cells
    pixels = GRID.to_pixels(rows)
    np.testing.assert_allclose(pixels, GRID.pixel_cells[0], atol=0.01)


def test_planck_and_its_inverse_agree() -> None:
    kelvin = np.array([270.0, 300.0, 320.0], dtype=np.float32)
    np.testing.assert_allclose(brightness_temperature(planck(kelvin)), kelvin, atol=0.01)


def test_emissivities_span_the_stated_range() -> None:
    assert EMISSIVITY.min() == pytest.approx(0.95)
    assert EMISSIVITY.max() == pytest.approx(0.985)
    for seed in range(5):
        town = replace(small_town(), seed=seed)
        assert np.abs(Landsat(town).retrieved - EMISSIVITY).max() <= 0.01 + 1e-6


def test_errors_go_together_as_muensters_dates_show() -> None:
    rng = np.random.default_rng(4)
    fields = [
        correlated(rng, (400, 400), lambda cells: error_correlation(cells * PIXEL_M))
        for _ in range(8)
    ]
    assert np.mean([field.std() for field in fields]) == pytest.approx(1, abs=0.06)
    for metres, expected in ((150, 0.67), (300, 0.36), (600, 0.18)):
        lag = round(metres / PIXEL_M)
        along = np.mean([(f[:, lag:] * f[:, :-lag]).mean() / (f**2).mean() for f in fields])
        down = np.mean([(f[lag:] * f[:-lag]).mean() / (f**2).mean() for f in fields])
        assert (along + down) / 2 == pytest.approx(expected, abs=0.06)


def test_a_scene_errs_by_its_stated_amount() -> None:
    town, scene = measured()
    true = Landsat(town)
    clear = scene.quality == CLEAR
    seen = true._thermal(town.climate, FINE_DAY, (0.0, 0.0), np.random.default_rng(0))
    error = (scene.surface_k - seen)[clear]
    assert error.std() == pytest.approx(ERROR_K, rel=0.25)


def test_the_satellite_sees_paving_hotter_than_woods_by_five_to_twelve_kelvin() -> None:
    town, scene = measured()
    rows, cols = np.rint(scene.grid.pixel_cells).astype(int).clip(0, FRAME.height - 1)
    paved = town.surface.fractions[SEALED][rows, cols] > 0.7
    wooded = town.surface.fractions[TREE][rows, cols] > 0.7
    clear = scene.quality == CLEAR
    contrast = scene.surface_k[paved & clear].mean() - scene.surface_k[wooded & clear].mean()
    assert 5 < contrast < 12


def test_greenery_looks_green() -> None:
    town, scene = measured()
    rows, cols = np.rint(scene.grid.pixel_cells).astype(int).clip(0, FRAME.height - 1)
    red, near = scene.reflectance[2], scene.reflectance[3]
    wooded = town.surface.fractions[TREE][rows, cols] > 0.8
    paved = town.surface.fractions[SEALED][rows, cols] > 0.8
    assert np.median(near[wooded] - red[wooded]) > 0.2
    assert np.median(near[paved] - red[paved]) < 0.1


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_clouds_cover_their_share_coherently_and_a_tenth_is_missed(share: float) -> None:
    sky = draw_sky(np.random.default_rng(3), (300, 300), share)
    assert sky.cloud.mean() == pytest.approx(share, abs=0.01)
    missed = sky.cloud & ~sky.flagged_cloud
    assert missed.sum() / sky.cloud.sum() == pytest.approx(0.10, abs=0.01)
    beside = (sky.cloud[:, 1:] & sky.cloud[:, :-1]).sum() / sky.cloud[:, 1:].sum()
    assert beside > 0.85  # alone, pixels would have cloudy neighbours in that share only


def test_shadows_lie_away_from_their_clouds_to_the_north_west() -> None:
    sky = draw_sky(np.random.default_rng(3), (300, 300), 0.15)
    shadow, cloud = np.argwhere(sky.shadow), np.argwhere(sky.cloud)
    assert not (sky.shadow & sky.cloud).any()
    assert len(shadow) > 0.3 * len(cloud)
    # The shadow is the cloud moved: the move under which the two masks meet best points up and left.
    scores = {
        (north, west): (np.roll(sky.cloud, (-north, -west), (0, 1)) & sky.shadow).sum()
        for north in range(-50, 51, 5)
        for west in range(-25, 26, 5)
    }
    north, west = max(scores, key=lambda move: scores[move])
    assert north >= 15
    assert west >= 5


def test_a_clear_day_has_no_cloud() -> None:
    sky = draw_sky(np.random.default_rng(3), (50, 50), 0.0)
    assert not sky.cloud.any()
    assert not sky.shadow.any()


def test_clouds_and_their_edges_are_cold_and_flagged_by_the_bits_usgs_uses() -> None:
    town = small_town()
    cloudy = replace(FINE_DAY, cloud_share=0.35)
    scene = Landsat(town).measure(cloudy)
    fine = Landsat(town).measure(FINE_DAY)
    cloud = scene.quality == CLOUD
    assert np.median(scene.surface_k[cloud]) < np.median(fine.surface_k[cloud]) - 8
    edge = (scene.sky.haze > 0.2) & ~scene.sky.cloud & ~scene.sky.shadow
    assert scene.surface_k[edge].mean() < fine.surface_k[edge].mean()
    shaded = scene.quality == SHADOW
    assert scene.surface_k[shaded].mean() < fine.surface_k[shaded].mean() - 1.5
    words = set(np.unique(scene.quality))
    assert words <= {FILL, CLEAR, CLEAR_WATER, CLOUD, SHADOW, DILATED}
    assert {FILL, CLEAR, CLOUD, SHADOW, DILATED} <= words
    bits = {CLEAR: (), CLOUD: (3,), SHADOW: (4,), DILATED: (1,), FILL: (0,), CLEAR_WATER: ()}
    for word, named in bits.items():
        assert [bit for bit in range(6) if word >> bit & 1] == list(named)


def test_water_is_told_from_land_and_fill_from_both() -> None:
    _, scene = measured()
    assert (scene.quality == CLEAR_WATER).any()
    assert ((scene.quality == FILL) == ~scene.grid.known).all()
    sky = draw_sky(np.random.default_rng(1), (4, 4), 0.0)
    wet = np.zeros((4, 4), dtype=bool)
    wet[0, 0] = True
    words = quality_words(sky, wet, np.ones((4, 4), dtype=bool))
    assert words[0, 0] == CLEAR_WATER
    assert (words.ravel()[1:] == CLEAR).all()


def test_two_yards_are_cooler_once_they_are_converted() -> None:
    town = small_town()
    assert len(town.converted) == 2
    after = replace(FINE_DAY, number=6)
    assert after.after_conversion
    assert not FINE_DAY.after_conversion
    fall = town.climate.temperature(FINE_DAY) - town.climate_after.temperature(after)
    for number, yard in enumerate(town.surface.yards):
        here = float(np.average(fall[yard.rows, yard.cols], weights=yard.cover))
        assert (here > 0.5) == (number in town.converted)


def test_the_variants_see_what_the_standard_town_does_not() -> None:
    _, standard = measured()
    clear = standard.quality == CLEAR
    wrong = Landsat(small_town(1, "wrong_emissivity")).measure(FINE_DAY)
    assert abs((wrong.surface_k - standard.surface_k)[clear]).mean() > 0.15
    broad = Landsat(small_town(1, "other_psf")).measure(FINE_DAY)

    def roughness(scene: Measured) -> float:
        return float(np.diff(scene.surface_k, axis=1)[:, 1:][clear[:, 2:]].std())

    assert roughness(broad) < 0.9 * roughness(standard)
