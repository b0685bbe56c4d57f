"""Geometries made fit for our tables, and held against the territory they should lie in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from shapely.geometry.base import BaseGeometry, BaseMultipartGeometry

from greening.crs import WGS84, transformer
from greening.errors import BadInput
from greening.exchange.fields import RowProblem
from greening.exchange.vector import VectorFile
from greening.models import Commune

#: What stands just over the border still shades, cools and teaches the town.
MARGIN_M = 500.0
#: One cell of the canonical 10 m grid: what is smaller has no pixel of its own.
CELL_M2 = 100.0


@dataclass(frozen=True)
class Territory:
    """The commune as an import sees it: its outline in WGS 84, and its metric CRS."""

    name: str
    outline: BaseGeometry
    srid: int

    @classmethod
    def of(cls, commune: Commune) -> Territory:
        return cls(commune.name, shapely.from_wkb(bytes(commune.geom.wkb)), commune.metric_srid)

    @cached_property
    def near(self) -> BaseGeometry:
        """The outline and 500 m around it, in WGS 84."""
        around: BaseGeometry = self.in_degrees(self.in_metres(self.outline).buffer(MARGIN_M))
        shapely.prepare(around)
        return around

    def in_metres(self, shape: Any) -> Any:
        """WGS 84 shapes in the metric CRS."""
        move = transformer(WGS84, self.srid).transform
        return shapely.transform(shape, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))

    def in_degrees(self, shape: Any) -> Any:
        """Shapes of the metric CRS in WGS 84."""
        move = transformer(self.srid, WGS84).transform
        return shapely.transform(shape, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))

    def area_m2(self, shape: BaseGeometry) -> float:
        return float(self.in_metres(shape).area)


def sorted_by_place(file: VectorFile, territory: Territory) -> tuple[set[int], set[int]]:
    """Row numbers (outside, swapped): beyond the commune and its margin; there once x and y change places.

    Raises BadInput where the whole file is of no use: most rows swapped, or none in or near the commune.
    """
    placed = [row for row in file.rows if row.geometry is not None and not row.geometry.is_empty]
    if not placed:
        return set(), set()
    numbers = np.array([row.number for row in placed])
    shapes = np.array([row.geometry for row in placed], dtype=object)
    here = shapely.intersects(territory.near, shapes)
    turned = shapely.transform(shapes[~here], lambda xy: xy[:, ::-1])
    swapped = set(numbers[~here][shapely.intersects(territory.near, turned)].tolist())
    outside = set(numbers[~here].tolist()) - swapped
    if 2 * len(swapped) > len(placed):
        raise BadInput(
            f"Longitude and latitude look swapped in {file.name}: {len(swapped)} of {len(placed)} rows fall in"
            f" {territory.name} once they change places. Mend the file, or import it with --swap."
        )
    if len(outside) == len(placed):
        west, south, east, north = shapely.total_bounds(shapes)
        raise BadInput(
            f"Nothing in {file.name} lies in or near {territory.name}: the file covers {west:.3f} to {east:.3f}"
            f" in longitude and {south:.3f} to {north:.3f} in latitude."
        )
    return outside, swapped


def as_point(shape: BaseGeometry | None) -> shapely.Point:
    """The one point of a row. Raises RowProblem."""
    shape = _present(shape)
    if isinstance(shape, shapely.MultiPoint) and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    if not isinstance(shape, shapely.Point):
        raise RowProblem(f"is a {shape.geom_type}, not a point")
    return shape


def as_multipolygon(shape: BaseGeometry | None) -> tuple[shapely.MultiPolygon, str]:
    """The polygons of a row as one MultiPolygon, and what was mended ("" for nothing). Raises RowProblem."""
    shape = _present(shape)
    if shape.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        raise RowProblem(f"is a {shape.geom_type}, not an area")
    mended = ""
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        shape = shapely.make_valid(shape)
        mended = f"crossed itself and was mended ({reason})"
    parts = _polygons(shape)
    if not parts:
        raise RowProblem("is not an area once its crossings are mended")
    whole = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    polygons = _polygons(whole)
    result = shapely.MultiPolygon(polygons)
    if not result.is_valid or result.is_empty:
        raise RowProblem("is an area that cannot be mended")
    return result, mended


def _present(shape: BaseGeometry | None) -> BaseGeometry:
    if shape is None:
        raise RowProblem("has no geometry, or one that cannot be read")
    if shape.is_empty:
        raise RowProblem("has an empty geometry")
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise RowProblem(
            f"lies off the globe (x {west:.6g} to {east:.6g}, y {south:.6g} to {north:.6g})"
        )
    return shape


def _polygons(shape: BaseGeometry) -> list[shapely.Polygon]:
    if isinstance(shape, shapely.Polygon):
        return [shape] if shape.area > 0 else []
    if isinstance(shape, BaseMultipartGeometry):
        return [polygon for part in shape.geoms for polygon in _polygons(part)]
    return []


def to_geos(shape: BaseGeometry) -> GEOSGeometry:
    """The same shape for Django, in WGS 84."""
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=WGS84)


def shape_key(shape: BaseGeometry) -> str:
    """A name for a row that has no identifier: it stays the same as long as no corner moves by 10 cm.

    >>> shape_key(shapely.Point(2.27, 48.82)) == shape_key(shapely.Point(2.2700001, 48.82))
    True
    """
    grid = shapely.set_precision(shape, 1e-6, mode="pointwise").normalize()
    return "shape-" + hashlib.sha256(shapely.to_wkb(grid)).hexdigest()[:16]
