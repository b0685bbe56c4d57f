"""A composite of 40 scenes of 3,000 × 3,000 cells against merely reading the same blocks: `make bench`.

Bound: at most twice the reading, at most 600 MB for the parent and two workers together.
Smaller trials: python -m tests.benchmarks.bench_composite --side 1000 --scenes 12
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from heat_islands.engine import Engine, engine
from heat_islands.science.composite import fit_scenes
from heat_islands.science.encoding import NODATA, SCENE_BANDS
from heat_islands.science.grid import Block, Grid
from heat_islands.science.stack import SAMPLE_STEP, Plan, composite_block, read_layer, read_sample
from heat_islands.store import band_writer

BOUND_RATIO = 2.0
BOUND_MB = 600.0
CORNER = (600_000.0, 6_900_000.0)  # anywhere in EPSG:2154, metres


def smooth(rng: np.random.Generator, side: int, cells: float) -> np.ndarray:
    field = gaussian_filter(rng.standard_normal((side, side)), cells, mode="wrap")
    return (field / field.std()).astype(np.float32)


def write_scenes(folder: Path, side: int, scenes: int) -> list[str]:
    """Scenes as add_scene keeps them: 30 m pixels on 10 m cells, a third of the sky clouded on average."""
    grid = Grid(2154, *CORNER, side, side)
    native = side // 3 + 2
    rng = np.random.default_rng(20)
    town = 3 * smooth(rng, native, 6)
    green = 0.4 + 0.2 * smooth(rng, native, 2)
    paths = []
    for s in range(scenes):
        cloudy = smooth(rng, native, 30) < rng.uniform(-1.2, 0.2)
        st_qa = 3.5 + np.abs(smooth(rng, native, 10))
        error = smooth(rng, native, 4) * np.sqrt(1 + 0.3 * (st_qa**2 - 3.5**2))
        layers = {
            "lst": 273.15
            + rng.normal(30, 4)
            + town
            + error
            + 0.2 * rng.standard_normal(cloudy.shape),
            "st_qa": st_qa,
            "ndvi": np.clip(green + 0.03 * rng.standard_normal(cloudy.shape), -1, 1),
            "albedo": 0.15 + 0.03 * rng.standard_normal(cloudy.shape),
        }
        hidden = zoom(cloudy, 3, order=0)[:side, :side]
        stored = np.full((len(SCENE_BANDS), side, side), NODATA, dtype=np.int16)
        for into, band in zip(stored, SCENE_BANDS, strict=True):
            if band.name in layers:
                fine = zoom(layers[band.name].astype(np.float32), 3, order=1)[:side, :side]
                into[:] = band.encode(fine)
                into[hidden] = NODATA
        path = folder / f"{s:02d}.tif"
        with band_writer(path, grid, SCENE_BANDS, overview=SAMPLE_STEP) as writer:
            for block in grid.blocks():
                writer.write(block, stored[(slice(None), *block.slices)])
            writer.close()
        paths.append(str(path))
    return paths


def read_block(plan: Plan, block: Block) -> int:
    """What the composite reads of a block, and nothing else."""
    layers = ["lst", "ndvi", "albedo"] + (
        ["st_qa"] if plan.has_st_qa and plan.fit.kappa > 0 else []
    )
    return sum(read_layer(plan.paths, layer, block).nbytes for layer in layers)


def peak_mb() -> float:
    """This process's peak resident memory, MB. (ru_maxrss would count that of the process it was forked from.)"""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def with_memory(kernel: Callable[[Block], object], block: Block) -> tuple[object, float]:
    return kernel(block), peak_mb()


def processor_s() -> float:
    """Processor time of this process and its finished workers, seconds: a busy machine does not stretch it."""
    own, workers = (
        resource.getrusage(resource.RUSAGE_SELF),
        resource.getrusage(resource.RUSAGE_CHILDREN),
    )
    return own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime


def timed(
    kernel: Callable[[Block], object], run: Engine, blocks: list[Block]
) -> tuple[float, float, float]:
    """Seconds for all blocks, processor seconds, and the peak memory of the largest worker, MB.

    Results are dropped as they come, as a build writes them away.
    """
    started, used = time.perf_counter(), processor_s()
    largest = max(worker for _, worker in run.map(partial(with_memory, kernel), blocks))
    return time.perf_counter() - started, processor_s() - used, largest


def measure(folder: Path, side: int, workers: int, rounds: int) -> None:
    """Prints the figures; in a process of its own, so that its peak memory is the composite's alone."""
    paths = tuple(str(path) for path in sorted(folder.glob("*.tif")))
    blocks = list(Grid(2154, *CORNER, side, side).blocks())
    run = engine(workers)

    started, used = time.perf_counter(), processor_s()
    fit = fit_scenes(
        read_sample(paths, "lst", 6000) - np.float32(273.15), read_sample(paths, "st_qa", 6000)
    )
    fitting, fitting_cpu = time.perf_counter() - started, processor_s() - used
    plan = Plan(paths, fit, 5, True, True)
    # Alternating, so that a busy machine slows both.
    rounds_of = [
        (
            timed(partial(read_block, plan), run, blocks),
            timed(partial(composite_block, plan), run, blocks),
        )
        for _ in range(rounds)
    ]
    reading, composing = min(r[0] for r, _ in rounds_of), fitting + min(c[0] for _, c in rounds_of)
    reading_cpu, composing_cpu = (
        min(r[1] for r, _ in rounds_of),
        fitting_cpu + min(c[1] for _, c in rounds_of),
    )
    own, worker = peak_mb(), max(c[2] for _, c in rounds_of)
    print(
        f"composite of {len(paths)} scenes of {side} × {side}, {workers} workers: {composing:.1f} s; reading "
        f"the same blocks {reading:.1f} s; ratio {composing / reading:.2f} (bound {BOUND_RATIO})"
    )
    print(
        f"composite, processor time: {composing_cpu:.1f} s; reading {reading_cpu:.1f} s; ratio "
        f"{composing_cpu / reading_cpu:.2f}; scene terms {fitting_cpu:.1f} s of it, κ {fit.kappa:.2f}"
    )
    print(
        f"composite, peak memory: {own + workers * worker:.0f} MB (bound {BOUND_MB:.0f}) = parent {own:.0f} "
        f"+ {workers} × worker {worker:.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=3000)
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", type=Path, help="only measure, on the scenes of this folder")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.side, options.workers, options.rounds)
        return
    with tempfile.TemporaryDirectory(prefix="bench-composite-") as folder:
        write_scenes(Path(folder), options.side, options.scenes)
        subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.benchmarks.bench_composite",
                *sys.argv[1:],
                "--measure",
                folder,
            ],
            check=True,
        )


if __name__ == "__main__":
    main()
