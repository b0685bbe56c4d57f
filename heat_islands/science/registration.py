"""How far a land-cover map lies from the satellite's scenes, to a fraction of a cell.

A 10 m shift of the cover leaves a footprint's averages almost unchanged but moves a 30 m yard by a
third of its width: most of what a yard's ranking loses to misregistration is lost there. The
scenes' NDVI shows the same vegetation as the cover, over the whole region, so the shift between
the two is measured and the yards are read from the cover where it really shows them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from heat_islands.science.footprint import SIGMA_PER_FWHM, FloatArray

REACH_M = 40.0  # farther than this is a wrong CRS or map, not a misregistration
PIXEL_M = 30.0  # Landsat's reflective pixel: the cover is blurred to it before the two are compared
TREND_M = 120.0  # larger structures (parks, districts) say nothing about a shift of metres
MIN_CORRELATION = 0.3  # under it the two do not show the same vegetation and no shift is believed
STRIPS = 8  # bands of rows in which the shift is measured again: their spread is its error
SIGNIFICANT = 3.0  # standard errors a shift must exceed before yards are moved by it


@dataclass(frozen=True)
class Offset:
    """The cover's displacement from the scenes: a thing at (x, y) appears on the cover at (x + dx_m, y + dy_m).

    `se_m` is the standard error of either component from strips of the map measured apart;
    `used` says whether the shift was believed (else dx_m = dy_m = 0 should be applied).
    """

    dx_m: float
    dy_m: float
    se_m: float
    correlation: float
    used: bool

    @property
    def applied(self) -> tuple[float, float]:
        """The shift to apply to a yard before reading the cover, metres east and north."""
        return (self.dx_m, self.dy_m) if self.used else (0.0, 0.0)


def cover_offset(green: FloatArray, ndvi: FloatArray, resolution_m: float) -> Offset:
    """The shift that best aligns a cover's vegetation share (H, W) with the scenes' NDVI (H, W).

    Both north-up on one grid, NaN where unknown. Sub-cell: the correlation's peak is interpolated
    by parabolas. Where the two barely correlate, `used` is False.

    >>> rng = np.random.default_rng(1)
    >>> green = ndimage.gaussian_filter(rng.standard_normal((400, 400)), 1.5).astype(np.float32)
    >>> found = cover_offset(np.roll(green, (-1, 2), (0, 1)), green, 10.0)
    >>> round(found.dx_m, -1), round(found.dy_m, -1), found.used
    (20.0, 10.0, True)
    """
    known = np.isfinite(green) & np.isfinite(ndvi)
    if known.mean() < 0.1:
        return Offset(0.0, 0.0, float("nan"), float("nan"), used=False)
    sharp = _detail(green, known, resolution_m, PIXEL_M)
    seen = _detail(ndvi, known, resolution_m, 0.0)
    reach = max(1, round(REACH_M / resolution_m))
    edges = np.linspace(0, green.shape[0], STRIPS + 1).astype(int)
    scores = np.stack(
        [
            _cross(seen[top:bottom], sharp[top:bottom], reach)
            for top, bottom in itertools.pairwise(edges)
        ]
    )
    norm = float(np.sqrt(np.vdot(seen, seen) * np.vdot(sharp, sharp)))
    row, col, correlation = _peak(scores.sum(axis=0) / max(norm, 1e-30), reach)
    each = [_peak(strip, reach)[:2] for strip in scores]
    se = float(np.sqrt(np.mean(np.var(np.array(each), axis=0, ddof=1)) / STRIPS)) * resolution_m
    dx, dy = col * resolution_m, -row * resolution_m  # rows count downwards, metres upwards
    believed = correlation >= MIN_CORRELATION and np.hypot(dx, dy) > SIGNIFICANT * se
    at_edge = max(abs(row), abs(col)) >= reach
    return Offset(dx, dy, se, correlation, used=bool(believed and not at_edge))


def _detail(
    values: FloatArray, known: npt.NDArray[np.bool_], resolution_m: float, blur_m: float
) -> FloatArray:
    """`values` without their large structures, blurred to the scenes' pixel, 0 where unknown."""
    filled = np.where(known, values, np.float32(np.mean(values[known]))).astype(np.float32)
    if blur_m:
        filled = ndimage.uniform_filter(filled, max(1, round(blur_m / resolution_m)))
    trend = ndimage.gaussian_filter(
        filled, TREND_M * 2 * SIGMA_PER_FWHM / resolution_m, truncate=3.0
    )
    return np.where(known, filled - trend, np.float32(0)).astype(np.float32)


def _cross(seen: FloatArray, sharp: FloatArray, reach: int) -> npt.NDArray[np.float64]:
    """Σ seen(x)·sharp(x + shift) for shifts of −reach … reach rows and columns.

    A shift leaves fewer cells in common: sums are brought back to all cells, else the peak would lean
    towards no shift.
    """
    rows, cols = (fft.next_fast_len(n + reach, real=True) for n in seen.shape)
    product = np.conj(fft.rfft2(seen, (rows, cols))) * fft.rfft2(sharp, (rows, cols))
    full = fft.irfft2(product, (rows, cols))
    shifts = np.arange(-reach, reach + 1)
    common = np.outer(*(1 - np.abs(shifts) / n for n in seen.shape))
    return np.asarray(full[np.ix_(shifts, shifts)] / common, np.float64)


def _peak(correlation: npt.NDArray[np.float64], reach: int) -> tuple[float, float, float]:
    """Row and column shift of the highest correlation, interpolated, and that correlation."""
    best_row, best_col = np.unravel_index(int(np.argmax(correlation)), correlation.shape)

    def refine(line: npt.NDArray[np.float64], at: int) -> float:
        if at in (0, len(line) - 1):
            return float(at)
        before, here, after = line[at - 1 : at + 2]
        curve = before - 2 * here + after
        return float(at + (0.5 * (before - after) / curve if curve < 0 else 0.0))

    row = refine(correlation[:, best_col], int(best_row)) - reach
    col = refine(correlation[best_row, :], int(best_col)) - reach
    return row, col, float(correlation[best_row, best_col])
