"""The score of a yard, why it has it, and how sure its rank is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from heat_islands.science.errors import ScienceError

Array = npt.NDArray[np.float64]

FACTORS = ("cooling", "pupils", "exposure", "vulnerability", "cost")
BASE = "middling yard"
HEAT_DOUBLES_K = (
    5.0  # a yard 5 K hotter than the median counts double at weight 1: a choice, not a finding
)
TOP_K = 5


@dataclass(frozen=True)
class Weights:
    """Exponents of the score's factors: 0 leaves a factor out, 1 takes it in proportion.

    Half weights on pupils, exposure and cost keep one large school or one hot street from deciding alone.
    """

    cooling: float = 1.0
    pupils: float = 0.5
    exposure: float = 0.5
    vulnerability: float = 1.0
    cost: float = 0.5

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (isinstance(value, (int, float)) and 0 <= value <= 3):
                raise ScienceError(f"The weight of {name} must lie between 0 and 3, not {value!r}.")

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Weights written as ``cooling=1,pupils=.5``; those not named keep their default.

        >>> Weights.parse("pupils=1, cost=0").pupils
        1.0
        """
        given: dict[str, float] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            name, _, value = part.partition("=")
            if name.strip() not in FACTORS:
                raise ScienceError(
                    f"{name.strip()!r} is no factor of the score: use {', '.join(FACTORS)}."
                )
            try:
                given[name.strip()] = float(value)
            except ValueError:
                raise ScienceError(
                    f"The weight of {name.strip()} must be a number, not {value.strip()!r}."
                ) from None
        return cls(**given)


@dataclass(frozen=True)
class Circumstances:
    """Who benefits and what it costs, arrays (n,); NaN where the town does not know.

    `pupils` who use the yard, `anomaly_k` its heat today, `vulnerability` 0–1, `cost_class` 1–3.
    """

    pupils: Array
    anomaly_k: Array
    vulnerability: Array
    cost_class: Array


@dataclass(frozen=True)
class Scores:
    """`score` (n,) 0–100; `points` (n, 1 + factors): the middling yard's, then each factor's, summing to it."""

    score: Array
    points: Array

    def reasons(self, i: int) -> list[dict[str, float | str]]:
        """One yard's contributions for display, in the order of the formula."""
        return [
            {"factor": name, "points": round(float(value), 3)}
            for name, value in zip((BASE, *FACTORS), self.points[i], strict=True)
        ]


def ratios(cooling_k: Array, facts: Circumstances, weights: Weights) -> Array:
    """Each factor against the town's median yard, raised to its weight: (…, n, factors).

    `cooling_k` is (n,) or (rounds, n). What is unknown counts as the median yard: ratio 1. Cooling
    below 0 counts as none.
    """
    people = _relative(np.where(facts.pupils > 0, facts.pupils, np.nan))
    hotter = facts.anomaly_k - _median(facts.anomaly_k)
    exposure = np.where(np.isfinite(hotter), 2.0 ** (np.nan_to_num(hotter) / HEAT_DOUBLES_K), 1.0)
    vulnerability = _relative(1.0 + facts.vulnerability)
    cost = 1.0 / _relative(facts.cost_class)
    # Against the median of the best estimates, so that every draw is measured with one yardstick.
    best = np.maximum(cooling_k if cooling_k.ndim == 1 else np.median(cooling_k, axis=0), 0.0)
    middle = float(np.median(best)) or 1.0
    cooling = np.maximum(cooling_k, 0.0) / middle
    fixed = np.broadcast_arrays(cooling, people, exposure, vulnerability, cost)
    powers = [getattr(weights, name) for name in FACTORS]
    return np.stack([part**power for part, power in zip(fixed, powers, strict=True)], axis=-1)


def scores(cooling_k: Array, facts: Circumstances, weights: Weights) -> Scores:
    """Cooling × who benefits ÷ cost, against a yard that is middling in everything; the best yard has 100.

    `points` are Shapley values of the product: the average gain of each factor over all orders in
    which factors can be brought in, starting from the middling yard. They sum to the score.
    """
    ratio = ratios(cooling_k, facts, weights)
    product = ratio.prod(axis=1)
    scale = 100.0 / product.max() if product.max() > 0 else 0.0
    points = np.column_stack([np.ones(len(product)), shapley_of_product(ratio)]) * scale
    if scale == 0.0:
        points[:] = 0.0
    return Scores(product * scale, points)


def shapley_of_product(ratio: Array) -> Array:
    """Shapley values (n, m) of the game "product of the ratios of the coalition" from 1; rows sum to product − 1.

    >>> shapley_of_product(np.array([[2.0, 3.0]])).tolist()
    [[2.0, 3.0]]
    """
    n, m = ratio.shape
    values = np.zeros((n, m))
    for j in range(m):
        others = [k for k in range(m) if k != j]
        for size in range(m):
            share = math.factorial(size) * math.factorial(m - size - 1) / math.factorial(m)
            for group in combinations(others, size):
                values[:, j] += share * ratio[:, group].prod(axis=1) * (ratio[:, j] - 1.0)
    return values


@dataclass(frozen=True)
class Ranks:
    """`rank` (n,) from 1; `low`, `high` its 90 % range over drawn effects; `top_k` chance of the first five."""

    rank: npt.NDArray[np.intp]
    low: npt.NDArray[np.intp]
    high: npt.NDArray[np.intp]
    top_k: Array


def ranks(best: Array, drawn: Array, k: int = TOP_K) -> Ranks:
    """Ranks of the best scores (n,), and what scores of drawn effects (rounds, n) say of them.

    The range always holds the rank itself.
    """
    rank = _ranked(best[None, :])[0]
    every = _ranked(drawn)
    low = np.floor(np.quantile(every, 0.05, axis=0)).astype(np.intp)
    high = np.ceil(np.quantile(every, 0.95, axis=0)).astype(np.intp)
    return Ranks(
        rank, np.minimum(low, rank), np.maximum(high, rank), np.asarray((every <= k).mean(axis=0))
    )


def _ranked(values: Array) -> npt.NDArray[np.intp]:
    """Ranks from 1 along the last axis, highest first; equal values keep their order."""
    order = np.argsort(-values, axis=-1, kind="stable")
    out = np.empty(values.shape, dtype=np.intp)
    np.put_along_axis(out, order, np.arange(1, values.shape[-1] + 1)[None, :], axis=-1)
    return out


def _relative(values: Array) -> Array:
    """`values` over their median; 1 where unknown, and everywhere where nothing is known."""
    middle = _median(values)
    return (
        np.where(np.isfinite(values), values / middle, 1.0) if middle > 0 else np.ones(len(values))
    )


def _median(values: Sequence[float] | Array) -> float:
    known = np.asarray(values)[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0
