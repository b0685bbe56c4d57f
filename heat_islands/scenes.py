"""A satellite product into the town: checked, read onto the canonical grid, kept as our own copy, and its row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.db import transaction
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.warp import transform_bounds

from greening.crs import WGS84
from greening.models import Commune
from heat_islands.models import Scene
from heat_islands.science.encoding import NODATA, SCENE_BANDS, FloatArray
from heat_islands.science.errors import NoClearPixel, OutsideTerritory, ProductError
from heat_islands.science.grid import BLOCK, Block, Grid
from heat_islands.science.onto_grid import NativeLayers, read_native, window_over
from heat_islands.science.products import Product, open_products
from heat_islands.science.stack import SAMPLE_STEP
from heat_islands.store import band_writer, whole_directory, write_json
from heat_islands.territory import territory_grid

#: Wraps the blocks of a scene to show how far it is; the identity where nobody looks.
Progress = Callable[[Iterable[Any]], Iterable[Any]]

#: Cells read from the product at once: 31 km, some 1,024² Landsat pixels or 50 MB. A town's 20 km are read in one.
AREA = 3072
FOLDER = "scenes"
FILE = "scene.tif"


def add_scene(path: Path | str, progress: Progress | None = None) -> Scene:
    """The one product at `path` as a scene of the town; the row already there where it was added before.

    Raises :class:`ProductError`, :class:`OutsideTerritory` or :class:`NoClearPixel`, each one sentence; where it
    raises, or is interrupted, neither a file nor a row is left.
    """
    products = open_products(Path(path))
    if len(products) > 1:
        raise ProductError(
            f"{Path(path).name} holds {len(products)} products: use add_products to add each of them."
        )
    return add_product(products[0], progress)[0]


def add_product(product: Product, progress: Progress | None = None) -> tuple[Scene, bool]:
    """The scene of `product`, and whether it is new; see :func:`add_scene`."""
    commune = Commune.objects.the()
    grid = territory_grid(commune)
    known = Scene.objects.filter(product_id=product.product_id).first()
    if known is not None and known.grid == grid.as_dict() and (known.path / FILE).exists():
        return known, False
    inside = commune_mask(commune, grid)
    directory = f"{FOLDER}/{product.product_id}"
    with whole_directory(settings.DATA_DIR / directory) as folder:
        facts = _write(product, grid, inside, folder / FILE, progress)
        write_json(folder / "product.json", _description(product, facts))
    try:
        return _save(product, grid, directory, facts), True
    except BaseException:
        if known is None:
            _forget(settings.DATA_DIR / directory)
        raise


def products_at(paths: Iterable[Path | str]) -> Iterator[tuple[Path, list[Product] | ProductError]]:
    """Each path with its products, or with the error that tells why it has none."""
    for path in map(Path, paths):
        try:
            yield path, open_products(path)
        except ProductError as error:
            yield path, error


def commune_mask(commune: Commune, grid: Grid) -> NDArray[np.bool_]:
    """True in the cells of `grid` whose centre lies in the commune: (height, width)."""
    outline = commune.geom.clone()
    outline.srid = outline.srid or WGS84
    outline.transform(commune.metric_srid)
    shape = shapely.from_wkb(bytes(outline.wkb))
    cells = rasterize([shape], out_shape=grid.shape, transform=grid.transform, dtype="uint8")
    return np.asarray(cells, dtype=bool)


class _Facts:
    """What reading a scene found out: counts over the commune, the hash, and the temperatures for the median."""

    def __init__(self) -> None:
        self.sha256 = ""
        self.cells = 0
        self.covered = 0
        self.clear: list[NDArray[np.int16]] = []

    @property
    def clear_share(self) -> float:
        return sum(map(len, self.clear)) / self.cells

    @property
    def median_c(self) -> float | None:
        found = np.concatenate(self.clear)
        return float(np.median(found)) * SCENE_BANDS[0].scale if found.size else None


def _write(
    product: Product, grid: Grid, inside: NDArray[np.bool_], path: Path, progress: Progress | None
) -> _Facts:
    """Read `product` block by block onto `grid` into `path`; refuse it where the town is missed or hidden."""
    _require_town(product, grid, inside)
    facts = _Facts()
    pieces = [(area, block) for area in grid.blocks(AREA) for block in _blocks_of(area)]
    source = _Source(product, grid)
    with band_writer(path, grid, SCENE_BANDS, overview=SAMPLE_STEP) as writer:
        for area, block in progress(pieces) if progress else pieces:
            layers = source.onto(area, block)
            stored = np.full((len(SCENE_BANDS), block.height, block.width), NODATA, dtype=np.int16)
            if layers is not None:
                for into, band, values in zip(stored, SCENE_BANDS, layers, strict=True):
                    into[:] = band.encode(values)
            here = inside[block.slices]
            facts.cells += int(here.sum())
            lst = stored[0][here]
            facts.clear.append(lst[lst != NODATA])
            writer.write(block, stored)
        if not sum(map(len, facts.clear)):
            raise NoClearPixel(
                f"{product.product_id} shows no clear pixel over the town (clouds, shadows or no data): "
                "take a scene of another day."
            )
        facts.sha256 = writer.close()
    return facts


def _blocks_of(area: Block) -> Iterator[Block]:
    for row in range(area.row, area.row + area.height, BLOCK):
        for col in range(area.col, area.col + area.width, BLOCK):
            height = min(BLOCK, area.row + area.height - row)
            yield Block(row, col, height, min(BLOCK, area.col + area.width - col))


class _Source:
    """The product's pixels over the area in work: each file block is read once, and one area is in memory."""

    def __init__(self, product: Product, grid: Grid) -> None:
        self._product = product
        self._grid = grid
        self._area: Block | None = None
        self._native: NativeLayers | None = None

    def onto(self, area: Block, block: Block) -> FloatArray | None:
        """The scene's layers in the cells of `block`, a part of `area`; None where the product does not reach."""
        if area != self._area:
            self._native = read_native(self._product, self._grid.crop(area))
            self._area = area
        return None if self._native is None else self._native.onto(self._grid.crop(block))


