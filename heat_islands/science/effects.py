"""Every yard's cooling under its design, at footprint and at yard scale, with calibrated "
"intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from shapely import MultiPolygon, Polygon

from heat_islands.science.calibration import Calibration
from heat_islands.science.courtyards import (
    Array,
    Change,
    Design,
    centre_cells,
    changes,
    dilution,
    largest_plausible_k,
    moved_weights,
)
from heat_islands.science.effect_model import EffectModel
from heat_islands.science.errors import ScienceError
from heat_islands.science.grid import Grid
from heat_islands.science.registration import Offset
from heat_islands.science.surface_basis import SEALED
from heat_islands.science.training import Layers
from heat_islands.science.validation import Applicability
from heat_islands.science.zonal import means, weights

OUTLINE_ERROR_M = (
    3.0  # a cadastral outline's, design note §8; a yard's cover is read this far around
)
JITTERS = 12
CONFUSED_SHARE = (
    0.05  # of a land-cover map's area, the usual accuracy of such maps (design note §4, §8)
)
CONFUSED_PATCH_M2 = (
    400.0  # confusions come in patches of tens of metres, a tree or a shadow at a time
)
RELATIVE_ERROR = (
    0.1  # of an effect: what coefficients miss of a place's own watering, soil and shade
)
BOOSTED_SHARE = 0.5  # of the level; no data of the town tells which model is nearer (decision 0010)
LARGEST_TREE_LEVEL = 1.5  # trees that claim more extrapolate a step
# What no model sees leaks into coefficients: development towns without any effect showed up to .5 K.
FLOOR_K = 0.5


@dataclass(frozen=True)
class Effects:
    """Arrays over yards (n,), kelvins, positive = cooler after conversion.

    `effect_k` is the yard-scale effect: `level` × `additive_k`, `boosted_k` the trees' answer; `low_k`, `high_k`
    bound 90 % (conditional on simulation); `footprint_k` is what Landsat would show over the yard.
    `sigma_k` is the uncalibrated error scale. Of the calibrated error, `shared` (rounds, n) are
    deviations common to all yards of a bootstrap round, `own_sigma_k` (n,) the rest, each yard's own:
    ranks are judged by both. `dissimilarity` > 1 is outside the area of applicability.
    """

    level: float
    effect_k: Array
    low_k: Array
    high_k: Array
    footprint_k: Array
    additive_k: Array
    boosted_k: Array
    sigma_k: Array
    shared: Array
    own_sigma_k: Array
    dissimilarity: Array
    anomaly_k: Array
    change: Change
    limit_k: Array

    @property
    def sealed_share(self) -> Array:
        """Of open ground, as the cover shows it."""
        return self.change.ground.shares[:, SEALED]

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.dissimilarity <= 1.0)

    @property
    def implausible(self) -> npt.NDArray[np.bool_]:
        """Best estimates beyond what greening has been measured to bring; their interval reaches "
        "below."""
        return np.asarray(self.effect_k > self.limit_k)


def estimate(
    model: EffectModel,
    reach: Applicability,
    layers: Layers,
    grid: Grid,
    outlines: Sequence[Polygon | MultiPolygon],
    designs: Sequence[Design],
    offset: Offset,
    calibration: Calibration,
    *,
    seed: int,
) -> Effects:
    """Effects of `designs` on `outlines` (metres of the grid's CRS); every yard must have known open ground.

    Each yard is asked of models that did not see its block. Raises ScienceError where a claim exceeds
    what greening has anywhere been measured to do: that is a fault of data or model, not a result.
    """
    rng = np.random.default_rng(seed)
    dx, dy = offset.applied
    seen = moved_weights(outlines, grid, dx, dy)
    change = changes(seen, layers.fractions, designs, model.basis)
    if not np.isfinite(change.before).all():
        raise ScienceError("A yard has no known open ground on the cover: leave it out first.")
    fold, before = _footprints(model, layers, seen, grid)
    width = change.before.shape[1]
    as_is, made = before.copy(), before.copy()
    as_is[:, :width], made[:, :width] = change.before, change.after
    difference = change.after - change.before
    additive = model.additive_effect(difference, fold)
    boosted = model.boosted_effect(as_is, made, fold)
    level = level_of(additive, boosted)
    effect = level * additive
    share = dilution(seen, grid, model.footprint.fwhm_m) * change.ground.open_share
    footprint = level * model.additive_effect(difference * share[:, None], fold)
    limit = largest_plausible_k(change.ground.shares, change.converted)

    coefficient = level * model.drawn_effects(difference)
    sigma = _error_scale(
        model, layers, grid, outlines, designs, offset, effect, level, coefficient, rng
    )
    low, high = calibration.interval(effect, sigma)
    _refuse_beyond(effect, low, limit)
    spread = calibration.spread * sigma
    own = np.sqrt(np.maximum(spread**2 - coefficient.var(axis=0), 0.0))
    return Effects(
        level=level,
        effect_k=effect,
        low_k=low,
        high_k=high,
        footprint_k=footprint,
        additive_k=additive,
        boosted_k=boosted,
        sigma_k=sigma,
        shared=coefficient,
        own_sigma_k=own,
        dissimilarity=reach.index(before, fold) / max(reach.threshold, 1e-9),
        anomaly_k=means(weights(outlines, grid), layers.anomaly).mean,
        change=change,
        limit_k=limit,
    )


