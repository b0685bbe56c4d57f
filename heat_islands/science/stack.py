"""Scenes on the canonical grid, as add_scene left them, read back block by block; and the kernel of a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from heat_islands.science.composite import CellFit, SceneFit, fit_cells
from heat_islands.science.encoding import (
    HEAT_MAP_BANDS,
    NODATA,
    SCENE_BANDS,
    Int16Array,
    band_number,
)
from heat_islands.science.errors import ProductError
from heat_islands.science.grid import Block
from heat_islands.science.median import median_of_known

FloatArray = NDArray[np.float32]

#: The coarse sample of a scene: one cell in 8 × 8 (80 m, about one thermal footprint), kept as the file's
#: overview.
SAMPLE_STEP = 8
_STORED = {band.name: band for band in HEAT_MAP_BANDS}


def read_layer(paths: Sequence[str], layer: str, block: Block) -> Int16Array:
    """One layer of every scene over a block, as stored: (scenes, height × width)."""
    window = Window(block.col, block.row, block.width, block.height)
    number = band_number(SCENE_BANDS, layer)
    stack = np.empty((len(paths), block.height, block.width), dtype=np.int16)
    for into, path in zip(stack, paths, strict=True):
        _read(path, number, window=window, out=into)
    return stack.reshape(len(paths), -1)


def read_sample(paths: Sequence[str], layer: str, cells: int) -> FloatArray:
    """About `cells` cells of every scene's layer, spread over the grid: (scenes, cells), unscaled, NaN unknown."""
    band = SCENE_BANDS[band_number(SCENE_BANDS, layer) - 1]
    rows = []
    for path in paths:
        scene = _open(path)
        shape = -(-scene.height // SAMPLE_STEP), -(-scene.width // SAMPLE_STEP)
        stored = _read(path, band_number(SCENE_BANDS, layer), out_shape=shape).ravel()
        rows.append(band.decode(stored[:: max(1, stored.size // cells)]))
    return np.stack(rows)


def _read(path: str, number: int, **options: Any) -> Int16Array:
    try:
        return np.asarray(_open(path).read(number, **options))
    except RasterioIOError as error:
        raise ProductError(f"{path} is damaged: run add_scene for its product again.") from error


def _open(path: str) -> DatasetReader:
    """The open scene; kept open, since a heat map comes back to each for every block (opening costs some 5 ms).

    A scene that was added anew is another file under the same name, so the file's identity is part of the key.
    """
    try:
        facts = Path(path).stat()
        return _opened(path, facts.st_ino, facts.st_mtime_ns)
    except (OSError, RasterioIOError) as error:
        raise ProductError(
            f"{path} is gone or damaged: run add_scene for its product again."
        ) from error


@lru_cache(maxsize=128)
def _opened(path: str, inode: int, changed: int) -> DatasetReader:
    return rasterio.open(path)


@dataclass(frozen=True)
class Plan:
    """All that the kernel needs besides its block, resolved before any task is made; small, and picklable."""

    paths: tuple[str, ...]
    fit: SceneFit
    min_scenes: int
    has_st_qa: bool
    has_reflectance: bool


class BlockResult(NamedTuple):
    """A block of a heat map, each array (height, width); the cell term still waits for the commune's mean."""

    cell_k: FloatArray
    se: Int16Array
    sigma: Int16Array
    n: Int16Array
    ndvi: Int16Array
    albedo: Int16Array


def composite_block(plan: Plan, block: Block) -> BlockResult:
    """The composite of one block: reads its windows of every scene, and depends on nothing else."""
    st_qa = (
        read_layer(plan.paths, "st_qa", block) if plan.has_st_qa and plan.fit.kappa > 0 else None
    )
    fitted = fit_cells(read_layer(plan.paths, "lst", block), st_qa, plan.fit)
    del st_qa
    cells = block.height * block.width
    ndvi = albedo = np.full(cells, NODATA, dtype=np.int16)
    if plan.has_reflectance:
        ndvi = _median_layer(plan, "ndvi", block)
        albedo = _median_layer(plan, "albedo", block)
    encoded = encode_cells(fitted, plan.min_scenes)
    shape = (block.height, block.width)
    cell, se, sigma, n = encoded
    return BlockResult(
        cell_k=cell.reshape(shape),
        se=se.reshape(shape),
        sigma=sigma.reshape(shape),
        n=n.reshape(shape),
        ndvi=ndvi.reshape(shape),
        albedo=albedo.reshape(shape),
    )


def encode_cells(
    fitted: CellFit, min_scenes: int
) -> tuple[FloatArray, Int16Array, Int16Array, Int16Array]:
    """Cell term, SE, σ and n; all but the first as stored, and all but n absent where n < `min_scenes`."""
    too_few = fitted.n < min_scenes
    cell = np.where(too_few, np.float32(np.nan), fitted.cell_k)
    se = np.where(too_few, np.float32(np.nan), fitted.se_k)
    sigma = np.where(too_few, np.float32(np.nan), fitted.sigma_k)
    return cell, _STORED["se"].encode(se), _STORED["sigma"].encode(sigma), fitted.n


def _median_layer(plan: Plan, layer: str, block: Block) -> Int16Array:
    values, n = median_of_known(read_layer(plan.paths, layer, block))
    values[n < plan.min_scenes] = np.nan
    np.rint(
        values, out=values
    )  # a median of stored numbers is a stored number: both layers have the same scale
    values[np.isnan(values)] = NODATA
    return values.astype(np.int16)
