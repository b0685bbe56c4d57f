"""Vector tiles (MVT 2.1) of any registered layer: written by PostGIS, or by shapely where it is not there.

At most one query a tile. A tile's version is its layer's: count and newest change, asked at most once a second.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db import connections
from django.db.models import Avg, Count, FloatField, Max, TextField
from django.db.models.expressions import Func, Value
from django.db.models.functions import Floor
from numpy.typing import NDArray

from greening.crs import WEB_MERCATOR
from greening.errors import BadInput
from greening.layers import MapLayer
from greening.mvt import encode_layer
from greening.spatial import Bounds, SpatialQuerySet

EXTENT = 4096  # units along a tile's side, the MVT specification's usual value
BUFFER = 64  # units drawn beyond each side, so that a symbol on the edge is whole in both tiles
MAX_ZOOM = 18  # one unit is 4 cm at 48.8° N: finer than any survey here
CELLS = 128  # cells along a tile's side in which points are summed at low zoom
MOST_FEATURES = 50_000  # a tile never holds more; towns stay far below from `single_from` on
WORLD_M = 2 * math.pi * 6_378_137.0  # circumference of the Web Mercator sphere, m
FORMAT = "2"  # grows when the same rows give other bytes

KEPT_TILES = 256  # per process; some 20 MB at worst

_versions: dict[tuple[str, str], tuple[float, str]] = {}
_written: dict[tuple[str, str, str, Tile], bytes] = {}


@dataclass(frozen=True)
class Tile:
    """A tile of the Web Mercator pyramid; x grows eastwards, y southwards."""

    z: int
    x: int
    y: int

    @classmethod
    def at(cls, z: int, x: int, y: int) -> Tile:
        """The tile, or BadInput where the pyramid has none.

        >>> Tile.at(0, 0, 0).bounds()[:1]
        (-180.0,)
        """
        if not 0 <= z <= 22:
            raise BadInput(f"Zoom levels run from 0 to 22, not {z}.")
        side = 2**z
        if not (0 <= x < side and 0 <= y < side):
            raise BadInput(
                f"At zoom {z} columns and rows run from 0 to {side - 1}, not {x} and {y}."
            )
        return cls(z, x, y)

    def bounds(self, margin: float = 0.0) -> Bounds:
        """West, south, east, north in degrees; `margin` widens each side by that part of the tile's side."""
        side = 2**self.z
        west, east = ((self.x + step) / side * 360 - 180 for step in (-margin, 1 + margin))
        north, south = (
            math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (self.y + step) / side))))
            for step in (-margin, 1 + margin)
        )
        return west, south, east, north

    def units(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) degrees → (n, 2) tile units, y downwards."""
        side = 2**self.z * EXTENT
        lat = np.radians(lonlat[:, 1])
        x = (lonlat[:, 0] + 180) / 360 * side - self.x * EXTENT
        y = (1 - np.arcsinh(np.tan(lat)) / math.pi) / 2 * side - self.y * EXTENT
        return np.column_stack([x, y])


def data_version(layer: MapLayer, *, for_s: float = 1.0) -> str:
    """A short text that changes with the layer's rows; at most one query in `for_s` seconds."""
    rows = layer.drawn()
    key = (_database(layer), layer.name)
    known = _versions.get(key)
    now = time.monotonic()
    if known and now - known[0] < for_s:
        return known[1]
    found = rows.order_by().aggregate(n=Count("pk"), newest=Max(layer.changed or "pk"))
    newest = found["newest"]
    stamp = f"{newest.timestamp():.6f}" if isinstance(newest, dt.datetime) else str(newest or 0)
    version = f"{FORMAT}-{found['n']}-{stamp}"
    _versions[key] = (now, version)
    return version


def forget_tiles() -> None:
    """Makes the next tile ask the database again."""
    _versions.clear()
    _written.clear()


def _database(layer: MapLayer) -> str:
    return str(connections[layer.rows().db].settings_dict["NAME"])


def tile_bytes(layer: MapLayer, tile: Tile, version: str = "") -> bytes:
    """The tile as MVT bytes, empty where nothing lies; one query, none where this `version` is kept."""
    if version:
        key = (_database(layer), layer.name, version, tile)
        if key not in _written:
            while len(_written) >= KEPT_TILES:
                _written.pop(next(iter(_written)), None)
            _written[key] = tile_bytes(layer, tile)
        return _written.get(key) or tile_bytes(layer, tile)
    if tile.z < layer.single_from:
        return _summed(layer, tile)
    rows = layer.drawn().within_box(tile.bounds(margin=BUFFER / EXTENT)).order_by("pk")
    if connections[rows.db].vendor == "postgresql":
        return _by_postgis(layer, tile, rows)
    return _by_shapely(layer, tile, rows)


# --- PostGIS --------------------------------------------------------------------------------------


class _InTile(Func):
    """The geometry in tile units; NULL where it leaves nothing in the tile."""

    function = "ST_AsMVTGeom"
    output_field = TextField()  # not a geometry field: Django would ask for it as bytes


