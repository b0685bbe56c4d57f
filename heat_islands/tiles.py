"""Map tiles of a heat map: a lookup from stored number to colour, as a palette PNG."""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import cache
from pathlib import Path

import numpy as np

from heat_islands import palettes, png
from heat_islands.display import POOL, SIZE, Tile
from heat_islands.science.encoding import HEAT_MAP_BANDS, NODATA, band_number

CACHED_BYTES = 32 * 1024 * 1024
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
        stored = source.read(tile, band)
        if stored is None:
            return None
        doubt = source.doubt(tile) if palette.shows_doubt else None
        scale, offset = source.dataset.scales[band - 1], source.dataset.offsets[band - 1]
    indices = np.take(palettes.lookup(layer, scale, offset, NODATA), stored.view(np.uint16))
    if doubt is not None:
        indices[doubt & _HATCH & (indices != palettes.NO_DATA)] += palettes.LEVELS
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
