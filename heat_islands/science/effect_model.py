"""The effect model: what makes the surface hot, learnt at the footprint and asked about a yard.

Two monotone models answer. The additive one commutes with the footprint's averaging, so what it
learns there holds in a yard; but it credits a yard with cooling that spreads around it and
overstates. Boosted trees stay flat beyond the compositions that footprints show and understate.
Both keep every sign: greening never heats, paving never cools. How their answers are joined:
`effects.level_of`; reasons and figures: heat_islands/decisions/0010-effect-model.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heat_islands.science.additive import AdditiveFit, Grams, choose_and_fit, solve
from heat_islands.science.blocks import Blocks, Variogram, spatial_blocks, variogram
from heat_islands.science.boosted import Boosted, fit_boosted
from heat_islands.science.footprint import Footprint
from heat_islands.science.surface_basis import CURVATURES, Term, cover_basis, mixed_share
from heat_islands.science.training import Array, Layers, Table, training_table

FIRST_BLOCK_M = 1000.0  # only until the residuals' own range is known
# Canopy curvature shows only in cells that are partly canopy. Under this share of such cells the
# cover is a class map at the grid's own resolution and a straight line is all it supports.
MIN_MIXED_SHARE = 0.1


@dataclass(frozen=True)
class EffectModel:
    """A trained model; arrays of coefficients follow `table.terms`.

    `fits[i]` and the booster's i-th model saw no row of fold i: a yard is asked of the models of the
    fold its block lies in. `draws` (rounds, p) are coefficients of fits on blocks drawn again.
    """

    table: Table
    footprint: Footprint
    weight: Array
    blocks: Blocks
    grams: Grams
    residuals: Variogram
    fits: tuple[AdditiveFit, ...]
    whole: AdditiveFit
    boosted: Boosted
    draws: Array
    curvatures: tuple[float, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.table.terms

    @property
    def curvature(self) -> float:
        return self.whole.curvature

    def cross_fitted(self) -> Array:
        """The additive part's prediction (K) of every row by the fit that did not see its fold."""
        fold = self.blocks.fold_of_row
        out = np.empty(len(self.table))
        for number, fit in enumerate(self.fits):
            out[fold == number] = fit.predict(self.table.features[fold == number])
        return out

    def basis(self, shares: Array) -> Array:
        """Basis functions (n, q) of compositions (n, 6); they are the table's first q terms."""
        columns = cover_basis(np.asarray(shares.T, np.float64), self.curvatures)
        return np.stack([np.asarray(values, np.float64) for _, values in columns], axis=1)

    def additive_effect(self, change: Array, fold: npt.NDArray[np.intp]) -> Array:
        """Cooling (n,) K of a change of basis functions (n, q), after minus before."""
        coefficients = np.stack([fit.coefficients[: change.shape[1]] for fit in self.fits])
        return np.asarray(-(change * coefficients[fold]).sum(axis=1))

    def boosted_effect(self, before: Array, after: Array, fold: npt.NDArray[np.intp]) -> Array:
        """Cooling (n,) K by the boosted trees between full feature rows (n, p) before and after."""
        return np.asarray(self.boosted.predict(before, fold) - self.boosted.predict(after, fold))

    def drawn_effects(self, change: Array) -> Array:
        """Deviations (rounds, n) K of the additive effect when blocks are drawn again."""
        deviation = self.draws - self.whole.coefficients
        return np.asarray(-deviation[:, : change.shape[1]] @ change.T)


def train(
    layers: Layers,
    footprint: Footprint,
    *,
    seed: int,
    rounds: int,
    leave_out: npt.NDArray[np.bool_] | None = None,
) -> EffectModel:
    """Train on every footprint of the grid but those `leave_out` (H, W) marks: no yard trains its own score."""
    rng = np.random.default_rng(seed)
    curvatures = CURVATURES if mixed_share(layers.fractions) >= MIN_MIXED_SHARE else (0.0,)
    table = training_table(layers, footprint, curvatures, leave_out)
    even = np.ones(len(table))
    first = spatial_blocks(table, FIRST_BLOCK_M, rng)
    plain = Grams.of(table, first.of_row, even)
    rough = choose_and_fit(plain, np.ones(first.count), first.fold, curvatures)
    residual = table.target - rough.predict(table.features)
    found = variogram(residual, table)
    blocks = spatial_blocks(table, found.range_m, rng)
    # What the model leaves over is mostly ground it cannot see, the same in every scene: the
    # composite's error only adds to it, so weights differ little unless clouds left few scenes.
    unseen = max(float(np.var(residual)) - float(np.median(1.0 / table.weight)), 0.0)
    weight = 1.0 / (unseen + 1.0 / table.weight)
    weight = weight / weight.mean()
    grams = Grams.of(table, blocks.of_row, weight)
    ones = np.ones(blocks.count)
    whole = choose_and_fit(grams, ones, blocks.fold, curvatures)
    columns = grams.model_columns(whole.curvature)
    fits = tuple(
        solve(grams.blocks[blocks.fold != fold].sum(axis=0), table.terms, columns, whole.curvature)
        for fold in range(int(blocks.fold.max()) + 1)
    )
    draws = np.empty((rounds, len(table.terms)))
    for i in range(rounds):
        counts = np.bincount(rng.integers(0, blocks.count, blocks.count), minlength=blocks.count)
        draws[i] = choose_and_fit(
            grams, counts.astype(np.float64), blocks.fold, curvatures
        ).coefficients
    fold = blocks.fold_of_row
    boosted = fit_boosted(table.features, table.target, fold, table.terms, columns, seed)
    return EffectModel(
        table, footprint, weight, blocks, grams, found, fits, whole, boosted, draws, tuple(curvatures)
    )  # fmt: skip
