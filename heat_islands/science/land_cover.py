"""Land-cover maps, rasters or polygons, as fractions of our six classes on the canonical grid.

Nothing is read whole: each block of the grid reads the pixels or polygons that lie over it. Averages are
by area: a 10 m cell under sixteen 2.5 m pixels is sixteen sixteenths, one cut by two polygons is two shares.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyogrio
import rasterio
import shapely
from affine import Affine
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.warp import reproject, transform_bounds
from rasterio.windows import Window, from_bounds

from heat_islands.science import zonal
from heat_islands.science.cover import CLASSES
from heat_islands.science.cover_mapping import Mapping, built_in, normal
from heat_islands.science.errors import OutsideTerritory, ProductError
from heat_islands.science.grid import Grid

FloatArray = npt.NDArray[np.float32]

#: A cell of which less is known is unknown: what fills the rest would be a guess.
MIN_KNOWN = 0.5
#: Source pixels of one reading: 4 million, with their seven float planes, are 120 MB.
MAX_PIXELS = 4_000_000
RASTER_BLOCK = 512
POLYGON_BLOCK = 256


class Source(Protocol):
    """A land-cover map that can be read over a piece of the grid."""

    resolution_m: float | None

    def block_size(self, grid: Grid) -> int:
        """Cells on a side of the blocks to read in, so that memory stays flat."""

    def fractions(self, grid: Grid, mapping: Mapping) -> FloatArray:
        """Fractions (6, H, W) on `grid`, one block of the territory's; NaN where not known."""

    def guess(self) -> str:
        """The name of the built-in mapping that its codes or attributes speak for."""


