"""Where the simulated region lies: 10 m cells of EPSG:2154, and the town's layout as polygons on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely import Polygon

SRID = 2154  # Lambert-93, metres: Issy-les-Moulineaux's metric CRS
CELL_M = 10.0
FINE_PER_CELL = 4  # the town itself is drawn at 2.5 m, then averaged: real sub-pixel mixing
SIDE_M = 20_000.0


@dataclass(frozen=True)
class Frame:
    """A north-up grid of square cells in EPSG:2154, its corner a whole number of cells."""

    left: float
    top: float
    width: int
    height: int
    cell_m: float = CELL_M

    @classmethod
    def around(
        cls,
        bounds: tuple[float, float, float, float],
        side_m: float = SIDE_M,
        cell_m: float = CELL_M,
    ) -> Frame:
        """The frame of at least `side_m` × `side_m` whose middle is that of `bounds` (l, b, r, t).

        >>> Frame.around((0, 0, 101, 99), side_m=200)
        Frame(left=-50.0, top=150.0, width=21, height=21, cell_m=10.0)
        """
        left, bottom, right, top = bounds
        grow_x = max(0.0, side_m - (right - left)) / 2
        grow_y = max(0.0, side_m - (top - bottom)) / 2
        west = math.floor((left - grow_x) / cell_m)
        east = math.ceil((right + grow_x) / cell_m)
        south = math.floor((bottom - grow_y) / cell_m)
        north = math.ceil((top + grow_y) / cell_m)
        return cls(west * cell_m, north * cell_m, east - west, north - south, cell_m)

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        return (
            self.left,
            self.top - self.height * self.cell_m,
            self.left + self.width * self.cell_m,
            self.top,
        )

    @property
    def transform(self) -> Affine:
        return Affine(self.cell_m, 0.0, self.left, 0.0, -self.cell_m, self.top)

    def finer(self, parts: int = FINE_PER_CELL) -> Frame:
        """The same ground, every cell cut into `parts` × `parts`."""
        return Frame(
            self.left, self.top, self.width * parts, self.height * parts, self.cell_m / parts
        )

    def window(self, bounds: tuple[float, float, float, float]) -> tuple[slice, slice]:
        """The rows and columns of the cells that `bounds` touch, within the frame."""
        left, bottom, right, top = bounds
        rows = slice(
            max(0, math.floor((self.top - top) / self.cell_m)),
            min(self.height, math.ceil((self.top - bottom) / self.cell_m)),
        )
        cols = slice(
            max(0, math.floor((left - self.left) / self.cell_m)),
            min(self.width, math.ceil((right - self.left) / self.cell_m)),
        )
        return rows, cols

    def crop(self, rows: slice, cols: slice) -> Frame:
        """The same cells, only those of `rows` and `cols`."""
        return Frame(
            self.left + cols.start * self.cell_m,
            self.top - rows.start * self.cell_m,
            cols.stop - cols.start,
            rows.stop - rows.start,
            self.cell_m,
        )

    def burn(self, shapes: Iterable[tuple[Polygon, float]], dtype: str = "uint8") -> NDArray[Any]:
        """`shapes` (geometry, value) drawn on cells whose centre they hold, later ones on top; else 0."""
        drawn = [(shape, value) for shape, value in shapes if shape.area > 0]
        if not drawn:
            return np.zeros(self.shape, dtype)
        burnt: NDArray[Any] = rasterize(
            drawn, out_shape=self.shape, transform=self.transform, dtype=dtype
        )
        return burnt


def averaged(fine: NDArray[Any], parts: int = FINE_PER_CELL) -> NDArray[np.float32]:
    """The mean of each block of `parts` × `parts` fine cells."""
    rows, cols = fine.shape[0] // parts, fine.shape[1] // parts
    blocks = fine.reshape(rows, parts, cols, parts)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))


@dataclass(frozen=True)
class Layout:
    """What the physics needs of a town: polygons in EPSG:2154 metres, and building heights in metres.

    `yards` are outlines as the town knows them; the surface moves the real ones by a few metres.
    """

    outline: Polygon
    streets: tuple[Polygon, ...] = ()
    blocks: tuple[Polygon, ...] = ()
    parks: tuple[Polygon, ...] = ()
    water: tuple[Polygon, ...] = ()
    buildings: tuple[tuple[Polygon, float], ...] = ()
    yards: tuple[Polygon, ...] = ()
    gardens: tuple[Polygon, ...] = ()


def spread(items: Sequence[int], count: int) -> list[int]:
    """`count` of `items`, evenly along their order.

    >>> spread(range(10), 5)
    [0, 2, 4, 6, 8]
    """
    return [items[index * len(items) // count] for index in range(min(count, len(items)))]
