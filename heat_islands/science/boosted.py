"""The boosted model: monotone trees on footprint-averaged features, cross-fitted over spatial folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from heat_islands.science.surface_basis import Term
from heat_islands.science.training import Array

MAX_ITER = 150
LEARNING_RATE = 0.1
MAX_LEAF_NODES = 6  # small trees: near-additive, which is how averaging over a footprint works
MIN_SAMPLES_LEAF = 60  # about 60 measurements of 100 m: a leaf is never one yard's surroundings
L2 = 1.0


@dataclass(frozen=True)
class Boosted:
    """One monotone gradient boosting a fold, each trained on the other folds' rows only."""

    models: tuple[HistGradientBoostingRegressor, ...]
    columns: npt.NDArray[np.intp]

    def predict(self, features: Array, fold: npt.NDArray[np.intp]) -> Array:
        """Predictions (K) for rows of all table features, row i by the model that never saw fold i."""
        out = np.empty(len(features))
        for number, model in enumerate(self.models):
            mine = fold == number
            if mine.any():
                out[mine] = model.predict(features[mine][:, self.columns])
        return out


def fit_boosted(
    features: Array,
    target: Array,
    fold: npt.NDArray[np.intp],
    terms: Sequence[Term],
    columns: npt.NDArray[np.intp],
    seed: int,
) -> Boosted:
    """Cross-fit the booster; the signs of `terms` are its monotone constraints (−1, 0, +1).

    Rows count alike: weights hardly differ (what no model sees outweighs the composite's error), and
    sample weights make scikit-learn's histograms five times slower.
    """
    constraints = [terms[c].sign for c in columns]
    models = []
    for number in range(int(fold.max()) + 1):
        train = fold != number
        model = HistGradientBoostingRegressor(
            max_iter=MAX_ITER,
            learning_rate=LEARNING_RATE,
            max_leaf_nodes=MAX_LEAF_NODES,
            min_samples_leaf=MIN_SAMPLES_LEAF,
            l2_regularization=L2,
            monotonic_cst=constraints,
            early_stopping=False,
            random_state=seed,
        )
        # One thread: on busy cores OpenMP's waiting threads cost fifty times what they save.
        with threadpool_limits(1, user_api="openmp"):
            model.fit(features[train][:, columns], target[train])
        models.append(model)
    return Boosted(tuple(models), columns)
