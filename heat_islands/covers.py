"""Land cover and canopy height into the town: fractions on the canonical grid, kept once per source."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from rasterio.io import DatasetReader

from greening.models import Commune
from heat_islands.models import Cover
from heat_islands.science.cover import CLASSES
from heat_islands.science.cover_mapping import Mapping, UnknownCodes
from heat_islands.science.encoding import Band
from heat_islands.science.grid import Block, Grid
from heat_islands.science.land_cover import (
    Source,
    mean_height,
    open_raster,
    open_source,
    raster_block,
    readable,
    require_overlap,
)
from heat_islands.store import band_writer, read_back, whole_directory
from heat_islands.territory import territory_grid

FloatArray = npt.NDArray[np.float32]
#: Wraps the blocks of a map to show how far it is; the identity where nobody looks.
Progress = Callable[[Iterable[Block]], Iterable[Block]]

FRACTIONS = tuple(Band(name, "1", 0.0001) for name in CLASSES)
CANOPY = (Band("canopy_height", "m", 0.01),)
#: What the files of a shapefile are called beside its .shp: all of them are the source.
SHAPEFILE = (".dbf", ".shx", ".prj", ".cpg")


def add_cover(
    path: Path,
    *,
    mapping: str = "",
    canopy: Path | None = None,
    observed_on: dt.date | None = None,
    name: str = "",
    synthetic: bool = False,
    layer: str = "",
    attribute: str = "",
    progress: Progress | None = None,
) -> Cover:
    """The land cover at `path` (and canopy heights, metres) as the town's; of the same source, the row it has.

    `mapping` names a built-in one or a JSON file; without it, the map's own codes or attributes tell.
    Raises :class:`ProductError` or :class:`OutsideTerritory` in one sentence, and leaves neither file nor row.
    """
    grid = territory_grid(Commune.objects.the())
    with readable(path):
        source = open_source(path, layer=layer, attribute=attribute)
        chosen = Mapping.load(mapping or source.guess())
    heights = nullcontext() if canopy is None else closing(open_raster(canopy))
    with heights as height_map:
        digest = _digest(path, canopy, chosen, grid, layer, attribute)
        known = Cover.objects.filter(sha256=digest).first()
        if known is not None and (known.path / "fractions.tif").exists():
            return _renamed(known, name, observed_on)
        directory = f"covers/{digest[:16]}"
        with whole_directory(settings.DATA_DIR / directory) as folder:
            with readable(path):
                covered = _write_fractions(source, chosen, grid, folder, progress)
            require_overlap(covered, path)
            if canopy is not None:
                with readable(canopy):
                    require_overlap(_write_canopy(height_map, grid, folder, progress), canopy)
    facts = {
        "name": name or path.stem,
        "grid": grid.as_dict(),
        "directory": directory,
        "resolution_m": source.resolution_m,
        "mapping": chosen.as_dict(),
        "observed_on": observed_on,
        "has_canopy_height": canopy is not None,
        "covered_share": covered / (grid.width * grid.height),
        "synthetic": synthetic,
    }
    return Cover.objects.update_or_create(sha256=digest, defaults=facts)[0]


def read_fractions(cover: Cover, block: Block | None = None) -> FloatArray:
    """Fractions (6, H, W) of `cover` in the order of CLASSES, over a block or the whole grid.

    They sum to 1 where the cover is known and are NaN where it is not.
    """
    path = cover.path / "fractions.tif"
    stored = np.stack([read_back(path, name, block) for name in CLASSES])
    # Each was rounded to 1e-4 in the file; the sum is made 1 again.
    total: FloatArray = stored / stored.sum(axis=0)
    return total


def read_canopy(cover: Cover, block: Block | None = None) -> FloatArray | None:
    """Canopy height (H, W) in metres, NaN where not known; None where the cover came without."""
    if not cover.has_canopy_height:
        return None
    return read_back(cover.path / "canopy.tif", CANOPY[0].name, block)


def _write_fractions(
    source: Source, mapping: Mapping, grid: Grid, folder: Path, progress: Progress | None
) -> int:
    """Write fractions.tif; the number of cells that are known."""
    known = 0
    unknown: set[str] = set()
    with band_writer(folder / "fractions.tif", grid, FRACTIONS) as writer:
        for block in _shown(grid, source.block_size(grid), progress):
            try:
                fractions = source.fractions(grid.crop(block), mapping)
            except UnknownCodes as error:
                unknown.update(error.args)
                continue
            if unknown:
                continue
            known += int(np.isfinite(fractions[0]).sum())
            writer.write(
                block,
                np.stack([b.encode(f) for b, f in zip(FRACTIONS, fractions, strict=True)]),
            )
        if unknown:
            raise UnknownCodes(_sentence(unknown, mapping))
        writer.close()
    return known


def _write_canopy(
    heights: DatasetReader | None, grid: Grid, folder: Path, progress: Progress | None
) -> int:
    """Write canopy.tif; the number of cells whose height is known."""
    if heights is None:
        return 0
    known = 0
    with band_writer(folder / "canopy.tif", grid, CANOPY) as writer:
        for block in _shown(grid, raster_block(heights, grid), progress):
            mean = mean_height(heights, grid.crop(block))
            known += int(np.isfinite(mean).sum())
            writer.write(block, CANOPY[0].encode(mean)[np.newaxis])
        writer.close()
    return known


def _shown(grid: Grid, size: int, progress: Progress | None) -> Iterable[Block]:
    blocks = list(grid.blocks(size))
    return progress(blocks) if progress else blocks


def _sentence(codes: set[str], mapping: Mapping) -> str:
    listed = ", ".join(sorted(codes)[:20]) + (
        f" and {len(codes) - 20} more" if len(codes) > 20 else ""
    )
    return (
        f"Mapping “{mapping.name}” does not know the codes {listed}: choose another with --mapping, or give a "
        "JSON file that names them (under “unknown” where they tell nothing)."
    )


def _renamed(cover: Cover, name: str, observed_on: dt.date | None) -> Cover:
    """The same source again: no twin, only what was said anew about it."""
    cover.name = name or cover.name
    cover.observed_on = observed_on or cover.observed_on
    cover.save(update_fields=["name", "observed_on"])
    return cover


def _digest(
    path: Path, canopy: Path | None, mapping: Mapping, grid: Grid, layer: str, attribute: str
) -> str:
    """A hash of everything that the fractions come from."""
    total = hashlib.sha256()
    facts: list[Any] = [mapping.as_dict()["classes"], grid.key, layer, attribute]
    total.update(json.dumps(facts, sort_keys=True).encode())
    for file in (*_files(path), *([canopy] if canopy else [])):
        with file.open("rb") as content:
            total.update(hashlib.file_digest(content, "sha256").digest())
    return total.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():  # an ESRI file geodatabase
        yield from sorted(file for file in path.rglob("*") if file.is_file())
        return
    yield path
    if path.suffix.lower() == ".shp":
        yield from (path.with_suffix(end) for end in SHAPEFILE if path.with_suffix(end).exists())
