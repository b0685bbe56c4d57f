"""Zonal means of 10,000 small polygons against exactextract on the same polygons and raster: `make bench`.

Bounds: the first pass (weights and means) within twice exactextract's, every later raster in 200 ms, all means
equal to exactextract's to 1e-6. exactextract is timed with GeoJSON features, as its documentation feeds it from
Python, and with the WKB features that we feed it ourselves, its fastest way; the bound is against the faster.

    python -m tests.benchmarks.bench_zonal
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.feature import FeatureSource, JSONFeatureSource
from exactextract.raster import NumPyRasterSource

from heat_islands.science import zonal
from heat_islands.science.grid import Grid

POLYGONS = 10_000
RATIO, LATER_MS, EQUAL = 2.0, 200.0, 1e-6
ROUNDS = 3
GRID = Grid(srid=2154, left=636_200.0, top=6_868_800.0, width=2000, height=2000, resolution=10.0)
T = TypeVar("T")


def yards(count: int, seed: int = 1) -> np.ndarray:
    """Irregular polygons of about 500 to 5,000 m², a tenth of them with a hole."""
    rng = np.random.default_rng(seed)
    left, bottom, right, top = GRID.bounds
    shapes = []
    for i in range(count):
        angle = (np.arange(12) + rng.uniform(0, 0.8, 12)) * 2 * np.pi / 12
        radius = rng.uniform(12, 40) * rng.uniform(0.7, 1.3, 12)
        x, y = rng.uniform(left + 60, right - 60), rng.uniform(bottom + 60, top - 60)
        shape = shapely.Polygon(
            np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle)))
        )
        if i % 10 == 0:
            shape = shape.difference(
                shapely.Point(shape.representative_point()).buffer(4, quad_segs=2)
            )
        shapes.append(shape)
    return np.array(shapes)


def rasters() -> list[np.ndarray]:
    """Two rasters of the grid, one with a tenth of its cells missing."""
    rng = np.random.default_rng(2)
    whole = rng.normal(300, 4, GRID.shape).astype(np.float32)
    holed = rng.normal(0, 2, GRID.shape).astype(np.float32)
    holed[rng.random(GRID.shape) < 0.1] = np.nan
    return [whole, holed]


def timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def judge(features: FeatureSource, values: np.ndarray) -> np.ndarray:
    source = NumPyRasterSource(values, *GRID.bounds)
    found = exact_extract(source, features, ["mean"])
    means = [feature["properties"]["mean"] for feature in found]
    return np.array([np.nan if mean is None else mean for mean in means], dtype=float)


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    if not (np.isnan(ours) == np.isnan(theirs)).all():
        return float("inf")
    return float(np.nanmax(np.abs(ours - theirs)))


def line(what: str, figure: float, bound: float, unit: str) -> bool:
    well = figure <= bound
    print(f"zonal, {what}: {figure:.3g}{unit} (bound {bound:g}{unit}) {'ok' if well else 'SHORT'}")
    return well


def main() -> int:
    shapes = yards(POLYGONS)
    geojson = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(s)}
        for s in shapes
    ]
    first, second = rasters()
    matrix = zonal.weights(shapes, GRID)
    theirs_json, theirs_wkb, ours_first, later = [], [], [], []
    for _ in range(ROUNDS):  # alternating, so that a busy machine slows all alike
        seconds, judged = timed(lambda: judge(JSONFeatureSource(geojson), first))
        theirs_json.append(seconds)
        theirs_wkb.append(timed(lambda: judge(zonal.Polygons(shapes), first))[0])
        seconds, found = timed(lambda: zonal.means(zonal.weights(shapes, GRID), first).mean)
        ours_first.append(seconds)
        seconds, again = timed(lambda: zonal.means(matrix, second).mean)
        later.append(seconds)
    fastest = min(*theirs_json, *theirs_wkb)
    print(
        f"zonal means of {POLYGONS:,} polygons, {matrix.nnz / POLYGONS:.0f} cells each: exactextract "
        f"{min(theirs_json):.2f} s from GeoJSON, {min(theirs_wkb):.2f} s from WKB; ours {min(ours_first):.2f} s"
    )
    well = line("first pass ÷ exactextract's faster", min(ours_first) / fastest, RATIO, "")
    well &= line("a later raster", min(later) * 1000, LATER_MS, " ms")
    well &= line("largest difference", difference(found, judged), EQUAL, " K")
    holed = judge(JSONFeatureSource(geojson), second)
    well &= line("largest difference, cells missing", difference(again, holed), EQUAL, " K")
    print(f"zonal, peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
