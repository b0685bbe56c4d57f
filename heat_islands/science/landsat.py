"""Landsat 8/9 Collection 2 Level 2 products (L2SP): folders and tars, with whatever bands they came with."""

from __future__ import annotations

import datetime as dt
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from heat_islands.science import integrity, temperature
from heat_islands.science.errors import ProductError
from heat_islands.science.products import (
    BoolArray,
    FloatArray,
    NotThisKind,
    Pixels,
    Product,
    reader,
)
from heat_islands.science.temperature import THERMAL_BANDS, ThermalBand

# Surface reflectance, uint16, fill 0 [USGS LSDS-1619, Landsat 8-9 C2 L2 Science Product Guide, table 6-1]
SR_SCALE = 2.75e-5
SR_OFFSET = -0.2
UNSIGNED_FILL = 0  # SR_B*, ST_B10
SIGNED_FILL = -9999  # ST_QA and the radiance intermediates
SATURATED = 65535  # the largest uint16: the sensor or the scaling ran out of numbers

#: QA_PIXEL bits 0–5: fill, dilated cloud, cirrus, cloud, cloud shadow, snow [USGS LSDS-1619, table 6-3]. Bit 6
#: ("clear") alone is wrong: 23888 occurs in real scenes with clear *and* shadow set.
NOT_CLEAR_BITS = 0b111111
QA_FILL_BIT = 0b1

REFLECTIVE = {
    "blue": "SR_B2",
    "green": "SR_B3",
    "red": "SR_B4",
    "nir": "SR_B5",
    "swir1": "SR_B6",
    "swir2": "SR_B7",
}
#: QA_RADSAT's bit of each reflective band: bit n−1 is set where band n saturated [same guide, table 6-4].
RADSAT_BITS = {"blue": 1, "green": 2, "red": 3, "nir": 4, "swir1": 5, "swir2": 6}
INTERMEDIATES = {  # band → scale; what ST was retrieved from
    "ST_TRAD": temperature.RADIANCE_SCALE,
    "ST_URAD": temperature.RADIANCE_SCALE,
    "ST_DRAD": temperature.RADIANCE_SCALE,
    "ST_ATRAN": temperature.UNIT_SCALE,
    "ST_EMIS": temperature.UNIT_SCALE,
}
#: What a complete product brings of what is used here; absences are recorded, only ST_B10 is indispensable.
EXPECTED = ("QA_PIXEL", "ST_QA", *REFLECTIVE.values())
USED = ("ST_B10", *EXPECTED, "QA_RADSAT", *INTERMEDIATES)

_PRODUCT_ID = re.compile(
    r"(?P<sensor>L[A-Z])(?P<satellite>\d\d)_(?P<level>L[0-9][A-Z]{2})_(?P<path>\d{3})(?P<row>\d{3})"
    r"_(?P<acquired>\d{8})(?:_(?P<processed>\d{8}))?_(?P<collection>\d\d)_(?P<tier>T1|T2|RT)"
)
_PLATFORMS = {"08": "LANDSAT_8", "09": "LANDSAT_9"}


@dataclass(frozen=True)
class _File:
    """A member of a folder or tar: the name GDAL opens it by, and its length in bytes."""

    name: str
    gdal_path: str
    size: int


