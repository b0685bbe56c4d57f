"""A heat map's files: the analysis COG on the canonical grid, the display COG for tiles, and the STAC item."""

from __future__ import annotations

import datetime as dt
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import morecantile
import pystac
import rasterio
import shapely
from pystac.extensions.projection import ProjectionExtension
from rasterio.shutil import copy as gdal_copy
from rasterio.warp import transform_bounds
from rio_cogeo.cogeo import cog_translate

from greening.crs import WGS84
from heat_islands.science.encoding import HEAT_MAP_BANDS, NODATA
from heat_islands.science.grid import BLOCK, Grid

ANALYSIS, DISPLAY, ITEM = "analysis.tif", "display.tif", "item.json"
COG_TYPE = pystac.MediaType.COG
DISPLAY_BLOCK = 256
RASTER_EXTENSION = "https://stac-extensions.github.io/raster/v1.1.0/schema.json"


def write_analysis_cog(tiled: Path, folder: Path) -> Path:
    """The COG of an already written tiled GeoTIFF on the canonical grid, with average overviews.

    Deflate, not the faster Zstandard of our own scenes: these files leave the house, and every reader knows it.
    """
    path = folder / ANALYSIS
    gdal_copy(
        str(tiled),
        str(path),
        driver="COG",
        blocksize=BLOCK,
        overview_resampling="average",
        compress="DEFLATE",
        level=1,  # 5 % larger than level 6, in a third of the time
        predictor="YES",
        num_threads="ALL_CPUS",
    )
    return path


def write_display_cog(analysis: Path, folder: Path) -> Path:
    """The web-optimised COG in EPSG:3857 that only tiles read; "upper", because "auto" drops the finest zoom.

    Nearest: the 10 m cells are already a smooth resampling of 30 m pixels, a value moves by half a cell at most,
    and counts and gaps stay what they are.
    """
    path = folder / DISPLAY
    options = {
        "driver": "GTiff",
        "tiled": True,
        "blockxsize": DISPLAY_BLOCK,
        "blockysize": DISPLAY_BLOCK,
        "interleave": "band",  # a tile shows one layer of eight
        "compress": "DEFLATE",
        "zlevel": 1,
        "predictor": 2,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        cog_translate(
            str(analysis),
            str(path),
            options,
            nodata=NODATA,
            tms=morecantile.tms.get("WebMercatorQuad"),
            zoom_level_strategy="upper",
            resampling="nearest",
            overview_resampling="average",
            in_memory=False,
            temporary_compression="ZSTD",
            use_cog_driver=False,
            quiet=True,
            config={"GDAL_NUM_THREADS": "ALL_CPUS", "GDAL_TIFF_OVR_BLOCKSIZE": str(DISPLAY_BLOCK)},
        )
    return path


def write_item(
    folder: Path,
    *,
    slug: str,
    version: str,
    title: str,
    grid: Grid,
    first: dt.datetime,
    last: dt.datetime,
    scenes: Sequence[str],
    properties: dict[str, Any],
) -> Path:
    """The STAC item of a heat map, its assets named relative to it."""
    left, bottom, right, top = transform_bounds(grid.srid, WGS84, *grid.bounds, densify_pts=21)
    item = pystac.Item(
        id=f"{slug}-{version}",
        geometry=json.loads(shapely.to_geojson(shapely.box(left, bottom, right, top))),
        bbox=[left, bottom, right, top],
        datetime=None,
        properties={"title": title, "version": version, "scenes": list(scenes), **properties},
        start_datetime=first,
        end_datetime=last,
    )
    projection = ProjectionExtension.ext(item, add_if_missing=True)
    projection.apply(
        code=f"EPSG:{grid.srid}", shape=list(grid.shape), transform=list(grid.transform)[:6]
    )
    item.stac_extensions.append(RASTER_EXTENSION)
    bands = [
        {
            "name": b.name,
            "nodata": NODATA,
            "data_type": "int16",
            "scale": b.scale,
            "offset": b.offset,
            "unit": b.unit,
        }
        for b in HEAT_MAP_BANDS
    ]
    for key, name, role, text in (
        (
            "analysis",
            ANALYSIS,
            "data",
            "On the territory's canonical grid: what every statistic reads",
        ),
        ("display", DISPLAY, "visual", "Web-optimised, EPSG:3857: what tiles read"),
    ):
        asset = pystac.Asset(
            f"./{name}",
            title=text,
            media_type=COG_TYPE,
            roles=[role],
            extra_fields={"raster:bands": bands},
        )
        if key == "display":
            with rasterio.open(folder / name) as display:
                asset.extra_fields |= {
                    "proj:code": f"EPSG:{display.crs.to_epsg()}",
                    "proj:shape": list(display.shape),
                }
                asset.extra_fields["proj:transform"] = list(display.transform)[:6]
        item.add_asset(key, asset)
    path = folder / ITEM
    path.write_text(
        json.dumps(item.to_dict(include_self_link=False), indent=1, ensure_ascii=False) + "\n"
    )
    return path
