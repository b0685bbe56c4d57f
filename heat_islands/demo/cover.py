"""The land-cover map and canopy heights as a town would get them: dated, confused, and out of place."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from heat_islands.demo.fabric import GRASS, ROOF, SEALED, SOIL, TREE, WATER
from heat_islands.demo.fields import Array, smooth, smooth_noise, stream
from heat_islands.demo.frame import CELL_M, FINE_PER_CELL, SRID, Frame
from heat_islands.demo.product import LABEL
from heat_islands.demo.surface import UNKNOWN, Surface

PIXEL_M = 5.0
PARTS = round(CELL_M / PIXEL_M)
CONFUSED_SHARE = 0.05
SHIFT_M = PIXEL_M  # "a pixel misregistered": one of the map's own
CHANGED_SHARE = 0.012  # of the ground, in three years
CODES = {1: "sealed", 2: "roof", 3: "grass", 4: "tree", 5: "soil", 6: "water"}  # 0: no data
_COLOURS = {
    1: (130, 130, 130), 2: (190, 90, 70), 3: (150, 210, 90),
    4: (20, 110, 30), 5: (200, 170, 110), 6: (60, 90, 220),
}  # fmt: skip

# What each kind of ground is mistaken for, by a classifier of aerial images.
_MISTAKEN: dict[int, tuple[int, ...]] = {
    SEALED: (ROOF, SOIL, SEALED),
    ROOF: (SEALED, SEALED, SOIL),
    GRASS: (TREE, SOIL, SEALED),
    TREE: (GRASS, GRASS, SEALED),
    SOIL: (GRASS, SEALED, ROOF),
    WATER: (TREE, SEALED, SEALED),
}

Kinds = NDArray[np.uint8]


def true_kinds(seed: int, surface: Surface) -> Kinds:
    """The kind of ground of every 5 m pixel, holding each 10 m cell's shares as nearly as four can.

    In the town, one of the four 2.5 m cells of each pixel. Elsewhere, a systematic sample of the
    cell's shares, whose start and order of kinds vary from place to place.
    """
    rng = stream(seed, "cover sample")
    height, width = surface.frame.shape
    upto = np.cumsum(surface.fractions[:-1], axis=0, dtype=np.float32)
    start = rng.random((height, width), dtype=np.float32)
    kinds = np.zeros((height * PARTS, width * PARTS), dtype=np.uint8)
    turn = rng.integers(0, 4, (height, width))
    for corner in range(4):
        level = ((corner + turn) % 4 + start) / 4
        sampled = np.zeros((height, width), dtype=np.uint8)
        for reached in upto:
            sampled += level > reached
        kinds[corner // 2 :: 2, corner % 2 :: 2] = sampled

    rows, cols = surface.town_window
    pick = FINE_PER_CELL // PARTS
    block = surface.classes.reshape(
        surface.town.height // pick, pick, surface.town.width // pick, pick
    ).transpose(0, 2, 1, 3)
    chosen = rng.integers(0, pick * pick, block.shape[:2])
    town = np.take_along_axis(
        block.reshape(*block.shape[:2], pick * pick), chosen[..., None], axis=2
    )[..., 0]
    place = (slice(rows.start * 2, rows.stop * 2), slice(cols.start * 2, cols.stop * 2))
    kinds[place] = np.where(town == UNKNOWN, kinds[place], town)
    return kinds


def aged(rng: np.random.Generator, kinds: Kinds) -> Kinds:
    """The same ground three years before: in some patches it has changed since the map was made."""
    coarse = smooth_noise(rng, _halved(kinds.shape), 4.0)
    changed = _doubled(coarse > np.quantile(coarse, 1 - CHANGED_SHARE), kinds.shape)
    before = kinds.copy()
    kind = rng.choice(np.array([GRASS, SEALED, SOIL, TREE], dtype=np.uint8), size=(64, 64))
    row, col = np.nonzero(changed)
    was = kind[(row // 24) % 64, (col // 24) % 64]
    fixed = kinds[row, col]
    before[row, col] = np.where(np.isin(fixed, (WATER, ROOF)), fixed, was)
    return before


def confused(rng: np.random.Generator, kinds: Kinds, share: float = CONFUSED_SHARE) -> Kinds:
    """`kinds` with `share` of them mistaken: four fifths in patches of tens of metres, the rest alone."""
    patches = smooth_noise(rng, _halved(kinds.shape), 1.8)
    mistaken = _doubled(patches > np.quantile(patches, 1 - 0.8 * share), kinds.shape)
    mistaken |= rng.random(kinds.shape, dtype=np.float32) < 0.2 * share
    row, col = np.nonzero(mistaken)
    table = np.array([_MISTAKEN[kind] for kind in range(6)], dtype=np.uint8)
    # Paving has one "mistake" that is right: counted, then made up for by a fourth choice.
    table[SEALED, 2] = GRASS
    which = rng.integers(0, 3, (128, 128))[(row // 8) % 128, (col // 8) % 128]
    wrong = kinds.copy()
    wrong[row, col] = table[kinds[row, col], which]
    return wrong


def _halved(shape: tuple[int, ...]) -> tuple[int, int]:
    return (shape[0] + 1) // 2, (shape[1] + 1) // 2


def _doubled(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.repeat(np.repeat(mask, 2, axis=0), 2, axis=1)[: shape[0], : shape[1]]


def shift_cells(seed: int, shift_m: float = SHIFT_M) -> tuple[int, int]:
    """How far the map is out of place, in its own pixels (rows down, columns right), along one axis."""
    rng = stream(seed, "cover shift")
    steps = round(shift_m / PIXEL_M)
    return ((steps, 0), (-steps, 0), (0, steps), (0, -steps))[int(rng.integers(4))]


def shifted(kinds: Kinds, rows: int, cols: int) -> Kinds:
    """`kinds` moved down by `rows` and right by `cols`; at the edges the last ones are repeated."""
    height, width = kinds.shape
    down = np.clip(np.arange(height) - rows, 0, height - 1)
    right = np.clip(np.arange(width) - cols, 0, width - 1)
    return np.ascontiguousarray(kinds[down][:, right])


def town_map(seed: int, surface: Surface, shift_m: float = SHIFT_M) -> NDArray[np.uint8]:
    """The map a town gets: codes 1 to 6 at 5 m over the whole region, with all its faults."""
    rng = stream(seed, "cover faults")
    kinds = aged(rng, true_kinds(seed, surface))
    return shifted(confused(rng, kinds), *shift_cells(seed, shift_m)) + np.uint8(1)


def canopy_heights(seed: int, surface: Surface) -> Array:
    """The mean height (m) of the canopy over each 10 m cell, open ground counting as 0, as lidar sees it.

    Blurred by half a cell, 12 % off in places, .4 m of noise, never negative.
    """
    rng = stream(seed, "canopy")
    shape = surface.frame.shape
    height = smooth(surface.crown_m * surface.fractions[TREE], 0.6)
    height = height * (1 + 0.12 * smooth_noise(rng, shape, 8.0))
    height = height + 0.4 * rng.standard_normal(shape, dtype=np.float32) * (height > 0.2)
    return np.maximum(height, 0).astype(np.float32)


def write_cover(seed: int, surface: Surface, path: Path, shift_m: float = SHIFT_M) -> Path:
    """Writes the land-cover map (uint8, 5 m, EPSG:2154, 0 no data); an existing file is kept."""
    if path.exists():
        return path
    finer = surface.frame.finer(PARTS)
    return _write(path, town_map(seed, surface, shift_m), finer, nodata=0, colours=_COLOURS)


def write_canopy(seed: int, surface: Surface, path: Path) -> Path:
    """Writes canopy heights (float32 metres to the decimetre, 10 m, EPSG:2154); an existing file is kept."""
    if path.exists():
        return path
    return _write(path, np.round(canopy_heights(seed, surface), 1), surface.frame, nodata=-1.0)


def _write(
    path: Path, values: NDArray[np.generic], frame: Frame, *, nodata: float,
    colours: dict[int, tuple[int, int, int]] | None = None,
) -> Path:  # fmt: skip
    """A tiled GeoTIFF, written beside its place and then put there whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with rasterio.open(
            partial, "w", driver="GTiff", width=frame.width, height=frame.height, count=1,
            dtype=values.dtype, crs=f"EPSG:{SRID}", transform=frame.transform, nodata=nodata,
            tiled=True, blockxsize=512, blockysize=512, compress="deflate", zlevel=4,
        ) as dataset:  # fmt: skip
            if colours:  # before the first pixel: GDAL writes the header with it
                dataset.write_colormap(1, {**colours, 0: (0, 0, 0)})
            dataset.write(values, 1)
            dataset.update_tags(SOURCE=LABEL)
        os.replace(partial, path)  # noqa: PTH105 - one step, also where the file is there
    finally:
        partial.unlink(missing_ok=True)
    return path
