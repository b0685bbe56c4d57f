"""Courtyards: what lies on their ground, what a conversion makes of it, and where they stand on the grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse
from shapely import affinity

from heat_islands.science.cover import CLASSES
from heat_islands.science.errors import YardError
from heat_islands.science.footprint import SIGMA_PER_FWHM, TRUNCATE, FloatArray
from heat_islands.science.grid import Grid
from heat_islands.science.surface_basis import GRASS, ROOF, SEALED, TREE
from heat_islands.science.zonal import weights

Array = npt.NDArray[np.float64]

MIN_OPEN_SHARE = (
    0.1  # of a yard's area: less, and the cover shows a building where the yard should be
)
# The most that greening may be said to cool, K per unit share of a yard's ground newly under each
# (science.md §5, from Schwaab 2021, Knight 2021, Iungman 2023). Beyond it a claim is a bug.
LARGEST_CANOPY_K = 12.0
LARGEST_GRASS_K = 6.0


@dataclass(frozen=True)
class Design:
    """A conversion of a yard's open ground: least canopy and, beside it, permeable share.

    What is greener stays. Crowns become at least `canopy`; all other ground gives way in proportion;
    then paving beyond what canopy and `permeable` leave becomes lawn. Bare soil stays soil.

    >>> before = np.array([[0.7, 0.0, 0.0, 0.1, 0.2, 0.0]])  # sealed, roof, grass, tree, soil, water
    >>> Design().converted(before).round(3).tolist()
    [[0.0, 0.0, 0.467, 0.4, 0.133, 0.0]]
    >>> Design(canopy=0.1, permeable=0.5).converted(before).round(3).tolist()
    [[0.4, 0.0, 0.3, 0.1, 0.2, 0.0]]
    """

    canopy: float = 0.4
    permeable: float = 0.6

    def __post_init__(self) -> None:
        if not (0 <= self.canopy <= 1 and 0 <= self.permeable <= 1):
            raise YardError("A design's canopy and permeable shares lie between 0 and 1.")

    def converted(self, ground: Array, whole: Array | None = None) -> Array:
        """`ground` (n, 6) of open ground (no roof, rows sum to 1) after the conversion.

        Each row is a yard of its own; where the rows are cells of one yard, `whole` (6,) is the
        yard's own composition and gives the proportions.
        """
        yard = ground if whole is None else whole[None, :]
        crowns = yard[:, TREE]
        target = np.maximum(crowns, self.canopy)
        keep = np.divide(1 - target, 1 - crowns, out=np.ones_like(crowns), where=crowns < 1)
        paved = yard[:, SEALED] * keep
        allowed = max(0.0, 1.0 - self.canopy - self.permeable)
        unsealed = 1 - np.minimum(
            1, np.divide(allowed, paved, out=np.ones_like(paved), where=paved > 0)
        )
        after = ground * keep[:, None]
        after[:, TREE] = ground[:, TREE] + (1 - keep) * (1 - ground[:, TREE])
        lawn = after[:, SEALED] * unsealed
        after[:, GRASS] += lawn
        after[:, SEALED] -= lawn
        return np.asarray(after)


@dataclass(frozen=True)
class Ground:
    """Yards' open ground: `shares` (n, 6) without roofs (rows sum to 1) and the `open_share` (n,) of
    each outline that the cover shows free of roofs and known."""

    shares: Array
    open_share: Array


def ground_of(matrix: sparse.csr_matrix, fractions: FloatArray) -> Ground:
    """The mean composition of every yard's open ground from coverage weights (n, H·W) and (6, H, W).

    Roofs are left out and the rest made to sum to 1: an outline that overlaps a building on the
    cover does so by the outline's or the cover's error, and no roof is converted. Unknown cells carry
    no weight. A yard without known open ground has NaN shares.
    """
    flat = fractions.reshape(len(CLASSES), -1)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    cells = flat[:, matrix.indices].astype(np.float64)
    known = np.isfinite(cells).all(axis=0)
    weight = np.where(known, matrix.data.astype(np.float64), 0.0)
    area = np.bincount(rows, matrix.data, matrix.shape[0])
    summed = np.stack(
        [
            np.bincount(rows, np.where(known, values, 0.0) * weight, matrix.shape[0])
            for values in cells
        ],
        axis=1,
    )
    summed[:, ROOF] = 0.0
    open_area = summed.sum(axis=1)
    share = np.divide(open_area, area, out=np.zeros_like(area, dtype=float), where=area > 0)
    shares = np.full(summed.shape, np.nan)
    enough = share > 0
    shares[enough] = summed[enough] / open_area[enough, None]
    return Ground(shares, share)


@dataclass(frozen=True)
class Change:
    """What conversions do: basis functions `before` and `after` (n, q), averaged over each yard's cells."""

    ground: Ground
    converted: Array  # (n, 6) shares after
    before: Array
    after: Array


