"""A composite of 40 scenes of 3,000 × 3,000 cells against merely reading the same blocks: `make bench`.

Bound: at most twice the reading, at most 600 MB for the parent and two workers together.
Smaller trials: python -m tests.benchmarks.bench_composite --side 1000 --scenes 12
"""

from __future__ import annotations

import argparse
import re
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


def timed(
    kernel: Callable[[Block], object], run: Engine, blocks: list[Block]
) -> tuple[float, float]:
    """Seconds for all blocks, and the peak memory of the largest worker, MB.

    Results are dropped as they come, as a build writes them away.
    """
    started = time.perf_counter()
    largest = max(worker for _, worker in run.map(partial(with_memory, kernel), blocks))
    return time.perf_counter() - started, largest


def measure(folder: Path, side: int, workers: int, rounds: int) -> None:
    """Prints the figures; in a process of its own, so that its peak memory is the composite's alone."""
    paths = tuple(str(path) for path in sorted(folder.glob("*.tif")))
    blocks = list(Grid(2154, *CORNER, side, side).blocks())
    run = engine(workers)

    def sample(layer: str) -> np.ndarray:
        flat = np.stack([read_sample(path, layer).ravel() for path in paths])
        return flat[:, :: max(1, flat.shape[1] // 6000)]

    started = time.perf_counter()
    fit = fit_scenes(sample("lst") - np.float32(273.15), sample("st_qa"))
    fitting = time.perf_counter() - started
    plan = Plan(paths, fit, 5, True, True)
    reads, composites, peaks = [], [], []
    for _ in range(rounds):  # alternating, so that a busy machine slows both
        reads.append(timed(partial(read_block, plan), run, blocks)[0])
        seconds, peak = timed(partial(composite_block, plan), run, blocks)
        composites.append(fitting + seconds)
        peaks.append(peak)
    reading, composing = min(reads), min(composites)
    own, worker = peak_mb(), max(peaks)
    print(
        f"composite of {len(paths)} scenes of {side} × {side}, {workers} workers: {composing:.1f} s; reading "
        f"the same blocks {reading:.1f} s; ratio {composing / reading:.2f} (bound {BOUND_RATIO}); "
        f"scene terms {fitting:.1f} s of it; κ {fit.kappa:.2f}"
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
