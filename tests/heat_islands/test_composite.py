"""The composite finds a place's own heat, whatever the weather was and whatever the clouds hid."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from heat_islands.science.composite import CellFit, SceneFit, fit_cells, fit_scenes
from heat_islands.science.encoding import NODATA, SCENE_BANDS
from heat_islands.science.errors import NoClearPixel
from tests.heat_islands.simulated_scenes import Simulated, centred_error, simulate, smooth


def composed(seen: Simulated) -> tuple[SceneFit, CellFit]:
    fit = fit_scenes(seen.lst_c)
    return fit, fit_cells(seen.stored, None, fit)


def test_without_noise_or_clouds_both_terms_are_exact() -> None:
    cell = np.array([-2.0, 0.0, 2.0], dtype=np.float32)
    scene = np.array([20.0, 30.0, 40.0], dtype=np.float32)
    lst = scene[:, None] + cell
    fit = fit_scenes(lst)
    np.testing.assert_allclose(fit.term_c, scene, atol=0.006)
    found = fit_cells(SCENE_BANDS[0].encode(lst + np.float32(273.15)), None, fit)
    np.testing.assert_allclose(found.cell_k, cell, atol=0.006)
    assert found.n.tolist() == [3, 3, 3]


def test_two_scenes_with_different_gaps_worked_by_hand() -> None:
    # The first scene is 10 K warmer in every cell that both see; a cell seen once is told from that.
    nan = np.nan
    lst = np.array([[31, 33, 35, nan, 32], [21, 23, nan, 27, 22]], dtype=np.float32)
    fit = fit_scenes(lst)
    assert fit.term_c[0] - fit.term_c[1] == pytest.approx(10.0, abs=0.011)
    cell = fit_cells(SCENE_BANDS[0].encode(lst + np.float32(273.15)), None, fit).cell_k
    np.testing.assert_allclose(cell - cell[0], [0, 2, 4, 6, 1], atol=0.011)


def test_where_clouds_know_the_weather_raw_medians_are_biased_and_this_is_not() -> None:
    """Science note §2 reports .32 K for a median of per-scene anomalies and .15 for this fit, on other scenes.

    Here, over eight skies: raw medians .84 K, per-scene anomalies .20, this fit .14, most of it plain noise.
    """
    raw, per_scene, ours = [], [], []
    for seed in range(8):
        seen = simulate(seed, error_k=0.5, heat_makes_clouds=1.0)
        _, cells = composed(seen)
        clear = cells.n >= 5
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # cells that no scene sees
            medians = np.nanmedian(seen.lst_c, axis=0)
            anomalies = np.nanmedian(
                seen.lst_c - np.nanmean(seen.lst_c, axis=1, keepdims=True), axis=0
            )
        # The bias is what correlates with the place's heat: hot cells are hidden on hot days.
        for found, errors in ((medians, raw), (anomalies, per_scene), (cells.cell_k, ours)):
            error = centred_error(found, seen.cell_k, clear)
            slope = np.polyfit(seen.cell_k[clear], error, 1)[0]
            errors.append((np.abs(error).mean(), slope))
    (raw_error, raw_slope), (scene_error, _), (our_error, our_slope) = (
        np.mean(x, axis=0) for x in (raw, per_scene, ours)
    )
    assert raw_slope < -0.08  # raw medians lose a tenth of the heat of every hot place
    assert abs(our_slope) < 0.01
    assert our_error < 0.8 * scene_error
    assert our_error < 0.25 * raw_error


def test_a_tenth_of_missed_clouds_hardly_matters() -> None:
    clean = [
        centred_error(composed(s)[1].cell_k, s.cell_k, composed(s)[1].n >= 5)
        for s in map(simulate, range(4))
    ]
    dirty = []
    for seed in range(4):
        seen = simulate(seed, missed=0.1)
        _, cells = composed(seen)
        dirty.append(centred_error(cells.cell_k, seen.cell_k, cells.n >= 5))
    assert np.mean([np.abs(e).mean() for e in dirty]) < 1.35 * np.mean(
        [np.abs(e).mean() for e in clean]
    )


def test_a_missed_cloud_is_not_counted_as_a_clear_scene() -> None:
    seen = simulate(3, clouded=0.0, error_k=0.5)
    seen.lst_c[2, :50] -= 12.0
    _, cells = composed(seen)
    assert (cells.n[:50] <= 11).mean() > 0.98
    assert (cells.n[50:] == 12).mean() > 0.95


def test_the_standard_error_is_the_error() -> None:
    ratios = []
    for seed in range(6):
        seen = simulate(seed, clouded=0.3)
        _, cells = composed(seen)
        clear = cells.n >= 5
        ratios.append(np.std(centred_error(cells.cell_k, seen.cell_k, clear) / cells.se_k[clear]))
    assert 0.85 < np.mean(ratios) < 1.15


def test_one_more_day_falls_where_sigma_says() -> None:
    inside = []
    for seed in range(6):
        seen = simulate(seed, scenes=13, clouded=0.3)
        past = Simulated(seen.cell_k, seen.scene_c[:12], seen.lst_c[:12])
        _, cells = composed(past)
        tomorrow = seen.lst_c[12] - seen.scene_c[12]
        known = (cells.n >= 5) & np.isfinite(tomorrow)
        miss = centred_error(tomorrow, cells.cell_k, known) / cells.sigma_k[known]
        inside.append(np.mean(np.abs(miss) < 1.645))
    assert 0.86 < np.mean(inside) < 0.94  # 90 % by claim


def test_a_noisy_scene_weighs_less() -> None:
    seen = simulate(1, clouded=0.0, error_k=0.5)
    rng = np.random.default_rng(9)
    seen.lst_c[0] += 3.0 * smooth(rng, 80, 2).ravel()
    fit, _ = composed(seen)
    assert fit.sigma_k[0] > 4 * fit.sigma_k[1]


def test_st_qa_is_believed_as_far_as_the_residuals_confirm_it() -> None:
    rng = np.random.default_rng(4)
    cells = 4000
    st_qa = np.sqrt(16.0 + 6.0 * rng.random((10, cells)) ** 4).astype(np.float32)
    st_qa[:, : cells // 5] = 4.0
    local = st_qa**2 - 16.0
    truth = (3 * rng.standard_normal(cells)).astype(np.float32)
    told = truth + 25 + rng.standard_normal((10, cells)) * np.sqrt(0.25 + local)
    silent = truth + 25 + rng.standard_normal((10, cells)) * 0.8
    assert fit_scenes(told.astype(np.float32), st_qa).kappa > 0.6
    assert fit_scenes(silent.astype(np.float32), st_qa).kappa < 0.1
    assert fit_scenes(told.astype(np.float32), st_qa).floor_k == pytest.approx(4.0, abs=0.01)


def test_the_scene_wide_part_of_st_qa_does_not_enter_the_error() -> None:
    """ST_QA of 4.35 K (Colombia's clear median), the same everywhere, says nothing of differences within a scene."""
    seen = simulate(2, clouded=0.0, error_k=0.5)
    st_qa = np.full(seen.lst_c.shape, 4.35, dtype=np.float32)
    fit = fit_scenes(seen.lst_c, st_qa)
    found = fit_cells(seen.stored, SCENE_BANDS[1].encode(st_qa), fit)
    assert float(np.median(found.se_k)) == pytest.approx(0.5 / np.sqrt(12), rel=0.2)


def test_uncertain_cells_get_a_larger_standard_error() -> None:
    rng = np.random.default_rng(4)
    st_qa = np.full((10, 3000), 4.0, dtype=np.float32)
    st_qa[:, 2000:] = 5.0  # 9 K² above the floor
    noise = np.where(st_qa > 4.5, 3.0, 0.5)
    lst = (25 + rng.standard_normal(3000) + noise * rng.standard_normal((10, 3000))).astype(
        np.float32
    )
    fit = fit_scenes(lst, st_qa)
    bands = SCENE_BANDS
    found = fit_cells(bands[0].encode(lst + np.float32(273.15)), bands[1].encode(st_qa), fit)
    assert np.median(found.se_k[2000:]) > 3 * np.median(found.se_k[:2000])


def test_a_cell_that_no_scene_sees_is_unknown_not_zero() -> None:
    seen = simulate(5, clouded=0.0)
    stored = seen.stored
    stored[:, 7] = NODATA
    found = fit_cells(stored, None, fit_scenes(seen.lst_c))
    assert found.n[7] == 0
    assert np.isnan([found.cell_k[7], found.se_k[7], found.sigma_k[7]]).all()


def test_blocks_give_what_the_whole_gives() -> None:
    seen = simulate(6)
    fit = fit_scenes(seen.lst_c)
    whole = fit_cells(seen.stored, None, fit)
    for first in range(0, seen.lst_c.shape[1], 1111):
        part = fit_cells(seen.stored[:, first : first + 1111], None, fit)
        for a, b in zip(part, whole, strict=True):
            np.testing.assert_array_equal(a, b[first : first + 1111])


def test_winter_days_below_zero_are_days_like_others() -> None:
    seen = simulate(7, clouded=0.2)
    winter = Simulated(seen.cell_k, seen.scene_c - 45, seen.lst_c - np.float32(45))
    np.testing.assert_allclose(composed(winter)[1].cell_k, composed(seen)[1].cell_k, atol=0.02)


def test_one_scene_tells_anomalies_but_no_error() -> None:
    seen = simulate(8, scenes=1, clouded=0.0)
    fit, cells = composed(seen)
    assert np.isnan(fit.sigma_k).all()
    assert np.isnan(cells.se_k).all()
    np.testing.assert_allclose(cells.cell_k, seen.lst_c[0] - seen.lst_c[0].mean(), atol=0.011)


def test_scenes_that_share_no_cell_have_no_common_scale() -> None:
    lst = np.full((4, 40), np.nan, dtype=np.float32)
    lst[:2, :20], lst[2:, 20:] = 30.0, 25.0
    with pytest.raises(NoClearPixel, match="no common scale"):
        fit_scenes(lst)
