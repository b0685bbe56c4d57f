"""Seeded random fields and Gaussian smoothing: the raw material of the simulated region."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, sparse

Array = NDArray[np.float32]


def stream(seed: int, *subject: object) -> np.random.Generator:
    """The random numbers of one subject of one town, whatever other subjects were drawn before.

    >>> stream(7, "clouds", 3).integers(100) == stream(7, "clouds", 3).integers(100)
    np.True_
    """
    name = "/".join(str(part) for part in subject)
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def blur_matrix(length: int, sigma_cells: float, at: NDArray[np.float64]) -> Any:
    """The sparse (len(at), length) matrix of Gaussian means around each position of `at` (cells).

    Rows sum to 1; beyond its ends an axis continues its last values. 3.5 σ a side, as a product of
    two such matrices blurs a region several times faster than a filter and only where it is asked.
    """
    reach = int(3.5 * sigma_cells + 1.5)
    offsets = np.arange(-reach, reach + 1)
    centre = np.rint(at).astype(int)
    cols = centre[:, None] + offsets[None, :]
    weights = np.exp(-0.5 * ((cols - at[:, None]) / sigma_cells) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    rows = np.repeat(np.arange(len(at)), len(offsets))
    entries = (weights.ravel().astype(np.float32), (rows, np.clip(cols, 0, length - 1).ravel()))
    return sparse.csr_array(entries, shape=(len(at), length))


def blurred(field: Array, sigma_cells: float, step: int = 1) -> Array:
    """`field` under a Gaussian, one value every `step` cells of both axes (the first at cell 0)."""
    rows, cols = (
        blur_matrix(length, sigma_cells, np.arange(0, length, step, dtype=float))
        for length in field.shape
    )
    half = np.ascontiguousarray((rows @ field).T)
    return np.ascontiguousarray((cols @ half).T, dtype=np.float32)


def smooth(field: Array, sigma_cells: float) -> Array:
    """`field` convolved with a Gaussian of `sigma_cells`; edges continue their own values."""
    return blurred(field, sigma_cells)


def _stretch(length: int, step: int) -> Array:
    """The matrix (length, ⌈length / step⌉ + 1) that interpolates a coarse axis linearly."""
    position = np.arange(length) / step
    first = np.floor(position).astype(int)
    matrix = np.zeros((length, math.ceil(length / step) + 1), dtype=np.float32)
    rows = np.arange(length)
    matrix[rows, first] = 1 - (position - first)
    matrix[rows, first + 1] += (position - first).astype(np.float32)
    return matrix


def enlarge(coarse: Array, shape: tuple[int, int], step: int) -> Array:
    """A coarse field, one value every `step` cells, interpolated to `shape`."""
    rows, cols = _stretch(shape[0], step), _stretch(shape[1], step)
    if coarse.shape != (rows.shape[1], cols.shape[1]):
        raise ValueError(f"a coarse field of {coarse.shape} does not cover {shape} at {step}")
    return np.asarray(rows @ coarse @ cols.T, dtype=np.float32)


def correlated(
    rng: np.random.Generator, shape: tuple[int, int], covariance: Callable[[Array], Array]
) -> Array:
    """A Gaussian field of mean 0 whose covariance at a distance in cells is `covariance`.

    Exact by circulant embedding on a torus an eighth larger than `shape`; where the covariance is
    not positive definite on that torus, its few negative spectral values are dropped.
    """
    rows, cols = (fft.next_fast_len(side + max(16, side // 8), real=True) for side in shape)
    away_y = np.minimum(np.arange(rows), rows - np.arange(rows)).astype(np.float32)
    away_x = np.minimum(np.arange(cols), cols - np.arange(cols)).astype(np.float32)
    distance = np.hypot(away_y[:, None], away_x[None, :]).astype(np.float32)
    power = np.maximum(fft.rfft2(covariance(distance)).real, 0)
    noise = fft.rfft2(rng.standard_normal((rows, cols), dtype=np.float32))
    field = fft.irfft2(noise * np.sqrt(power), s=(rows, cols))
    return np.asarray(field[: shape[0], : shape[1]], dtype=np.float32)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], scale_cells: float) -> Array:
    """A field of mean 0 and SD 1 whose correlation falls as a Gaussian: e⁻¹ at `scale_cells`.

    Long scales are drawn on a coarser grid and interpolated, which a Gaussian correlation allows.
    """
    step = max(1, int(scale_cells / 4))
    coarse = (math.ceil(shape[0] / step) + 1, math.ceil(shape[1] / step) + 1)
    scale = scale_cells / step
    field = correlated(rng, coarse, lambda distance: np.exp(-((distance / scale) ** 2)))
    return field[: shape[0], : shape[1]] if step == 1 else enlarge(field, shape, step)
