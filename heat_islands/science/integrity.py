"""Whether a GeoTIFF is whole, and how much of it a window needs, both from its header alone."""

from __future__ import annotations

from collections.abc import Iterator

import rasterio
from rasterio.errors import RasterioIOError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from heat_islands.science.errors import ProductError


def open_raster(path: str, name: str) -> DatasetReader:
    """Open `path` or say in one sentence that `name` cannot be read; the caller closes it."""
    try:
        return rasterio.open(path)
    except RasterioIOError as error:
        raise ProductError(
            f"{name} cannot be read (empty, truncated or no TIFF): download it again."
        ) from error


def _block_extents(dataset: DatasetReader, window: Window | None) -> Iterator[tuple[int, int]]:
    """Offset and length in bytes of each stored block of band 1 that meets `window` (all without one)."""
    height, width = dataset.block_shapes[0]
    if window is None:
        window = Window(0, 0, dataset.width, dataset.height)
    first_row, first_col = int(window.row_off) // height, int(window.col_off) // width
    last_row = int(window.row_off + window.height - 1) // height
    last_col = int(window.col_off + window.width - 1) // width
    for row in range(first_row, last_row + 1):
        for col in range(first_col, last_col + 1):
            offset = dataset.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=1)
            length = dataset.get_tag_item(f"BLOCK_SIZE_{col}_{row}", "TIFF", bidx=1)
            if offset is not None and length is not None:  # absent: a sparse block, all fill
                yield int(offset), int(length)


def check_whole(dataset: DatasetReader, name: str, file_bytes: int) -> None:
    """Raise :class:`ProductError` where the header promises blocks beyond the end of a file of `file_bytes`."""
    end = max((offset + length for offset, length in _block_extents(dataset, None)), default=0)
    if end > file_bytes:
        raise ProductError(
            f"{name} is truncated: its header promises {end:,} bytes, the file has {file_bytes:,}; "
            "download it again."
        )


def bytes_needed(dataset: DatasetReader, window: Window) -> int:
    """Compressed bytes of the blocks of band 1 that `window` meets: what reading it costs."""
    return sum(length for _, length in _block_extents(dataset, window))
