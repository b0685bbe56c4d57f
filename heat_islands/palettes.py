"""The one definition of every colour scale: tiles, legends, TileJSON and STAC all read it from here.

A layer is a band of the heat map with a colour scale of fixed limits, so that two maps of two summers
can be compared by eye. Colours are cmocean's (Thyng et al. 2016, doi:10.5670/oceanog.2016.66):
perceptually even, and told apart by colour-blind readers; "balance" diverges about its middle.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Colours of a scale. Twice as many and the transparent one fill a PNG palette: sure cells, then unsure ones.
LEVELS = 127
#: Index of cells without data: no colour of the scale.
NO_DATA = 0
#: Fewer clear scenes than this and a cell is drawn hatched (science.md §2).
FEW_SCENES = 5
#: A predictive σ above this and a cell is drawn hatched: half the anomaly scale, so one more day could
#: turn a hot cell into an ordinary one.
LARGE_SIGMA_K = 3.0
#: Opacity of the hatch's pale lines, 0–255.
PALE = 70


@dataclass(frozen=True)
class Palette:
    """A layer's colours. `low` and `high` are in `unit`; values beyond them take the end colours."""

    layer: str
    title: str | Promise
    unit: str
    low: float
    high: float
    ticks: tuple[float, ...]
    colormap: str
    #: The part of the colour map used: the ends of some are near black.
    cut: tuple[float, float] = (0.0, 1.0)
    signed: bool = False
    decimals: int = 0
    #: Taken off the unscaled band: temperature is stored so that it reads as kelvin.
    zero: float = 0.0
    #: Whether cells of few scenes or large σ are hatched in this layer.
    shows_doubt: bool = False

    @property
    def colours(self) -> npt.NDArray[np.uint8]:
        """The scale from low to high, shape (LEVELS, 3)."""
        return _colours(self.colormap, self.cut)

    def level(self, values: npt.ArrayLike) -> npt.NDArray[np.uint8]:
        """Palette index of values in `unit`: 1 … LEVELS, and NO_DATA for NaN.

        >>> PALETTES["anomaly"].level([-9, 0, 9, np.nan]).tolist()
        [1, 64, 127, 0]
        """
        value = np.asarray(values, dtype=np.float64)
        known = np.isfinite(value)
        step = (np.where(known, value, self.low) - self.low) / (self.high - self.low) * LEVELS
        return np.where(known, np.clip(np.floor(step), 0, LEVELS - 1) + 1, NO_DATA).astype(np.uint8)

    def colour(self, value: float) -> str:
        """The colour of one value in `unit`, as #rrggbb: the pixel of a tile has exactly this one."""
        red, green, blue = self.colours[int(self.level(value)) - 1]
        return f"#{red:02x}{green:02x}{blue:02x}"

    def label(self, value: float) -> str:
        """The value in the reader's language with its unit and, where the scale has two sides, its sign."""
        number = number_format(abs(value), self.decimals)
        sign = "−" if value < 0 else "+" if self.signed and value > 0 else ""
        return f"{sign}{number} {self.unit}".rstrip()


