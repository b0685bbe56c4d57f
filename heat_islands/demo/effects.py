"""The true cooling of every yard: the simulated surface as it is, minus the same with the yard converted.

The conversion rule
-------------------
A yard's ground (its roofs left out) has shares of paving, lawn, crowns, bare soil and water that sum
to 1. Under a design of canopy share `c` (default .4):

1. crowns' become max(crowns, c): what stands is kept;
2. all other ground shrinks by the same factor k = (1 − new crowns) / (1 − crowns) to make room;
3. what was paving becomes lawn. Soil and water stay what they are. Nothing is left sealed.

So (sealed, grass, tree, soil, water) becomes (0, k·(grass + sealed), max(tree, c), k·soil, k·water):
at least 40 % canopy, the rest permeable. Whoever ranks yards must apply the same rule to compare.

>>> before = np.array([0.7, 0.0, 0.1, 0.2, 0.0, 0.0])  # sealed, roof, grass, tree, soil, water
>>> Design().converted(before).round(3)
array([0. , 0. , 0.6, 0.4, 0. , 0. ])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from heat_islands.demo.fabric import GRASS, ROOF, SEALED, TREE
from heat_islands.demo.fields import Array, smooth
from heat_islands.demo.frame import CELL_M, Frame, averaged
from heat_islands.demo.physics import Climate, Coefficients, Day, own_ground, shade, steady_ground

if TYPE_CHECKING:
    from heat_islands.demo.town import DemoTown

Floats = NDArray[np.float64]

_REACH_CELLS = 24  # 4 σ of the widest neighbourhood term
_ORACLE_EAVES_M = 15.0  # a town knows roofs from its map, not their height


@dataclass(frozen=True)
class Design:
    """What a yard's ground becomes: the module's docstring states the rule."""

    canopy: float = 0.4

    def converted(self, ground: NDArray[Any], shares: NDArray[Any] | None = None) -> NDArray[Any]:
        """`ground` (6, …) converted, in the proportions that `shares` (6,), the whole yard's, give.

        `shares` are by default those of `ground` itself, summed over its cells.
        """
        whole = ground.reshape(6, -1).sum(axis=1) if shares is None else shares
        whole = whole / whole.sum()
        crowns = float(whole[TREE])
        keep = 1.0 if crowns >= 1 else (1 - max(crowns, self.canopy)) / (1 - crowns)
        after = (ground * keep).astype(ground.dtype)
        after[TREE] = ground[TREE] + (1 - keep) * (ground.sum(axis=0) - ground[TREE])
        after[GRASS] += after[SEALED]
        after[SEALED] = 0
        return after


def converted_fractions(
    town: DemoTown, which: tuple[int, ...], design: Design | None = None
) -> Array:
    """The region's fractions with the yards numbered `which` converted."""
    design = design or Design()
    fractions = town.surface.fractions.copy()
    for number in which:
        yard = town.surface.yards[number]
        window = (slice(None), yard.rows, yard.cols)
        fractions[window] += design.converted(yard.ground) - yard.ground
    return fractions


def _neighbours(coefficients: Coefficients, change: Array, cover: Array) -> float:
    """The mean over `cover` of what `change` (6, h, w) does through the smoothed terms (kelvin)."""
    padded = np.pad(change, ((0, 0), (_REACH_CELLS, _REACH_CELLS), (_REACH_CELLS, _REACH_CELLS)))
    inner = slice(_REACH_CELLS, -_REACH_CELLS)
    green_m, built_m = coefficients.around_m
    green = smooth(padded[TREE] + 0.6 * padded[GRASS], green_m / CELL_M)[inner, inner]
    built = smooth(padded[SEALED] + padded[ROOF], built_m / CELL_M)[inner, inner]
    effect = coefficients.built_around * built - coefficients.canopy_around * green
    return float(np.average(effect, weights=cover))


