"""A many-cornered area as what an index is quick with: whole cells that lie inside, and small pieces of its edge.

The time of asking rows × corners is what makes a coast slow. Inside, a row's box decides; only along the edge is a
geometry compared with a shape, and that shape then has few corners.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import shapely
from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]  # west, south, east, north

#: A piece of the edge with fewer corners than this is not worth cutting again, by trials on 250,000 points.
CORNERS_OF_A_PIECE = 128
#: Each halving of an edge cell costs the index one more question.
MOST_HALVINGS = 14


@dataclass(slots=True)
class Cells:
    """Together exactly the area: boxes wholly inside it, and the rest along its edge."""

    inside: list[Box] = field(default_factory=list)
    edge: list[BaseGeometry] = field(default_factory=list)


@lru_cache(maxsize=64)
def cells_of(area: bytes) -> Cells:
    """The area (WKB, valid, in the CRS of the rows) cut along a quadtree of its bounding box.

    Kept for the outlines asked for last: a quarter's is counted, paged and drawn one after the other.

    >>> ring = shapely.Point(0, 0).buffer(1, quad_segs=500)
    >>> found = cells_of(ring.wkb)
    >>> covered = sum(shapely.box(*box).area for box in found.inside) + sum(one.area for one in found.edge)
    >>> abs(covered - ring.area) < 1e-9, int(max(shapely.get_num_coordinates(found.edge))) <= CORNERS_OF_A_PIECE
    (True, True)
    """
    shape = shapely.from_wkb(area)
    found = Cells()
    _cut(shape, shape.bounds, MOST_HALVINGS, found)
    return found


def _cut(piece: BaseGeometry, box: Box, halvings: int, found: Cells) -> None:
    """`piece` is the area within `box`."""
    west, south, east, north = box
    whole = (east - west) * (north - south)
    if whole > 0 and piece.area >= whole * (1 - 1e-12) and piece.equals(shapely.box(*box)):
        found.inside.append(box)
        return
    if halvings == 0 or shapely.get_num_coordinates(piece) <= CORNERS_OF_A_PIECE:
        found.edge.append(piece)
        return
    halves: tuple[Box, Box]
    if (east - west) > (north - south):
        middle = (west + east) / 2
        halves = (west, south, middle, north), (middle, south, east, north)
    else:
        middle = (south + north) / 2
        halves = (west, south, east, middle), (west, middle, east, north)
    for half in halves:
        part = _polygons(_within(piece, half))
        if not part.is_empty:
            _cut(part, half, halvings - 1, found)


def _within(piece: BaseGeometry, box: Box) -> BaseGeometry:
    """The part of `piece` in `box`: by the quick way, and where that leaves no valid shape, by the sure one."""
    part = shapely.clip_by_rect(piece, *box)
    return part if part.is_valid else shapely.intersection(piece, shapely.box(*box))


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Only what has an area: a cut along an edge leaves points and lines, whose rows the neighbour has."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.multipolygons(parts) if parts else shapely.Polygon()
