"""The display COG of a heat map, read at tile addresses: a window of pixels, never a warp.

The display COG is in web mercator with its pixels on those of a zoom level ("web-optimised"). A raster that
is not falls back on rio-tiler, which warps: slower, equally right.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.windows import Window

from greening.crs import WEB_MERCATOR
from greening.errors import NotThere
from heat_islands import palettes
from heat_islands.science.encoding import HEAT_MAP_BANDS, NODATA, band_number

Stored = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]

SIZE = 256
#: Half the side of the web mercator square, metres (π · 6,378,137 m).
HALF_WORLD_M = math.pi * 6_378_137.0
MAX_ZOOM = 22
#: Beyond 8 zooms past its own, a whole tile would be less than one pixel.
OVERZOOM = 8
OPEN_FILES = 16
_TEMPERATURE, _N, _SIGMA = (
    band_number(HEAT_MAP_BANDS, name) for name in ("temperature", "n", "sigma")
)


class NoSuchTile(NotThere):
    """The address names no tile of this map; the message says why, in one sentence."""


@dataclass(frozen=True)
class Tile:
    """A tile's address: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @classmethod
    def parse(cls, z: str, x: str, y: str) -> Tile:
        """The tile of an address, or :class:`NoSuchTile`; costs nothing however absurd the numbers are."""
        if not all(part.isdecimal() and part.isascii() and len(part) <= 8 for part in (z, x, y)):
            raise NoSuchTile("A tile is named by three whole numbers: zoom, column and row.")
        tile = cls(int(z), int(x), int(y))
        if tile.z > MAX_ZOOM:
            raise NoSuchTile(f"Zoom {tile.z} is too deep: these tiles go from 0 to {MAX_ZOOM}.")
        side = 1 << tile.z
        if tile.x >= side or tile.y >= side:
            raise NoSuchTile(
                f"Zoom {tile.z} has no tile {tile.x}/{tile.y}: columns and rows go from 0 to {side - 1}."
            )
        return tile


@dataclass(frozen=True)
class Source:
    """An open display COG and where its first pixel lies among the pixels of its own zoom level."""

    dataset: DatasetReader
    zoom: int
    col: int
    row: int
    overviews: tuple[int, ...]
    aligned: bool

    @classmethod
    def open(cls, path: Path) -> Source:
        dataset = rasterio.open(path)
        step, left, top = dataset.transform.a, dataset.transform.c, dataset.transform.f
        zoom = math.log2(2 * HALF_WORLD_M / SIZE / step)
        col, row = (left + HALF_WORLD_M) / step, (HALF_WORLD_M - top) / step
        # A hundredth of a pixel: what is left of a float64 transform after a round trip through a file.
        on_pixels = abs(zoom - round(zoom)) < 1e-6 and all(
            abs(place - round(place)) < 0.01 for place in (col, row)
        )
        return cls(
            dataset,
            round(zoom),
            round(col),
            round(row),
            tuple(dataset.overviews(1)),
            aligned=on_pixels and dataset.crs.to_epsg() == WEB_MERCATOR,
        )

    def read(self, tile: Tile, band: int) -> Stored | None:
        """Stored values of a band over the tile, (SIZE, SIZE); None where they do not meet."""
        if not self.aligned:
            return self._warp(tile, band)
        place = self._place(tile)
        if place is None:
            return None
        if tile.z > self.zoom:
            return _blended(self.dataset.read(band, window=place.window), place.rows, place.cols)
        pixels = self.dataset.read(
            band,
            window=place.window,
            out_shape=(len(place.rows.inside), len(place.cols.inside)),
            resampling=self._resampling(tile),
        )
        return _in_tile(pixels, place.rows, place.cols, NODATA)

    def doubt(self, tile: Tile) -> Mask | None:
        """Which pixels of the tile stand on few scenes or a large σ, (SIZE, SIZE); None where none does."""
        if not self.aligned:
            n, sigma = self._warp(tile, _N), self._warp(tile, _SIGMA)
            return None if n is None or sigma is None else _doubtful(n, sigma, self.dataset)
        place = self._place(tile)
        found = (
            None
            if place is None
            else _doubt_of(str(self.dataset.name)).over(place, self.zoom - tile.z)
        )
        if place is None or found is None:
            return None
        if tile.z > self.zoom:
            return found[place.rows.nearest][:, place.cols.nearest]
        inside = found[: len(place.rows.inside), : len(place.cols.inside)]
        return _in_tile(inside, place.rows, place.cols, False)

    def _place(self, tile: Tile) -> _Place | None:
        k = tile.z - self.zoom
        if k > OVERZOOM:
            raise NoSuchTile(
                f"Zoom {tile.z} is too deep for this map: one pixel of it would fill more than a tile."
            )
        span = SIZE * 2.0**-k
        rows = _axis(tile.y * span - self.row, span, self.dataset.height, k > 0)
        cols = _axis(tile.x * span - self.col, span, self.dataset.width, k > 0)
        return None if rows is None or cols is None else _Place(rows, cols)

    def _resampling(self, tile: Tile) -> Resampling:
        # A stored overview is taken as it is; what is coarser still is averaged from the last one.
        stored = 1 << (self.zoom - tile.z) in (1, *self.overviews)
        return Resampling.nearest if stored else Resampling.average

    def _warp(self, tile: Tile, band: int) -> Stored | None:
        from rio_tiler.io import Reader  # a second of imports that the straight way never needs

        reader = Reader(str(self.dataset.name), dataset=self.dataset)
        if not reader.tile_exists(tile.x, tile.y, tile.z):
            return None
        image = reader.tile(tile.x, tile.y, tile.z, indexes=band, tilesize=SIZE)
        values: Stored = image.array.filled(NODATA)[0].astype(np.int16)
        return values


