"""A product's pixels on the territory's canonical grid, read window by window.

Resampling is bilinear between *known* neighbours and only where the nearest pixel is itself known: the 100 m
sensor already blurred the 30 m pixels, so nearest would only add steps of up to 15 m, and no masked value ever
has a weight. Reasons and figures: heat_islands/decisions/0001-resampling.md.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform_bounds
from rasterio.windows import Window, from_bounds

from heat_islands.science import indices
from heat_islands.science.encoding import SCENE_BANDS, FloatArray
from heat_islands.science.errors import ProductError
from heat_islands.science.grid import Block, Grid
from heat_islands.science.products import Pixels, Product

HALO = 2  # pixels read beyond the block, so that cells at its edge have all four neighbours
LATTICE = 32  # cells between exactly projected points
STRIP = 64  # rows resampled at a time: 64 × 1,024 cells × 12 numbers stay in the processor's cache
INDEX_LAYERS = {"ndvi": "NDVI", "ndbi": "NDBI", "mndwi": "MNDWI"}


def window_over(product: Product, grid: Grid) -> Window | None:
    """The product's pixels that `grid` (often one block of a grid) needs, or None where they do not meet."""
    try:
        bounds = transform_bounds(
            CRS.from_epsg(grid.srid), product.crs, *grid.bounds, densify_pts=21
        )
    except CRSError as error:
        raise ProductError(
            f"{product.product_id}: its coordinate reference system is not understood."
        ) from error
    if not all(map(math.isfinite, bounds)):
        return None
    exact = from_bounds(*bounds, transform=product.transform)
    left, top = math.floor(exact.col_off) - HALO, math.floor(exact.row_off) - HALO
    right = math.ceil(exact.col_off + exact.width) + HALO
    bottom = math.ceil(exact.row_off + exact.height) + HALO
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, product.width), min(bottom, product.height)
    if left >= right or top >= bottom:
        return None
    return Window(left, top, right - left, bottom - top)


def native_layers(pixels: Pixels) -> FloatArray:
    """`SCENE_BANDS` on the product's own pixels, masked where not clear: (6, height, width), unscaled."""
    absent = np.full(pixels.clear.shape, np.nan, dtype=np.float32)
    layers = dict.fromkeys((band.name for band in SCENE_BANDS), absent)
    layers["lst"] = pixels.temperature_k
    if pixels.uncertainty_k is not None:
        layers["st_qa"] = pixels.uncertainty_k
    for layer, name in INDEX_LAYERS.items():
        if _has_bands(name, pixels):
            layers[layer] = indices.plausible(indices.index(name, pixels.reflectance)).astype(
                np.float32
            )
    if set(indices.LIANG_2001) <= set(pixels.reflectance):
        layers["albedo"] = indices.albedo(pixels.reflectance).astype(np.float32)
    stack = np.stack([layers[band.name] for band in SCENE_BANDS])
    stack[:, ~pixels.clear] = np.nan
    return stack


def _has_bands(index_name: str, pixels: Pixels) -> bool:
    needs = {"NDVI": {"nir", "red"}, "NDBI": {"swir1", "nir"}, "MNDWI": {"green", "swir1"}}
    return needs[index_name] <= set(pixels.reflectance)


