"""Calibrates the effect intervals on simulated towns and writes heat_islands/science/calibration.json.

    python -m tests.benchmarks.calibrate --seeds 2000-2029 --cache DIRECTORY

A town takes about a minute on one core; measured towns are kept in the cache, so that a run can be
stopped and taken up again. Never run it on the examiner's seeds (9001–9010): intervals must be
tested on towns they were not calibrated on.
"""

from __future__ import annotations

import argparse
import ast
import datetime as dt
import hashlib
import os
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

EXAMINER_SEEDS = range(9001, 9011)
# The modules whose change would change effects or their error scale: their hash is recorded.
MODULES = (
    "additive",
    "blocks",
    "boosted",
    "courtyards",
    "effect_model",
    "effects",
    "footprint",
    "ranking",
    "registration",
    "surface_basis",
    "training",
)


def seeds_of(text: str) -> list[int]:
    """Seeds written as ``2000-2029`` or ``7,9``.

    >>> seeds_of("3-5,9")
    [3, 4, 5, 9]
    """
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def code_hash() -> str:
    """A hash of the modules that make effects, of their code alone: not of comments or layout."""
    import heat_islands.science

    folder = Path(heat_islands.science.__file__).parent
    digest = hashlib.sha256()
    for name in MODULES:
        code = ast.dump(ast.parse((folder / f"{name}.py").read_text()))
        digest.update(code.replace(", type_params=[]", "").encode())  # which Python 3.12 adds
    return digest.hexdigest()[:16]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="2000-2029")
    parser.add_argument("--cache", type=Path, help="where measured towns are kept, to go on later")
    parser.add_argument("--output", type=Path, help="default: the committed calibration.json")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greening.settings")

    from heat_islands.science import calibration
    from tests.benchmarks.skill import TownSkill, rank_town, skill_of, table
    from tests.benchmarks.towns import measured

    seeds = seeds_of(arguments.seeds)
    if set(seeds) & set(EXAMINER_SEEDS):
        print("Seeds 9001–9010 examine the calibration and never make it.", file=sys.stderr)
        return 1
    found: list[TownSkill] = []
    for seed in tqdm(seeds, disable=not sys.stderr.isatty(), unit="town"):
        town = measured(seed, cache=arguments.cache)
        found.append(skill_of(town, rank_town(town, calibration.UNCALIBRATED)))
    made = calibration.calibrate(
        [np.array(skill.errors) for skill in found],
        seeds=arguments.seeds,
        method=f"effect model {calibration.MODEL_VERSION}",
        code=code_hash(),
        computed_on=dt.datetime.now(dt.UTC).date().isoformat(),
        ratios=[skill.ratio for skill in found],
    )
    made.save(arguments.output or calibration.PATH)
    print(table(found))
    print(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
