"""How effect errors, in units of their own scale, were distributed over simulated towns of varied truths."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from heat_islands.science.errors import ScienceError

Array = npt.NDArray[np.float64]

PATH = Path(__file__).with_name("calibration.json")
# Of the effect model: raise it whenever effects change for the same inputs, and calibrate anew.
MODEL_VERSION = "1"
COVERAGE = 0.9
Z90 = 1.6448536269514722  # normal quantile of .95: half-width of a 90 % interval in standard deviations


@dataclass(frozen=True)
class Calibration:
    """Quantiles of (true − estimated effect) ÷ error scale: an interval is estimate + quantile × scale.

    Intervals made with it are conditional on the simulation: they hold where a town's truth is as
    varied as the simulated ones'. `method` and `code` say which model it was measured with.
    """

    lower: float
    upper: float
    towns: int
    yards: int
    seeds: str
    method: str
    code: str
    computed_on: str
    median_ratio: float
    median_error: float

    @property
    def spread(self) -> float:
        """Standard deviations of the calibrated error in units of the error scale."""
        return (self.upper - self.lower) / (2 * Z90)

    def interval(self, effect: Array, sigma: Array) -> tuple[Array, Array]:
        """The 90 % interval (low, high) of effects, K."""
        return effect + self.lower * sigma, effect + self.upper * sigma

    def save(self, path: Path = PATH) -> None:
        """Writes it as small readable JSON."""
        path.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")


#: Before any calibration: the error scale taken at its word. Only a calibration run uses it.
UNCALIBRATED = Calibration(-Z90, Z90, 0, 0, "", "", "", "", float("nan"), float("nan"))


def calibrate(
    errors: Sequence[Array],
    *,
    seeds: str,
    method: str,
    code: str,
    computed_on: str,
    ratios: Sequence[float],
) -> Calibration:
    """The quantiles of standardised errors, one array a town, every town weighing the same."""
    pooled = np.concatenate(errors)
    weight = np.concatenate([np.full(len(e), 1.0 / len(e)) for e in errors])
    tail = (1 - COVERAGE) / 2
    lower, middle, upper = _weighted_quantiles(pooled, weight, (tail, 0.5, 1 - tail))
    return Calibration(
        lower=round(lower, 4),
        upper=round(upper, 4),
        towns=len(errors),
        yards=len(pooled),
        seeds=seeds,
        method=method,
        code=code,
        computed_on=computed_on,
        median_ratio=round(float(np.median(ratios)), 4),
        median_error=round(middle, 4),
    )


def _weighted_quantiles(values: Array, weight: Array, asked: Sequence[float]) -> list[float]:
    order = np.argsort(values)
    reached = np.cumsum(weight[order])
    middle = (reached - weight[order] / 2) / reached[-1]
    return [float(q) for q in np.interp(asked, middle, values[order])]


def load(path: Path = PATH) -> Calibration:
    """The committed calibration; raises ScienceError where it is missing or damaged."""
    try:
        return Calibration(**json.loads(path.read_text()))
    except (OSError, TypeError, ValueError) as error:
        raise ScienceError(
            f"{path.name} is missing or damaged: without it effects have no intervals. Restore it, or "
            "measure it anew with python -m tests.benchmarks.calibrate."
        ) from error