@dataclass(frozen=True)
class _Axis:
    """A tile and a raster along one axis: the pixels to read, and where they go in the tile.

    For a tile deeper than the raster (`nearest`, `before`, `after`, `share` for each of its SIZE pixels): the
    pixel each lies in, the two whose centres enclose it, and how far it is from the first of them, 0–1.
    """

    first: int
    last: int
    inside: range
    nearest: npt.NDArray[np.intp]
    before: npt.NDArray[np.intp]
    after: npt.NDArray[np.intp]
    share: npt.NDArray[np.float32]
    outside: Mask


_NOTHING = np.empty(0, dtype=np.intp)


def _axis(start: float, span: float, size: int, deeper: bool) -> _Axis | None:
    """`start` and `span` of the tile in the raster's pixels, `size` of the raster; None where they do not meet."""
    first, last = max(start, 0.0), min(start + span, float(size))
    if first >= last:
        return None
    step = span / SIZE
    if not deeper:
        out = int((first - start) // step)
        inside = range(out, out + min(SIZE - out, math.ceil((last - first) / step)))
        none = np.empty(0, dtype=np.float32)
        return _Axis(
            int(first),
            math.ceil(last),
            inside,
            _NOTHING,
            _NOTHING,
            _NOTHING,
            none,
            np.empty(0, bool),
        )
    low, high = max(math.floor(start) - 1, 0), min(math.ceil(start + span) + 1, size)
    place = start + (np.arange(SIZE) + 0.5) * step
    before = np.floor(place - 0.5).astype(np.intp)
    most = high - low - 1
    return _Axis(
        low,
        high,
        range(SIZE),
        np.clip(np.floor(place).astype(np.intp) - low, 0, most),
        np.clip(before - low, 0, most),
        np.clip(before + 1 - low, 0, most),
        (place - 0.5 - before).astype(np.float32),
        (place < 0) | (place >= size),
    )


@dataclass(frozen=True)
class _Place:
    """Where a tile lies in a raster."""

    rows: _Axis
    cols: _Axis

    @property
    def window(self) -> Window:
        return Window(
            self.cols.first,
            self.rows.first,
            self.cols.last - self.cols.first,
            self.rows.last - self.rows.first,
        )


def _in_tile(pixels: npt.NDArray[Any], rows: _Axis, cols: _Axis, empty: Any) -> npt.NDArray[Any]:
    """`pixels` where they belong in a tile that reaches beyond the raster."""
    if pixels.shape == (SIZE, SIZE):
        return pixels
    whole = np.full((SIZE, SIZE), empty, dtype=pixels.dtype)
    height, width = pixels.shape
    whole[
        rows.inside.start : rows.inside.start + height,
        cols.inside.start : cols.inside.start + width,
    ] = pixels
    return whole


def _blended(pixels: Stored, rows: _Axis, cols: _Axis) -> Stored:
    """Bilinear between four pixels with data, else the nearest as it is; GDAL takes five times as long."""
    nearest: Stored = pixels[rows.nearest][:, cols.nearest]
    known = pixels != NODATA
    values = pixels.astype(np.float32)
    line = values[rows.before]
    line += (values[rows.after] - line) * rows.share[:, np.newaxis]
    whole = line[:, cols.before]
    whole += (line[:, cols.after] - whole) * cols.share
    blended: Stored = np.rint(whole).astype(np.int16)
    if not known.all():
        all_known = known[rows.before] & known[rows.after]
        all_known = all_known[:, cols.before] & all_known[:, cols.after]
        blended = np.where(all_known, blended, nearest)
    blended[rows.outside] = NODATA
    blended[:, cols.outside] = NODATA
    return blended


def _doubtful(n: Stored, sigma: Stored, dataset: DatasetReader) -> Mask:
    limit = palettes.LARGE_SIGMA_K / dataset.scales[_SIGMA - 1]
    doubtful: Mask = (n < palettes.FEW_SCENES) | (sigma > limit)
    return doubtful


class Doubt:
    """The cells of a map that are to be hatched, at its own zoom and each coarser one, eight to a byte.

    Found once in a process from two of the layers (a third of a second), instead of reading both again for
    every tile. A coarse pixel is doubtful where at least half of what it covers is.
    """

    LEVELS = 8

    def __init__(self, path: str) -> None:
        with rasterio.open(path) as dataset:
            rows = []
            for row in range(0, dataset.height, SIZE):
                window = Window(0, row, dataset.width, min(SIZE, dataset.height - row))
                known = dataset.read(_TEMPERATURE, window=window) != NODATA
                n, sigma = dataset.read(_N, window=window), dataset.read(_SIGMA, window=window)
                rows.append(_doubtful(n, sigma, dataset) & known)
        level: Mask = np.concatenate(rows)
        self._levels: list[npt.NDArray[np.uint8] | None] = []
        for _ in range(self.LEVELS):
            self._levels.append(np.packbits(level, axis=1) if level.any() else None)
            height, width = (side + side % 2 for side in level.shape)
            padded = np.pad(level, ((0, height - level.shape[0]), (0, width - level.shape[1])))
            parts = padded.reshape(height // 2, 2, width // 2, 2).sum(axis=(1, 3), dtype=np.uint8)
            level = parts >= 2

    def over(self, place: _Place, level: int) -> Mask | None:
        """The doubtful pixels of a place, at 1/2**level of the raster's own resolution; None for none at all."""
        factor = max(level, 0)
        packed = self._levels[factor] if factor < self.LEVELS else None
        if packed is None:
            return None
        step = 1 << factor
        top, left = place.rows.first // step, place.cols.first // step
        bottom, right = -(-place.rows.last // step), -(-place.cols.last // step)
        start = left // 8
        found = np.unpackbits(packed[top:bottom, start : -(-right // 8)], axis=1)
        mask = found[:, left - 8 * start : right - 8 * start].astype(bool)
        return mask if mask.any() else None


_scanning = threading.Lock()


@lru_cache(maxsize=OPEN_FILES)
def _scanned(path: str) -> Doubt:
    return Doubt(path)


def _doubt_of(path: str) -> Doubt:
    with _scanning:  # many ask at once for a new map's first tiles; one looks
        return _scanned(path)


class Pool:
    """Open display COGs, each lent to one thread at a time: GDAL's datasets must not be shared at once.

    Not one a thread: a WSGI server may run hundreds of threads, and most would open the file anew.
    """

    def __init__(self, limit: int = OPEN_FILES) -> None:
        self.limit = limit
        self._idle: list[
            tuple[Path, Source]
        ] = []  # the one used last comes last: its blocks are in memory
        self._lock = threading.Lock()

    @contextmanager
    def lend(self, path: Path) -> Iterator[Source]:
        """The COG at `path`, open, for the length of the block."""
        source = self._take(path) or Source.open(path)
        try:
            yield source
        finally:
            self._give_back(path, source)

    def clear(self) -> None:
        """Close all that is not lent."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, source in idle:
            source.dataset.close()

    def _take(self, path: Path) -> Source | None:
        with self._lock:
            for i in range(len(self._idle) - 1, -1, -1):
                if self._idle[i][0] == path:
                    return self._idle.pop(i)[1]
        return None

    def _give_back(self, path: Path, source: Source) -> None:
        with self._lock:
            self._idle.append((path, source))
            excess = self._idle.pop(0)[1] if len(self._idle) > self.limit else None
        if excess is not None:
            excess.dataset.close()


POOL = Pool()
