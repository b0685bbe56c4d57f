"""Spatial blocks: how far residuals correlate, and folds of blocks at least that wide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from heat_islands.science.training import Array, Table

FOLDS = 5
MIN_BLOCK_M = 500.0  # no block thinner than two and a half rings, whatever the variogram says
MIN_BLOCKS = 16  # fewer blocks than this and folds no longer mean anything: blocks shrink instead
SILL = 0.95  # of the plateau: the usual "practical range" (Cressie 1993; recalled)


@dataclass(frozen=True)
class Variogram:
    """Semivariance (K²) at lags (m) of a field on the sampled lattice, and its practical range (m)."""

    lag_m: Array
    semivariance: Array
    sill: float
    range_m: float


def variogram(values: Array, table: Table) -> Variogram:
    """Isotropic variogram of `values` (one a row of `table`) by FFT over the lattice.

    The range is the first lag at which semivariance reaches 95 % of the sill; the sill is the mean
    over lags from an eighth to a quarter of the lattice.
    """
    shape = table.lattice
    grid = np.zeros(shape)
    known = np.zeros(shape)
    grid[table.row, table.col] = values - values.mean()
    known[table.row, table.col] = 1.0
    size = tuple(fft.next_fast_len(2 * n, real=True) for n in shape)
    spectrum, mask, square = (fft.rfft2(a, size) for a in (grid, known, grid**2))
    pairs = fft.irfft2(mask * np.conj(mask), size)
    cross = fft.irfft2(spectrum * np.conj(spectrum), size)
    ends = fft.irfft2(square * np.conj(mask) + mask * np.conj(square), size)
    rows = np.minimum(np.arange(size[0]), size[0] - np.arange(size[0]))
    cols = np.minimum(np.arange(size[1]), size[1] - np.arange(size[1]))
    distance = np.hypot(rows[:, None], cols[None, :])
    far = max(4, min(shape) // 4)
    which = np.rint(distance).astype(int)
    use = (which > 0) & (which <= far)
    count = np.bincount(which[use], np.maximum(pairs[use], 0), far + 1)[1:]
    total = np.bincount(which[use], (ends / 2 - cross)[use], far + 1)[1:]
    semivariance = np.asarray(total / np.maximum(count, 1e-9), np.float64)
    sill = float(semivariance[far // 2 :].mean())
    reached = np.nonzero(semivariance >= SILL * sill)[0]
    steps = int(reached[0]) + 1 if len(reached) else far
    return Variogram(
        np.arange(1, far + 1, dtype=np.float64) * table.spacing_m,
        semivariance,
        sill,
        steps * table.spacing_m,
    )


@dataclass(frozen=True)
class Blocks:
    """Square blocks of `size_m` over the lattice: each row's block, and each block's fold."""

    size_m: float
    of_row: npt.NDArray[np.intp]
    fold: npt.NDArray[np.intp]
    number: npt.NDArray[np.intp]  # (lattice) block of every sampled cell, used or not; −1 unused

    @property
    def count(self) -> int:
        return len(self.fold)

    @property
    def fold_of_row(self) -> npt.NDArray[np.intp]:
        return self.fold[self.of_row]

    def fold_at(self, row: int, col: int) -> int:
        """The fold of a lattice position; where its block has no row, no fold saw it: fold 0."""
        number = int(self.number[row, col])
        return int(self.fold[number]) if number >= 0 else 0


def spatial_blocks(
    table: Table, range_m: float, rng: np.random.Generator, folds: int = FOLDS
) -> Blocks:
    """Blocks at least as wide as `range_m`, dealt to folds at random.

    Where blocks that wide would number fewer than :data:`MIN_BLOCKS`, they are made smaller: the
    caller finds the size used in `size_m` and says so.
    """
    extent = min(table.lattice) * table.spacing_m
    size = max(range_m, MIN_BLOCK_M, 2 * table.spacing_m)
    size = min(size, extent / np.sqrt(MIN_BLOCKS))
    step = max(1, int(np.ceil(size / table.spacing_m)))
    across = -(-table.lattice[1] // step)
    every = (np.arange(table.lattice[0]) // step)[:, None] * across
    every = every + (np.arange(table.lattice[1]) // step)[None, :]
    used, of_row = np.unique(every[table.row, table.col], return_inverse=True)
    renumber = np.full(int(every.max()) + 1, -1, dtype=np.intp)
    renumber[used] = np.arange(len(used))
    fold = rng.permutation(np.arange(len(used)) % min(folds, len(used)))
    return Blocks(step * table.spacing_m, of_row.astype(np.intp), fold, renumber[every])
