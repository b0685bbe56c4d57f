"""CSV files with a place in each line: longitude and latitude, WKT, GeoJSON, or «lat, lon» in one column."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from greening.errors import BadInput
from greening.exchange.fields import folded

SUFFIXES = (".csv", ".tsv", ".txt")
LON = ("lon", "lng", "long", "longitude", "x_wgs84", "coord_lon", "geo_lon")
LAT = ("lat", "latitude", "y_wgs84", "coord_lat", "geo_lat")
X = ("x", "coordx", "x_l93", "x_lambert93", "coord_x", "easting")
Y = ("y", "coordy", "y_l93", "y_lambert93", "coord_y", "northing")
TEXT = ("wkt", "geom", "geometry", "the_geom", "geo_shape", "geom_wkt", "wkt_geom", "shape")
LAT_LON = ("geo_point_2d", "geo_point", "geopoint", "coordonnees_geo", "position", "latlon")


@dataclass(frozen=True)
class Table:
    """Columns of text; `geometries` in the file's own CRS, which is WGS 84 where `in_degrees`."""

    attributes: list[str]
    columns: list[list[str]]
    geometries: Any
    in_degrees: bool


def read(path: Path) -> Table:
    """The table in `path`: UTF-8 (or Windows' Western encoding), separated by `;` `,` tab or `|`."""
    raw = path.read_bytes()
    if b"\0" in raw[:4096]:
        raise BadInput(f"{path.name} is not a text file.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    head = text.split("\n", 1)[0]
    separator = max(";,\t|", key=head.count)
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        lines = [
            line for line in csv.reader(text.splitlines(keepends=True), delimiter=separator) if line
        ]
    except csv.Error as error:
        raise BadInput(f"{path.name} is not a CSV file: {error}.") from error
    if not lines or len(lines[0]) < 2:
        raise BadInput(f"{path.name} is not a CSV file with several columns and a line of names.")
    names, *body = lines
    if not body:
        raise BadInput(f"{path.name} holds no rows.")
    attributes = [name.strip() for name in names]
    full = [line + [""] * (len(names) - len(line)) for line in body]
    columns = [[line[i].strip() for line in full] for i in range(len(names))]
    by_name = dict(zip(map(folded, attributes), columns, strict=True))
    geometries, in_degrees = _places(path.name, by_name)
    return Table(attributes, columns, geometries, in_degrees)


def _places(name: str, columns: dict[str, list[str]]) -> tuple[Any, bool]:
    def first(candidates: tuple[str, ...]) -> list[str] | None:
        return next((columns[key] for key in candidates if key in columns), None)

    text, lon, lat, x, y, lat_lon = map(first, (TEXT, LON, LAT, X, Y, LAT_LON))
    if text is not None:
        shapes = [shape_of_text(value) for value in text]
        # GeoJSON in a cell is in WGS 84 by its own rule; WKT says nothing of its CRS.
        return np.array(shapes, dtype=object), any(value.startswith("{") for value in text)
    if lon is not None and lat is not None:
        return _points(lon, lat), True
    if lat_lon is not None:
        halves = [value.partition(",") for value in lat_lon]
        return _points([lon for _, _, lon in halves], [lat for lat, _, _ in halves]), True
    if x is not None and y is not None:
        return _points(x, y), False
    raise BadInput(
        f"{name} has no column that gives a place: it needs longitude and latitude (columns lon and lat),"
        " or a WKT column."
    )


def shape_of_text(value: str) -> BaseGeometry | None:
    try:
        if value.startswith("{"):
            return shapely.from_geojson(value)
        return shapely.from_wkt(value.split(";")[-1]) if value else None
    except shapely.errors.GEOSException:
        return None


def _points(xs: list[str], ys: list[str]) -> Any:
    return np.array([_point(x, y) for x, y in zip(xs, ys, strict=True)], dtype=object)


def _point(x: str, y: str) -> BaseGeometry | None:
    try:
        # French spreadsheets write a decimal comma.
        place = shapely.Point(float(x.replace(",", ".")), float(y.replace(",", ".")))
    except ValueError:
        return None
    return place if shapely.is_valid(place) else None
