"""What the tests of imports share: tiny files, and a command that is run as a person runs it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from django.core.management import call_command

from greening.crs import LAMBERT_93, WGS84, transformer


def run(command: str, *arguments: object) -> tuple[str, str]:
    """(standard output, standard error) of a management command."""
    out, err = io.StringIO(), io.StringIO()
    call_command(command, *map(str, arguments), stdout=out, stderr=err, no_color=True)
    return out.getvalue().strip(), err.getvalue().strip()


def geojson(path: Path, *features: tuple[Any, dict[str, Any]]) -> Path:
    """A GeoJSON file of (shape in lon/lat, attributes)."""
    collection = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": attributes,
                "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
            }
            for shape, attributes in features
        ],
    }
    path.write_text(json.dumps(collection), encoding="utf-8")
    return path


def metres_east(place: tuple[float, float], x: float, y: float = 0.0) -> shapely.Point:
    """The point `x` metres east and `y` north of a place, in lon/lat (Lambert 93 turns by under 1° here)."""
    east, north = transformer(WGS84, LAMBERT_93).transform(*place)
    return shapely.Point(transformer(LAMBERT_93, WGS84).transform(east + x, north + y))


def rectangle(
    place: tuple[float, float], width_m: float, height_m: float, *, x: float = 0, y: float = 0
) -> Any:
    """A rectangle in lon/lat whose lower left corner lies `x`, `y` metres from a place."""
    corners = [(x, y), (x + width_m, y), (x + width_m, y + height_m), (x, y + height_m)]
    return shapely.Polygon([metres_east(place, *corner) for corner in corners])


def write(path: Path, shapes: list[Any], crs: str | None, **columns: list[Any]) -> Path:
    """Any format of GDAL's, by the path's ending."""
    pyogrio.raw.write(
        path,
        geometry=np.array(shapely.to_wkb(np.array(shapes, dtype=object)), dtype=object),
        field_data=[np.array(values, dtype=object) for values in columns.values()],
        fields=list(columns),
        geometry_type=shapes[0].geom_type,
        crs=crs,
    )
    return path


def in_lambert(shape: Any) -> Any:
    move = transformer(WGS84, LAMBERT_93).transform
    return shapely.transform(shape, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))
