"""Medians by sorting network are numpy's medians, gaps and all."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from heat_islands.science.encoding import NODATA
from heat_islands.science.median import comparators, less, median_of_known, sort_rows


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 40, 61])
def test_the_network_sorts_whatever_comes(size: int) -> None:
    values = np.random.default_rng(size).integers(-50, 50, (size, 200))
    for i, j in comparators(size):
        low, high = np.minimum(values[i], values[j]), np.maximum(values[i], values[j])
        values[i], values[j] = low, high
    assert (np.diff(values, axis=0) >= 0).all()


@pytest.mark.parametrize("scenes", [1, 2, 4, 5, 12, 40])
def test_it_is_the_median_of_what_is_known(scenes: int) -> None:
    rng = np.random.default_rng(scenes)
    stored = rng.integers(-4000, 9000, (scenes, 3000)).astype(np.int16)
    stored[rng.random(stored.shape) < 0.5] = NODATA
    median, n = median_of_known(stored)
    known = stored != NODATA
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy warns of cells without any value
        expected = np.nanmedian(np.where(known, stored, np.nan), axis=0)
    np.testing.assert_array_equal(median, expected)
    np.testing.assert_array_equal(n, known.sum(axis=0))


@pytest.mark.parametrize("term", [-3000, 0, 6000])
def test_missing_values_sort_last_for_any_weather(term: int) -> None:
    stored = np.array([[term - 4000, NODATA], [NODATA, term + 4000]], dtype=np.int16)
    ordered = sort_rows(less(stored, np.full(2, term, dtype=np.int16)))
    first = ordered.rows[ordered.place[0]]
    assert (first + 8192).tolist() == [-4000, 4000]