def true_effects(town: DemoTown, design: Design | None = None) -> Floats:
    """The true mean cooling (kelvin, positive is cooler) of each yard's own ground, in yard order.

    The surface before the series' two conversions, as it is, minus the same with that one yard
    converted, averaged over the twelve scenes' weather. A yard shares its border cells with
    buildings and streets: what its own ground gains is the summed gain of the cells it touches over
    its own area, so that the answer is the yard's and not its cells'; what comes through the
    neighbourhood is averaged over its area. Roofs are never converted.
    """
    design = design or Design()
    climate = town.climate
    return np.array(
        [_true_effect(climate, town, yard, design) for yard in range(len(town.surface.yards))]
    )


def _true_effect(climate: Climate, town: DemoTown, number: int, design: Design) -> float:
    yard = town.surface.yards[number]
    window = (slice(None), yard.rows, yard.cols)
    before = climate.fractions[window]
    change = design.converted(yard.ground) - yard.ground
    brightness = climate.brightness[window]
    shaded = climate.shaded[yard.rows, yard.cols]
    steady = [
        steady_ground(climate.coefficients, ground, brightness)
        for ground in (before, before + change)
    ]
    through = _neighbours(climate.coefficients, change, yard.cover)

    def heating(day: Day) -> float:
        hot = own_ground(climate.coefficients, steady[0], before, shaded, day)
        cool = own_ground(climate.coefficients, steady[1], before + change, shaded, day)
        own = float((hot - cool).sum(dtype=np.float64)) / yard.area_cells
        return day.strength * (own - through)

    return float(np.mean([heating(day) for day in town.days]))


def coverage(frame: Frame, outline: Polygon) -> tuple[slice, slice, Array]:
    """The window of cells that `outline` touches, and the share of each that it covers (to 1/64)."""
    rows, cols = frame.window(outline.bounds)
    fine = frame.crop(rows, cols).finer(8)
    return rows, cols, averaged(fine.burn([(outline, 1)]), 8)


def oracle_effects(town: DemoTown, fractions: Array, design: Design | None = None) -> Floats:
    """What the best informed ranker would answer: the true coefficients on the inputs a town has.

    `fractions` (6, H, W) on `town.frame`, as read from the imperfect cover map (NaN where unknown),
    and the outlines the town knows. Brightness of materials, buildings' heights, watering and sky
    stay unknown to it. Each yard is its own mean composition without roofs; a yard that the map
    shows wholly under roofs or unknown counts as paved. Kelvin, in yard order.
    """
    design = design or Design()
    if fractions.shape != (6, *town.frame.shape):
        raise ValueError(f"fractions of {fractions.shape} are not on the town's {town.frame.shape}")
    coefficients = town.coefficients
    effects = []
    for outline in town.known_yards:
        rows, cols, cover = coverage(town.frame, outline)
        seen = np.where(np.isnan(fractions[:, rows, cols]), 0, fractions[:, rows, cols])
        shares = (seen * cover).sum(axis=(1, 2)).astype(np.float32)
        shares[ROOF] = 0
        total = float(shares.sum())
        if total < 0.05 * float(cover.sum()):
            shares[SEALED], total = 1, float(shares.sum()) + 1
        shares = shares / total
        after = design.converted(shares)
        roofs = np.zeros_like(seen)
        roofs[ROOF] = seen[ROOF]
        shades = shade(roofs, np.full(cover.shape, _ORACLE_EAVES_M, dtype=np.float32))
        shaded = np.asarray(np.average(shades, weights=cover), dtype=np.float32)
        plain = np.ones(2, dtype=np.float32)
        change = (after - shares)[:, None, None] * cover
        through = _neighbours(coefficients, change, cover)
        steady = [steady_ground(coefficients, ground, plain) for ground in (shares, after)]
        mean = 0.0
        for day in town.days:
            own = own_ground(coefficients, steady[0], shares, shaded, day)
            own = own - own_ground(coefficients, steady[1], after, shaded, day)
            mean += day.strength * (float(own) - through) / len(town.days)
        effects.append(mean)
    return np.array(effects)
