"""The table the ranking learns from: one row a footprint, basis functions averaged as the sensor averages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heat_islands.science.errors import ScienceError
from heat_islands.science.footprint import FloatArray, Footprint, Sampler
from heat_islands.science.surface_basis import (
    ALBEDO_TERM,
    COVER_TERMS,
    CURVATURES,
    GRASS,
    RING_TERMS,
    ROOF,
    TREE,
    WATER,
    Term,
    cover_basis,
)

Array = npt.NDArray[np.float64]

MAX_WATER = 0.3  # share of water above which a footprint is shore or river, not town
MIN_CELLS = 400  # footprints; fewer cannot hold a dozen terms and five spatial folds
MIN_SIGMA_K = (
    0.05  # no mean of scenes is better known than the sensor's own noise (TIRS NEdT .05 K)
)


@dataclass(frozen=True)
class Layers:
    """The grids a ranking reads, all (H, W) or (6, H, W) float32 on one grid, NaN where unknown.

    `anomaly` and `se` in K, `count` clear scenes, `ndvi` and `albedo` without unit; `fractions` in
    the order of :data:`heat_islands.science.cover.CLASSES`; `cover_from_scenes` says that they were
    estimated from the scenes' own bands and so cannot lie apart from them.
    """

    anomaly: FloatArray
    se: FloatArray
    fractions: FloatArray
    resolution_m: float
    ndvi: FloatArray | None = None
    albedo: FloatArray | None = None
    canopy_height: FloatArray | None = None
    cover_from_scenes: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        return (self.anomaly.shape[0], self.anomaly.shape[1])


@dataclass(frozen=True)
class Table:
    """Training rows: `features` (n, p) in the order of `terms`, `target` K, `weight` K⁻², and where.

    `row`, `col` index the sampled lattice of shape `lattice`, whose step is `spacing_m`. `plain`
    holds what baselines are given: NDVI, where known, else the green share.
    """

    terms: tuple[Term, ...]
    features: Array
    target: Array
    weight: Array
    row: npt.NDArray[np.intp]
    col: npt.NDArray[np.intp]
    lattice: tuple[int, int]
    spacing_m: float
    plain: Array

    def __len__(self) -> int:
        return len(self.target)

    def columns(self, names: Sequence[str]) -> list[int]:
        index = {term.name: i for i, term in enumerate(self.terms)}
        return [index[name] for name in names]


def _filled(se: Array) -> Array:
    """`se` with unknown errors at their median; all alike where none is known, as of a single scene."""
    known = np.isfinite(se)
    return np.where(known, se, np.median(se[known])) if known.any() else np.ones(len(se))


def _beyond_cover(albedo: Array, cover: Array) -> Array:
    """What `albedo` (n,) shows beyond the mean albedo of its cover (n, q), by least squares.

    A conversion changes albedo with the cover. So that the cover's coefficients hold that share of
    its effect too, albedo enters as paler or darker than its cover usually is.
    """
    full = np.column_stack([np.ones(len(cover)), cover])
    return np.asarray(albedo - full @ np.linalg.lstsq(full, albedo, rcond=None)[0])


def training_table(
    layers: Layers,
    footprint: Footprint,
    curvatures: Sequence[float] = CURVATURES,
    leave_out: npt.NDArray[np.bool_] | None = None,
) -> Table:
    """One row a footprint of the whole grid; water, unknown cells and those of `leave_out` (H, W) left out.

    Raises ScienceError where fewer than :data:`MIN_CELLS` footprints remain.
    """
    sampler = Sampler(layers.shape, layers.resolution_m, footprint)
    terms: list[Term] = []
    columns: list[FloatArray] = []
    for term, values in cover_basis(layers.fractions, curvatures):
        terms.append(term)
        columns.append(sampler.footprint_mean(values))
    green = layers.fractions[GRASS] + layers.fractions[TREE]
    around = (green, layers.fractions[ROOF], layers.fractions[WATER])
    for term, values in zip(RING_TERMS, around, strict=True):
        terms.append(term)
        columns.append(sampler.ring_mean(values))
    albedo = layers.albedo
    if albedo is not None and np.isfinite(albedo).mean() > 0.5:
        terms.append(ALBEDO_TERM)
        columns.append(sampler.footprint_mean(albedo))
    target = sampler.at(layers.anomaly)
    se = sampler.at(layers.se)
    plain = sampler.footprint_mean(layers.ndvi if layers.ndvi is not None else green)
    stack = np.stack(columns)
    usable = np.isfinite(stack).all(axis=0) & np.isfinite(target) & np.isfinite(plain)
    water = next(i for i, term in enumerate(terms) if term.name == "water")
    usable &= stack[water] <= MAX_WATER
    if leave_out is not None:
        usable &= ~leave_out[np.ix_(sampler.rows, sampler.cols)]
    row, col = np.nonzero(usable)
    if len(row) < MIN_CELLS:
        raise ScienceError(
            f"Only {len(row)} footprints have both a temperature and a known cover; the ranking "
            f"needs at least {MIN_CELLS}. Add scenes or a cover that reaches farther around the town."
        )
    features = stack[:, row, col].T.astype(np.float64)
    if ALBEDO_TERM in terms:
        features[:, -1] = _beyond_cover(features[:, -1], features[:, : len(COVER_TERMS) + 1])
    known_se = _filled(se[row, col].astype(np.float64))
    return Table(
        terms=tuple(terms),
        features=features,
        target=target[row, col].astype(np.float64),
        weight=1.0 / np.maximum(known_se, MIN_SIGMA_K) ** 2,
        row=row,
        col=col,
        lattice=(stack.shape[1], stack.shape[2]),
        spacing_m=layers.resolution_m * max(1, round(footprint.spacing_m / layers.resolution_m)),
        plain=plain[row, col].astype(np.float64),
    )