@dataclass
class RasterCover:
    """A raster of class codes, in any CRS and at any resolution."""

    path: Path
    dataset: DatasetReader
    resolution_m: float | None = field(init=False)

    def __post_init__(self) -> None:
        if self.dataset.count != 1:
            raise ProductError(
                f"{self.path.name} has {self.dataset.count} bands: give a map with one band of class codes."
            )
        self.resolution_m = pixel_m(self.dataset)

    def block_size(self, grid: Grid) -> int:
        return raster_block(self.dataset, grid)

    def fractions(self, grid: Grid, mapping: Mapping) -> FloatArray:
        codes, transform = _pixels(self.dataset, grid)
        if codes is None:
            return np.full((len(CLASSES), *grid.shape), np.nan, dtype=np.float32)
        present, place = np.unique(codes.compressed(), return_inverse=True)
        planes = np.full((codes.size, len(CLASSES)), np.nan, dtype=np.float32)
        if present.size:
            planes[~np.ma.getmaskarray(codes).ravel()] = mapping.vectors(present)[place]
        return _onto(planes.T.reshape(len(CLASSES), *codes.shape), transform, self.dataset, grid)

    def guess(self) -> str:
        # A sample of the whole map is enough to tell one product's codes from another's.
        step = max(1, math.ceil(max(self.dataset.shape) / 1000))
        height, width = (max(1, side // step) for side in self.dataset.shape)
        sample = self.dataset.read(1, masked=True, out_shape=(height, width))
        found = {normal(code) for code in np.unique(sample.compressed())}
        for name in ("demo", "worldcover"):
            if found <= set(Mapping.load(name).shares):
                return name
        raise ProductError(
            f"{self.path.name} has codes {_listed(sorted(found))}: say what they mean with --mapping, one of "
            f"{', '.join(built_in())} or a JSON file."
        )


@dataclass
class PolygonCover:
    """Polygons that carry a class code, in any vector file GDAL reads."""

    path: Path
    layer: str
    srid: CRS
    attributes: tuple[str, ...]
    attribute: str = ""
    resolution_m: float | None = None

    @classmethod
    def open(cls, path: Path, layer: str = "") -> PolygonCover:
        layers = [
            str(name)
            for name, kind in pyogrio.list_layers(path)
            if kind is None or "Polygon" in str(kind) or str(kind) == "Unknown"
        ]
        if layer and layer not in layers:
            raise ProductError(
                f"{path.name} has no polygon layer “{layer}”: it has {_listed(layers)}."
            )
        if not layer and len(layers) != 1:
            raise ProductError(
                f"{path.name} has {len(layers)} polygon layers ({_listed(layers)}): choose one with --layer."
            )
        facts = pyogrio.read_info(path, layer=layer or layers[0])
        if facts["crs"] is None:
            raise ProductError(
                f"{path.name} does not say in which coordinate reference system it is: set it and try again."
            )
        return cls(
            path,
            layer or layers[0],
            CRS.from_user_input(facts["crs"]),
            tuple(map(str, facts["fields"])),
        )

    def block_size(self, grid: Grid) -> int:
        return POLYGON_BLOCK

    def guess(self) -> str:
        names = {name.casefold() for name in self.attributes}
        for mapping in map(Mapping.load, built_in()):
            if names & {name.casefold() for name in mapping.attributes}:
                return mapping.name
        raise ProductError(
            f"{self.path.name} has attributes {_listed(list(self.attributes))}: say what its classes mean "
            f"with --mapping, one of {', '.join(built_in())} or a JSON file."
        )

    def fractions(self, grid: Grid, mapping: Mapping) -> FloatArray:
        shapes, codes = self._over(grid, self._attribute_of(mapping))
        total = np.zeros((len(CLASSES), grid.height * grid.width))
        if len(shapes):
            present, place = np.unique(codes, return_inverse=True)
            vectors = mapping.vectors(present)[place]
            told = ~np.isnan(vectors[:, 0])
            total = zonal.weights(shapes[told], grid).T.astype(np.float64) @ vectors[told]
            total = np.asarray(total).T
        return _shared_out(total.reshape(len(CLASSES), *grid.shape).astype(np.float32))

    def _attribute_of(self, mapping: Mapping) -> str:
        wanted = [self.attribute] if self.attribute else list(mapping.attributes)
        for name in self.attributes:
            if name.casefold() in {one.casefold() for one in wanted}:
                return name
        raise ProductError(
            f"{self.path.name} has no attribute {' or '.join(wanted) or 'of the mapping'}: it has "
            f"{_listed(list(self.attributes))}; name the one with the class in --attribute."
        )

    def _over(
        self, grid: Grid, attribute: str
    ) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.str_]]:
        """The polygons that meet `grid`, in its CRS, and their codes as text."""
        there = Transformer.from_crs(grid.srid, self.srid, always_xy=True)
        box = there.transform_bounds(*grid.bounds, densify_pts=21)
        _, _, wkb, (codes,) = pyogrio.raw.read(
            self.path, layer=self.layer, columns=[attribute], bbox=box, force_2d=True
        )
        shapes = shapely.from_wkb(wkb)
        here = Transformer.from_crs(self.srid, grid.srid, always_xy=True)
        shapes = shapely.transform(
            shapes, lambda xy: np.column_stack(here.transform(xy[:, 0], xy[:, 1]))
        )
        # Land-cover files hold rings that touch themselves; their area is not in doubt.
        shapes = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
        areal = np.isin(shapely.get_type_id(shapes), (3, 6)) & (shapely.area(shapes) > 0)
        return shapes[areal], np.array([normal(code) for code in codes[areal]], dtype=str)


