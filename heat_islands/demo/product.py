"""A simulated scene written as a Landsat Collection 2 Level 2 product folder, labelled synthetic."""

from __future__ import annotations

import math
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer

from heat_islands.demo.fields import Array
from heat_islands.demo.physics import Day
from heat_islands.demo.sensor import PIXEL_M, UTM_SRID, Measured, SceneGrid

PATH, ROW = 199, 26  # the WRS-2 scene over Paris
LABEL = "Synthetic demo scene of the urban-greening tracker: not a USGS product"
REFLECTIVE_BANDS = (2, 3, 4, 5, 6, 7)

# Collection 2 Level 2 scaling (USGS, Landsat 8-9 C2 L2 Science Product Guide).
SR_SCALE, SR_OFFSET = 2.75e-5, -0.2
ST_SCALE, ST_OFFSET = 0.00341802, 149.0
ST_QA_SCALE, ST_QA_FILL = 0.01, -9999

_SATELLITES = {
    "LC08": ("LANDSAT_8", 774.8853, 1321.0789),  # K1, K2 of band 10, as MTL files state them
    "LC09": ("LANDSAT_9", 799.0284, 1329.2405),
}
_MONTH_ELEVATION_AZIMUTH = {6: (62.1, 149.8), 7: (59.9, 147.6), 8: (53.5, 151.9), 9: (45.6, 157.3)}


def scaled(
    values: Array, scale: float, offset: float, known: NDArray[np.bool_]
) -> NDArray[np.uint16]:
    """Values as USGS stores them, DN = (x − offset) / scale in uint16, 0 where not `known`.

    >>> scaled(np.array([302.62974494]), ST_SCALE, ST_OFFSET, np.array([True]))
    array([44947], dtype=uint16)
    """
    numbers = np.rint((values.astype(np.float64) - offset) / scale)
    return np.where(known, np.clip(numbers, 1, 65535), 0).astype(np.uint16)


def product_id(day: Day) -> str:
    """The product's name: satellite, level, path and row, dates of pass and of processing.

    Landsat 8's final products come days later, Landsat 9's the next day; here always so.
    """
    made = processed_on(day)
    return f"{day.satellite}_L2SP_{PATH:03d}{ROW:03d}_{day.on:%Y%m%d}_{made:%Y%m%d}_02_T1"


def processed_on(day: Day) -> date:
    return day.on + timedelta(days=8 if day.satellite == "LC08" else 1)


def band_files(name: str) -> dict[str, str]:
    """The product's files by band."""
    bands = [f"SR_B{band}" for band in REFLECTIVE_BANDS] + ["ST_B10", "ST_QA", "QA_PIXEL"]
    return {band: f"{name}_{band}.TIF" for band in bands} | {"MTL": f"{name}_MTL.txt"}


def is_complete(folder: Path) -> bool:
    """Whether a product folder holds every file of its product."""
    return all((folder / file).is_file() for file in band_files(folder.name).values())


def write_product(measured: Measured, directory: Path) -> Path:
    """Writes one scene's folder under `directory` and returns it; nothing half-written is left.

    The folder is filled under a temporary name and renamed when whole. An existing whole one is kept.
    """
    name = product_id(measured.day)
    folder = directory / name
    if is_complete(folder):
        return folder
    partial = directory / f".{name}.partial"
    for stale in (partial, folder):
        shutil.rmtree(stale, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _write_files(measured, name, partial)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return folder


def _write_files(measured: Measured, name: str, folder: Path) -> None:
    files = band_files(name)
    grid, known = measured.grid, measured.grid.known
    for band, values in zip(REFLECTIVE_BANDS, measured.reflectance, strict=True):
        numbers = scaled(values, SR_SCALE, SR_OFFSET, known)
        _write_band(folder / files[f"SR_B{band}"], numbers, grid, nodata=0)
    kelvin = scaled(measured.surface_k, ST_SCALE, ST_OFFSET, known)
    _write_band(folder / files["ST_B10"], kelvin, grid, nodata=0)
    stated = np.rint(measured.stated_error_k / ST_QA_SCALE)
    stated = np.where(known, stated, ST_QA_FILL).astype(np.int16)
    _write_band(folder / files["ST_QA"], stated, grid, nodata=ST_QA_FILL)
    _write_band(folder / files["QA_PIXEL"], measured.quality, grid, nodata=1)
    (folder / files["MTL"]).write_text(metadata_text(measured), encoding="ascii")


def _write_band(path: Path, values: NDArray[np.generic], grid: SceneGrid, nodata: int) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=grid.width, height=grid.height, count=1,
        dtype=values.dtype, crs=f"EPSG:{UTM_SRID}", transform=grid.transform, nodata=nodata,
        tiled=True, blockxsize=256, blockysize=256, compress="deflate", predictor=2, zlevel=1,
    ) as dataset:  # fmt: skip
        dataset.write(values, 1)
        dataset.update_tags(SOURCE=LABEL)