def _require_town(product: Product, grid: Grid, inside: NDArray[np.bool_]) -> None:
    """Refuse, before anything is read, a product whose pixels do not reach the commune."""
    rows, columns = np.nonzero(inside)
    if not rows.size:
        raise OutsideTerritory("The commune's outline covers no cell of its grid: import it again.")
    first_row, first_col = int(rows.min()), int(columns.min())
    town = Block(
        first_row, first_col, int(rows.max()) - first_row + 1, int(columns.max()) - first_col + 1
    )
    if window_over(product, grid.crop(town)) is None:
        raise OutsideTerritory(
            f"{product.product_id} does not reach the town: order the scene of its own path and row."
        )


def _description(product: Product, facts: _Facts) -> dict[str, Any]:
    return {
        "product_id": product.product_id,
        "platform": product.platform,
        "acquired_at": product.acquired_at.isoformat(),
        "time_known": product.time_known,
        "processed_on": product.processed_on.isoformat() if product.processed_on else None,
        "missing": list(product.missing),
        "weather": product.weather(),
        "clear_share": facts.clear_share,
        "sha256": facts.sha256,
        "synthetic": product.is_synthetic,
    }


def _save(product: Product, grid: Grid, directory: str, facts: _Facts) -> Scene:
    with transaction.atomic():
        scene, _ = Scene.objects.update_or_create(
            product_id=product.product_id,
            defaults={
                "acquisition_id": product.acquisition_id,
                "platform": product.platform,
                "acquired_at": product.acquired_at,
                "processed_on": product.processed_on,
                "footprint": _footprint(product),
                "source_srid": product.crs.to_epsg() or 0,
                "grid": grid.as_dict(),
                "directory": directory,
                "sha256": facts.sha256,
                "has_qa": product.has_clear_mask,
                "has_st_qa": product.has_uncertainty,
                "has_metadata": product.has_metadata,
                "missing": list(product.missing),
                "clear_share": facts.clear_share,
                "median_c": facts.median_c,
                "synthetic": product.is_synthetic,
            },
        )
        _settle_reprocessings(product.acquisition_id)
        scene.refresh_from_db()
        return scene


def _settle_reprocessings(acquisition_id: str) -> None:
    """Of all processings of one acquisition the newest stands; the others keep their rows and point to it."""
    versions = sorted(
        Scene.objects.filter(acquisition_id=acquisition_id),
        key=lambda scene: (scene.processed_on or dt.date.min, scene.id),
    )
    newest = versions.pop()
    Scene.objects.filter(id=newest.id).update(superseded_by=None)
    Scene.objects.filter(id__in=[scene.id for scene in versions]).update(superseded_by=newest)


def _footprint(product: Product) -> Polygon:
    return Polygon.from_bbox(
        transform_bounds(product.crs, f"EPSG:{WGS84}", *product.bounds, densify_pts=21)
    )


def _forget(directory: Path) -> None:
    for file in directory.iterdir():
        file.unlink()
    directory.rmdir()
