"""Values of a heat map's analysis raster, in the units that people read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import rasterio
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from greening.problem import Problem
from heat_islands.models import HeatMap
from heat_islands.palettes import PALETTES
from heat_islands.science.encoding import HEAT_MAP_BANDS, band_number
from heat_islands.science.grid import Block


def read(heat_map: HeatMap, layer: str, block: Block) -> NDArray[np.float32]:
    """A layer over a block of the grid (H, W), in the unit of its palette, NaN where not known."""
    number = band_number(HEAT_MAP_BANDS, layer)
    window = Window(block.col, block.row, block.width, block.height)
    with _opened(heat_map) as dataset:
        stored = dataset.read(number, window=window)
    return HEAT_MAP_BANDS[number - 1].decode(stored) - np.float32(PALETTES[layer].zero)


def read_cell(heat_map: HeatMap, row: int, col: int) -> dict[str, float | None]:
    """Every layer's value in one cell, in the unit of its palette; None where not known."""
    with _opened(heat_map) as dataset:
        stored = dataset.read(window=Window(col, row, 1, 1))
    values: dict[str, float | None] = {}
    for i, band in enumerate(HEAT_MAP_BANDS):
        value = float(band.decode(stored[i])[0, 0]) - PALETTES[band.name].zero
        digits = 4 if band.scale < 0.01 else 2  # what the file holds, and no more
        values[band.name] = None if np.isnan(value) else round(value, digits)
    return values


def gone(heat_map: HeatMap) -> Problem:
    """What to answer when a heat map's files cannot be read."""
    return Problem(
        503,
        _("The files of heat map “%(slug)s” cannot be read: run `manage.py build_heat_map` again.")
        % {"slug": heat_map.slug},
    )


@contextmanager
def _opened(heat_map: HeatMap) -> Iterator[DatasetReader]:
    try:
        with rasterio.open(heat_map.analysis_path) as dataset:
            yield dataset
    except RasterioError as error:
        raise gone(heat_map) from error
