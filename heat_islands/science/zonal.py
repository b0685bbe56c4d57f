"""Statistics of a raster over polygons, each cell weighted by the share of it that the polygon covers.

The expensive half, which cells a polygon meets and how much of each, depends on the grid and the
polygons alone. It is computed once (by the exactextract library, the field's reference) as a sparse
matrix ``(n polygons, H·W cells)``; every raster on the grid then costs one pass over its entries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from exactextract import exact_extract
from exactextract.feature import Feature, FeatureSource
from exactextract.raster import RasterSource
from exactextract.writer import Writer
from scipy import sparse

from heat_islands.science.errors import YardError
from heat_islands.science.grid import Block, Grid

Geometries = Sequence[shapely.Geometry | None] | npt.NDArray[np.object_]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Means:
    """Per polygon: `mean` (NaN where no cell is valid), `count` of valid cells (fractions of a cell
    count as such) and `share`, the valid part of what the polygon covers of the grid, 0–1."""

    mean: Vector
    count: Vector
    share: Vector


@dataclass(frozen=True)
class Statistics:
    """Per polygon, over its valid cells; NaN where there is none.

    `std` is the population's; `minimum` and `maximum` include cells that are only touched;
    `quantiles` is ``(n, len(asked))``.
    """

    mean: Vector
    count: Vector
    share: Vector
    std: Vector
    minimum: Vector
    maximum: Vector
    quantiles: Vector


def weights(geometries: Geometries, grid: Grid) -> sparse.csr_matrix:
    """Coverage fraction of every cell by every polygon: float32, shape ``(n, grid.height · grid.width)``.

    `geometries` are shapely (multi)polygons in the grid's CRS. A polygon outside the grid gives an
    empty row. Raises :class:`YardError` for one that is missing, empty, invalid or not a polygon.

    >>> square = shapely.box(5, 15, 15, 25)  # a quarter of each of the four upper left cells
    >>> weights([square], Grid(2154, 0, 30, 3, 3, 10)).toarray().reshape(3, 3)[:2, :2].tolist()
    [[0.25, 0.25], [0.25, 0.25]]
    """
    shapes = checked(geometries)
    cells = grid.height * grid.width
    block = grid.block_around(tuple(shapely.total_bounds(shapes))) if len(shapes) else None
    if block is None:
        nothing = np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int32)
        return sparse.csr_matrix(
            (*nothing, np.zeros(len(shapes) + 1, dtype=np.int32)), shape=(len(shapes), cells)
        )
    rows = _Rows()
    exact_extract(_Extent(grid.crop(block)), Polygons(shapes), ["cell_id", "coverage"], output=rows)
    return rows.matrix(grid, block)


def checked(geometries: Geometries) -> npt.NDArray[np.object_]:
    """The polygons as an object array, or a :class:`YardError` that names the first bad one and its fault."""
    shapes = np.asarray(geometries, dtype=object).reshape(-1)
    # In this order: each question may be asked of what the ones before it let pass.
    for fault, is_bad in _FAULTS.items():
        bad = is_bad(shapes)
        if bad.any():
            raise YardError(f"Polygon {int(np.argmax(bad)) + 1} of {len(shapes)} {fault}.")
    return shapes


def means(matrix: sparse.csr_matrix, values: npt.NDArray[Any]) -> Means:
    """Coverage-weighted means of `values` (H, W), whose NaN or masked cells are absent, not zero.

    >>> grid = Grid(2154, 0, 30, 3, 3, 10)
    >>> raster = np.array([[1.0, 2, 3], [4, np.nan, 6], [7, 8, 9]])
    >>> found = means(weights([shapely.box(5, 15, 15, 25)], grid), raster)
    >>> round(float(found.mean[0]), 6), float(found.count[0]), float(found.share[0])
    (2.333333, 0.75, 0.75)
    """
    entry, weight = _entries(matrix, values)
    valid = np.isfinite(entry)
    total = _row_sums(matrix, matrix.data.astype(np.float64))
    count = _row_sums(matrix, np.where(valid, weight, 0.0))
    summed = _row_sums(matrix, np.where(valid, entry * weight, 0.0))
    return Means(_ratio(summed, count), count, _ratio(count, total))


def statistics(
    matrix: sparse.csr_matrix, values: npt.NDArray[Any], quantiles: Sequence[float] = ()
) -> Statistics:
    """Mean, spread, extremes and weighted quantiles of `values` (H, W) in every polygon."""
    entry, weight = _entries(matrix, values)
    valid = np.isfinite(entry)
    whole = means(matrix, values)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    # About the mean rather than from Σx²: at 300 K, squares of float64 lose the hundredths.
    spread = np.where(valid, weight * (entry - whole.mean[rows]) ** 2, 0.0)
    lowest = _reduce(np.minimum, matrix, np.where(valid, entry, np.inf), np.inf)
    highest = _reduce(np.maximum, matrix, np.where(valid, entry, -np.inf), -np.inf)
    seen = whole.count > 0
    return Statistics(
        mean=whole.mean,
        count=whole.count,
        share=whole.share,
        std=np.sqrt(_ratio(_row_sums(matrix, spread), whole.count)),
        minimum=np.where(seen, lowest, np.nan),
        maximum=np.where(seen, highest, np.nan),
        quantiles=_quantiles(
            rows[valid], entry[valid], weight[valid], matrix.shape[0], np.asarray(quantiles, float)
        ),
    )


def fingerprint(geometries: Geometries, grid: Grid) -> str:
    """A hash of grid and polygons, in their order: weights with the same fingerprint are the same."""
    digest = hashlib.sha256(grid.key.encode())
    for shape in shapely.to_wkb(np.asarray(geometries, dtype=object).reshape(-1)):
        digest.update(shape or b"-")
    return digest.hexdigest()


def _quantiles(rows: npt.NDArray[np.intp], x: Vector, w: Vector, n: int, asked: Vector) -> Vector:
    """Weighted quantiles as exactextract defines them: with x sorted, ``S_k = (k−1)·w_k + (N−1)·Σ_{i<k} w_i``,
    linear between the x whose S encloses q·S_N (https://stats.stackexchange.com/a/13223)."""
    result = np.full((n, len(asked)), np.nan)
    if not len(asked) or not len(x):
        return result
    order = np.lexsort((x, rows))
    rows, x, w = rows[order], x[order], w[order]
    present, first, size = np.unique(rows, return_index=True, return_counts=True)
    for row, start, length in zip(present, first, size, strict=True):
        here = slice(start, start + length)
        before = np.concatenate(([0.0], np.cumsum(w[here])[:-1]))
        s = np.arange(length) * w[here] + (length - 1) * before
        result[row] = np.interp(asked * s[-1], s, x[here]) if length > 1 else x[start]
    return result


def _entries(matrix: sparse.csr_matrix, values: npt.NDArray[Any]) -> tuple[Vector, Vector]:
    """The raster's value at every entry of the matrix, NaN where masked, and the entry's weight."""
    if values.size != matrix.shape[1]:
        raise ValueError(
            f"a raster of {values.size} cells does not fit weights of {matrix.shape[1]} cells"
        )
    entry = np.ravel(np.ma.getdata(values))[matrix.indices].astype(np.float64)
    if np.ma.is_masked(values):
        entry[np.ravel(np.ma.getmaskarray(values))[matrix.indices]] = np.nan
    return entry, matrix.data.astype(np.float64)


def _row_sums(matrix: sparse.csr_matrix, entries: Vector) -> Vector:
    """Sum of `entries` (one per stored element) in every row; 0 for an empty row."""
    return _reduce(np.add, matrix, entries, 0.0)


def _reduce(ufunc: np.ufunc, matrix: sparse.csr_matrix, entries: Vector, empty: float) -> Vector:
    # reduceat adds each row for itself: differences of one long cumulative sum would lose slivers.
    result = np.full(matrix.shape[0], empty)
    filled = np.diff(matrix.indptr) > 0
    if filled.any():
        result[filled] = ufunc.reduceat(entries, matrix.indptr[:-1][filled])
    return result


def _ratio(above: Vector, below: Vector) -> Vector:
    result = np.full(len(above), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def _endless(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    return np.asarray(~np.isfinite(shapely.bounds(shapes).reshape(-1, 4)).all(axis=1))


_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_FAULTS: dict[str, Callable[[npt.NDArray[np.object_]], npt.NDArray[np.bool_]]] = {
    "is missing: give it an outline": shapely.is_missing,
    "is empty: draw its outline": shapely.is_empty,
    "is not a polygon: only areas can be measured": lambda shapes: (
        ~np.isin(shapely.get_type_id(shapes), _POLYGONAL)
    ),
    "has coordinates that are not numbers": _endless,
    "crosses itself or is not closed: redraw it": lambda shapes: ~shapely.is_valid(shapes),
}


class _Extent(RasterSource):  # type: ignore[misc]
    """A raster that has an extent and no values: exactextract is asked only which cells a polygon meets."""

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        self._grid = grid

    def res(self) -> tuple[float, float]:
        return self._grid.resolution, self._grid.resolution

    def extent(self) -> tuple[float, float, float, float]:
        return self._grid.bounds

    def nodata_value(self) -> None:
        return None

    def srs_wkt(self) -> None:
        return None

    def read_window(self, x0: int, y0: int, nx: int, ny: int) -> npt.NDArray[np.uint8]:
        return np.zeros((ny, nx), dtype=np.uint8)


class _Polygon(Feature):  # type: ignore[misc]
    """A polygon handed over as WKB: half the time of the library's GeoJSON features."""

    def __init__(self, wkb: bytes) -> None:
        super().__init__()
        self.wkb = wkb

    def geometry(self) -> bytes:
        return self.wkb

    def fields(self) -> list[str]:
        return []


class Polygons(FeatureSource):  # type: ignore[misc]
    """The polygons as exactextract takes them, by WKB."""

    def __init__(self, shapes: npt.NDArray[np.object_]) -> None:
        super().__init__()
        self._wkb = shapely.to_wkb(shapes)

    def count(self) -> int:
        return len(self._wkb)

    def __iter__(self) -> Iterator[_Polygon]:
        return map(_Polygon, self._wkb)

    def srs_wkt(self) -> None:
        return None


class _Answer(Feature):  # type: ignore[misc]
    """What exactextract found for one polygon; its geometry is not wanted back."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Any] = {}

    def set(self, name: str, value: Any) -> None:
        self.found[name] = value

    def set_geometry(self, geometry: bytes | None) -> None: ...

    def set_geometry_format(self) -> str:
        return "wkb"


class _Rows(Writer):  # type: ignore[misc]
    """Collects the cells of each polygon, in the polygons' order, as rows of a sparse matrix."""

    def __init__(self) -> None:
        super().__init__()
        self._cells: list[npt.NDArray[np.int64]] = []
        self._coverage: list[npt.NDArray[np.float32]] = []

    def add_operation(self, operation: object) -> None: ...

    def add_column(self, name: str) -> None: ...

    def add_geometry(self) -> None: ...

    def write(self, feature: Feature) -> None:
        row = _Answer()
        feature.copy_to(row)
        self._cells.append(np.asarray(row.found["cell_id"], dtype=np.int64))
        self._coverage.append(np.asarray(row.found["coverage"], dtype=np.float32))

    def features(self) -> None:
        """exact_extract asks for what it should return."""

    def matrix(self, grid: Grid, block: Block) -> sparse.csr_matrix:
        """The rows over the whole grid; exactextract numbered the cells of `block`."""
        sizes = [len(cells) for cells in self._cells]
        row, col = np.divmod(np.concatenate(self._cells), block.width)
        return sparse.csr_matrix(
            (
                np.concatenate(self._coverage),
                ((row + block.row) * grid.width + col + block.col).astype(np.int32),
                np.concatenate(([0], np.cumsum(sizes))).astype(np.int32),
            ),
            shape=(len(sizes), grid.height * grid.width),
        )
