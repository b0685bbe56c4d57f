"""How measured layers are stored: int16 with a scale and an offset, and one value for "not known"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NODATA = -32768
LARGEST = 32767
Int16Array = NDArray[np.int16]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Band:
    """A stored layer: unscaled value = stored × scale + offset, in `unit`."""

    name: str
    unit: str
    scale: float
    offset: float = 0.0

    def encode(self, values: FloatArray) -> Int16Array:
        """Stored numbers of unscaled values; NaN becomes nodata, and what int16 cannot hold stops at its ends.

        >>> Band("lst", "K", .01, 273.15).encode(np.array([293.156, np.nan], dtype=np.float32)).tolist()
        [2001, -32768]
        """
        stored = values - np.float32(self.offset)
        stored *= np.float32(1.0 / self.scale)
        np.rint(stored, out=stored)
        np.clip(stored, -LARGEST, LARGEST, out=stored)
        unknown = np.isnan(stored)
        stored[unknown] = NODATA
        return stored.astype(np.int16)

    def decode(self, stored: Int16Array) -> FloatArray:
        """Unscaled float32 values; nodata becomes NaN.

        >>> Band("ndvi", "1", .0001).decode(np.array([6000, -32768], dtype=np.int16)).round(4).tolist()
        [0.6000000238418579, nan]
        """
        values = stored.astype(np.float32)
        values *= np.float32(self.scale)
        values += np.float32(self.offset)
        values[stored == NODATA] = np.nan
        return values


#: A scene on the canonical grid. `lst` is masked for clouds, fill and saturation; the rest likewise.
SCENE_BANDS = (
    Band("lst", "K", 0.01, 273.15),
    Band("st_qa", "K", 0.01),
    Band("ndvi", "1", 0.0001),
    Band("albedo", "1", 0.0001),
    Band("ndbi", "1", 0.0001),
    Band("mndwi", "1", 0.0001),
)

#: A heat map, in the order of its COG's bands.
HEAT_MAP_BANDS = (
    Band("temperature", "K", 0.01, 273.15),
    Band("anomaly", "K", 0.01),
    Band("suhi", "K", 0.01),
    Band("se", "K", 0.01),
    Band("sigma", "K", 0.01),
    Band("n", "1", 1.0),
    Band("ndvi", "1", 0.0001),
    Band("albedo", "1", 0.0001),
)


def band_number(bands: tuple[Band, ...], name: str) -> int:
    """A layer's band number in its file, from 1 as GDAL counts.

    >>> band_number(HEAT_MAP_BANDS, "anomaly")
    2
    """
    return next(i for i, band in enumerate(bands, start=1) if band.name == name)
