"""Files of trees as streams of rows: CSV line by line, everything else through GDAL in slices; memory stays flat."""

from __future__ import annotations

import codecs
import csv
import itertools
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyproj import CRS, Transformer

from greening.crs import WGS84
from greening.errors import BadInput
from greening.exchange import source
from greening.exchange.csv_table import SUFFIXES

#: Packed files and addresses; a plain file on disk is streamed, whatever its size.
MAX_UNPACKED = 2_000_000_000
#: A row of an inventory has a few hundred characters; this much without a line end is no table.
MAX_LINE = 1_000_000
SLICE = 5_000
CHUNK = 1 << 20
SAMPLE = 2_000

Row = tuple[int, Sequence[Any], Any]  # line or feature number, cells, (lon, lat) or None


@dataclass
class Table:
    """A file open for reading: `rows()` starts from the first row each time it is called."""

    name: str
    headers: list[str]
    total: int | None
    path: Path
    encoding: str = ""
    separator: str = ""
    layer: str | None = None
    notes: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        return _csv_rows(self) if self.separator else _gdal_rows(self)

    def sample(self, size: int = SAMPLE) -> list[Row]:
        """The first rows, to guess by."""
        return list(itertools.islice(self.rows(), size))


@contextmanager
def opened(path: str, *, layer: str | None = None) -> Iterator[Table]:
    """The table in a file (packed ones are unpacked, and gone on leaving). Raises BadInput with one sentence."""
    plain = Path(path)
    if not source.is_address(path) and plain.suffix.lower() in SUFFIXES and plain.is_file():
        yield _csv_table(plain)
        return
    if plain.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise BadInput(f"{plain.name} is a spreadsheet: save it as CSV (UTF-8) and import that.")
    with source.opened(path, max_bytes=MAX_UNPACKED) as paths:
        chosen = _the_one(paths, layer)
        if chosen.suffix.lower() in SUFFIXES:
            yield _csv_table(chosen)
        else:
            yield _gdal_table(chosen, layer)


def _the_one(paths: Sequence[Path], layer: str | None) -> Path:
    named = [path for path in paths if layer in (path.name, path.stem)] if len(paths) > 1 else paths
    if len(named) == 1:
        return named[0]
    names = ", ".join(path.name for path in paths[:10])
    raise BadInput(f"There are several files in it: say which with --layer ({names}).")


