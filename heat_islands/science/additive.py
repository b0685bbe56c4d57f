"""The additive model: sign-constrained ridge on footprint-averaged basis functions, by blocks.

Everything it needs of a block of rows is a Gram matrix, so leaving blocks out (validation) and
drawing them again (bootstrap) cost nothing more than small solves.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

from heat_islands.science.surface_basis import Term, tree_term
from heat_islands.science.training import Array, Table

RIDGE = 1e-4  # of the mean squared feature: only keeps near-collinear columns from trading off


@dataclass(frozen=True)
class Grams:
    """Weighted cross-products of [1, features, target] a block: `blocks` (n_blocks, p + 2, p + 2)."""

    blocks: Array
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, table: Table, block: npt.NDArray[np.intp], weight: Array) -> Grams:
        """`block` numbers every row's block from 0; `weight` multiplies squared residuals."""
        full = np.column_stack([np.ones(len(table)), table.features, table.target])
        order = np.argsort(block, kind="stable")
        full, weight = full[order], weight[order]
        edges = np.searchsorted(block[order], np.arange(block.max() + 2))
        out = np.empty((block.max() + 1, full.shape[1], full.shape[1]))
        for i, (start, stop) in enumerate(itertools.pairwise(edges)):
            rows = full[start:stop]
            out[i] = rows.T @ (rows * weight[start:stop, None])
        return cls(out, table.terms)

    @property
    def curvatures(self) -> list[float]:
        """The canopy curvatures the table holds, in its order."""
        prefix = "tree, k="
        return [float(t.name[len(prefix) :]) for t in self.terms if t.name.startswith(prefix)]

    def model_columns(self, curvature: float) -> npt.NDArray[np.intp]:
        """Columns of the features used with one curvature: every term but the other tree terms."""
        wanted = tree_term(curvature).name
        return np.array(
            [
                i
                for i, term in enumerate(self.terms)
                if not term.name.startswith("tree, k=") or term.name == wanted
            ]
        )


@dataclass(frozen=True)
class AdditiveFit:
    """Coefficients of one fit, over all terms of the table (0 for curvatures not used), K."""

    intercept: float
    coefficients: Array
    curvature: float

    def predict(self, features: Array) -> Array:
        return np.asarray(self.intercept + features @ self.coefficients)


def solve(
    gram: Array, terms: Sequence[Term], columns: npt.NDArray[np.intp], curvature: float
) -> AdditiveFit:
    """Least squares with each term's sign held, from one (p + 2, p + 2) cross-product matrix."""
    total = gram[0, 0]
    x = columns + 1
    mean = gram[0, x] / total
    cross = gram[np.ix_(x, x)] / total - np.outer(mean, mean)
    scale = np.sqrt(np.maximum(np.diag(cross), 1e-12))
    cross = cross / np.outer(scale, scale)
    right = (gram[x, -1] / total - mean * gram[0, -1] / total) / scale
    cross[np.diag_indices_from(cross)] += RIDGE
    lower = np.array([-np.inf if terms[c].sign <= 0 else 0.0 for c in columns])
    upper = np.array([np.inf if terms[c].sign >= 0 else 0.0 for c in columns])
    root = np.linalg.cholesky(cross)
    beta = np.linalg.solve(cross, right)
    if (beta < lower).any() or (beta > upper).any():
        bounded = optimize.lsq_linear(
            root.T, np.linalg.solve(root, right), (lower, upper), method="bvls"
        )
        beta = bounded.x
    coefficients = np.zeros(len(terms))
    coefficients[columns] = beta / scale
    intercept = gram[0, -1] / total - mean @ coefficients[columns]
    return AdditiveFit(float(intercept), coefficients, curvature)


def squared_error(gram: Array, fit: AdditiveFit) -> float:
    """Weighted sum of squared residuals of `fit` on the rows behind `gram`."""
    b = np.concatenate([[fit.intercept], fit.coefficients, [-1.0]])
    return float(b @ gram @ b)


def choose_and_fit(
    grams: Grams,
    counts: npt.NDArray[np.float64],
    folds: npt.NDArray[np.intp],
    curvatures: Sequence[float],
) -> AdditiveFit:
    """The fit of the curvature with the least held-out error, blocks counted `counts` times.

    `folds` numbers every block's fold; each fold is predicted by a fit that saw none of its blocks.
    """
    per_fold = np.stack(
        [
            np.tensordot(np.where(folds == fold, counts, 0.0), grams.blocks, axes=(0, 0))
            for fold in range(int(folds.max()) + 1)
        ]
    )
    total = per_fold.sum(axis=0)
    best = (np.inf, curvatures[0])
    for curvature in curvatures:
        columns = grams.model_columns(curvature)
        error = 0.0
        for held_out in per_fold:
            if held_out[0, 0] <= 0 or held_out[0, 0] >= total[0, 0]:
                continue
            error += squared_error(
                held_out, solve(total - held_out, grams.terms, columns, curvature)
            )
        if error < best[0]:
            best = (error, curvature)
    return solve(total, grams.terms, grams.model_columns(best[1]), best[1])
