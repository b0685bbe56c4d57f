"""Ten simulated towns, seeds never tuned on: is the ranking near the oracle's, do its intervals hold?

Bars: median τ at least .8 × the oracle's median; better than temperature, sealed share and sealed m²,
paired over towns; yard effect ÷ truth .8–1.25 (median); 90 % intervals that hold 85–95 % of true yard
effects; towns without effect, with wrong emissivities or another sensor told apart; one ranking of the
whole territory with 50 bootstrap rounds within 30 s. About a minute a town; `--cache DIRECTORY` keeps
what was measured, `--seeds 1000-1003` tries other towns.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

EXAMINER = "9001-9010"
BOUND_SECONDS = 30.0
LEAST_OF_ORACLE = 0.8
RATIO = (0.8, 1.25)
COVERAGE = (0.85, 0.95)
# A town without effect: intervals hold none at all for as many yards as they should, and estimates are
# next to nothing.
NOTHING_K = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default=EXAMINER)
    parser.add_argument("--variant-seeds", default="9001-9002")
    parser.add_argument("--cache", type=Path)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greening.settings")

    from heat_islands.science import calibration
    from heat_islands.science.sharpness import sharpness
    from tests.benchmarks.calibrate import seeds_of
    from tests.benchmarks.skill import (
        RULES,
        TownSkill,
        coverage,
        rank_town,
        sign_test,
        skill_of,
        table,
    )
    from tests.benchmarks.towns import measured

    quiet = not sys.stderr.isatty()
    kept = calibration.load()
    found: list[TownSkill] = []
    widths: dict[tuple[str, int], float] = {}
    seconds: list[float] = []
    for seed in tqdm(seeds_of(arguments.seeds), unit="town", disable=quiet):
        town = measured(seed, cache=arguments.cache)
        start = time.perf_counter()
        ranking = rank_town(town, kept, rounds=50, validate=True)
        width = sharpness(town.layers, ranking.model)
        seconds.append(time.perf_counter() - start)
        widths["standard", seed] = width.apparent_m
        found.append(skill_of(town, ranking))
    print(table(found))
    results: dict[str, bool] = {}

    def bar(name: str, holds: bool) -> None:
        results[name] = holds
        print(f"{'holds' if holds else 'FALLS SHORT':12}{name}")

    ours = float(np.median([s.tau for s in found]))
    for name, attribute in (
        ("cover as it came", "tau_oracle"),
        ("cover registered", "tau_oracle_moved"),
    ):
        oracle = float(np.median([getattr(s, attribute) for s in found]))
        bar(
            f"median τ {ours:.3f} ≥ .8 × the oracle's {oracle:.3f} ({name}): {ours / oracle:.2f}",
            ours >= LEAST_OF_ORACLE * oracle,
        )
    for rule in RULES:
        won, lost, p, difference = sign_test(found, rule)
        bar(
            f"better than by {rule}: {won} towns won, {lost} lost, sign test p = {p:.4f}, "
            f"median difference of τ {difference:+.3f}",
            won > lost and difference > 0 and p < 0.055,
        )
    ratio = float(np.median([s.ratio for s in found]))
    bar(f"median of yard effect ÷ truth {ratio:.2f} within .8–1.25", RATIO[0] <= ratio <= RATIO[1])
    held = coverage(found)
    each = ", ".join(f"{s.covered}/{s.yards}" for s in found)
    bar(
        f"90 % intervals hold {held:.1%} of true effects ({each})",
        COVERAGE[0] <= held <= COVERAGE[1],
    )
    bar(
        f"ranking with 50 bootstrap rounds: {np.median(seconds):.1f} s (median; {max(seconds):.1f} s at most)",
        float(np.median(seconds)) <= BOUND_SECONDS,
    )
    additive = float(np.median([s.tau_additive for s in found]))
    boosted = float(np.median([s.tau_boosted for s in found]))
    print(
        f"additive τ {additive:.3f}, ratio {np.median([s.ratio_additive for s in found]):.2f}; boosted trees τ "
        f"{boosted:.3f}, ratio {np.median([s.ratio_boosted for s in found]):.2f}"
    )

    standard = {s.seed: s for s in found}
    for seed in seeds_of(arguments.variant_seeds):
        for variant in ("no_effect", "wrong_emissivity", "other_psf"):
            town = measured(seed, variant, cache=arguments.cache)
            ranking = rank_town(town, kept)
            skill = skill_of(town, ranking)
            widths[variant, seed] = sharpness(town.layers, ranking.model).apparent_m
            usual = standard.get(seed)
            if usual is None:
                continue
            change = skill.mean_effect_k / usual.mean_effect_k
            print(
                f"{variant} {seed}: mean effect {skill.mean_effect_k:.2f} K "
                f"(standard {usual.mean_effect_k:.2f}, truth {skill.mean_truth_k:.2f}), "
                f"{skill.significant} of {skill.yards} beyond doubt, held {skill.covered}, "
                f"apparent footprint {widths[variant, seed]:.0f} m (standard {widths['standard', seed]:.0f})"
            )
            if variant == "no_effect":
                bar(
                    f"no effect told apart ({seed})",
                    skill.covered >= COVERAGE[0] * skill.yards
                    and abs(skill.mean_effect_k) < NOTHING_K,
                )
            elif variant == "wrong_emissivity":
                bar(f"wrong emissivity told apart ({seed}): effects × {change:.2f}", change < 0.9)
            else:
                wider = widths[variant, seed] / widths["standard", seed]
                bar(f"another sensor told apart ({seed}): footprint × {wider:.2f}", wider > 1.15)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB, simulation included")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
