"""What a ranking of one demo town is worth: τ with the truth beside the oracle's and plain rules', coverage."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, kendalltau
from threadpoolctl import threadpool_limits

from heat_islands.science.calibration import Calibration
from heat_islands.science.calibration import load as load_calibration
from heat_islands.science.ranking import Ranking, Yard, rank
from tests.benchmarks.towns import MeasuredTown, measured

Array = npt.NDArray[np.float64]
RULES = ("temperature", "sealed share", "sealed m²")


@dataclass(frozen=True)
class TownSkill:
    """One town's figures, its two converted yards left out; `tau_*` against the true effects.

    The plain rules are given the cover where its registration puts it, as the ranking is: the
    stricter comparison. `tau_oracle` reads the cover as it came, `tau_oracle_moved` after
    registration. `ratio` is the median of estimate ÷ truth; `errors` are (truth − estimate) ÷ scale.
    """

    seed: int
    variant: str
    tau: float
    tau_oracle: float
    tau_oracle_moved: float
    tau_temperature: float
    tau_sealed_share: float
    tau_sealed_m2: float
    tau_additive: float
    tau_boosted: float
    ratio: float
    ratio_additive: float
    ratio_boosted: float
    covered: int
    yards: int
    mean_width_k: float
    mean_effect_k: float
    mean_truth_k: float
    significant: int
    curvature: float
    residual_range_m: float
    offset_m: tuple[float, float]
    errors: tuple[float, ...]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def rank_town(
    town: MeasuredTown, calibration: Calibration, *, rounds: int = 50, validate: bool = False
) -> Ranking:
    """The town's yards ranked from what it knows, all with the default design."""
    yards = [Yard(outline) for outline in town.outlines]
    return rank(
        town.layers, town.grid, yards, calibration, rounds=rounds, seed=town.seed, validate=validate
    )


def skill_of(town: MeasuredTown, ranking: Ranking) -> TownSkill:
    """The figures of one ranked town."""
    keep = np.array([i for i in range(len(town.true_k)) if i not in town.converted])
    effects, truth = ranking.effects, town.true_k[keep]
    sealed = effects.sealed_share
    area = np.array([outline.area for outline in town.outlines])

    def tau(values: Array) -> float:
        """Over the yards where `values` are known: clouds may hide a yard's temperature."""
        known = np.isfinite(values[keep])
        ours, true = values[keep][known], truth[known]
        if len(true) < 3 or np.ptp(true) == 0 or np.ptp(ours) == 0:
            return float("nan")
        return float(kendalltau(ours, true).statistic)

    def ratio(values: Array) -> float:
        return (
            float(np.median(values[keep] / truth)) if (np.abs(truth) > 1e-6).all() else float("nan")
        )

    low, high = effects.low_k[keep], effects.high_k[keep]
    return TownSkill(
        seed=town.seed,
        variant=town.variant,
        tau=tau(effects.effect_k),
        tau_oracle=tau(town.oracle_k),
        tau_oracle_moved=tau(town.oracle_moved_k),
        tau_temperature=tau(effects.anomaly_k),
        tau_sealed_share=tau(sealed),
        tau_sealed_m2=tau(sealed * area),
        tau_additive=tau(effects.additive_k),
        tau_boosted=tau(effects.boosted_k),
        ratio=ratio(effects.effect_k),
        ratio_additive=ratio(effects.additive_k),
        ratio_boosted=ratio(effects.boosted_k),
        covered=int(((truth >= low) & (truth <= high)).sum()),
        yards=len(keep),
        mean_width_k=float((high - low).mean()),
        mean_effect_k=float(effects.effect_k[keep].mean()),
        mean_truth_k=float(truth.mean()),
        significant=int((low > 0).sum()),
        curvature=ranking.model.curvature,
        residual_range_m=ranking.model.residuals.range_m,
        offset_m=ranking.offset.applied,
        errors=tuple(((truth - effects.effect_k[keep]) / effects.sigma_k[keep]).round(4).tolist()),
    )


def examined(seed: int) -> TownSkill:
    """A standard town, from its seed to its figures; for a process of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greening.settings")
    town = measured(seed)
    return skill_of(town, rank_town(town, load_calibration()))


def examined_together(seeds: Sequence[int], workers: int = 2) -> list[TownSkill]:
    """Several towns, side by side: each takes about a minute of one core."""
    # Spawned, not forked: the parent holds databases and GDAL's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, threadpool_limits, (1,)) as pool:
        return list(pool.map(examined, seeds))


def table(skills: list[TownSkill]) -> str:
    """Per town and median, readable on a terminal."""
    head = (
        "town      τ    oracle (moved)  temp.  sealed  seal.m²  addit.  boost.  ratio  add.  boo.  "
        "held   width  effect  truth"
    )
    lines = [head]
    for s in skills:
        lines.append(_line(str(s.seed), s, f"{s.covered:3d}/{s.yards}"))
    middle = {
        name: float(np.nanmedian([getattr(s, name) for s in skills]))
        for name, kind in TownSkill.__annotations__.items()
        if kind == "float"
    }
    yards, covered = sum(s.yards for s in skills), sum(s.covered for s in skills)
    lines.append(_line("median", _Row(middle), f"{covered / yards:6.1%}"))
    return "\n".join(lines)


class _Row:
    def __init__(self, values: dict[str, float]) -> None:
        self.__dict__.update(values)


def _line(name: str, s: object, held: str) -> str:
    def f(attribute: str, spec: str) -> str:
        return format(getattr(s, attribute), spec)

    return (
        f"{name:6} {f('tau', '6.3f')}  {f('tau_oracle', '6.3f')} ({f('tau_oracle_moved', '.3f')}) "
        f"{f('tau_temperature', '7.3f')} {f('tau_sealed_share', '7.3f')}  {f('tau_sealed_m2', '7.3f')} "
        f"{f('tau_additive', '7.3f')} {f('tau_boosted', '7.3f')} {f('ratio', '6.2f')} "
        f"{f('ratio_additive', '5.2f')} {f('ratio_boosted', '5.2f')}  {held:7}{f('mean_width_k', '6.2f')} "
        f"{f('mean_effect_k', '7.2f')} {f('mean_truth_k', '6.2f')}"
    )


def sign_test(skills: list[TownSkill], rule: str) -> tuple[int, int, float, float]:
    """Towns won and lost against a plain rule, the one-sided sign test's p, and the median difference of τ."""
    name = {
        "temperature": "tau_temperature",
        "sealed share": "tau_sealed_share",
        "sealed m²": "tau_sealed_m2",
    }[rule]
    difference = np.array([s.tau - getattr(s, name) for s in skills])
    difference = difference[np.isfinite(difference)]
    won, lost = int((difference > 0).sum()), int((difference < 0).sum())
    p = binomtest(won, won + lost, alternative="greater").pvalue if won + lost else 1.0
    return won, lost, float(p), float(np.median(difference))


def coverage(skills: list[TownSkill]) -> float:
    """Share of true yard effects that their 90 % intervals hold, over all towns."""
    return sum(s.covered for s in skills) / sum(s.yards for s in skills)
