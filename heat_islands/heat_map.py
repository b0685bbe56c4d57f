"""The town's heat map: chooses the scenes, fits the composite block by block, and lands it as files and a row."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.db import transaction
from numpy.typing import NDArray
from rasterio.warp import transform_bounds

from greening.crs import WGS84
from greening.errors import BadInput
from greening.models import Commune
from heat_islands import notes
from heat_islands.engine import engine
from heat_islands.heat_map_files import write_analysis_cog, write_display_cog, write_item
from heat_islands.models import HeatMap, HeatMapScene
from heat_islands.rural import RuralReference, rural_reference
from heat_islands.scenes import FILE, commune_mask
from heat_islands.science.composite import MIN_SCENES, SceneFit, fit_scenes
from heat_islands.science.encoding import HEAT_MAP_BANDS, NODATA
from heat_islands.science.grid import Block, Grid
from heat_islands.science.stack import BlockResult, Plan, composite_block, read_sample
from heat_islands.selection import Selection, in_season, select_scenes
from heat_islands.store import band_writer, read_back, whole_directory
from heat_islands.territory import territory_grid

METHOD = "scene+cell/1"  # raise it whenever the numbers change for the same inputs
FOLDER = "heat-maps"
DEFAULT_SLUG = "summer"
SUMMERS = 3
#: Cells that find the scene terms: scene errors correlate over some 300 m, so more cells tell little more.
SAMPLE_CELLS = 6000

#: Wraps the blocks of the territory to show how far it is; the identity where nobody looks.
Progress = Callable[[Iterable[Any], int], Iterable[Any]]


@dataclass
class _Sums:
    """Sum and count of the cell terms over a mask, gathered block by block."""

    total: float = 0.0
    count: int = 0

    def add(self, cell_k: NDArray[np.float32], mask: NDArray[np.bool_]) -> None:
        here = cell_k[mask & np.isfinite(cell_k)]
        self.total += float(here.sum(dtype=np.float64))
        self.count += here.size

    @property
    def mean(self) -> float:
        return self.total / self.count


@dataclass
class Build:
    """One build: what it is made of, before anything is computed. Two equal builds have one fingerprint."""

    commune: Commune
    grid: Grid
    selection: Selection
    slug: str
    min_scenes: int
    rural: RuralReference | None
    notes: list[str] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        facts = {
            "method": METHOD,
            "grid": self.grid.as_dict(),
            "commune": hashlib.sha256(bytes(self.commune.geom.wkb)).hexdigest(),
            "scenes": sorted(scene.sha256 for scene in self.selection.used),
            "refused": sorted(
                f"{scene.product_id}: {why}" for scene, why in self.selection.refused.items()
            ),
            "min_scenes": self.min_scenes,
            "cover": self.rural.sha256 if self.rural else None,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    @property
    def version(self) -> str:
        return self.fingerprint[:12]


def build_heat_map(
    *,
    date_from: dt.date | None = None,
    date_to: dt.date | None = None,
    slug: str | None = None,
    min_scenes: int = MIN_SCENES,
    any_season: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[HeatMap, bool]:
    """A new version of the heat map `slug`, and True; or the version that stands for the same inputs, and False.

    Scenes are those of the summer season (of any, with `any_season`) between the dates. Raises :class:`BadInput`
    with one sentence where no scene is left or no cell of the commune has `min_scenes` clear ones; then, and when
    interrupted, neither a file nor a row is left.
    """
    build = plan_build(date_from, date_to, slug, min_scenes, any_season)
    standing = HeatMap.objects.filter(slug=build.slug, version=build.version).first()
    directory = f"{FOLDER}/{build.slug}/{build.version}"
    if standing is not None and standing.analysis_path.exists() and standing.display_path.exists():
        return standing, False
    fit = fit_selection(build)
    with whole_directory(settings.DATA_DIR / directory) as folder:
        statistics = compute(build, fit, folder, workers, progress)
        item = _describe(build, fit, statistics, folder)
    return _save(build, fit, directory, statistics, item), True


def plan_build(
    date_from: dt.date | None,
    date_to: dt.date | None,
    slug: str | None,
    min_scenes: int,
    any_season: bool,
) -> Build:
    """The build that these options ask for, with its scenes chosen and its notes written; computes nothing."""
    if min_scenes < 1:
        raise BadInput("--min-scenes must be at least 1.")
    if date_from and date_to and date_from > date_to:
        raise BadInput(f"--from {date_from} is after --to {date_to}: swap them.")
    commune = Commune.objects.the()
    grid = territory_grid(commune)
    selection = select_scenes(grid, date_from, date_to, any_season)
    if len(selection.used) < min_scenes:
        raise BadInput(
            f"{len(selection.used)} usable scenes are below the rule of {min_scenes} clear ones in a cell: "
            f"add scenes, or accept a weaker map with --min-scenes {max(1, len(selection.used))}."
        )
    build = Build(
        commune,
        grid,
        selection,
        slug or _slug(date_from, date_to),
        min_scenes,
        rural_reference(grid),
    )
    build.notes = notes.of_build(
        selection.used, selection.refused, min_scenes, build.rural, SUMMERS, in_season
    )
    return build


def fit_selection(build: Build) -> SceneFit:
    """Scene terms and noise from the coarse samples of the chosen scenes."""
    paths = [str(scene.path / FILE) for scene in build.selection.used]
    lst_c = read_sample(paths, "lst", SAMPLE_CELLS) - np.float32(273.15)
    has_st_qa = any(scene.has_st_qa for scene in build.selection.used)
    return fit_scenes(lst_c, read_sample(paths, "st_qa", SAMPLE_CELLS) if has_st_qa else None)


def compute(
    build: Build, fit: SceneFit, folder: Path, workers: int | None, progress: Progress | None
) -> dict[str, Any]:
    """Run the kernel over the territory and write both COGs into `folder`; statistics over the commune."""
    used = build.selection.used
    plan = Plan(
        paths=tuple(str(scene.path / FILE) for scene in used),
        fit=fit,
        min_scenes=build.min_scenes,
        has_st_qa=any(scene.has_st_qa for scene in used),
        has_reflectance=any("SR_B4" not in scene.missing for scene in used),
    )
    inside = commune_mask(build.commune, build.grid)
    blocks = list(build.grid.blocks())
    town, country = _Sums(), _Sums()
    results = engine(workers).map(partial(composite_block, plan), blocks)
    pairs = zip(blocks, results, strict=True)
    for block, result in progress(pairs, len(blocks)) if progress else pairs:
        np.savez(folder / _name(block), **result._asdict())
        town.add(result.cell_k, inside[block.slices])
        if build.rural:
            country.add(result.cell_k, build.rural.mask[block.slices])
    if not town.count:
        raise BadInput(
            f"No cell of the commune has {build.min_scenes} clear scenes: add scenes, or accept a weaker map with "
            "a smaller --min-scenes."
        )
    tiled = folder / "tiled.tif"
    with band_writer(tiled, build.grid, HEAT_MAP_BANDS) as writer:
        for block in blocks:
            with np.load(folder / _name(block)) as kept:
                writer.write(
                    block,
                    finish_block(
                        BlockResult(**kept), fit, town.mean, country.mean if country.count else None
                    ),
                )
            (folder / _name(block)).unlink()
        writer.close()
    analysis = write_analysis_cog(tiled, folder)
    tiled.unlink()
    write_display_cog(analysis, folder)
    return _statistics(analysis, inside)


def finish_block(
    result: BlockResult, fit: SceneFit, town_k: float, country_k: float | None
) -> NDArray[np.int16]:
    """The eight stored bands of a block: (8, height, width), once both references are known."""
    bands = {band.name: band for band in HEAT_MAP_BANDS}
    cell = result.cell_k
    temperature_k = cell + np.float32(fit.term_c.mean() + 273.15)
    suhi = np.full(cell.shape, NODATA, dtype=np.int16)
    if country_k is not None:
        suhi = bands["suhi"].encode(cell - np.float32(country_k))
    return np.stack(
        [
            bands["temperature"].encode(temperature_k),
            bands["anomaly"].encode(cell - np.float32(town_k)),
            suhi,
            result.se,
            result.sigma,
            result.n,
            result.ndvi,
            result.albedo,
        ]
    )


def _statistics(analysis: Path, inside: NDArray[np.bool_]) -> dict[str, Any]:
    """Mean, percentiles and coverage of each band over the commune's cells; temperatures in °C."""
    rows, columns = np.nonzero(inside)
    top, left = int(rows.min()), int(columns.min())
    block = Block(top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1)
    mask = inside[block.slices]
    found: dict[str, Any] = {}
    for band in HEAT_MAP_BANDS:
        values = read_back(analysis, band.name, block)[mask]
        known = values[np.isfinite(values)]
        if band.name == "temperature":
            known = known - np.float32(273.15)
            found["coverage"] = round(known.size / values.size, 4)
        if known.size:
            low, middle, high = np.percentile(known, [2, 50, 98])
            numbers = {
                "mean": known.mean(),
                "p2": low,
                "median": middle,
                "p98": high,
                "min": known.min(),
                "max": known.max(),
            }
            found[band.name] = {name: round(float(number), 4) for name, number in numbers.items()}
    return found


