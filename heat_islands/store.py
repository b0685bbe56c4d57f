"""Rasters on disk: written aside and moved into place whole, so that nobody ever meets half a file."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, DatasetWriter
from rasterio.windows import Window

from greening.errors import BadInput
from heat_islands.science.encoding import NODATA, Band
from heat_islands.science.grid import BLOCK, Block, Grid

Int16Array = NDArray[np.int16]

#: Measured on a resampled scene: 7 ns a value to read against Deflate's 11, 15 to write against 41, 15 %
#: more bytes.
COMPRESSION = {"compress": "ZSTD", "zstd_level": 1, "predictor": 2}
PARTIAL = ".partial"


class CannotWrite(BadInput):
    """The disk did not take what was written."""


@contextmanager
def whole_directory(final: Path) -> Iterator[Path]:
    """A directory to fill that becomes `final` in one step when the block ends well, and else leaves nothing.

    An older `final` is replaced. What a killed process left behind is removed on the way. A full disk, here or in
    GDAL, is raised as :class:`CannotWrite`.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(final.parent)
    partial = final.parent / f".{final.name}.{os.getpid()}{PARTIAL}"
    try:
        partial.mkdir()
        yield partial
        if final.exists():
            replaced = final.parent / f".{final.name}.{os.getpid()}.old{PARTIAL}"
            final.rename(replaced)
            partial.rename(final)
            shutil.rmtree(replaced)
        else:
            partial.rename(final)
    except OSError as error:
        if isinstance(error, RasterioError) or error.errno in (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EFBIG,
        ):
            raise CannotWrite(
                f"{final.name} could not be written: the disk is full or not writable; nothing was kept. "
                "Free some space and run the same command again."
            ) from error
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _remove_leftovers(folder: Path) -> None:
    for left in folder.glob(f".*{PARTIAL}"):
        process = left.name.removesuffix(PARTIAL).removesuffix(".old").rpartition(".")[2]
        if not (process.isdigit() and Path(f"/proc/{process}").exists()):
            shutil.rmtree(left, ignore_errors=True)


class BandWriter:
    """A tiled int16 GeoTIFF on a grid, written block by block; :meth:`close` proves it is on the disk."""

    def __init__(
        self, path: Path, grid: Grid, bands: tuple[Band, ...], *, overview: int | None = None
    ) -> None:
        self.path = path
        self.grid = grid
        self.bands = bands
        self._overview = overview
        self._sums: dict[Block, str] = {}
        self._file: DatasetWriter = rasterio.open(path, "w", **profile(grid, len(bands)))
        describe(self._file, bands)

    def write(self, block: Block, stored: Int16Array) -> None:
        """`stored` (bands, height, width) into the cells of `block`."""
        self._file.write(stored, window=_window(block))
        self._sums[block] = _digest(stored)

    def close(self) -> str:
        """Finish the file, read it back, and return a hash of its contents (not of its encoding)."""
        if self._overview:
            self._file.build_overviews([self._overview], Resampling.nearest)
        self._file.close()  # GDAL only logs a full disk here, so:
        total = hashlib.sha256(json.dumps(self.grid.as_dict()).encode())
        with rasterio.open(self.path) as written:
            for block, digest in self._sums.items():
                if _digest(written.read(window=_window(block))) != digest:
                    raise OSError(errno.ENOSPC, f"{self.path.name} reads back other than written")
                total.update(digest.encode())
        return total.hexdigest()

    def abandon(self) -> None:
        """Close without a word: the directory around it is about to be removed."""
        try:
            self._file.close()
        except RasterioError:
            return


@contextmanager
def band_writer(
    path: Path, grid: Grid, bands: tuple[Band, ...], *, overview: int | None = None
) -> Iterator[BandWriter]:
    """A :class:`BandWriter` for a ``with`` block that calls :meth:`BandWriter.close` itself."""
    writer = BandWriter(path, grid, bands, overview=overview)
    try:
        yield writer
    except BaseException:
        writer.abandon()
        raise


def profile(grid: Grid, count: int) -> dict[str, Any]:
    """Creation options of a tiled int16 GeoTIFF on `grid`."""
    return {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": count,
        "dtype": "int16",
        "nodata": NODATA,
        "crs": CRS.from_epsg(grid.srid),
        "transform": grid.transform,
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "interleave": "band",
        "bigtiff": "if_safer",
        **COMPRESSION,
    }


def describe(dataset: DatasetWriter, bands: tuple[Band, ...]) -> None:
    """Names, units, scales and offsets of the bands, in the file itself."""
    dataset.descriptions = tuple(band.name for band in bands)
    dataset.scales = tuple(band.scale for band in bands)
    dataset.offsets = tuple(band.offset for band in bands)
    dataset.units = tuple("" if band.unit == "1" else band.unit for band in bands)


def read_back(path: Path, name: str, block: Block | None = None) -> NDArray[np.float32]:
    """A named band of one of our rasters, unscaled float32, NaN where not known; a block of it, or all.

    Raises :class:`BadInput` where the file or the band is not there.
    """
    try:
        dataset: DatasetReader = rasterio.open(path)
    except RasterioError as error:
        raise BadInput(f"{path.name} is gone or damaged: build it again.") from error
    with dataset:
        if name not in dataset.descriptions:
            raise BadInput(
                f"{path.name} has no layer {name}: it has {', '.join(map(str, dataset.descriptions))}."
            )
        number = dataset.descriptions.index(name)
        band = Band(
            name, dataset.units[number] or "1", dataset.scales[number], dataset.offsets[number]
        )
        return band.decode(
            dataset.read(number + 1, window=None if block is None else _window(block))
        )


def grid_of(path: Path) -> Grid:
    """The grid of one of our rasters."""
    with rasterio.open(path) as dataset:
        return Grid(
            srid=int(dataset.crs.to_epsg()),
            left=dataset.transform.c,
            top=dataset.transform.f,
            width=dataset.width,
            height=dataset.height,
            resolution=dataset.transform.a,
        )


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _window(block: Block) -> Window:
    return Window(block.col, block.row, block.width, block.height)


def _digest(stored: Int16Array) -> str:
    return hashlib.sha256(stored.tobytes()).hexdigest()