@dataclass(frozen=True)
class LandsatProduct(Product):
    """A Landsat L2SP product; `files` maps band names (ST_B10, SR_B4, QA_PIXEL …) to what GDAL opens."""

    files: Mapping[str, _File] = field(repr=False)
    metadata: Mapping[str, str] = field(repr=False)
    path_row: str = ""

    @property
    def thermal_band(self) -> ThermalBand:
        """K1 and K2 of band 10: the product's own where its MTL carries them."""
        recalled = THERMAL_BANDS[self.platform]
        return ThermalBand(
            k1=float(self.metadata.get("K1_CONSTANT_BAND_10", recalled.k1)),
            k2=float(self.metadata.get("K2_CONSTANT_BAND_10", recalled.k2)),
        )

    @property
    def is_synthetic(self) -> bool:
        return "synthetic" in self.metadata.get("ORIGIN", "").lower()

    def weather(self) -> dict[str, float | str]:
        found: dict[str, float | str] = {}
        for key, name in (
            ("SUN_ELEVATION", "sun_elevation_deg"),
            ("CLOUD_COVER_LAND", "cloud_cover_land_percent"),
        ):
            if key in self.metadata:
                found[name] = float(self.metadata[key])
        return found

    def numbers(self, band: str, window: Window | None = None) -> NDArray[np.integer]:
        """The digital numbers of one band, as stored, fill included."""
        file = self.files[band]
        try:
            with rasterio.open(file.gdal_path) as dataset:
                return np.asarray(dataset.read(1, window=window))
        except RasterioIOError as error:
            raise ProductError(
                f"{file.name} cannot be read to its end (truncated or damaged): download it again."
            ) from error

    def read(self, window: Window | None = None) -> Pixels:
        thermal = self.numbers("ST_B10", window)
        has_temperature = (thermal != UNSIGNED_FILL) & (thermal != SATURATED)
        temperature_k = _scaled(
            thermal,
            has_temperature,
            float(self.metadata.get("TEMPERATURE_MULT_BAND_ST_B10", temperature.ST_SCALE_K)),
            float(self.metadata.get("TEMPERATURE_ADD_BAND_ST_B10", temperature.ST_OFFSET_K)),
        )
        uncertainty_k = (
            self._signed("ST_QA", temperature.ST_QA_SCALE_K, window)
            if self.has_uncertainty
            else None
        )
        saturated = self.numbers("QA_RADSAT", window) if "QA_RADSAT" in self.files else None
        reflectance = {}
        for name, band in REFLECTIVE.items():
            if band not in self.files:
                continue
            dn = self.numbers(band, window)
            known = (dn != UNSIGNED_FILL) & (dn != SATURATED)
            if saturated is not None:
                known &= saturated >> RADSAT_BITS[name] & 1 == 0
            reflectance[name] = _scaled(dn, known, SR_SCALE, SR_OFFSET)
        if self.has_clear_mask:
            clear = is_clear(self.numbers("QA_PIXEL", window))
        else:
            clear = thermal != UNSIGNED_FILL
        transform = self.transform
        if window is not None:
            transform = transform @ type(transform).translation(window.col_off, window.row_off)
        return Pixels(temperature_k, uncertainty_k, reflectance, clear, transform)

    def intermediates(self, window: Window | None = None) -> dict[str, FloatArray]:
        """The retrieval's own inputs (radiances, transmittance, emissivity) by band name, NaN where fill.

        Raises :class:`ProductError` where the product came without one of them.
        """
        absent = [band for band in INTERMEDIATES if band not in self.files]
        if absent:
            raise ProductError(
                f"{self.product_id} came without {', '.join(absent)}: its temperature cannot be checked."
            )
        return {band: self._signed(band, scale, window) for band, scale in INTERMEDIATES.items()}

    def recomputed_temperature_k(self, window: Window | None = None) -> FloatArray:
        """Surface temperature computed again from the product's own intermediates, K: the closure check."""
        parts = self.intermediates(window)
        with np.errstate(invalid="ignore", divide="ignore"):
            result = temperature.surface_temperature(
                parts["ST_TRAD"],
                transmittance=parts["ST_ATRAN"],
                upwelling=parts["ST_URAD"],
                downwelling=parts["ST_DRAD"],
                emissivity=parts["ST_EMIS"],
                band=self.thermal_band,
            )
        return np.asarray(result, dtype=np.float32)

    def bytes_needed(self, window: Window) -> int:
        """Compressed bytes of the file blocks that :meth:`read` of `window` touches."""
        total = 0
        for band in ("ST_B10", "QA_RADSAT", *EXPECTED):
            if band in self.files:
                with rasterio.open(self.files[band].gdal_path) as dataset:
                    total += integrity.bytes_needed(dataset, window)
        return total

    def _signed(self, band: str, scale: float, window: Window | None) -> FloatArray:
        dn = self.numbers(band, window)
        return _scaled(dn, dn != SIGNED_FILL, scale, 0.0)


def is_clear(qa_pixel: NDArray[np.integer]) -> BoolArray:
    """True where QA_PIXEL shows neither fill, dilated cloud, cirrus, cloud, shadow nor snow.

    >>> is_clear(np.array([21824, 21952, 22280, 23888], dtype=np.uint16)).tolist()  # clear, water, cloud, shadow
    [True, True, False, False]
    """
    return np.asarray(qa_pixel & NOT_CLEAR_BITS == 0)


def reflectance(dn: NDArray[np.number] | float) -> NDArray[np.floating]:
    """Surface reflectance of SR digital numbers; the caller masks fill (0).

    >>> round(float(reflectance(18639.0)), 7)
    0.3125725
    """
    return np.asarray(dn) * SR_SCALE + SR_OFFSET


def _scaled(dn: NDArray[np.integer], known: BoolArray, scale: float, offset: float) -> FloatArray:
    values = dn.astype(np.float32)
    values *= np.float32(scale)
    values += np.float32(offset)
    values[~known] = np.nan
    return values


@reader("Landsat Collection 2 Level 2")
def open_landsat(path: Path) -> list[Product]:
    """Every Landsat L2SP product in a folder or tar, checked but not read.

    Raises :class:`ProductError` with one sentence for the wrong level or satellite, a missing thermal band, an
    unreadable or truncated file, bands on different grids, or no CRS.
    """
    groups: dict[str, dict[str, _File]] = {}
    for file in _files(path):
        match = _PRODUCT_ID.match(file.name)
        if match:
            rest = file.name[match.end() + 1 :]
            groups.setdefault(match.group(), {})[Path(rest).stem] = file
    if not groups:
        raise NotThisKind(f"{path.name} holds no file named like a Landsat Collection 2 product.")
    return [_product(product_id, files) for product_id, files in sorted(groups.items())]


