"""One demo town from its seed to the layers a ranking reads, and what a ranking of it is worth.

    python -m tests.benchmarks.towns measure --seeds 1000-1009 --cache DIRECTORY

Runs what a town runs (products on disk, Landsat reader, scene + cell composite, cover fractions),
without the database, so that many towns can be measured for the bench and for the calibration.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from shapely import Polygon

from heat_islands.demo.effects import oracle_effects, true_effects
from heat_islands.demo.products import DemoProducts, write_products
from heat_islands.demo.town import DemoTown, Variant, build_town
from heat_islands.science.composite import LEAST_CLEAR_SHARE, MIN_SCENES, fit_cells, fit_scenes
from heat_islands.science.cover import CLASSES
from heat_islands.science.cover_mapping import Mapping
from heat_islands.science.encoding import (
    HEAT_MAP_BANDS,
    NODATA,
    SCENE_BANDS,
    Int16Array,
    band_number,
)
from heat_islands.science.footprint import FloatArray
from heat_islands.science.grid import Grid
from heat_islands.science.land_cover import open_source
from heat_islands.science.median import median_of_known
from heat_islands.science.onto_grid import native_layers, resample, window_over
from heat_islands.science.products import open_products
from heat_islands.science.registration import cover_offset
from heat_islands.science.stack import SAMPLE_STEP, encode_cells
from heat_islands.science.training import Layers

READ_BLOCK = 512
LAYERS = (
    "lst",
    "st_qa",
    "ndvi",
    "albedo",
)  # of a scene: what the ranking reads through the heat map
KELVIN_AT_0_C = 273.15
_BAND = {band.name: band for band in (*SCENE_BANDS, *HEAT_MAP_BANDS)}


@dataclass(frozen=True)
class MeasuredTown:
    """What a town knows (`layers`, `outlines`, on `grid`) beside what only its examiner knows.

    `true_k` is every yard's true cooling, `oracle_k` what the true coefficients make of the cover as
    it came, `oracle_moved_k` of the cover moved back by its measured shift; `converted` numbers the
    yards changed during the series, left out of skill figures.
    """

    seed: int
    variant: str
    grid: Grid
    layers: Layers
    outlines: tuple[Polygon, ...]
    true_k: npt.NDArray[np.float64]
    oracle_k: npt.NDArray[np.float64]
    oracle_moved_k: npt.NDArray[np.float64]
    converted: tuple[int, ...]


def scene_stack(products: DemoProducts, grid: Grid) -> Int16Array:
    """Every scene's LST, ST_QA, NDVI and albedo on the grid as stored: (scenes, 4, H, W) int16."""
    stack = np.full((len(products.scene_dirs), len(LAYERS), *grid.shape), NODATA, dtype=np.int16)
    wanted = [band_number(SCENE_BANDS, name) - 1 for name in LAYERS]
    for into, folder in zip(stack, products.scene_dirs, strict=True):
        (product,) = open_products(folder)
        window = window_over(product, grid)
        if window is None:
            continue
        pixels = product.read(window)
        native = native_layers(pixels)[wanted]
        for block in grid.blocks(READ_BLOCK):
            read = resample(native, pixels.transform, product.crs, grid.crop(block))
            for layer, band in enumerate(wanted):
                into[(layer, *block.slices)] = SCENE_BANDS[band].encode(read[layer])
    return stack


def heat_layers(stack: Int16Array, grid: Grid) -> dict[str, FloatArray]:
    """The composite's anomaly, se, ndvi and albedo (H, W), through the stored int16 like a real map."""
    lst, qa = LAYERS.index("lst"), LAYERS.index("st_qa")
    sample = stack[:, :, ::SAMPLE_STEP, ::SAMPLE_STEP]
    coarse = [
        _BAND[LAYERS[layer]].decode(np.ascontiguousarray(sample[:, layer])).reshape(len(stack), -1)
        for layer in (lst, qa)
    ]
    fit = fit_scenes(coarse[0] - np.float32(KELVIN_AT_0_C), coarse[1])
    out = {
        name: np.full(grid.shape, np.nan, np.float32)
        for name in ("anomaly", "se", "ndvi", "albedo")
    }
    for block in grid.blocks(READ_BLOCK):
        cells = stack[(slice(None), slice(None), *block.slices)].reshape(
            len(stack), len(LAYERS), -1
        )
        fitted = fit_cells(
            np.ascontiguousarray(cells[:, lst]), np.ascontiguousarray(cells[:, qa]), fit
        )
        cell, se, _, _ = encode_cells(fitted, MIN_SCENES)
        shape = (block.height, block.width)
        out["anomaly"][block.slices] = cell.reshape(shape)
        out["se"][block.slices] = _BAND["se"].decode(se).reshape(shape)
        for name in ("ndvi", "albedo"):
            stored = np.ascontiguousarray(cells[:, LAYERS.index(name)])
            median, known = median_of_known(stored)
            median[known < MIN_SCENES] = np.nan
            out[name][block.slices] = (median * np.float32(_BAND[name].scale)).reshape(shape)
    out["anomaly"] -= np.float32(np.nanmean(out["anomaly"]))
    return out


def cover_fractions(path: Path, grid: Grid) -> FloatArray:
    """The class map as fractions (6, H, W), as add_cover reads it."""
    source, mapping = open_source(path, layer="", attribute=""), Mapping.load("demo")
    fractions = np.full((len(CLASSES), *grid.shape), np.nan, np.float32)
    for block in grid.blocks(source.block_size(grid)):
        fractions[(slice(None), *block.slices)] = source.fractions(grid.crop(block), mapping)
    return fractions


