"""Map tiles straight from a heat map's display COG: pooled readers, one block read, palette PNG.

The display COG is in web mercator with its pixels on those of a zoom level ("web-optimised"), so a tile
is a window, never a warp. A COG that is not falls back on rio-tiler, which warps: slower, equally right.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.windows import Window

from greening.crs import WEB_MERCATOR
from heat_islands import palettes, png
from heat_islands.science.encoding import HEAT_MAP_BANDS, NODATA, band_number

SIZE = 256
#: Half the side of the web mercator square, metres (π · 6,378,137 m).
HALF_WORLD_M = math.pi * 6_378_137.0
MAX_ZOOM = 22
#: Beyond 8 zooms past its own, a whole tile would be less than one pixel.
OVERZOOM = 8
OPEN_FILES = 16
CACHED_BYTES = 32 * 1024 * 1024


class NoSuchTile(Exception):
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

    def read(self, tile: Tile, bands: tuple[int, ...]) -> npt.NDArray[np.int16] | None:
        """Stored values of `bands` over the tile, (len(bands), SIZE, SIZE); None where they do not meet.

        Beyond the file's own zoom, the first band is blended between pixels and the others are not.
        """
        if not self.aligned:
            return self._warp(tile, bands)
        # One tile pixel is 2**-k of the file's; k < 0 where the tile is coarser.
        k = tile.z - self.zoom
        if k > OVERZOOM:
            raise NoSuchTile(
                f"Zoom {tile.z} is too deep for this map: one pixel of it would fill more than a tile."
            )
        scale = 2.0**-k
        found = self._window(tile)
        if found is None:
            return None
        left, top, first_col, first_row, last_col, last_row = found
        if k > 0:
            return self._enlarged(left, top, scale, bands)
        out_col, out_row = int((first_col - left) // scale), int((first_row - top) // scale)
        width = min(SIZE - out_col, math.ceil((last_col - first_col) / scale))
        height = min(SIZE - out_row, math.ceil((last_row - first_row) / scale))
        pixels = self.dataset.read(
            bands,
            window=Window(first_col, first_row, last_col - first_col, last_row - first_row),
            out_shape=(len(bands), height, width),
            resampling=self._resampling(k),
        )
        if (height, width) == (SIZE, SIZE):
            return pixels  # type: ignore[no-any-return]
        whole = np.full((len(bands), SIZE, SIZE), NODATA, dtype=np.int16)
        whole[:, out_row : out_row + height, out_col : out_col + width] = pixels
        return whole

    def doubtful(self, tile: Tile) -> bool:
        """Whether a cell of the tile may have to be hatched; False spares reading two layers more."""
        if not self.aligned:
            return True
        found = self._window(tile)
        if found is None:
            return False
        _, _, first_col, first_row, last_col, last_row = (int(edge // SIZE) for edge in found)
        blocks = _doubtful_blocks(str(self.dataset.name))
        # One block further: at deep zooms, values are blended across a block's edge.
        rows = slice(max(first_row - 1, 0), last_row + 2)
        return bool(blocks[rows, max(first_col - 1, 0) : last_col + 2].any())

    def _window(self, tile: Tile) -> tuple[float, float, float, float, float, float] | None:
        """The tile's left and top, then the first and last column and row it shares with the file; pixels."""
        span = SIZE * 2.0 ** (self.zoom - tile.z)
        left, top = tile.x * span - self.col, tile.y * span - self.row
        first_col, last_col = max(left, 0), min(left + span, self.dataset.width)
        first_row, last_row = max(top, 0), min(top + span, self.dataset.height)
        if first_col >= last_col or first_row >= last_row:
            return None
        return left, top, first_col, first_row, last_col, last_row

    def _resampling(self, k: int) -> Resampling:
        # A stored overview is taken as it is; what is coarser still is averaged from the last one.
        stored = 1 << -k in (1, *self.overviews)
        return Resampling.nearest if stored else Resampling.average

    def _enlarged(
        self, left: float, top: float, scale: float, bands: tuple[int, ...]
    ) -> npt.NDArray[np.int16]:
        """A tile deeper than the file's zoom: in NumPy, for GDAL takes five times as long to enlarge."""
        across = (np.arange(SIZE) + 0.5) * scale
        x, y = left + across, top + across
        first_col, first_row = (max(math.floor(edge) - 1, 0) for edge in (left, top))
        last_col = min(math.ceil(left + SIZE * scale) + 1, self.dataset.width)
        last_row = min(math.ceil(top + SIZE * scale) + 1, self.dataset.height)
        pixels = self.dataset.read(
            bands, window=Window(first_col, first_row, last_col - first_col, last_row - first_row)
        )
        cols, rows = (
            _Between(x - first_col, pixels.shape[2]),
            _Between(y - first_row, pixels.shape[1]),
        )
        found = np.empty((len(bands), SIZE, SIZE), dtype=np.int16)
        found[0] = _blended(pixels[0], rows, cols)
        for band in range(1, len(bands)):
            found[band] = pixels[band][rows.nearest][:, cols.nearest]
        found[:, (y < 0) | (y >= self.dataset.height)] = NODATA
        found[:, :, (x < 0) | (x >= self.dataset.width)] = NODATA
        return found

    def _warp(self, tile: Tile, bands: tuple[int, ...]) -> npt.NDArray[np.int16] | None:
        from rio_tiler.io import Reader  # a second of imports that the straight way never needs

        reader = Reader(str(self.dataset.name), dataset=self.dataset)
        if not reader.tile_exists(tile.x, tile.y, tile.z):
            return None
        image = reader.tile(tile.x, tile.y, tile.z, indexes=bands, tilesize=SIZE)
        return image.array.filled(NODATA).astype(np.int16)