def _files(path: Path) -> list[_File]:
    """Members of a folder (not below it) or of a tar."""
    if path.is_dir():
        return [
            _File(p.name, str(p), p.stat().st_size) for p in sorted(path.iterdir()) if p.is_file()
        ]
    if ".tar" not in path.suffixes and path.suffix != ".tgz":
        raise NotThisKind(f"{path.name} is neither a folder nor a tar.")
    try:
        with tarfile.open(path) as tar:
            return [
                _File(
                    Path(m.name).name,
                    f"/vsitar/{{{path.resolve()}}}/{m.name.removeprefix('./')}",
                    m.size,
                )
                for m in tar
                if m.isfile()
            ]
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ProductError(
            f"{path.name} cannot be read (empty, truncated or no tar): download it again."
        ) from error


def _product(product_id: str, files: dict[str, _File]) -> LandsatProduct:
    match = _PRODUCT_ID.fullmatch(product_id)
    assert match is not None, product_id  # noqa: S101 — the caller found it with the same pattern
    level, satellite = match["level"], match["satellite"]
    if satellite not in _PLATFORMS:
        raise ProductError(
            f"{product_id} is not of Landsat 8 or 9: only their thermal band 10 is read."
        )
    if level != "L2SP":
        kind = (
            "reflectance without surface temperature"
            if level == "L2SR"
            else "not surface temperature"
        )
        raise ProductError(
            f"{product_id} is level {level}, {kind}: order the Level-2 Science Product (L2SP) instead."
        )
    if "ST_B10" not in files:
        raise ProductError(
            f"{product_id} has no thermal band: {product_id}_ST_B10.TIF is missing; download it again."
        )
    metadata = _metadata(files["MTL"]) if "MTL" in files else {}
    if metadata.get("PROCESSING_LEVEL", "L2SP") != "L2SP":
        raise ProductError(
            f"{product_id}: its MTL says level {metadata['PROCESSING_LEVEL']}; the L2SP product is needed."
        )
    grid = _check_bands(product_id, {band: file for band, file in files.items() if band in USED})
    acquired_at, time_known = _acquired(match["acquired"], metadata.get("SCENE_CENTER_TIME"))
    absent = tuple(band for band in EXPECTED if band not in files)
    return LandsatProduct(
        product_id=product_id,
        acquisition_id=f"{match['sensor']}{satellite}_{match['path']}{match['row']}_{match['acquired']}",
        platform=_PLATFORMS[satellite],
        acquired_at=acquired_at,
        time_known=time_known,
        processed_on=_day(match["processed"]) if match["processed"] else None,
        missing=absent if metadata else (*absent, "MTL"),
        crs=grid.crs,
        transform=grid.transform,
        width=grid.width,
        height=grid.height,
        files=files,
        metadata=metadata,
        path_row=match["path"] + match["row"],
    )


def _check_bands(product_id: str, files: dict[str, _File]) -> DatasetReader:
    """The (closed) thermal dataset, whose grid every other band was found to share."""
    with integrity.open_raster(files["ST_B10"].gdal_path, files["ST_B10"].name) as thermal:
        if thermal.crs is None:
            raise ProductError(
                f"{files['ST_B10'].name} has no coordinate reference system: download it again."
            )
        for file in files.values():
            with integrity.open_raster(file.gdal_path, file.name) as dataset:
                integrity.check_whole(dataset, file.name, file.size)
                if dataset.crs is None:
                    raise ProductError(
                        f"{file.name} has no coordinate reference system: download it again."
                    )
                same = (dataset.crs, dataset.shape) == (thermal.crs, thermal.shape)
                if not same or not dataset.transform.almost_equals(
                    thermal.transform, precision=1e-6
                ):
                    raise ProductError(
                        f"{file.name} is not on the same grid as {files['ST_B10'].name}: "
                        f"the bands of {product_id} do not belong together."
                    )
        return thermal


def _metadata(file: _File) -> dict[str, str]:
    """The keys of an MTL.txt, groups flattened; the first of a repeated key, which is the Level-2 record."""
    if file.gdal_path.startswith("/vsitar/"):
        tar_path, _, inner = file.gdal_path.removeprefix("/vsitar/{").partition("}/")
        with tarfile.open(tar_path) as tar:
            member = next(m for m in tar if m.name.removeprefix("./") == inner)
            handle = tar.extractfile(member)
            text = handle.read().decode("ascii", "replace") if handle else ""
    else:
        text = Path(file.gdal_path).read_text("ascii", "replace")
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip() not in ("GROUP", "END_GROUP"):
            found.setdefault(key.strip(), value.strip().strip('"'))
    return found


def _day(digits: str) -> dt.date:
    try:
        return dt.datetime.strptime(digits, "%Y%m%d").replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise ProductError(f"{digits} in the product's name is no date.") from error


def _acquired(day: str, time: str | None) -> tuple[dt.datetime, bool]:
    noon = dt.datetime.combine(_day(day), dt.time(12), tzinfo=dt.UTC)
    if time is None:
        return noon, False
    # "11:10:50.3140030Z": seven decimals, one more than Python parses
    return dt.datetime.combine(
        _day(day), dt.time.fromisoformat(time.rstrip("Z")[:15]), tzinfo=dt.UTC
    ), True
