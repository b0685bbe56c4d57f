"""The one canonical grid of a territory: every raster of the product is on it, cell for cell."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

from affine import Affine

BLOCK = 512  # cells; also the internal tile of the analysis COG
RESOLUTION_M = 10.0  # a Sentinel-2 pixel; the finest cover a town usually gets
MIN_SIDE_M = 20_000.0  # the ranking trains on at least 20 × 20 km (a commune alone holds too few independent blocks)


@dataclass(frozen=True)
class Block:
    """A rectangle of cells of a grid: first row and column, height and width."""

    row: int
    col: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.row, self.row + self.height), slice(self.col, self.col + self.width)


@dataclass(frozen=True)
class Grid:
    """A north-up grid of square cells in a metric CRS.

    `left`, `top` are metres of EPSG:`srid`, snapped to whole multiples of `resolution` so that two
    grids of the same territory always share their cells.
    """

    srid: int
    left: float
    top: float
    width: int
    height: int
    resolution: float = RESOLUTION_M

    @classmethod
    def around(
        cls,
        bounds: tuple[float, float, float, float],
        srid: int,
        *,
        resolution: float = RESOLUTION_M,
        min_side: float = MIN_SIDE_M,
    ) -> Grid:
        """The snapped grid centred on `bounds` (left, bottom, right, top; metres), ≥ `min_side` wide and high.

        >>> Grid.around((647_003, 6_858_001, 650_600, 6_860_499), 2154, min_side=4_000)
        Grid(srid=2154, left=646800.0, top=6861250.0, width=401, height=400, resolution=10.0)
        """
        left, bottom, right, top = bounds
        pad_x = max(0.0, (min_side - (right - left)) / 2)
        pad_y = max(0.0, (min_side - (top - bottom)) / 2)
        first_col = math.floor((left - pad_x) / resolution)
        last_col = math.ceil((right + pad_x) / resolution)
        first_row = math.floor((bottom - pad_y) / resolution)
        last_row = math.ceil((top + pad_y) / resolution)
        return cls(
            srid=srid,
            left=first_col * resolution,
            top=last_row * resolution,
            width=last_col - first_col,
            height=last_row - first_row,
            resolution=resolution,
        )

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        return (
            self.left,
            self.top - self.height * self.resolution,
            self.left + self.width * self.resolution,
            self.top,
        )

    @property
    def transform(self) -> Affine:
        return Affine(self.resolution, 0.0, self.left, 0.0, -self.resolution, self.top)

    @property
    def key(self) -> str:
        """A short hash that changes whenever a cell would: the key of everything cached per grid."""
        facts = f"{self.srid}/{self.left}/{self.top}/{self.width}/{self.height}/{self.resolution}"
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """The grid's blocks in reading order; those at the right and bottom edges may be smaller."""
        for row in range(0, self.height, size):
            for col in range(0, self.width, size):
                yield Block(row, col, min(size, self.height - row), min(size, self.width - col))

    def crop(self, block: Block) -> Grid:
        """The same cells, only those of `block`."""
        return Grid(
            self.srid,
            self.left + block.col * self.resolution,
            self.top - block.row * self.resolution,
            block.width,
            block.height,
            self.resolution,
        )

    def block_around(self, bounds: tuple[float, float, float, float]) -> Block | None:
        """The smallest block that covers `bounds` (metres of the grid's CRS), or None where they do not meet."""
        left, bottom, right, top = bounds
        first_col = max(0, math.floor((left - self.left) / self.resolution))
        last_col = min(self.width, math.ceil((right - self.left) / self.resolution))
        first_row = max(0, math.floor((self.top - top) / self.resolution))
        last_row = min(self.height, math.ceil((self.top - bottom) / self.resolution))
        if first_col >= last_col or first_row >= last_row:
            return None
        return Block(first_row, first_col, last_row - first_row, last_col - first_col)

    def as_dict(self) -> dict[str, float | int]:
        return {
            "srid": self.srid,
            "left": self.left,
            "top": self.top,
            "width": self.width,
            "height": self.height,
            "resolution": self.resolution,
        }