class _Between:
    """Places along one axis of `size` pixels: the pixel each lies in, the two whose centres enclose it, and
    how far it is from the first of them, 0–1."""

    def __init__(self, place: npt.NDArray[np.floating[Any]], size: int) -> None:
        self.nearest = np.clip(np.floor(place).astype(np.intp), 0, size - 1)
        before = np.floor(place - 0.5).astype(np.intp)
        self.share = (place - 0.5 - before).astype(np.float32)
        self.before = np.clip(before, 0, size - 1)
        self.after = np.clip(before + 1, 0, size - 1)


def _blended(
    pixels: npt.NDArray[np.int16], rows: _Between, cols: _Between
) -> npt.NDArray[np.int16]:
    """Bilinear between four pixels with data; where one of them has none, the nearest pixel as it is."""
    known = pixels != NODATA
    all_known = known[rows.before] & known[rows.after]
    all_known = all_known[:, cols.before] & all_known[:, cols.after]
    values = pixels.astype(np.float32)
    line = values[rows.before]
    line += (values[rows.after] - line) * rows.share[:, np.newaxis]
    whole = line[:, cols.before]
    whole += (line[:, cols.after] - whole) * cols.share
    nearest = pixels[rows.nearest][:, cols.nearest]
    blended: npt.NDArray[np.int16] = np.where(all_known, np.rint(whole), nearest).astype(np.int16)
    return blended


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


def _doubtful_blocks(name: str) -> npt.NDArray[np.bool_]:
    with _SCANNING:  # many ask at once for a new map's first tiles; one looks
        return _scan_for_doubt(name)


@lru_cache(maxsize=OPEN_FILES)
def _scan_for_doubt(name: str) -> npt.NDArray[np.bool_]:
    """Which 256-pixel blocks of a display COG hold a cell with data that is to be hatched.

    Two layers read once in a process, about a fifth of a second, instead of again for every tile.
    """
    with rasterio.open(name) as dataset:
        blocks = []
        for row in range(0, dataset.height, SIZE):
            height = min(SIZE, dataset.height - row)
            strip = dataset.read((1, *_DOUBT), window=Window(0, row, dataset.width, height))
            doubtful = _is_doubtful(strip[1], strip[2], dataset.scales) & (strip[0] != NODATA)
            starts = np.arange(0, dataset.width, SIZE)
            blocks.append(np.logical_or.reduceat(doubtful.any(axis=0), starts))
    return np.array(blocks)


def _is_doubtful(
    n: npt.NDArray[np.int16], sigma: npt.NDArray[np.int16], scales: tuple[float, ...]
) -> npt.NDArray[np.bool_]:
    scale = scales[_DOUBT[1] - 1]
    doubtful: npt.NDArray[np.bool_] = (n < palettes.FEW_SCENES) | (
        sigma > palettes.LARGE_SIGMA_K / scale
    )
    return doubtful


POOL = Pool()
_SCANNING = threading.Lock()
_DOUBT = tuple(band_number(HEAT_MAP_BANDS, name) for name in ("n", "sigma"))
#: Where the hatch's pale lines run: diagonals four pixels wide, eight apart, unbroken from tile to tile.
_HATCH = (np.add.outer(np.arange(SIZE), np.arange(SIZE)) % 8) < 4


def draw(path: Path, layer: str, tile: Tile) -> bytes | None:
    """The tile of `layer` as a palette PNG; None where the map does not reach.

    Cells of few scenes or large σ are hatched in the layers that rest on temperature; cells without
    data are transparent. Raises KeyError for an unknown layer and :class:`NoSuchTile` for a tile
    too deep for this map.
    """
    palette = palettes.PALETTES[layer]
    band = band_number(HEAT_MAP_BANDS, layer)
    with POOL.lend(path) as source:
        hatched = palette.shows_doubt and source.doubtful(tile)
        found = source.read(tile, (band, *_DOUBT) if hatched else (band,))
        scales, offsets = source.dataset.scales, source.dataset.offsets
    if found is None:
        return None
    table = palettes.lookup(layer, scales[band - 1], offsets[band - 1], NODATA)
    indices = np.take(table, found[0].view(np.uint16))
    if hatched:
        doubtful = _is_doubtful(found[1], found[2], scales)
        indices[doubtful & _HATCH & (indices != palettes.NO_DATA)] += palettes.LEVELS
    if not indices.any():
        return nothing(layer)
    return png.encode(indices, *palettes.png_palette(layer))


@cache
def nothing(layer: str) -> bytes:
    """A tile without any data: wholly transparent."""
    return png.encode(np.zeros((SIZE, SIZE), dtype=np.uint8), *palettes.png_palette(layer))


class Cache:
    """The tiles drawn last, up to `limit` bytes; one per process, shared by its threads."""

    def __init__(self, limit: int = CACHED_BYTES) -> None:
        self.limit = limit
        self.size = 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: str, tile: bytes) -> None:
        with self._lock:
            self.size += len(tile) - len(self._kept.pop(key, b""))
            self._kept[key] = tile
            while self.size > self.limit:
                self.size -= len(self._kept.popitem(last=False)[1])

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.size = 0


DRAWN = Cache()
