"""Trees out: CSV, GeoJSON and GeoPackage of our own (complete), and schema-arbre; streamed, then put in place whole."""

from __future__ import annotations

import csv
import datetime as dt
import json
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from greening.crs import WGS84
from greening.errors import BadInput
from greening.events.values import to_wire
from greening.exchange.trees.profiles import own
from greening.exchange.trees.report import safe
from greening.exchange.trees.targets import Target
from greening.models import PlantingSite, Tree

#: It reports each slice at the level INFO, which is what our terminals show.
logging.getLogger("pyogrio").setLevel(logging.WARNING)

SLICE = 5_000
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Column:
    """One column of our own files."""

    name: str
    value: Callable[[Tree], Any]
    numeric: str = ""  # "float" or "bool"; text otherwise


def own_columns() -> list[Column]:
    """The columns of our own files, in order: the tree's, its name, its site's."""
    columns = [
        Column("uuid", lambda tree: str(tree.uuid)),
        Column("genus", lambda tree: tree.species.genus if tree.species else None),
        Column("epithet", lambda tree: tree.species.species if tree.species else None),
        Column("infraspecific", lambda tree: tree.species.infraspecific if tree.species else None),
        Column("cultivar", lambda tree: tree.species.cultivar if tree.species else None),
        *(_field(own.OWN[f"own.{name}"], Tree) for name in own.TREE_FIELDS),
        Column("replaced_by", lambda tree: _uuid(tree.replaced_by)),
        Column("site_uuid", lambda tree: str(tree.site.uuid)),
        Column("site_lon", lambda tree: tree.site.geom.x, "float"),
        Column("site_lat", lambda tree: tree.site.geom.y, "float"),
        Column("site_street", lambda tree: _uuid(tree.site.street)),
        Column("site_target_species", lambda tree: _uuid(tree.site.target_species)),
        *(_field(own.OWN[f"own.site_{name}"], PlantingSite, "site_") for name in own.SITE_FIELDS),
    ]
    return columns


def _uuid(obj: Any) -> str | None:
    return str(obj.uuid) if obj is not None else None


def _field(target: Target, model: type[Any], prefix: str = "") -> Column:
    key = target.key
    kind = {"FloatField": "float", "BooleanField": "bool"}.get(
        model._meta.get_field(key).get_internal_type(), ""
    )

    def value(tree: Tree) -> Any:
        held = getattr(tree.site if prefix else tree, key)
        return to_wire(held) if held not in ("", {}) else None

    return Column(prefix + key, value, kind)


def own_csv(path: Path, trees: Iterable[Tree], progress: Progress) -> int:
    """Our own columns in a CSV file, with `lon` and `lat` behind them; UTF-8 with a BOM, commas."""
    columns = own_columns()
    header = [*(column.name for column in columns), "lon", "lat"]

    def lines() -> Iterator[list[str]]:
        for tree in trees:
            row = [_cell(column.value(tree)) for column in columns]
            yield [*row, repr(tree.geom.x), repr(tree.geom.y)]

    return write_csv(path, header, lines(), progress, separator=",")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return safe(str(value))


def write_csv(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    progress: Progress,
    *,
    separator: str,
) -> int:
    """Rows into a CSV file with a BOM, so that spreadsheets read its accents; formulas are made harmless before."""
    count = 0
    with whole(path) as part, part.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
            progress(count)
    return count


def own_geojson(path: Path, trees: Iterable[Tree], progress: Progress) -> int:
    """Our own columns as GeoJSON (RFC 7946: WGS 84, longitude first), coordinates to their last digit."""
    columns, count = own_columns(), 0
    with whole(path) as part, part.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for tree in trees:
            feature = {
                "type": "Feature",
                "id": tree.pk,
                "properties": {column.name: column.value(tree) for column in columns},
                "geometry": {"type": "Point", "coordinates": [tree.geom.x, tree.geom.y]},
            }
            file.write(",\n" if count else "\n")
            json.dump(feature, file, ensure_ascii=False)
            count += 1
            progress(count)
        file.write("\n]}\n")
    return count


def own_gpkg(path: Path, trees: Iterable[Tree], progress: Progress) -> int:
    """Our own columns as a GeoPackage with one layer, `trees`."""
    columns, count = own_columns(), 0
    with whole(path) as part:
        for lot in in_slices(trees):
            points = shapely.points([[tree.geom.x, tree.geom.y] for tree in lot])
            pyogrio.raw.write(
                part,
                geometry=np.asarray(shapely.to_wkb(points), dtype=object),
                field_data=[_array(column, lot) for column in columns],
                fields=[column.name for column in columns],
                layer="trees",
                driver="GPKG",
                geometry_type="Point",
                crs=f"EPSG:{WGS84}",
                append=part.exists(),
            )
            count += len(lot)
            progress(count)
    return count


def in_slices(trees: Iterable[Tree]) -> Iterator[list[Tree]]:
    lot: list[Tree] = []
    for tree in trees:
        lot.append(tree)
        if len(lot) == SLICE:
            yield lot
            lot = []
    yield lot  # the last may be empty: an empty layer still has its columns


def _array(column: Column, trees: Sequence[Tree]) -> Any:
    values = [column.value(tree) for tree in trees]
    if column.numeric == "float":
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if column.numeric == "bool":
        return np.array([bool(value) for value in values], dtype=bool)
    texts = [
        json.dumps(value, ensure_ascii=False, sort_keys=True)
        if isinstance(value, dict | list)
        else value
        for value in values
    ]
    return np.array(texts, dtype=object)


class whole:
    """A file that appears under its name only once it is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Path:
        if not self.path.parent.is_dir():
            raise BadInput(f"There is no folder {self.path.parent}: make it first.")
        self._folder = Path(tempfile.mkdtemp(prefix=".export-", dir=self.path.parent))
        return self._folder / self.path.name

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        part = self._folder / self.path.name
        if kind is None:
            part.replace(self.path)
        for left in self._folder.iterdir():
            left.unlink()
        self._folder.rmdir()


WRITERS = {".csv": own_csv, ".geojson": own_geojson, ".json": own_geojson, ".gpkg": own_gpkg}


def trees_to_export(*, source: str | None = None, archived: bool = False) -> Any:
    """The trees of an export, by number."""
    rows = Tree.objects.select_related(
        "site", "species", "replaced_by", "site__street", "site__target_species"
    )
    if source is not None:
        rows = rows.filter(source=source)
    if not archived:
        rows = rows.filter(archived_at=None)
    return rows.order_by("pk")


def today_name(commune: str, on: dt.date) -> str:
    """A schema-arbre file's name.

    >>> today_name("Issy-les-Moulineaux", dt.date(2026, 11, 23))
    '20261123_Issy-les-Moulineaux_Arbres_Urbains.csv'
    """
    return f"{on:%Y%m%d}_{commune.replace(' ', '-')}_Arbres_Urbains.csv"