def metadata_text(measured: Measured) -> str:
    """The product's MTL.txt: Collection 2's groups and fields, with this scene's values."""
    day, grid = measured.day, measured.grid
    name = product_id(day)
    files = band_files(name)
    spacecraft, k1, k2 = _SATELLITES[day.satellite]
    elevation, azimuth = _MONTH_ELEVATION_AZIMUTH[day.on.month]
    day_of_year = day.on.timetuple().tm_yday
    sun_distance = 1 - 0.01672 * math.cos(math.radians(0.9856 * (day_of_year - 4)))
    cloud = 100 * float(measured.sky.flagged_cloud[grid.known].mean())
    bands = [*REFLECTIVE_BANDS]
    groups: list[tuple[str, list[tuple[str, object]]]] = [
        ("PRODUCT_CONTENTS", [
            ("ORIGIN", LABEL),
            ("LANDSAT_PRODUCT_ID", name),
            ("PROCESSING_LEVEL", "L2SP"),
            ("COLLECTION_NUMBER", "02~"),
            ("COLLECTION_CATEGORY", "T1"),
            ("OUTPUT_FORMAT", "GEOTIFF"),
            *((f"FILE_NAME_BAND_{band}", files[f"SR_B{band}"]) for band in bands),
            ("FILE_NAME_BAND_ST_B10", files["ST_B10"]),
            ("FILE_NAME_QUALITY_L2_SURFACE_TEMPERATURE", files["ST_QA"]),
            ("FILE_NAME_QUALITY_L1_PIXEL", files["QA_PIXEL"]),
            ("FILE_NAME_METADATA_ODL", files["MTL"]),
            *((f"DATA_TYPE_BAND_{band}", "UINT16") for band in bands),
            ("DATA_TYPE_BAND_ST_B10", "UINT16"),
            ("DATA_TYPE_QUALITY_L2_SURFACE_TEMPERATURE", "INT16"),
            ("DATA_TYPE_QUALITY_L1_PIXEL", "UINT16"),
        ]),
        ("IMAGE_ATTRIBUTES", [
            ("SPACECRAFT_ID", spacecraft),
            ("SENSOR_ID", "OLI_TIRS"),
            ("WRS_TYPE", 2),
            ("WRS_PATH", PATH),
            ("WRS_ROW", ROW),
            ("NADIR_OFFNADIR", "NADIR"),
            ("DATE_ACQUIRED", day.on),
            ("SCENE_CENTER_TIME", "10:40:12.0000000Z"),
            ("CLOUD_COVER", f"{cloud:.2f}~"),
            ("CLOUD_COVER_LAND", f"{cloud:.2f}~"),
            ("SUN_AZIMUTH", azimuth),
            ("SUN_ELEVATION", elevation),
            ("EARTH_SUN_DISTANCE", f"{sun_distance:.7f}~"),
        ]),
        ("PROJECTION_ATTRIBUTES", [
            ("MAP_PROJECTION", "UTM"),
            ("DATUM", "WGS84"),
            ("ELLIPSOID", "WGS84"),
            ("UTM_ZONE", UTM_SRID % 100),
            ("GRID_CELL_SIZE_REFLECTIVE", "30.00~"),
            ("GRID_CELL_SIZE_THERMAL", "30.00~"),
            ("REFLECTIVE_LINES", grid.height),
            ("REFLECTIVE_SAMPLES", grid.width),
            ("THERMAL_LINES", grid.height),
            ("THERMAL_SAMPLES", grid.width),
            ("ORIENTATION", "NORTH_UP"),
            *_corners(grid),
        ]),
        ("LEVEL2_PROCESSING_RECORD", [
            ("ORIGIN", LABEL),
            ("LANDSAT_PRODUCT_ID", name),
            ("PROCESSING_LEVEL", "L2SP"),
            ("OUTPUT_FORMAT", "GEOTIFF"),
            ("DATE_PRODUCT_GENERATED", f"{processed_on(day)}T00:00:00Z~"),
            ("PROCESSING_SOFTWARE_VERSION", "DEMO_1.0"),
        ]),
        ("LEVEL2_SURFACE_REFLECTANCE_PARAMETERS", [
            *((f"REFLECTANCE_MAXIMUM_BAND_{band}", f"{65535 * SR_SCALE + SR_OFFSET:.6f}~") for band in bands),
            *((f"REFLECTANCE_MINIMUM_BAND_{band}", f"{SR_SCALE + SR_OFFSET:.6f}~") for band in bands),
            *((f"QUANTIZE_CAL_MAX_BAND_{band}", 65535) for band in bands),
            *((f"QUANTIZE_CAL_MIN_BAND_{band}", 1) for band in bands),
            *((f"REFLECTANCE_MULT_BAND_{band}", "2.75e-05~") for band in bands),
            *((f"REFLECTANCE_ADD_BAND_{band}", SR_OFFSET) for band in bands),
        ]),
        ("LEVEL2_SURFACE_TEMPERATURE_PARAMETERS", [
            ("TEMPERATURE_MAXIMUM_BAND_ST_B10", f"{65535 * ST_SCALE + ST_OFFSET:.6f}~"),
            ("TEMPERATURE_MINIMUM_BAND_ST_B10", f"{ST_SCALE + ST_OFFSET:.6f}~"),
            ("QUANTIZE_CAL_MAXIMUM_BAND_ST_B10", 65535),
            ("QUANTIZE_CAL_MINIMUM_BAND_ST_B10", 1),
            ("TEMPERATURE_MULT_BAND_ST_B10", ST_SCALE),
            ("TEMPERATURE_ADD_BAND_ST_B10", ST_OFFSET),
        ]),
        ("LEVEL1_THERMAL_CONSTANTS", [
            ("K1_CONSTANT_BAND_10", f"{k1}~"),
            ("K2_CONSTANT_BAND_10", f"{k2}~"),
        ]),
    ]  # fmt: skip
    lines = ["GROUP = LANDSAT_METADATA_FILE"]
    for group, fields in groups:
        lines.append(f"  GROUP = {group}")
        lines += [f"    {field} = {_stated(value)}" for field, value in fields]
        lines.append(f"  END_GROUP = {group}")
    return "\n".join([*lines, "END_GROUP = LANDSAT_METADATA_FILE", "END", ""])