# --- CSV ------------------------------------------------------------------------------------------
def _csv_table(path: Path) -> Table:
    encoding, lines = _looked_through(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        head = file.readline(MAX_LINE)
    separator = max(";,\t|", key=head.count)
    headers = [name.strip() for name in next(csv.reader([head], delimiter=separator), [])]
    if len(headers) < 2:
        raise BadInput(
            f"{path.name} is not a CSV file: its first line must name several columns, separated by ; , or tabs."
        )
    if lines < 2:
        raise BadInput(f"{path.name} holds no rows.")
    notes = (
        [] if encoding.startswith("utf") else [f"{path.name} is not UTF-8: read as Windows-1252."]
    )
    return Table(path.name, headers, lines - 1, path, encoding, separator, notes=notes)


def _looked_through(path: Path) -> tuple[str, int]:
    """(encoding, lines) of a text file, in one pass with flat memory. Raises BadInput for what is no text."""
    lines, in_line, ends_open = 0, 0, False
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        first = file.read(4)
        file.seek(0)
        if not first:
            raise BadInput(f"{path.name} is empty.")
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = file.read(CHUNK)
            return "utf-16", max(2, text.count(b"\n\x00") + 1)
        while chunk := file.read(CHUNK):
            if b"\0" in chunk:
                raise BadInput(
                    f"{path.name} is not a text file: its name says CSV, its content does not."
                )
            breaks = chunk.count(b"\n") or chunk.count(b"\r")
            in_line = in_line + len(chunk) if not breaks else 0
            if in_line > MAX_LINE:
                raise BadInput(f"{path.name} is not a CSV file: line {lines + 1} never ends.")
            lines += breaks
            ends_open = not chunk.endswith((b"\n", b"\r"))
            if utf8 is not None:
                try:
                    utf8.decode(chunk)
                except UnicodeDecodeError:
                    utf8 = None
    return ("utf-8-sig" if utf8 is not None else "cp1252"), lines + ends_open


def unguarded(cell: str) -> str:
    """A cell without the quote that `report.safe` put before a formula.

    >>> unguarded("'=1+1"), unguarded("'t Hooft")
    ('=1+1', "'t Hooft")
    """
    return cell[1:] if cell.lstrip("'")[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _csv_rows(table: Table) -> Iterator[Row]:
    previous = csv.field_size_limit(MAX_LINE)
    try:
        with table.path.open(encoding=table.encoding, errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=table.separator)
            next(reader)
            line = reader.line_num + 1
            for cells in reader:
                if cells and any(cells):
                    yield line, [unguarded(c) if c[:1] == "'" else c for c in cells], None
                line = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(f"{table.name} is not a CSV file after line {line - 1}: {error}.") from error
    finally:
        csv.field_size_limit(previous)


# --- everything else --------------------------------------------------------------------------------
def _gdal_table(path: Path, layer: str | None) -> Table:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
            if not layers:
                raise BadInput(f"{path.name} holds no geometry.")
            if layer not in layers:
                if layer not in (None, path.name, path.stem) or len(layers) > 1:
                    raise BadInput(
                        f"Say which layer of {path.name} with --layer ({', '.join(layers[:10])})."
                    )
                layer = layers[0]
            info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise BadInput(
                f"{path.name} is not a vector file that can be read (GeoJSON, GeoPackage, Shapefile, CSV):"
                f" {str(error).splitlines()[0].split('; It might help')[0].rstrip('.')}."
            ) from error
        except UnicodeDecodeError as error:
            raise BadInput(
                f"{path.name} has text in an unknown encoding: save it as UTF-8."
            ) from error
    if not info["features"]:
        raise BadInput(f"{path.name} holds no rows.")
    headers = [str(name) for name in info["fields"]]
    notes = [str(warning.message) for warning in caught]
    if info["crs"] is None:
        notes.append(f"{path.name} names no coordinate reference system: taken for degrees.")
    return Table(path.name, headers, int(info["features"]), path, layer=layer, notes=notes)


def _gdal_rows(table: Table) -> Iterator[Row]:
    options = (
        {"DATE_AS_STRING": "YES"} if table.path.suffix.lower() in (".geojson", ".json") else {}
    )
    start = 0
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                meta, _fids, wkb, columns = pyogrio.raw.read(
                    table.path,
                    layer=table.layer,
                    force_2d=True,
                    skip_features=start,
                    max_features=SLICE,
                    datetime_as_string=True,
                    **options,
                )
            except (
                pyogrio.errors.FeatureError,
                pyogrio.errors.GeometryError,
                RuntimeError,
            ) as error:
                raise BadInput(f"{table.name} is damaged: {str(error).splitlines()[0]}") from error
            except UnicodeDecodeError as error:
                raise BadInput(
                    f"{table.name} has text in an unknown encoding: save it as UTF-8."
                ) from error
        shapes = _in_degrees(shapely.from_wkb(wkb, on_invalid="ignore"), meta["crs"])
        points = shapely.get_type_id(shapes) == 0
        filled = points & ~shapely.is_empty(shapes)
        xs, ys = shapely.get_x(shapes), shapely.get_y(shapes)
        lists = [column.tolist() for column in columns]
        for number, row in enumerate(zip(*lists, strict=True) if lists else [()] * len(shapes)):
            place = (float(xs[number]), float(ys[number])) if filled[number] else shapes[number]
            yield start + number + 1, row, place
        if len(shapes) < SLICE:
            return
        start += SLICE


def _in_degrees(shapes: Any, named: str | None) -> Any:
    if named is None:
        return shapes
    crs = CRS.from_user_input(named)
    if crs.equals(CRS.from_epsg(WGS84), ignore_axis_order=True):
        return shapes
    move = Transformer.from_crs(crs, WGS84, always_xy=True).transform
    return shapely.transform(shapes, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))
