"""Small genuine Landsat C2 L2SP product folders around Issy, for tests: every band valid by default."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

PRODUCT = "LC08_L2SP_199026_20240721_20240729_02_T1"
UTM_31N = "EPSG:32631"
#: 30 m pixels over Issy-les-Moulineaux: 5.4 × 4.5 km of UTM 31N that hold the town of CommuneFactory.
SHAPE = (150, 180)
CORNER = (443_985.0, 5_411_025.0)
CLEAR, CLOUD, SHADOW = 21824, 22280, 23888  # QA_PIXEL values seen in real scenes
REFLECTANCE = {2: 0.08, 3: 0.10, 4: 0.12, 5: 0.30, 6: 0.25, 7: 0.18}


def st_numbers(
    kelvin: float | NDArray[np.floating], shape: tuple[int, int] = SHAPE
) -> NDArray[np.uint16]:
    """ST_B10 digital numbers of a temperature."""
    dn = (np.broadcast_to(kelvin, shape) - 149.0) / 0.00341802
    return np.rint(dn).astype(np.uint16)


def write_band(
    path: Path,
    numbers: NDArray[np.integer],
    *,
    crs: str | None = UTM_31N,
    corner: tuple[float, float] = CORNER,
    pixel: float = 30.0,
) -> None:
    height, width = numbers.shape
    georeference = {"crs": crs} if crs else {}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=width,
        height=height,
        count=1,
        dtype=numbers.dtype,
        nodata=-9999 if numbers.dtype == np.int16 else 0,
        transform=Affine(pixel, 0, corner[0], 0, -pixel, corner[1]),
        tiled=True,
        blockxsize=64,
        blockysize=64,
        compress="deflate",
        **georeference,
    ) as band:
        band.write(numbers, 1)


def write_product(
    parent: Path,
    *,
    product: str = PRODUCT,
    kelvin: float | NDArray[np.floating] = 305.0,
    qa: NDArray[np.integer] | int = CLEAR,
    st_qa_k: float | NDArray[np.floating] = 3.0,
    without: tuple[str, ...] = (),
    bands: Mapping[str, NDArray[np.integer]] | None = None,
    corner: tuple[float, float] = CORNER,
    crs: str | None = UTM_31N,
) -> Path:
    """A product's folder; `bands` replaces whole bands, `without` leaves some out (MTL too)."""
    folder = parent / product
    folder.mkdir(parents=True)
    numbers: dict[str, NDArray[np.integer]] = {
        f"SR_B{n}": np.full(SHAPE, round((value + 0.2) / 2.75e-5), np.uint16)
        for n, value in REFLECTANCE.items()
    }
    numbers["ST_B10"] = st_numbers(kelvin)
    numbers["ST_QA"] = np.rint(np.broadcast_to(st_qa_k, SHAPE) * 100).astype(np.int16)
    numbers["QA_PIXEL"] = np.broadcast_to(np.asarray(qa, dtype=np.uint16), SHAPE).copy()
    numbers |= dict(bands or {})
    for band, values in numbers.items():
        if band not in without:
            write_band(folder / f"{product}_{band}.TIF", values, corner=corner, crs=crs)
    if "MTL" not in without:
        (folder / f"{product}_MTL.txt").write_text(
            "GROUP = LANDSAT_METADATA_FILE\n"
            "  GROUP = PRODUCT_CONTENTS\n"
            '    ORIGIN = "Synthetic, for a test"\n'
            f'    PROCESSING_LEVEL = "{product.split("_")[1]}"\n'
            "  END_GROUP = PRODUCT_CONTENTS\n"
            '    SCENE_CENTER_TIME = "10:40:07.1234560Z"\n'
            "    SUN_ELEVATION = 58.5\n"
            "END_GROUP = LANDSAT_METADATA_FILE\nEND\n"
        )
    return folder


def tar_of(folder: Path) -> Path:
    """The folder's files in a tar beside it, flat, as USGS delivers them."""
    path = folder.parent / f"{folder.name}.tar"
    with tarfile.open(path, "w") as tar:
        for file in sorted(folder.iterdir()):
            tar.add(file, arcname=file.name)
    return path
