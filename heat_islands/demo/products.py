"""Everything a simulated town would download: its scenes and its maps, as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from heat_islands.demo.cover import write_canopy, write_cover
from heat_islands.demo.product import is_complete, product_id, write_product
from heat_islands.demo.sensor import Landsat
from heat_islands.demo.town import DemoTown, Progress

COVER_NAME, CANOPY_NAME = "cover-5m.tif", "canopy-height-10m.tif"


@dataclass(frozen=True)
class DemoProducts:
    """Where a town's products lie: scene folders in order of date, cover map, canopy heights."""

    scene_dirs: list[Path]
    cover: Path
    canopy: Path


def write_products(
    town: DemoTown, directory: Path, progress: Progress | None = None
) -> DemoProducts:
    """Writes what is missing of a town's products under `directory`: one directory a town.

    Interruptible: every scene folder and map appears whole or not at all, and what is there is kept.
    `progress(subject, done, total)` is called after each product.
    """
    directory.mkdir(parents=True, exist_ok=True)
    landsat = Landsat(town)
    total = len(town.days) + 2
    folders = []
    for done, day in enumerate(town.days, start=1):
        folder = directory / product_id(day)
        if not is_complete(folder):
            folder = write_product(landsat.measure(day), directory)
        folders.append(folder)
        if progress:
            progress(folder.name, done, total)
    cover = write_cover(town.seed, town.surface, directory / COVER_NAME, town.cover_shift_m)
    if progress:
        progress(cover.name, total - 1, total)
    canopy = write_canopy(town.seed, town.surface, directory / CANOPY_NAME)
    if progress:
        progress(canopy.name, total, total)
    return DemoProducts(folders, cover, canopy)