def level_of(additive: Array, boosted: Array) -> float:
    """The factor by which the additive model's effects (n,) are taken, from the boosted trees' (n,).

    Both see the same footprints and disagree on how much of what those show belongs inside the yard:
    the additive model credits the yard with cooling that spreads around it, trees stay flat beyond
    the compositions that footprints have. The truth lies between, so the town's mean effect is the
    mean of both; the order of yards stays the additive model's, because trees answer in steps.

    >>> level_of(np.array([4.0, 6.0]), np.array([3.0, 4.0]))
    0.85
    """
    total = float(additive.sum())
    if total <= FLOOR_K * len(additive):  # next to nothing to scale
        return 1.0
    trees = float(np.clip(boosted.sum() / total, 0.0, LARGEST_TREE_LEVEL))
    return (1 - BOOSTED_SHARE) + BOOSTED_SHARE * trees


def _footprints(
    model: EffectModel, layers: Layers, seen: object, grid: Grid
) -> tuple[npt.NDArray[np.intp], Array]:
    """The fold of every yard and the features (n, p) of the training footprint nearest to it."""
    table = model.table
    step = table.spacing_m / layers.resolution_m
    centre = centre_cells(seen, grid)  # type: ignore[arg-type]
    at = np.clip(centre // step, 0, np.array(table.lattice) - 1).astype(np.intp)
    fold = np.array([model.blocks.fold_at(row, col) for row, col in at], dtype=np.intp)
    lattice = np.stack([table.row, table.col], axis=1)
    nearest = [int(np.argmin(((lattice - position) ** 2).sum(axis=1))) for position in at]
    return fold, table.features[nearest].copy()


def _error_scale(
    model: EffectModel,
    layers: Layers,
    grid: Grid,
    outlines: Sequence[Polygon | MultiPolygon],
    designs: Sequence[Design],
    offset: Offset,
    effect: Array,
    level: float,
    coefficient: Array,
    rng: np.random.Generator,
) -> Array:
    """One standard deviation (n,) K of an effect's error from its known sources, before calibration.

    Blocks drawn again (coefficients), outlines and cover displaced, cover confused in patches, what a
    coefficient misses of a place, and a floor. Sources add as variances.
    """
    dx, dy = offset.applied
    wobble = (
        OUTLINE_ERROR_M if not np.isfinite(offset.se_m) else np.hypot(OUTLINE_ERROR_M, offset.se_m)
    )
    moved = np.empty((JITTERS, len(outlines)))
    for i in range(JITTERS):
        east, north = rng.uniform(-wobble, wobble, 2)
        elsewhere = moved_weights(outlines, grid, dx + east, dy + north)
        change = changes(elsewhere, layers.fractions, designs, model.basis)
        coefficients = model.whole.coefficients[: change.before.shape[1]]
        moved[i] = -level * (change.after - change.before) @ coefficients
    displaced = np.nanstd(np.where(np.isfinite(moved), moved, np.nan), axis=0)
    paved = np.zeros((1, 6))
    paved[0, SEALED] = 1.0
    contrast = level * abs(
        float(
            (model.basis(Design().converted(paved)) - model.basis(paved))[0]
            @ model.whole.coefficients[: len(model.basis(paved)[0])]
        )
    )
    area = np.array([max(outline.area, 1.0) for outline in outlines])
    confused = contrast * np.sqrt(CONFUSED_SHARE * CONFUSED_PATCH_M2 / (CONFUSED_PATCH_M2 + area))
    return np.asarray(
        np.sqrt(
            coefficient.std(axis=0) ** 2
            + displaced**2
            + confused**2
            + (RELATIVE_ERROR * effect) ** 2
            + FLOOR_K**2
        )
    )


def _refuse_beyond(effect: Array, low: Array, limit: Array) -> None:
    """A claim beyond the literature is a bug (science.md §5): refused where even its low bound is beyond.

    A best estimate just over the limit with an interval that reaches below it is flagged instead.
    """
    beyond = low > limit + FLOOR_K
    if beyond.any():
        worst = int(np.argmax(effect - limit))
        raise ScienceError(
            f"Yard {worst + 1} would cool by {effect[worst]:.1f} K, more than the "
            f"{limit[worst]:.1f} K that "
            "its new canopy and lawn have anywhere been measured to bring: check the heat map's "
            "temperatures and the cover's classes."
        )