def open_source(path: Path, *, layer: str = "", attribute: str = "") -> Source:
    """The land-cover map at `path`; :class:`ProductError` in one sentence for what is none."""
    if not path.exists():
        raise ProductError(
            f"{path} does not exist: give a land-cover raster or a file of polygons."
        )
    if path.is_file() and path.stat().st_size == 0:
        raise ProductError(f"{path.name} is empty: download it again.")
    try:
        return RasterCover(path, open_raster(path))
    except NotRaster:
        pass
    try:
        cover = PolygonCover.open(path, layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise ProductError(
            f"{path.name} is neither a raster nor a file of polygons that can be read: it may be cut short."
        ) from error
    cover.attribute = attribute
    return cover


class NotRaster(ProductError):
    """The file is no raster; it may hold polygons."""


def open_raster(path: Path) -> DatasetReader:
    """A georeferenced raster, or a sentence about what it lacks."""
    try:
        dataset = rasterio.open(path)
    except rasterio.errors.RasterioIOError as error:
        raise NotRaster(
            f"{path.name} is not a raster that can be read: it may be cut short."
        ) from error
    if dataset.crs is None:
        dataset.close()
        raise ProductError(
            f"{path.name} does not say in which coordinate reference system it is: set it and try again."
        )
    return dataset


def mean_height(dataset: DatasetReader, grid: Grid) -> FloatArray:
    """Mean of a raster of heights (metres) over every cell of `grid`, NaN where less than half is known."""
    pixels, transform = _pixels(dataset, grid)
    if pixels is None:
        return np.full(grid.shape, np.nan, dtype=np.float32)
    heights = np.where(np.ma.getmaskarray(pixels), np.nan, np.ma.getdata(pixels)).astype(np.float32)
    mean: FloatArray = _onto(heights[np.newaxis], transform, dataset, grid, shares=False)[0]
    return mean


def require_overlap(known: int, path: Path) -> None:
    if not known:
        raise OutsideTerritory(
            f"{path.name} shows nothing of the town's territory: give a map of this town."
        )


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what GDAL says of a damaged file into a sentence that names it."""
    try:
        yield
    except (rasterio.errors.RasterioError, pyogrio.errors.DataSourceError, CRSError) as error:
        raise ProductError(
            f"{path.name} cannot be read to its end: it may be cut short; download it again."
        ) from error


def pixel_m(dataset: DatasetReader) -> float:
    """Width of a raster's pixels in metres; of a geographic CRS, at the raster's middle."""
    if not dataset.crs.is_geographic:
        return float(dataset.transform.a * dataset.crs.linear_units_factor[1])
    middle = (dataset.bounds.bottom + dataset.bounds.top) / 2
    return float(dataset.transform.a) * 111_320.0 * math.cos(math.radians(middle))


def raster_block(dataset: DatasetReader, grid: Grid) -> int:
    """Cells on a side of the blocks in which to average a raster, so that memory stays flat."""
    per_cell = max(1.0, grid.resolution / abs(pixel_m(dataset)))
    return max(1, min(RASTER_BLOCK, int(math.sqrt(MAX_PIXELS) / per_cell)))


def _pixels(
    dataset: DatasetReader, grid: Grid
) -> tuple[np.ma.MaskedArray[Any, Any] | None, Affine]:
    """The raster's pixels over `grid` and around it, masked where without data, and their transform."""
    bounds = transform_bounds(f"EPSG:{grid.srid}", dataset.crs, *grid.bounds, densify_pts=21)
    nothing = None, dataset.transform
    if not all(map(math.isfinite, bounds)):
        return nothing
    exact = from_bounds(*bounds, transform=dataset.transform)
    left, top = max(0, math.floor(exact.col_off) - 2), max(0, math.floor(exact.row_off) - 2)
    right = min(dataset.width, math.ceil(exact.col_off + exact.width) + 2)
    bottom = min(dataset.height, math.ceil(exact.row_off + exact.height) + 2)
    if left >= right or top >= bottom:
        return nothing
    window = Window(left, top, right - left, bottom - top)
    return dataset.read(1, window=window, masked=True), dataset.window_transform(window)


def _onto(
    planes: FloatArray,
    transform: Affine,
    dataset: DatasetReader,
    grid: Grid,
    *,
    shares: bool = True,
) -> FloatArray:
    """Area averages of `planes` (n, h, w; NaN unknown) on `grid`; unknown where too little is known."""
    known = np.isfinite(planes[:1])
    stacked = np.concatenate((np.where(known, planes, 0), known)).astype(np.float32)
    found = np.zeros((len(stacked), *grid.shape), dtype=np.float32)
    reproject(
        stacked,
        found,
        src_transform=transform,
        src_crs=dataset.crs,
        dst_transform=grid.transform,
        dst_crs=f"EPSG:{grid.srid}",
        resampling=Resampling.average,
    )
    share = found[-1]
    enough = share >= MIN_KNOWN
    result = np.where(enough, found[:-1] / np.where(enough, share, 1), np.nan)
    return _shared_out(result) if shares else result.astype(np.float32)


def _shared_out(total: FloatArray) -> FloatArray:
    """Fractions that sum to 1 from areas told, NaN where less than MIN_KNOWN of a cell is told.

    >>> _shared_out(np.array([[[.6]], [[.3]], [[0]], [[0]], [[0]], [[0]]], np.float32))[:2, 0, 0].round(3).tolist()
    [0.6669999957084656, 0.3330000042915344]
    """
    whole = total.sum(axis=0)
    enough = whole >= MIN_KNOWN
    return np.where(enough, total / np.where(enough, whole, 1), np.nan).astype(np.float32)


def _listed(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more or "none"
