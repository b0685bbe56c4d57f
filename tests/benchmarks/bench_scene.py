"""A full-size Landsat scene to masked temperature, NDVI and albedo on the town's 20 × 20 km: `make bench`.

Bound: what reading the file blocks over the town costs, however large the scene; prints the bytes read.
Smaller trials: python -m tests.benchmarks.bench_scene --width 2000 --height 2000
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from heat_islands.science.encoding import SCENE_BANDS
from heat_islands.science.grid import BLOCK, Grid
from heat_islands.science.landsat import LandsatProduct
from heat_islands.science.onto_grid import native_layers, read_native, window_over
from heat_islands.science.products import open_products
from tests.benchmarks.bench_composite import peak_mb

PRODUCT = "LC08_L2SP_199026_20240721_20240729_02_T1"
GRID = Grid.around((646_270.0, 6_857_900.0, 649_800.0, 6_860_700.0), 2154)  # Issy-les-Moulineaux
TOWN_UTM = (446_200.0, 5_408_100.0)  # the same place in EPSG:32631, in the middle of the scene
BOUND_BYTES_RATIO = (
    1.25  # bytes read ÷ bytes of the blocks over the town: headers and indexes come on top
)


def write_scene(folder: Path, width: int, height: int) -> None:
    """Nine bands of noise, tiled and deflated as USGS delivers them; one 1,000-pixel pattern repeated."""
    rng = np.random.default_rng(8)
    transform = Affine(30, 0, TOWN_UTM[0] - 15 * width, 0, -30, TOWN_UTM[1] + 15 * height)
    bands = {
        "ST_B10": (44_000, 900, "uint16"),
        "ST_QA": (350, 60, "int16"),
        "QA_PIXEL": (21_824, 0, "uint16"),
    }
    bands |= {f"SR_B{n}": (12_000, 1_500, "uint16") for n in range(2, 8)}
    for band, (middle, spread, dtype) in bands.items():
        pattern = (middle + spread * rng.standard_normal((1000, 1000))).astype(dtype)
        if band == "QA_PIXEL":
            pattern[400:600, 300:700] = 22_280  # cloud
        repeats = (-(-height // 1000), -(-width // 1000))
        with rasterio.open(
            folder / f"{PRODUCT}_{band}.TIF",
            "w",
            driver="GTiff",
            width=width,
            height=height,
            count=1,
            dtype=dtype,
            nodata=-9999 if dtype == "int16" else None if band == "QA_PIXEL" else 0,
            crs="EPSG:32631",
            transform=transform,
            tiled=True,
            blockxsize=256,
            blockysize=256,
            compress="deflate",
            zlevel=1,
            predictor=2,
            num_threads=2,
        ) as file:
            file.write(np.tile(pattern, repeats)[:height, :width], 1)


def bytes_read() -> int:
    """Bytes this process has read so far, whether from disk or from the system's cache."""
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("rchar:"):
            return int(line.split()[1])
    raise RuntimeError("this system counts no bytes")


def measure(folder: Path) -> None:
    """Prints the figures; in a process of its own, so that its peak memory is the reading's alone."""
    (product,) = open_products(folder)
    assert isinstance(product, LandsatProduct)
    window = window_over(product, GRID)
    assert window is not None
    needed, whole = product.bytes_needed(window), sum(file.size for file in product.files.values())
    # Warm: both timings read from the system's cache, and no library is imported in between.
    native_layers(product.read(window))
    started = time.perf_counter()
    for band in product.files:
        product.numbers(band, window)
    reading = time.perf_counter() - started
    before, started, used = bytes_read(), time.perf_counter(), time.process_time()
    native = read_native(product, GRID)
    assert native is not None
    read = bytes_read() - before
    stored = [
        [
            band.encode(layer)
            for band, layer in zip(SCENE_BANDS, native.onto(GRID.crop(block)), strict=True)
        ]
        for block in GRID.blocks(BLOCK)
    ]
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    size = f"{product.width} × {product.height}"
    print(
        f"scene of {size} to masked LST, NDVI, albedo (and 3 more) on {GRID.width} × {GRID.height} cells: "
        f"{seconds:.2f} s ({processor:.2f} s of processor) in {len(stored)} blocks; "
        f"merely reading the same blocks {reading:.2f} s"
    )
    print(
        f"scene of {size}, bytes read: {read / 1e6:.1f} MB; the blocks over the town hold {needed / 1e6:.1f} MB "
        f"(ratio {read / needed:.2f}, bound {BOUND_BYTES_RATIO}); the files hold {whole / 1e6:.0f} MB"
    )
    print(f"scene of {size}, peak memory: {peak_mb():.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=7800)
    parser.add_argument("--height", type=int, default=7900)
    parser.add_argument("--measure", type=Path, help="only measure, on the product in this folder")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return
    with tempfile.TemporaryDirectory(prefix="bench-scene-") as folder:
        write_scene(Path(folder), options.width, options.height)
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.bench_scene", "--measure", folder], check=True
        )


if __name__ == "__main__":
    main()
