"""A heat map of known values, small enough to check by hand: its two GeoTIFFs and its database row."""

from __future__ import annotations

import datetime as dt
import json
import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import rasterio
from affine import Affine
from django.conf import settings
from django.contrib.gis.geos import Polygon
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform_bounds

from heat_islands.models import HeatMap
from heat_islands.science.encoding import HEAT_MAP_BANDS, NODATA
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


def write_display(analysis: Path, display: Path, *, zoom: int = 14) -> None:
    """The analysis file on the pixels of a web-mercator zoom level, its blocks on that level's tiles."""
    half = math.pi * 6_378_137.0
    span = 2 * half / 2**zoom
    with rasterio.open(analysis) as source:
        left, bottom, right, top = transform_bounds(source.crs, "EPSG:3857", *source.bounds)
        first_col, last_col = math.floor((left + half) / span), math.ceil((right + half) / span)
        first_row, last_row = math.floor((half - top) / span), math.ceil((half - bottom) / span)
        target = {
            "driver": "GTiff",
            "width": (last_col - first_col) * 256,
            "height": (last_row - first_row) * 256,
            "count": source.count,
            "dtype": "int16",
            "nodata": NODATA,
            "crs": CRS.from_epsg(3857),
            "transform": Affine(
                span / 256, 0, first_col * span - half, 0, -span / 256, half - first_row * span
            ),
            "tiled": True,
            "blockxsize": 256,
            "blockysize": 256,
            "interleave": "band",
            "compress": "ZSTD",
            "predictor": 2,
        }
        with rasterio.open(display, "w", **target) as file:
            describe(file, HEAT_MAP_BANDS)
            for number in range(1, source.count + 1):
                pixels = np.full((target["height"], target["width"]), NODATA, dtype=np.int16)
                reproject(
                    source.read(number),
                    pixels,
                    src_transform=source.transform,
                    src_crs=source.crs,
                    src_nodata=NODATA,
                    dst_transform=target["transform"],
                    dst_crs=target["crs"],
                    dst_nodata=NODATA,
                    resampling=Resampling.bilinear,
                )
                file.write(pixels, number)
            file.build_overviews([2, 4, 8], Resampling.average)


@cache
def _plain_files() -> dict[str, bytes]:
    """The two files of the plain heat map, made once in a test run: warping costs more than most tests."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_analysis(folder / "analysis.tif", plain_fields())
        write_display(folder / "analysis.tif", folder / "display.tif")
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
        write_display(folder / "analysis.tif", folder / "display.tif")
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
    item = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": f"{slug}-{version}",
        "geometry": json.loads(row.bounds.geojson),
        "bbox": list(bounds),
        "properties": {
            "datetime": None,
            "start_datetime": "2022-06-15T00:00:00Z",
            "end_datetime": "2025-09-15T23:59:59Z",
        },
        "assets": {
            "analysis": {
                "href": "./analysis.tif",
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "roles": ["data"],
            },
            "display": {
                "href": "./display.tif",
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "roles": ["visual"],
            },
        },
        "links": [],
    }
    row.item_path.write_text(json.dumps(item))
    return row
