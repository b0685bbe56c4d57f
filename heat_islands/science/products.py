"""What every satellite product gives, whatever its maker: native pixels, masks, and what it lacks.

A reader is a function ``(path) -> list[Product]`` that raises :class:`ProductError` where the path is not
its own kind; :func:`open_products` asks each in turn. Landsat is the first; others register beside it.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.windows import Window

from heat_islands.science.errors import ProductError

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Pixels:
    """A window of a product on its own pixels; every array is (height, width) and NaN where nothing was measured.

    `temperature_k` and `uncertainty_k` in kelvin, `reflectance` 0–1 by band name. They are masked for fill and
    saturation only; `clear` is True where the quality band shows neither fill, cloud, cirrus, shadow nor snow
    (where the product has no quality band: wherever there is data, which the product's `missing` says).
    """

    temperature_k: FloatArray
    uncertainty_k: FloatArray | None
    reflectance: dict[str, FloatArray]
    clear: BoolArray
    transform: Affine


@dataclass(frozen=True)
class Product(ABC):
    """One acquisition as its maker delivered it. Nothing is read before :meth:`read`.

    `missing` names the bands it came without, as the maker writes them (QA_PIXEL, ST_QA, SR_B4, MTL …).
    `acquired_at` is UTC; where only the day is known it is that day at noon UTC and `time_known` is False.
    """

    product_id: str
    acquisition_id: str
    platform: str
    acquired_at: dt.datetime
    time_known: bool
    processed_on: dt.date | None
    missing: tuple[str, ...]
    crs: CRS
    transform: Affine
    width: int
    height: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in the product's own CRS."""
        left, top = self.transform @ (0, 0)
        right, bottom = self.transform @ (self.width, self.height)
        return left, bottom, right, top

    @property
    def has_clear_mask(self) -> bool:
        """Whether clouds are known: without it nothing of this scene may be called clear."""
        return "QA_PIXEL" not in self.missing

    @property
    def has_uncertainty(self) -> bool:
        return "ST_QA" not in self.missing

    @property
    def has_metadata(self) -> bool:
        return "MTL" not in self.missing

    @property
    @abstractmethod
    def is_synthetic(self) -> bool:
        """Whether the product says of itself that it was simulated."""

    @abstractmethod
    def read(self, window: Window | None = None) -> Pixels:
        """The pixels of `window` (the whole product without one); reads only the file blocks it meets."""

    @abstractmethod
    def weather(self) -> dict[str, float | str]:
        """What the product's metadata tells of the day: sun elevation, cloud cover; empty without metadata."""


Reader = Callable[[Path], list[Product]]
READERS: dict[str, Reader] = {}


def reader(name: str) -> Callable[[Reader], Reader]:
    """Register a reader under the name that its error sentences use."""

    def register(function: Reader) -> Reader:
        READERS[name] = function
        return function

    return register


class NotThisKind(ProductError):
    """The path is no product of this reader's kind; another may know it."""


def open_products(path: Path) -> list[Product]:
    """Every product at `path` (a folder may hold several), checked for level, bands, grids, CRS and completeness.

    Raises :class:`ProductError` with one sentence that names the file and the fault.
    """
    # Readers register themselves on import; imported here so that this module knows none of them by need.
    import heat_islands.science.landsat  # noqa: F401

    if not path.exists():
        raise ProductError(
            f"{path} does not exist: give the folder or tar of a Landsat Collection 2 Level-2 product."
        )
    for read in READERS.values():
        try:
            return read(path)
        except NotThisKind:
            continue
    raise ProductError(
        f"{path.name} holds no product that can be read: expected a folder or tar with files named like "
        "LC08_L2SP_199026_20230811_20230818_02_T1_ST_B10.TIF."
    )
