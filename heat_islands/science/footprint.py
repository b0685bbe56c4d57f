"""What one thermal measurement sees: averages over the sensor's footprint and over a ring outside it.

Landsat's thermal band is acquired at about 100 m and delivered at 30 m, so a feature of one 10 m
cell says little about the temperature delivered there. Every feature is therefore averaged with
the sensor's point-spread function before a model meets it, and the only neighbourhood a model may
use is a ring wholly outside the footprint (science.md §5: inside it the two correlate at .99).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, sparse

FloatArray = npt.NDArray[np.float32]

FWHM_M = 100.0  # TIRS acquires at 100 m (USGS Landsat 8 Data Users Handbook; science.md §5)
RING_M = (75.0, 205.0)  # science.md §5: outside the footprint, inside the next block
SPACING_M = 100.0  # between training footprints: the spacing of the sensor's own measurements
MIN_KNOWN = (
    0.95  # share of a footprint that must be known; less and a sea shore or a map edge shows
)
TRUNCATE = 3.5  # half-width of the Gaussian in standard deviations: .05 % of the energy lies beyond
SIGMA_PER_FWHM = 1.0 / (2.0 * math.sqrt(2.0 * math.log(2.0)))


@dataclass(frozen=True)
class Footprint:
    """Shape of a measurement: Gaussian full width at half maximum, ring and sample spacing, metres."""

    fwhm_m: float = FWHM_M
    ring_m: tuple[float, float] = RING_M
    spacing_m: float = SPACING_M


class Sampler:
    """Footprint and ring averages of grids of one shape, at regularly spaced cells.

    `rows`, `cols` are the sampled cells (1-D); every method returns arrays of shape
    ``(len(rows), len(cols))``, NaN where less than :data:`MIN_KNOWN` of the weight is known.
    """

    def __init__(self, shape: tuple[int, int], resolution_m: float, footprint: Footprint) -> None:
        self.shape = shape
        self.resolution_m = resolution_m
        self.footprint = footprint
        step = max(1, round(footprint.spacing_m / resolution_m))
        self.rows = np.arange(min(step // 2, shape[0] - 1), shape[0], step)
        self.cols = np.arange(min(step // 2, shape[1] - 1), shape[1], step)
        sigma = footprint.fwhm_m * SIGMA_PER_FWHM / resolution_m
        self._down = _gaussian_rows(self.rows, shape[0], sigma)
        self._across = _gaussian_rows(self.cols, shape[1], sigma).T.tocsc()
        self._ring_spectrum: npt.NDArray[np.complex64] | None = None
        self._known: dict[bytes, tuple[FloatArray, FloatArray]] = {}

    def at(self, values: FloatArray) -> FloatArray:
        """The values of the sampled cells themselves."""
        return values[np.ix_(self.rows, self.cols)]

    def footprint_mean(self, values: FloatArray) -> FloatArray:
        """PSF-weighted mean around each sampled cell; unknown cells and the map's outside carry no weight.

        >>> half = np.zeros((60, 60), np.float32); half[:, 30:] = 1
        >>> sampler = Sampler((60, 60), 10.0, Footprint(spacing_m=10))
        >>> mean = sampler.footprint_mean(half)
        >>> round(float(mean[30, 29] + mean[30, 30]), 4)
        1.0
        """
        known = np.isfinite(values)
        filled = np.where(known, values, np.float32(0)).astype(np.float32, copy=False)
        total = self.blur(filled)
        weight = self.blur(known.astype(np.float32))
        return _ratio(total, weight)

    def ring_mean(self, values: FloatArray) -> FloatArray:
        """Plain mean over the ring around each sampled cell."""
        known = np.isfinite(values)
        filled = np.where(known, values, np.float32(0)).astype(np.float32, copy=False)
        total = self._ring(filled)
        weight = self._ring(known.astype(np.float32))
        return _ratio(total, weight)

    def blur(self, values: FloatArray) -> FloatArray:
        """Gaussian-weighted sums around each sampled cell; `values` without NaN, nothing beyond the edge."""
        return np.asarray((self._down @ values) @ self._across, np.float32)

    def _ring(self, values: FloatArray) -> FloatArray:
        inner, outer = (r / self.resolution_m for r in self.footprint.ring_m)
        reach = math.ceil(outer)
        size = tuple(fft.next_fast_len(n + 2 * reach, real=True) for n in self.shape)
        if self._ring_spectrum is None:
            offset = np.arange(-reach, reach + 1)
            distance = np.hypot(offset[:, None], offset[None, :])
            kernel = ((distance > inner) & (distance <= outer)).astype(np.float32)
            self._ring_spectrum = fft.rfft2(kernel / kernel.sum(), size)
        full = fft.irfft2(fft.rfft2(values, size) * self._ring_spectrum, size)
        return np.asarray(full[np.ix_(self.rows + reach, self.cols + reach)], np.float32)


def blur(values: FloatArray, resolution_m: float, fwhm_m: float) -> FloatArray:
    """The grid as the sensor sees it: PSF-weighted mean around every cell (same shape, NaN where unknown)."""
    sampler = Sampler(
        (values.shape[0], values.shape[1]),
        resolution_m,
        Footprint(fwhm_m=fwhm_m, spacing_m=resolution_m),
    )
    return sampler.footprint_mean(values)


def _gaussian_rows(centres: npt.NDArray[np.intp], length: int, sigma: float) -> sparse.csr_matrix:
    """One Gaussian (summing to 1 before the map's edge cuts it) a sampled row, as a sparse matrix."""
    reach = max(1, math.ceil(TRUNCATE * sigma))
    offset = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (offset / max(sigma, 1e-6)) ** 2)
    kernel /= kernel.sum()
    row = np.repeat(np.arange(len(centres)), len(offset))
    col = (centres[:, None] + offset[None, :]).ravel()
    inside = (col >= 0) & (col < length)
    data = np.tile(kernel, len(centres)).astype(np.float32)
    return sparse.csr_matrix(
        (data[inside], (row[inside], col[inside])), shape=(len(centres), length)
    )


def _ratio(total: FloatArray, weight: FloatArray) -> FloatArray:
    out = np.full(total.shape, np.nan, np.float32)
    np.divide(total, weight, out=out, where=weight >= MIN_KNOWN)
    return out