def _describe(build: Build, fit: SceneFit, statistics: dict[str, Any], folder: Path) -> Path:
    used = build.selection.used
    return write_item(
        folder,
        slug=build.slug,
        version=build.version,
        title=_title(build),
        grid=build.grid,
        first=used[0].acquired_at,
        last=used[-1].acquired_at,
        scenes=[scene.product_id for scene in used],
        properties={
            "scene_count": len(used),
            "min_scenes": build.min_scenes,
            "synthetic": any(scene.synthetic for scene in used),
            "has_rural_reference": build.rural is not None,
            "method": METHOD,
            "notes": build.notes,
            "statistics": statistics,
            "day_sigma_k": None if len(used) == 1 else round(fit.day_sigma_k, 3),
        },
    )


def _save(
    build: Build, fit: SceneFit, directory: str, statistics: dict[str, Any], item: Path
) -> HeatMap:
    used = build.selection.used
    bounds = transform_bounds(build.grid.srid, WGS84, *build.grid.bounds, densify_pts=21)
    with transaction.atomic():
        HeatMap.objects.filter(
            slug=build.slug, version=build.version
        ).delete()  # its files were gone
        row = HeatMap.objects.create(
            slug=build.slug,
            version=build.version,
            title=_title(build),
            date_from=used[0].acquired_at.date(),
            date_to=used[-1].acquired_at.date(),
            min_scenes=build.min_scenes,
            scene_count=len(used),
            method={
                "name": METHOD,
                "fingerprint": build.fingerprint,
                "kappa": round(fit.kappa, 4),
                "cover": build.rural.sha256 if build.rural else None,
            },
            grid=build.grid.as_dict(),
            bounds=Polygon.from_bbox(bounds),
            directory=directory,
            statistics=statistics,
            notes=build.notes,
            has_suhi="suhi" in statistics,
            synthetic=any(scene.synthetic for scene in used),
        )
        HeatMapScene.objects.bulk_create(_scene_rows(row, build.selection, fit))
    return row


def _scene_rows(row: HeatMap, selection: Selection, fit: SceneFit) -> list[HeatMapScene]:
    rows = [
        HeatMapScene(
            heat_map=row,
            scene=scene,
            term_k=float(term) + 273.15,
            sigma_k=float(sigma) if np.isfinite(sigma) else None,
            clear_share=scene.clear_share,
        )
        for scene, term, sigma in zip(selection.used, fit.term_c, fit.sigma_k, strict=True)
    ]
    rows += [
        HeatMapScene(heat_map=row, scene=scene, clear_share=scene.clear_share, refused=why)
        for scene, why in selection.refused.items()
    ]
    return rows


def _title(build: Build) -> str:
    years: Sequence[int] = sorted({scene.acquired_at.year for scene in build.selection.used})
    span = f"{years[0]}" if len(years) == 1 else f"{years[0]}–{years[-1]}"
    return f"{build.commune.name} {span}"


def _slug(date_from: dt.date | None, date_to: dt.date | None) -> str:
    if date_from is None and date_to is None:
        return DEFAULT_SLUG
    return "-to-".join(str(day) for day in (date_from or "start", date_to or "now"))


def _name(block: Block) -> str:
    return f"{block.row}-{block.col}.npz"