def pixel_positions(
    grid: Grid, transform: Affine, crs: CRS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the centre of each cell of `grid` lies in an image: rows and columns in pixels, (height, width).

    0.0 is the centre of the first pixel. Projected exactly on a lattice of `LATTICE` cells and linearly between:
    over 320 m two conformal projections differ from their chords by less than a millimetre.
    """
    down, across = _lattice(grid.height), _lattice(grid.width)
    x, y = np.meshgrid(
        grid.left + (across.knots + 0.5) * grid.resolution,
        grid.top - (down.knots + 0.5) * grid.resolution,
    )
    source_x, source_y = _transformer(grid.srid, crs.to_wkt()).transform(x, y)
    to_pixel = ~transform
    columns = to_pixel.a * source_x + to_pixel.b * source_y + to_pixel.c - 0.5
    rows = to_pixel.d * source_x + to_pixel.e * source_y + to_pixel.f - 0.5
    return across.between(down.between(rows).T).T, across.between(down.between(columns).T).T


class _Lattice(NamedTuple):
    """Cells at which positions are computed exactly, and what interpolates between them along the first axis."""

    knots: NDArray[np.float64]
    before: NDArray[np.intp]
    share_after: NDArray[np.float64]

    def between(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """`values` (knots, any) at every cell: (cells, any). No BLAS: its threads would fight the pool's."""
        share = self.share_after[:, np.newaxis]
        return (1.0 - share) * values[self.before] + share * values[self.before + 1]


@cache
def _lattice(cells: int) -> _Lattice:
    knots = np.unique(np.append(np.arange(0, max(cells, 2), LATTICE), max(cells, 2) - 1)).astype(
        np.float64
    )
    cell = np.arange(cells)
    before = np.clip(np.searchsorted(knots, cell, side="right") - 1, 0, len(knots) - 2)
    return _Lattice(knots, before, (cell - knots[before]) / (knots[before + 1] - knots[before]))


@cache
def _transformer(srid: int, wkt: str) -> Transformer:
    return Transformer.from_crs(srid, wkt, always_xy=True)


class NativeLayers:
    """A window of a product's layers, read once, that gives any grid's cells within it."""

    def __init__(self, stack: FloatArray, transform: Affine, crs: CRS) -> None:
        """`stack` is (layers, height, width), NaN where unknown, on pixels of `transform` in `crs`."""
        self.layers, self.height, self.width = stack.shape
        self.transform = transform
        self.crs = crs
        known = np.isfinite(stack)
        # One row of 2 × layers numbers a pixel (value where known, and whether known): a neighbour is one gather.
        columns = np.empty((2 * self.layers, stack[0].size), dtype=np.float32)
        columns[: self.layers] = np.where(known, stack, np.float32(0.0)).reshape(self.layers, -1)
        columns[self.layers :] = known.reshape(self.layers, -1)
        self._table = np.ascontiguousarray(columns.T)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in the product's CRS."""
        left, top = self.transform @ (0, 0)
        right, bottom = self.transform @ (self.width, self.height)
        return left, bottom, right, top

    def onto(self, grid: Grid) -> FloatArray:
        """The cells of `grid`: (layers, height, width), NaN where unknown.

        A cell is known where the pixel it lies in is; its value is the bilinear mean of the known ones among
        its four neighbours, so a masked pixel neither lends its value nor receives one.
        """
        result = np.full((self.layers, *grid.shape), np.nan, dtype=np.float32)
        reached = grid.block_around(
            transform_bounds(self.crs, _crs(grid.srid), *self.bounds, densify_pts=21)
        )
        if reached is None:
            return result
        for first in range(reached.row, reached.row + reached.height, STRIP):
            height = min(STRIP, reached.row + reached.height - first)
            strip = Block(first, reached.col, height, reached.width)
            cells = self._cells(*pixel_positions(grid.crop(strip), self.transform, self.crs))
            result[(slice(None), *strip.slices)] = cells.T.reshape(self.layers, height, -1)
        return result

    def _cells(self, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> FloatArray:
        """The layers at positions in pixels: (cells, layers)."""
        rows, columns = rows.ravel(), columns.ravel()
        outside = (rows < -0.5) | (rows >= self.height - 0.5)
        outside |= (columns < -0.5) | (columns >= self.width - 0.5)
        row, column = np.floor(rows), np.floor(columns)
        down, right = (rows - row).astype(np.float32), (columns - column).astype(np.float32)
        # Half a pixel outside the centres of the edge pixels, the missing neighbour is the edge pixel itself.
        r0, r1 = (_inside(r, self.height) * self.width for r in (row, row + 1))
        c0, c1 = (_inside(c, self.width) for c in (column, column + 1))
        total = np.zeros((rows.size, 2 * self.layers), dtype=np.float32)
        for index, weight in (
            (r0 + c0, (1 - down) * (1 - right)),
            (r0 + c1, (1 - down) * right),
            (r1 + c0, down * (1 - right)),
            (r1 + c1, down * right),
        ):
            neighbour = np.take(
                self._table, index, axis=0, mode="clip"
            )  # "clip" only skips a check
            neighbour *= weight[:, np.newaxis]
            total += neighbour
        nearest = np.where(down < 0.5, r0, r1) + np.where(right < 0.5, c0, c1)
        unknown = (self._table[nearest, self.layers :] == 0.0) | outside[:, np.newaxis]
        with np.errstate(invalid="ignore", divide="ignore"):
            values = total[:, : self.layers] / total[:, self.layers :]
        values[unknown] = np.nan
        return np.asarray(values, dtype=np.float32)


def resample(stack: FloatArray, transform: Affine, crs: CRS, grid: Grid) -> FloatArray:
    """`stack` (layers, height, width), NaN where unknown, on the cells of `grid`, see :class:`NativeLayers`."""
    return NativeLayers(stack, transform, crs).onto(grid)


def _inside(index: NDArray[np.float64], size: int) -> NDArray[np.intp]:
    return np.clip(index, 0, size - 1).astype(np.intp)


def read_native(product: Product, grid: Grid) -> NativeLayers | None:
    """`SCENE_BANDS` on the product's own pixels over `grid`; None where the product does not reach it.

    Reads only the file blocks that `grid` meets, each once.
    """
    window = window_over(product, grid)
    if window is None:
        return None
    pixels = product.read(window)
    return NativeLayers(native_layers(pixels), pixels.transform, product.crs)


def read_onto(product: Product, grid: Grid) -> FloatArray | None:
    """`SCENE_BANDS` on `grid`: (6, height, width) float32, unscaled, NaN where unknown or not clear."""
    native = read_native(product, grid)
    return None if native is None else native.onto(grid)


@cache
def _crs(srid: int) -> CRS:
    return CRS.from_epsg(srid)
