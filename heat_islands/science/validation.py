"""How well the model and its baselines predict ground they have not seen, by spatial blocks and at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from heat_islands.science.blocks import FOLDS
from heat_islands.science.boosted import fit_boosted
from heat_islands.science.effect_model import EffectModel
from heat_islands.science.training import Array

Folds = npt.NDArray[np.intp]
APPLICABILITY_SAMPLE = (
    4000  # training rows among which neighbours are sought: distances hardly change beyond
)


@dataclass(frozen=True)
class Skill:
    """Held-out R² and RMSE (K) of one predictor under spatial-block and random folds."""

    name: str
    spatial_r2: float
    spatial_rmse_k: float
    random_r2: float
    random_rmse_k: float


def skills(model: EffectModel, seed: int) -> list[Skill]:
    """The model and, beside it always, the mean, NDVI alone and a linear model: the same folds for all.

    Random folds put neighbours of 100 m on both sides and flatter every model; they stand here to
    show by how much.
    """
    table = model.table
    rng = np.random.default_rng(seed)
    spatial = model.blocks.fold_of_row
    random = rng.permutation(np.arange(len(table)) % FOLDS)
    columns = model.grams.model_columns(model.curvature)
    linear = model.grams.model_columns(model.curvatures[0])
    plain = table.plain[:, None]

    def ols(features: Array) -> Callable[[Folds], Array]:
        return lambda fold: _least_squares(features, table.target, model.weight, fold)

    def boosted(fold: Folds) -> Array:
        if fold is spatial:
            return model.boosted.predict(table.features, fold)
        fitted = fit_boosted(table.features, table.target, fold, table.terms, columns, seed)
        return fitted.predict(table.features, fold)

    def additive(fold: Folds) -> Array:
        if fold is spatial:
            return model.cross_fitted()
        return _least_squares(table.features[:, columns], table.target, model.weight, fold)

    predictors: dict[str, Callable[[Folds], Array]] = {
        "mean": ols(np.empty((len(table), 0))),
        "NDVI alone": ols(plain),
        "linear": ols(table.features[:, linear]),
        "additive": additive,
        "boosted trees": boosted,
    }
    return [
        _skill(name, table.target, predict(spatial), predict(random))
        for name, predict in predictors.items()
    ]


def _skill(name: str, target: Array, *predictions: Array) -> Skill:
    figures = []
    for predicted in predictions:
        error = target - predicted
        figures += [
            1 - float(np.mean(error**2) / np.var(target)),
            float(np.sqrt(np.mean(error**2))),
        ]
    return Skill(name, *figures)


def _least_squares(features: Array, target: Array, weight: Array, fold: Folds) -> Array:
    out = np.empty(len(target))
    root = np.sqrt(weight)[:, None]
    full = np.column_stack([np.ones(len(target)), features])
    for number in range(int(fold.max()) + 1):
        train, test = fold != number, fold == number
        beta = np.linalg.lstsq(
            full[train] * root[train], target[train] * root[train, 0], rcond=None
        )[0]
        out[test] = full[test] @ beta
    return out


@dataclass(frozen=True)
class Applicability:
    """Where the model has seen comparable ground: the dissimilarity index of Meyer & Pebesma 2021
    (Methods in Ecology and Evolution 12:1620), simplified: features weighted by the additive
    coefficients, `threshold` the outlier-free maximum of training rows against other folds."""

    threshold: float
    training_median: float
    scale: Array
    mean_distance: float
    trees: tuple[KDTree, ...]
    columns: npt.NDArray[np.intp]

    def index(self, features: Array, fold: Folds) -> Array:
        """Dissimilarity (n,) of full feature rows to training rows of other folds; ≤ threshold is inside."""
        scaled = features[:, self.columns] * self.scale
        out = np.empty(len(features))
        for number, tree in enumerate(self.trees):
            mine = fold == number
            if mine.any():
                out[mine] = tree.query(scaled[mine])[0] / self.mean_distance
        return out


def applicability(model: EffectModel, seed: int) -> Applicability:
    """The area of applicability of a trained model."""
    rng = np.random.default_rng(seed)
    columns = model.grams.model_columns(model.curvature)
    scale = np.abs(model.whole.coefficients[columns])  # K per unit: distance in kelvins explained
    picked = rng.permutation(len(model.table))[:APPLICABILITY_SAMPLE]
    scaled = model.table.features[picked][:, columns] * scale
    fold = model.blocks.fold_of_row[picked]
    pair = rng.permutation(len(picked))
    mean_distance = float(np.linalg.norm(scaled - scaled[pair], axis=1).mean()) or 1.0
    trees = tuple(KDTree(scaled[fold != number]) for number in range(int(fold.max()) + 1))
    found = Applicability(0.0, 0.0, scale, mean_distance, trees, columns)
    own = found.index(model.table.features[picked], fold)
    quarter, middle, three = np.quantile(own, [0.25, 0.5, 0.75])
    inside = own[own <= three + 1.5 * (three - quarter)]
    return Applicability(float(inside.max()), float(middle), scale, mean_distance, trees, columns)