PALETTES: dict[str, Palette] = {
    palette.layer: palette
    for palette in (
        Palette(
            "anomaly",
            _("Heat anomaly"),
            "°C",
            low=-6.0,
            high=6.0,
            ticks=(-6, -4, -2, 0, 2, 4, 6),
            colormap="balance",
            cut=(0.1, 0.9),
            signed=True,
            shows_doubt=True,
        ),
        Palette(
            "temperature",
            _("Surface temperature"),
            "°C",
            low=15.0,
            high=50.0,
            ticks=(15, 20, 25, 30, 35, 40, 45, 50),
            colormap="thermal",
            zero=273.15,
            shows_doubt=True,
        ),
        Palette(
            "suhi",
            _("Difference from the countryside"),
            "°C",
            low=-10.0,
            high=10.0,
            ticks=(-10, -5, 0, 5, 10),
            colormap="balance",
            cut=(0.1, 0.9),
            signed=True,
            shows_doubt=True,
        ),
        Palette(
            "se",
            _("Standard error of the anomaly"),
            "°C",
            low=0.0,
            high=2.0,
            ticks=(0, 0.5, 1, 1.5, 2),
            colormap="amp",
            decimals=1,
        ),
        Palette(
            "sigma",
            _("Spread of one more day (σ)"),
            "°C",
            low=0.0,
            high=5.0,
            ticks=(0, 1, 2, 3, 4, 5),
            colormap="amp",
        ),
        Palette(
            "n",
            _("Clear scenes"),
            "",
            low=0.0,
            high=20.0,
            ticks=(0, 5, 10, 15, 20),
            colormap="tempo",
        ),
        Palette(
            "ndvi",
            _("Vegetation index (NDVI)"),
            "",
            low=-0.2,
            high=1.0,
            ticks=(-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1),
            colormap="speed",
            decimals=1,
        ),
        Palette(
            "albedo",
            _("Albedo"),
            "",
            low=0.0,
            high=0.4,
            ticks=(0, 0.1, 0.2, 0.3, 0.4),
            colormap="gray",
            decimals=1,
        ),
    )
}


def legend(layer: str) -> dict[str, Any]:
    """What a legend of `layer` must show: its labelled stops, its whole gradient, and how doubt is drawn.

    Labels are in the language that is active when this is called. Raises KeyError for no such layer.
    """
    palette = PALETTES[layer]
    return {
        "layer": layer,
        "title": str(palette.title),
        "unit": palette.unit,
        "min": palette.low,
        "max": palette.high,
        "stops": [
            {"value": tick, "label": palette.label(tick), "color": palette.colour(tick)}
            for tick in palette.ticks
        ],
        "gradient": [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in palette.colours],
        "hatched": (
            {"fewer_scenes_than": FEW_SCENES, "sigma_above_k": LARGE_SIGMA_K}
            if palette.shows_doubt
            else None
        ),
    }


@cache
def png_palette(layer: str) -> tuple[bytes, bytes]:
    """PLTE (RGB) and tRNS (alpha) of a tile: no data, the scale, the scale again for the hatch's pale lines."""
    colours = PALETTES[layer].colours.tobytes()
    return b"\0\0\0" + colours + colours, b"\0" + b"\xff" * LEVELS + bytes([PALE]) * LEVELS


@lru_cache(maxsize=64)
def lookup(layer: str, scale: float, offset: float, nodata: int) -> npt.NDArray[np.uint8]:
    """Palette index of every int16 a band can store, at the position of its two bytes read as uint16."""
    palette = PALETTES[layer]
    stored = np.arange(65536, dtype=np.uint16).view(np.int16)
    values = stored * scale + offset - palette.zero
    return palette.level(np.where(stored == nodata, np.nan, values))


@cache
def key() -> str:
    """Changes whenever a tile would be drawn otherwise: part of ETags and of tile addresses."""
    digest = hashlib.sha256(f"{FEW_SCENES}/{LARGE_SIGMA_K}".encode())
    for layer, palette in PALETTES.items():
        digest.update(f"{layer}/{palette.low}/{palette.high}/{palette.shows_doubt}".encode())
        digest.update(b"".join(png_palette(layer)))
    return digest.hexdigest()[:8]


@cache
def _colours(name: str, cut: tuple[float, float]) -> npt.NDArray[np.uint8]:
    from rio_tiler.colormap import cmap  # a second of imports that no command line needs

    table = cmap.get(name)
    positions = np.linspace(cut[0] * 255, cut[1] * 255, LEVELS)
    known = np.array([table[i][:3] for i in range(256)], dtype=np.float64)
    channels = [np.interp(positions, np.arange(256), known[:, c]) for c in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)