def _corners(grid: SceneGrid) -> list[tuple[str, object]]:
    """The corners' places, by pixel centres as MTL files give them."""
    west, north = grid.left + PIXEL_M / 2, grid.top - PIXEL_M / 2
    east, south = west + (grid.width - 1) * PIXEL_M, north - (grid.height - 1) * PIXEL_M
    corners = {"UL": (west, north), "UR": (east, north), "LL": (west, south), "LR": (east, south)}
    to_degrees = Transformer.from_crs(UTM_SRID, 4326, always_xy=True)
    fields: list[tuple[str, object]] = []
    for corner, place in corners.items():
        longitude, latitude = to_degrees.transform(*place)
        fields.append((f"CORNER_{corner}_LAT_PRODUCT", f"{latitude:.5f}~"))
        fields.append((f"CORNER_{corner}_LON_PRODUCT", f"{longitude:.5f}~"))
    for corner, (x, y) in corners.items():
        fields.append((f"CORNER_{corner}_PROJECTION_X_PRODUCT", x))
        fields.append((f"CORNER_{corner}_PROJECTION_Y_PRODUCT", y))
    return fields


def _stated(value: object) -> str:
    """A value as ODL writes it: text quoted, numbers and dates bare (a final ~ marks bare text)."""
    if isinstance(value, str):
        return value[:-1] if value.endswith("~") else f'"{value}"'
    return str(value)
