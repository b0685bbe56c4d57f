"""Any vector file as rows: attributes, and a geometry in WGS 84."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from greening.crs import WGS84
from greening.errors import BadInput
from greening.exchange import csv_table


@dataclass(frozen=True)
class Row:
    """One feature: `number` counts from 1 in the file's order; `geometry` is lon/lat, None where there is none."""

    number: int
    attributes: dict[str, Any]
    geometry: BaseGeometry | None


@dataclass(frozen=True)
class VectorFile:
    """What was read: the attribute names in the file's order, and the rows."""

    name: str
    attributes: list[str]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)


def read(
    paths: Sequence[Path], *, layer: str | None = None, srid: int | None = None, swap: bool = False
) -> VectorFile:
    """The rows of one layer of one file.

    `paths` are the candidates that `source.opened` found; where there are several, or several layers,
    `layer` names one. `srid` is believed before what the file says of itself; `swap` exchanges the two
    coordinates of every point first. Raises BadInput with one sentence.
    """
    path = _the_one(paths, layer)
    if path.suffix.lower() in csv_table.SUFFIXES:
        table = csv_table.read(path)
        name, attributes, columns = path.name, table.attributes, table.columns
        shapes, crs = table.geometries, _crs(WGS84) if table.in_degrees else None
        notes: list[str] = []
    else:
        name, attributes, columns, shapes, crs, notes = _read_gdal(path, layer)
    if srid is not None:
        crs = _crs(srid)
    if swap:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    if crs is None and any(shape is not None for shape in shapes):
        raise BadInput(
            f"{name} names no coordinate reference system: add its .prj file, or say which with --srid"
            " (2154 for Lambert 93, 4326 for longitude and latitude)."
        )
    if crs is not None:
        shapes = _in_degrees(shapes, crs)
        _refuse_metres_called_degrees(name, shapes)
    rows = [
        Row(number, dict(zip(attributes, values, strict=True)), shape)
        for number, (shape, *values) in enumerate(zip(shapes, *columns, strict=True), start=1)
    ]
    if not rows:
        raise BadInput(f"{name} holds no rows.")
    return VectorFile(name, attributes, rows, notes)


def _the_one(paths: Sequence[Path], layer: str | None) -> Path:
    if len(paths) == 1:
        return paths[0]
    named = [path for path in paths if layer in (path.name, path.stem)]
    if len(named) == 1:
        return named[0]
    names = ", ".join(path.name for path in paths[:10])
    raise BadInput(f"There are several files in it: say which with --layer ({names}).")


def _read_gdal(
    path: Path, layer: str | None
) -> tuple[str, list[str], list[Any], Any, CRS | None, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
            if not layers:
                raise BadInput(f"{path.name} holds no geometry.")
            if layer in layers or (len(layers) == 1 and layer in (None, path.name, path.stem)):
                chosen = layer if layer in layers else layers[0]
            else:
                problem = "has several layers" if layer is None else f"has no layer «{layer}»"
                raise BadInput(
                    f"{path.name} {problem}: say which with --layer ({', '.join(layers[:10])})."
                )
            meta, _, wkb, columns = pyogrio.raw.read(path, layer=chosen, force_2d=True)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise BadInput(
                f"{path.name} is not a vector file that can be read (GeoJSON, GeoPackage, Shapefile, CSV):"
                f" {_first_line(error)}"
            ) from error
        except (pyogrio.errors.FeatureError, pyogrio.errors.GeometryError) as error:
            raise BadInput(f"{path.name} is damaged: {_first_line(error)}") from error
        except UnicodeDecodeError as error:
            raise BadInput(
                f"{path.name} has text in an unknown encoding: save it as UTF-8."
            ) from error
    notes = [str(warning.message) for warning in caught]
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    attributes = [str(name) for name in meta["fields"]]
    return path.name, attributes, list(columns), shapes, _crs(meta["crs"]), notes


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].split("; It might help")[0].rstrip(".") + "."


def _crs(given: str | int | None) -> CRS | None:
    """The CRS, or None where a file leaves it open («undefined», «engineering»)."""
    if given is None:
        return None
    try:
        crs = CRS.from_user_input(given)
    except CRSError as error:
        raise BadInput(f"The coordinate reference system {given} is not known.") from error
    return crs if crs.is_projected or crs.is_geographic or crs.is_compound else None


def _in_degrees(shapes: Any, crs: CRS) -> Any:
    if crs.equals(CRS.from_epsg(WGS84), ignore_axis_order=True):
        return shapes
    move = Transformer.from_crs(crs, WGS84, always_xy=True).transform
    return shapely.transform(shapes, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))


def _refuse_metres_called_degrees(name: str, shapes: Any) -> None:
    """Most places off the globe: the file's CRS is not what it says. A few: those rows are refused later."""
    bounds = shapely.bounds(shapes)
    bounds = bounds[~np.isnan(bounds).any(axis=1)]
    x, y = np.abs(bounds[:, [0, 2]]).max(axis=1), np.abs(bounds[:, [1, 3]]).max(axis=1)
    off = (x > 180.0001) | (y > 90.0001)
    if len(off) and off.mean() > 0.5:
        raise BadInput(
            f"The coordinates of {name} are not degrees (up to {x.max():.0f}, {y.max():.0f}): name their"
            " coordinate reference system with --srid, for instance --srid 2154."
        )