def changes(
    matrix: sparse.csr_matrix,
    fractions: FloatArray,
    designs: Sequence[Design],
    basis: Callable[[Array], Array],
) -> Change:
    """The change of basis functions over every yard's open ground under its design.

    `basis` maps compositions (m, 6) to (m, q). It is applied to each cell's open ground and averaged
    after, as the model learnt it: crowns standing together cool less than the same crowns spread.
    Yards without known open ground give NaN rows.
    """
    ground = ground_of(matrix, fractions)
    flat = fractions.reshape(len(CLASSES), -1)
    width = basis(np.zeros((1, len(CLASSES)))).shape[1]
    before = np.full((matrix.shape[0], width), np.nan)
    after = np.full((matrix.shape[0], width), np.nan)
    converted = np.full((matrix.shape[0], len(CLASSES)), np.nan)
    for i, design in enumerate(designs):
        entries = slice(matrix.indptr[i], matrix.indptr[i + 1])
        cells = flat[:, matrix.indices[entries]].T.astype(np.float64)
        known = np.isfinite(cells).all(axis=1)
        open_part = np.where(known, 1 - cells[:, ROOF], 0.0)
        weight = open_part * matrix.data[entries]
        used = weight > 0
        if not used.any():
            continue
        own = cells[used]
        own[:, ROOF] = 0.0
        own /= own.sum(axis=1, keepdims=True)
        made = design.converted(own, ground.shares[i])
        converted[i] = np.average(made, axis=0, weights=weight[used])
        before[i] = np.average(basis(own), axis=0, weights=weight[used])
        after[i] = np.average(basis(made), axis=0, weights=weight[used])
    return Change(ground, converted, before, after)


def moved_weights(
    outlines: Sequence[shapely.Geometry], grid: Grid, dx_m: float, dy_m: float
) -> sparse.csr_matrix:
    """Coverage weights of the outlines moved by (dx, dy) metres: how a displaced cover shows them."""
    return weights([affinity.translate(o, dx_m, dy_m) for o in outlines], grid)


def dilution(matrix: sparse.csr_matrix, grid: Grid, fwhm_m: float) -> Array:
    """The share of a uniform change over a yard that the sensor shows over that yard (n,), 0–1.

    The yard's coverage blurred by the PSF, averaged over the yard: what footprint-scale effects are
    to yard-scale ones.
    """
    sigma = fwhm_m * SIGMA_PER_FWHM / grid.resolution
    out = np.zeros(matrix.shape[0])
    for i in range(matrix.shape[0]):
        cells = matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]]
        cover = matrix.data[matrix.indptr[i] : matrix.indptr[i + 1]].astype(np.float64)
        if not len(cells):
            continue
        row, col = np.divmod(cells, grid.width)
        # exp(−d²/2σ²)/2πσ² between every two cells: a yard has at most some hundred of them.
        square = (row[:, None] - row[None, :]) ** 2 + (col[:, None] - col[None, :]) ** 2
        kernel = np.exp(-square / (2 * sigma**2)) / (2 * np.pi * sigma**2)
        kernel[square > (TRUNCATE * sigma) ** 2] = 0.0
        out[i] = cover @ kernel @ cover / cover.sum()
    return np.minimum(out, 1.0)


def largest_plausible_k(before: Array, after: Array) -> Array:
    """The most cooling (K) that may be claimed for each change of composition (n, 6) → (n, 6)."""
    trees = np.maximum(after[:, TREE] - before[:, TREE], 0.0)
    lawn = np.maximum(after[:, GRASS] - before[:, GRASS], 0.0)
    return np.asarray(LARGEST_CANOPY_K * trees + LARGEST_GRASS_K * lawn)


def centre_cells(matrix: sparse.csr_matrix, grid: Grid) -> npt.NDArray[np.float64]:
    """Coverage-weighted mean row and column of each yard's cells, (n, 2)."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    row, col = np.divmod(matrix.indices, grid.width)
    total = np.bincount(rows, matrix.data, matrix.shape[0])
    total = np.where(total > 0, total, np.nan)
    return np.stack(
        [np.bincount(rows, matrix.data * at, matrix.shape[0]) / total for at in (row, col)], axis=1
    )
