"""Shapes as the map's scripts take them: nested lists of lon, lat, to the decimetre."""

from __future__ import annotations

from typing import Any

DECIMALS = 6  # of a degree: 0.1 m


def polygons_of(shape: Any) -> list[Any]:
    """A GEOS polygon or multipolygon as polygons → rings → [lon, lat]; a single polygon is a list of one."""
    polygons: Any = [shape.coords] if shape.geom_type == "Polygon" else shape.coords
    return [
        [[[round(x, DECIMALS), round(y, DECIMALS)] for x, y, *_z in ring] for ring in polygon]
        for polygon in polygons
    ]
