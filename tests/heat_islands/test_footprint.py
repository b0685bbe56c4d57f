"""Averages over what one thermal measurement sees."""

import numpy as np
import pytest

from heat_islands.science.footprint import Footprint, Sampler, blur

SIDE = 81


def one_hot_cell() -> np.ndarray:
    field = np.zeros((SIDE, SIDE), np.float32)
    field[40, 40] = 1.0
    return field


def test_the_footprint_falls_to_half_at_half_its_width() -> None:
    seen = blur(one_hot_cell(), 10.0, 100.0)
    assert seen[40, 45] / seen[40, 40] == pytest.approx(0.5, rel=1e-3)


def test_a_footprint_s_weights_sum_to_one() -> None:
    assert np.nansum(blur(one_hot_cell(), 10.0, 100.0)) == pytest.approx(1.0, abs=1e-4)


def test_the_ring_lies_wholly_outside_75_m_and_inside_205_m() -> None:
    sampler = Sampler((SIDE, SIDE), 10.0, Footprint(spacing_m=10.0))
    seen = np.nan_to_num(sampler.ring_mean(one_hot_cell()))
    row, col = np.nonzero(seen > 1e-6)
    distance = 10.0 * np.hypot(sampler.rows[row] - 40, sampler.cols[col] - 40)
    assert distance.min() > 75
    assert distance.max() <= 205


def test_the_ring_of_an_even_field_is_that_field() -> None:
    sampler = Sampler((SIDE, SIDE), 10.0, Footprint())
    seen = sampler.ring_mean(np.full((SIDE, SIDE), 3.5, np.float32))
    assert seen[np.isfinite(seen)] == pytest.approx(3.5, abs=1e-5)


def test_what_is_not_known_is_not_zero() -> None:
    field = np.full((SIDE, SIDE), 5.0, np.float32)
    field[39:41, 39:41] = np.nan
    seen = blur(field, 10.0, 100.0)
    assert seen[30, 40] == pytest.approx(5.0)
    field[30:50, 30:50] = np.nan
    assert np.isnan(blur(field, 10.0, 100.0)[40, 40])


def test_samples_lie_as_far_apart_as_asked() -> None:
    sampler = Sampler((100, 60), 10.0, Footprint(spacing_m=100.0))
    assert np.diff(sampler.rows).tolist() == [10] * 9
    assert len(sampler.cols) == 6


def test_averaging_commutes_with_a_sum_of_basis_functions() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.random((2, SIDE, SIDE)).astype(np.float32)
    together = blur(2 * a - 3 * b, 10.0, 100.0)
    apart = 2 * blur(a, 10.0, 100.0) - 3 * blur(b, 10.0, 100.0)
    assert np.allclose(together, apart, atol=1e-5, equal_nan=True)