def measure(seed: int, variant: str = "standard", *, yards: int = 24) -> MeasuredTown:
    """Simulates a town, writes its products to a temporary directory and reads them back as a town would."""
    town = build_town(seed, yards=yards, variant=cast(Variant, variant))
    with tempfile.TemporaryDirectory(prefix=f"town-{seed}-") as directory:
        products = write_products(town, Path(directory))
        grid = _grid_of(town)
        stack = _clear_enough(scene_stack(products, grid), town, grid)
        fractions = cover_fractions(products.cover, grid)
        with rasterio.open(products.canopy) as dataset:
            canopy = dataset.read(1, masked=True).astype(np.float32).filled(np.nan)
    heat = heat_layers(stack, grid)
    layers = Layers(
        anomaly=heat["anomaly"],
        se=heat["se"],
        ndvi=heat["ndvi"],
        albedo=heat["albedo"],
        fractions=fractions,
        canopy_height=canopy,
        resolution_m=grid.resolution,
    )
    moved = _moved(fractions, layers)
    return MeasuredTown(
        seed=seed,
        variant=variant,
        grid=grid,
        layers=layers,
        outlines=tuple(town.known_yards),
        true_k=true_effects(town),
        oracle_k=oracle_effects(town, fractions),
        oracle_moved_k=oracle_effects(town, moved),
        converted=town.converted,
    )


def _clear_enough(stack: Int16Array, town: DemoTown, grid: Grid) -> Int16Array:
    """The scenes that a heat map would keep: at least 60 % clear over the commune."""
    block = grid.block_around(town.layout.outline.bounds)
    assert block is not None
    clear = (stack[(slice(None), LAYERS.index("lst"), *block.slices)] != NODATA).mean(axis=(1, 2))
    return stack[clear >= LEAST_CLEAR_SHARE]


def _grid_of(town: DemoTown) -> Grid:
    frame = town.frame
    return Grid(2154, frame.left, frame.top, frame.width, frame.height, frame.cell_m)


def _moved(fractions: FloatArray, layers: Layers) -> FloatArray:
    """The cover moved back, by whole cells, to where its measured shift says it belongs."""
    green = layers.fractions[2] + layers.fractions[3]
    assert layers.ndvi is not None
    dx, dy = cover_offset(green, layers.ndvi, layers.resolution_m).applied
    rows = round(dy / layers.resolution_m)
    cols = -round(dx / layers.resolution_m)
    return np.roll(fractions, (rows, cols), axis=(1, 2))


def save(town: MeasuredTown, path: Path) -> None:
    """Writes a measured town as one compressed file, layers in the steps a heat map stores them in."""
    layers = town.layers
    stored: dict[str, Any] = {
        "anomaly": _BAND["anomaly"].encode(layers.anomaly.copy()),
        "se": _BAND["se"].encode(layers.se.copy()),
        "fractions": _as_bytes(layers.fractions),
    }
    for name in ("ndvi", "albedo"):
        stored[name] = _BAND[name].encode(np.array(getattr(layers, name)))
    if layers.canopy_height is not None:
        stored["canopy_height"] = np.rint(np.nan_to_num(layers.canopy_height, nan=-1) * 10).astype(
            np.int16
        )
    facts = {
        "seed": town.seed,
        "variant": town.variant,
        "grid": town.grid.as_dict(),
        "outlines": [shapely.to_wkt(o, rounding_precision=3) for o in town.outlines],
        "converted": town.converted,
        "true_k": town.true_k.tolist(),
        "oracle_k": town.oracle_k.tolist(),
        "oracle_moved_k": town.oracle_moved_k.tolist(),
    }
    partial = path.with_suffix(".partial.npz")
    np.savez_compressed(partial, facts=json.dumps(facts), **stored)
    partial.replace(path)


def load(path: Path) -> MeasuredTown:
    """A town that :func:`save` wrote."""
    with np.load(path) as file:
        facts = json.loads(str(file["facts"]))
        height = file["canopy_height"].astype(np.float32) / 10 if "canopy_height" in file else None
        if height is not None:
            height[height < 0] = np.nan
        share = file["fractions"].astype(np.float32) / 200
        share[:, file["fractions"][0] == 255] = np.nan
        bands = {n: _BAND[n].decode(file[n]) for n in ("anomaly", "se", "ndvi", "albedo")}
    grid = Grid(**facts["grid"])
    return MeasuredTown(
        seed=facts["seed"],
        variant=facts["variant"],
        grid=grid,
        layers=Layers(**bands, fractions=share, canopy_height=height, resolution_m=grid.resolution),
        outlines=tuple(cast(Polygon, shapely.from_wkt(text)) for text in facts["outlines"]),
        true_k=np.array(facts["true_k"]),
        oracle_k=np.array(facts["oracle_k"]),
        oracle_moved_k=np.array(facts["oracle_moved_k"]),
        converted=tuple(facts["converted"]),
    )


def measured(seed: int, variant: str = "standard", cache: Path | None = None) -> MeasuredTown:
    """The town of a seed, from `cache` where it was measured before."""
    if cache is None:
        return measure(seed, variant)
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{variant}-{seed}.npz"
    if not path.exists():
        save(measure(seed, variant), path)
    return load(path)


def _as_bytes(fractions: FloatArray) -> npt.NDArray[np.uint8]:
    unknown = ~np.isfinite(fractions)
    return np.asarray(
        np.where(unknown, 255, np.rint(np.where(unknown, 0, fractions) * 200)), np.uint8
    )