def _by_postgis(layer: MapLayer, tile: Tile, rows: SpatialQuerySet[Any]) -> bytes:
    projected = Func("geom", Value(WEB_MERCATOR), function="ST_Transform", output_field=TextField())
    envelope = Func(
        *(Value(number) for number in (tile.z, tile.x, tile.y)),
        function="ST_TileEnvelope",
        output_field=TextField(),
    )
    drawn = rows.annotate(
        in_tile=_InTile(projected, envelope, Value(EXTENT), Value(BUFFER), Value(True))
    ).values_list("id", *layer.columns, "in_tile")[:MOST_FEATURES]
    sql, parameters = drawn.query.sql_with_params()
    names = ", ".join(f'"{name}"' for name in ("id", *layer.columns, "in_tile"))
    with connections[rows.db].cursor() as cursor:
        cursor.execute(
            f"SELECT ST_AsMVT(t, %s, {EXTENT}, 'in_tile', 'id')"  # noqa: S608 — names are the model's own columns
            f" FROM ({sql}) AS t ({names}) WHERE t.in_tile IS NOT NULL",
            (layer.name, *parameters),
        )
        return bytes(cursor.fetchone()[0] or b"")


# --- SpatiaLite, and sums on both -----------------------------------------------------------------


def _by_shapely(layer: MapLayer, tile: Tile, rows: SpatialQuerySet[Any]) -> bytes:
    found = list(
        rows.annotate(wkb=AsWKB("geom")).values_list("wkb", "id", *layer.columns)[:MOST_FEATURES]
    )
    if not found:
        return b""
    shapes = shapely.transform(shapely.from_wkb([bytes(row[0]) for row in found]), tile.units)
    if shapely.get_dimensions(shapes[0]) > 0:
        shapes = shapely.clip_by_rect(shapes, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        shapes = _whole_units(shapes)
    ids = [row[1] for row in found]
    return encode_layer(layer.name, EXTENT, shapes, ids, layer.columns, map(_plain, found))


def _whole_units(shapes: NDArray[Any]) -> NDArray[Any]:
    """Valid shapes on whole units, what is thinner gone; rings turned as the specification asks (y is down)."""
    try:
        rounded = shapely.set_precision(shapes, 1.0)
    except shapely.GEOSException:  # clipping can leave a ring that touches itself
        rounded = shapely.set_precision(shapely.make_valid(shapes), 1.0)
    return np.asarray(shapely.orient_polygons(rounded, exterior_cw=False))


def _summed(layer: MapLayer, tile: Tile) -> bytes:
    """Points counted by cell and state, each sum standing at its points' mean place."""
    west, south, east, north = tile.bounds()
    margin = 1 / CELLS
    across, up = CELLS / (east - west), CELLS / (north - south)
    x = Func("geom", function="ST_X", output_field=FloatField())
    y = Func("geom", function="ST_Y", output_field=FloatField())
    state = ("state",) if "state" in layer.columns else ()
    sums = (
        layer.drawn()
        .within_box(tile.bounds(margin))
        .order_by()
        .annotate(
            cell_x=Floor((x - west) * across),
            cell_y=Floor((y - south) * up),
        )
        .values("cell_x", "cell_y", *state)
        .annotate(count=Count("pk"), lon=Avg(x), lat=Avg(y))
        .values_list("lon", "lat", "count", *state)
    )
    found = [row for row in sums if row[0] is not None]
    if not found:
        return b""
    places = tile.units(np.array([row[:2] for row in found], dtype=float))
    names = ("count", *state)
    shapes = np.asarray(shapely.points(places))
    values = (row[2:] for row in found)
    return encode_layer(layer.name, EXTENT, shapes, [None] * len(found), names, values)


def _plain(row: Sequence[Any]) -> list[Any]:
    """A row's columns behind geometry and id; dates become ISO text, as ST_AsMVT writes them."""
    return [value.isoformat() if isinstance(value, dt.date) else value for value in row[2:]]


def tile_json(layer: MapLayer, tiles_url: str, bounds: Sequence[float] | None) -> dict[str, Any]:
    """The layer's TileJSON 3.0.0."""
    document: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": str(layer.title),
        "description": str(layer.about),
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [tiles_url],
        "minzoom": layer.min_zoom,
        "maxzoom": MAX_ZOOM,
        "vector_layers": [
            {
                "id": layer.name,
                "description": str(layer.about),
                "minzoom": layer.min_zoom,
                "maxzoom": MAX_ZOOM,
                "fields": _fields(layer),
            }
        ],
    }
    if bounds is not None:
        document["bounds"] = [round(degree, 6) for degree in bounds]
    return document


def _fields(layer: MapLayer) -> dict[str, str]:
    kinds = {"FloatField": "Number", "BooleanField": "Boolean", "BigAutoField": "Number"}
    meta = layer.rows().model._meta
    fields = {
        name: kinds.get(meta.get_field(name).get_internal_type(), "String")
        for name in layer.columns
    }
    return {**fields, "count": "Number"} if layer.single_from else fields
