"""A small region whose heat is known by construction: crowns cool 8 K, lawns 4 K, paving nothing."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from shapely import Polygon, box

from heat_islands.science.footprint import FWHM_M, SIGMA_PER_FWHM, FloatArray
from heat_islands.science.grid import Grid
from heat_islands.science.training import Layers

CELLS = 300
GRID = Grid(2154, 640_000, 6_860_000, CELLS, CELLS)
TREE_K, GRASS_K, ROOF_K = -8.0, -4.0, 1.0


def region(
    seed: int = 1,
    *,
    effect: float = 1.0,
    noise_k: float = 0.3,
    moved_cells: tuple[int, int] = (0, 0),
) -> Layers:
    """3 × 3 km of mixed cells; the cover is moved by (rows, columns) from where the heat was made."""
    rng = np.random.default_rng(seed)

    def patches(scale: float) -> FloatArray:
        field = ndimage.gaussian_filter(rng.standard_normal((CELLS, CELLS)), scale)
        return (field / field.std()).astype(np.float32)

    logits = np.stack(
        [
            1.0 + 0.5 * patches(2),
            0.6 * patches(2) + 0.6 * patches(12),
            0.2 + 0.8 * patches(2) + 0.8 * patches(15),
            0.2 + 0.8 * patches(2) + 1.0 * patches(20),
            -1.2 + 0.5 * patches(2),
            np.full((CELLS, CELLS), -9.0, np.float32),
        ]
    )
    logits *= 1.6
    fractions = np.exp(logits - logits.max(axis=0))
    fractions = (fractions / fractions.sum(axis=0)).astype(np.float32)
    heat = effect * (TREE_K * fractions[3] + GRASS_K * fractions[2] + ROOF_K * fractions[1])
    seen = ndimage.gaussian_filter(heat, FWHM_M * SIGMA_PER_FWHM / GRID.resolution)
    seen = seen + noise_k * patches(5)
    ndvi = 0.1 + 0.6 * (fractions[2] + fractions[3]) + 0.02 * patches(1)
    cover = np.roll(fractions, moved_cells, axis=(1, 2))
    return Layers(
        anomaly=(seen - seen.mean()).astype(np.float32),
        se=np.full((CELLS, CELLS), 0.3, np.float32),
        fractions=cover,
        resolution_m=GRID.resolution,
        ndvi=ndimage.uniform_filter(ndvi, 3).astype(np.float32),
        albedo=(0.15 + 0.02 * patches(2)).astype(np.float32),
    )


def yards(count: int = 8, side_m: float = 40.0) -> list[Polygon]:
    """Squares spread over the region, none on a cell's border."""
    left, top = GRID.left, GRID.top
    places = [(300 + 640 * (i % 4), 500 + 900 * (i // 4)) for i in range(count)]
    return [box(left + x, top - y - side_m, left + x + side_m, top - y) for x, y in places]


def true_cooling(layers: Layers, outline: Polygon) -> float:
    """What the default design brings: paving and soil under crowns or lawn, by the region's own numbers."""
    row = round((GRID.top - outline.bounds[3]) / 10)
    col = round((outline.bounds[0] - GRID.left) / 10)
    cells = layers.fractions[:, row : row + 4, col : col + 4].mean(axis=(1, 2))
    cells[1] = 0
    cells = cells / cells.sum()
    crowns = max(float(cells[3]), 0.4)
    keep = (1 - crowns) / (1 - float(cells[3]))
    lawn = keep * (float(cells[2]) + float(cells[0]))
    return -(TREE_K * (crowns - float(cells[3])) + GRASS_K * (lawn - float(cells[2])))
