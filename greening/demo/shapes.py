"""Cutting polygons: the few plane-geometry moves that streets, parcels and yards are made with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

_G = TypeVar("_G", bound=BaseGeometry)

FAR_M = 10_000.0  # longer than any demo town: half-planes are boxes of this size

Place = tuple[float, float]


def polygons(geometry: BaseGeometry, *, min_area_m2: float = 0.0) -> list[Polygon]:
    """The polygons a geometry is made of, slivers below `min_area_m2` dropped."""
    if isinstance(geometry, Polygon):
        parts: Iterable[BaseGeometry] = [geometry]
    else:
        parts = getattr(geometry, "geoms", [])
    return [
        part
        for part in parts
        if isinstance(part, Polygon) and not part.is_empty and part.area > min_area_m2
    ]


def largest(geometry: BaseGeometry) -> Polygon:
    """The largest polygon of a geometry; an empty polygon when there is none."""
    return max(polygons(geometry), key=lambda part: part.area, default=Polygon())


def mitred(geometry: BaseGeometry, metres: float) -> BaseGeometry:
    """The geometry grown (or, with negative metres, shrunk) keeping its corners sharp."""
    return geometry.buffer(metres, join_style="mitre", mitre_limit=2.0)


def half_plane(origin: Place, angle: float) -> Polygon:
    """The ground to the left of a line through `origin` heading `angle` (radians from east)."""
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = origin
    corners = ((-FAR_M, 0.0), (FAR_M, 0.0), (FAR_M, FAR_M), (-FAR_M, FAR_M))
    return Polygon([(x + u * cos - v * sin, y + u * sin + v * cos) for u, v in corners])


def cut(polygon: Polygon, origin: Place, angle: float) -> tuple[BaseGeometry, BaseGeometry]:
    """A polygon's part to the left of a line, and its part to the right."""
    return (
        polygon.intersection(half_plane(origin, angle)),
        polygon.intersection(half_plane(origin, angle + math.pi)),
    )


def long_axis(polygon: Polygon) -> tuple[Place, float, float, float]:
    """Start corner, heading (radians), length and breadth of the smallest rectangle around a polygon.

    >>> start, heading, length, breadth = long_axis(Polygon([(0, 0), (30, 0), (30, 10), (0, 10)]))
    >>> round(length), round(breadth), round(math.degrees(heading)) % 180
    (30, 10, 0)
    """
    ring = np.asarray(shapely.get_coordinates(shapely.oriented_envelope(polygon)))[:4]
    first, second = ring[1] - ring[0], ring[2] - ring[1]
    if np.hypot(*first) >= np.hypot(*second):
        side, across, start = first, second, ring[0]
    else:
        # The rectangle is walked on from its second corner, so that `across` still lies to one side.
        side, across, start = second, ring[3] - ring[2], ring[1]
    heading = math.atan2(side[1], side[0])
    # Keep the rectangle on the left of the axis, whichever way its ring turned.
    if side[0] * across[1] - side[1] * across[0] < 0:
        start = start + side
        heading = math.atan2(-side[1], -side[0])
    return (
        (float(start[0]), float(start[1])),
        heading,
        float(np.hypot(*side)),
        float(np.hypot(*across)),
    )


def along(start: Place, heading: float, distance: float, left: float = 0.0) -> Place:
    """The point `distance` metres ahead of `start` and `left` metres to the left."""
    cos, sin = math.cos(heading), math.sin(heading)
    return start[0] + distance * cos - left * sin, start[1] + distance * sin + left * cos


def rectangle(start: Place, heading: float, length: float, breadth: float) -> Polygon:
    """The rectangle on the left of an axis."""
    return Polygon(
        [
            along(start, heading, 0.0),
            along(start, heading, length),
            along(start, heading, length, breadth),
            along(start, heading, 0.0, breadth),
        ]
    )


def simplified(geometry: _G, metres: float) -> _G:
    """The geometry with vertices dropped where none moves farther than `metres`."""
    simpler = shapely.simplify(geometry, metres)
    if not isinstance(simpler, type(geometry)):
        raise TypeError(f"Simplifying by {metres} m changed a {geometry.geom_type}'s kind.")
    return simpler


def to_centimetres(geometry: _G) -> _G:
    """The geometry with coordinates rounded to the centimetre: what a survey could state."""
    return shapely.transform(geometry, lambda coordinates: np.round(coordinates, 2))
