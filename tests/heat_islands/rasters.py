"""A heat map of known values, small enough to check by hand: its two GeoTIFFs and its database row."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import rasterio
from django.conf import settings
from django.contrib.gis.geos import Polygon
from numpy.typing import NDArray
from rasterio.warp import transform_bounds

from heat_islands.heat_map_files import write_display_cog, write_item
from heat_islands.models import HeatMap
from heat_islands.science.encoding import HEAT_MAP_BANDS
from heat_islands.science.grid import Grid
from heat_islands.store import describe, profile

#: 4 × 4 km around Issy's town hall, in Lambert-93.
GRID = Grid(srid=2154, left=644_700.0, top=6_860_800.0, width=400, height=400, resolution=10.0)
VERSION = "0123456789abcdef"
TOWN_HALL = (2.2737, 48.8238)

Fields = dict[str, NDArray[np.float64]]


def plain_fields(grid: Grid = GRID) -> Fields:
    """Anomaly rises by 1 °C a kilometre eastwards from −2 °C; the rest is constant. Units as unscaled in the file.

    The south-west quarter has no data, the south-east one few scenes (n = 3).
    """
    height, width = grid.shape
    anomaly = np.broadcast_to((np.arange(width) + 0.5) * grid.resolution / 1000 - 2, grid.shape)
    flat = np.ones(grid.shape)
    fields = {
        "temperature": 303.15 + anomaly,
        "anomaly": anomaly.copy(),
        "suhi": flat * np.nan,
        "se": flat * 0.4,
        "sigma": flat * 1.5,
        "n": flat * 8,
        "ndvi": flat * 0.3,
        "albedo": flat * 0.18,
    }
    fields["n"][height // 2 :, width // 2 :] = 3
    for values in fields.values():
        values[height // 2 :, : width // 2] = np.nan
    return fields


def write_analysis(path: Path, fields: Fields, grid: Grid = GRID) -> None:
    with rasterio.open(path, "w", **profile(grid, len(HEAT_MAP_BANDS))) as file:
        describe(file, HEAT_MAP_BANDS)
        for number, band in enumerate(HEAT_MAP_BANDS, start=1):
            file.write(band.encode(fields[band.name].astype(np.float32)), number)


@cache
def _plain_files() -> dict[str, bytes]:
    """The two files of the plain heat map, made once in a test run: warping costs more than most tests."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_analysis(folder / "analysis.tif", plain_fields())
        write_display_cog(folder / "analysis.tif", folder)
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def heat_map(
    fields: Fields | None = None, *, grid: Grid = GRID, version: str = VERSION, **facts: object
) -> HeatMap:
    """A published heat map under the slug "summer": files in DATA_DIR, and its row."""
    slug = str(facts.pop("slug", "summer"))
    directory = f"heat-maps/{slug}/{version}"
    folder = settings.DATA_DIR / directory
    folder.mkdir(parents=True)
    if fields is None and grid == GRID:
        for name, content in _plain_files().items():
            (folder / name).write_bytes(content)
    else:
        write_analysis(folder / "analysis.tif", fields or plain_fields(grid), grid)
        write_display_cog(folder / "analysis.tif", folder)
    bounds = transform_bounds(f"EPSG:{grid.srid}", "EPSG:4326", *grid.bounds)
    row = HeatMap.objects.create(
        **{
            "slug": slug,
            "version": version,
            "title": "Summers 2022 to 2025",
            "date_from": dt.date(2022, 6, 15),
            "date_to": dt.date(2025, 9, 15),
            "scene_count": 12,
            "method": {"name": "scene + cell"},
            "grid": grid.as_dict(),
            "bounds": Polygon.from_bbox(bounds),
            "directory": directory,
            "notes": ["Surface temperature in late morning, not air temperature."],
            "synthetic": True,
            **facts,
        }
    )
    write_item(
        folder,
        slug=slug,
        version=version,
        title=row.title,
        grid=grid,
        first=dt.datetime(2022, 6, 15, 10, 40, tzinfo=dt.UTC),
        last=dt.datetime(2025, 9, 15, 10, 40, tzinfo=dt.UTC),
        scenes=["LC08_L2SP_199026_20220615_20220620_02_T1"],
        properties={},
    )
    return row
