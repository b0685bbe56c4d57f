"""A list as a file: CSV or GeoJSON, streamed row by row, the same rows as on the page."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import GEOSGeometry
from django.http import StreamingHttpResponse
from django.utils import timezone

from frontend.programme.kinds import ListKind

CHUNK = 2000
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel reads UTF-8 as if it were Latin 1
#: A cell that starts so is run as a formula by Excel, LibreOffice and Google Sheets (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
DECIMALS = 7  # of a degree: about a centimetre


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def safe(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that looks like a formula gets an apostrophe before it.

    >>> safe("=1+1"), safe(-3.5), safe(None)
    ("'=1+1", -3.5, '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def plain(value: Any) -> Any:
    """A value that JSON knows."""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    return value


def headings(kind: ListKind) -> list[str]:
    return [path.replace("__", "_") for path in kind.export]


def _place(kind: ListKind) -> str | None:
    if kind.place is None:
        return None
    return f"{kind.place}__geom" if kind.place else "geom"


def _values(kind: ListKind, rows: Any) -> Iterator[tuple[Any, ...]]:
    paths = list(kind.export)
    place = _place(kind)
    if place:
        paths.append(place)
    yield from rows.order_by("pk").values_list(*paths).iterator(chunk_size=CHUNK)


def csv_lines(kind: ListKind, rows: Any) -> Iterator[str]:
    """Comma-separated, UTF-8 with a mark for Excel; longitude and latitude (of a shape: a point in it) at the end."""
    writer: Any = csv.writer(_Echo())
    place = _place(kind)
    yield BOM + writer.writerow([*headings(kind), *(["longitude", "latitude"] if place else [])])
    for values in _values(kind, rows):
        cells = [safe(plain(value)) for value in (values[:-1] if place else values)]
        if place:
            shape: GEOSGeometry | None = values[-1]
            point: Any = (
                shape if shape is None or shape.geom_type == "Point" else shape.point_on_surface
            )
            cells += (
                ["", ""] if point is None else [round(point.x, DECIMALS), round(point.y, DECIMALS)]
            )
        yield writer.writerow(cells)


def geojson_parts(kind: ListKind, rows: Any) -> Iterator[str]:
    """An RFC 7946 feature collection; a kind without a place gives features without a geometry."""
    names, place = headings(kind), _place(kind)
    yield '{"type":"FeatureCollection","features":['
    before = ""
    for values in _values(kind, rows):
        cells = [plain(value) for value in (values[:-1] if place else values)]
        shape = values[-1] if place else None
        feature = {
            "type": "Feature",
            "id": cells[0],
            "geometry": json.loads(shape.json) if shape is not None else None,
            "properties": dict(zip(names[1:], cells[1:], strict=True)),
        }
        yield before + json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
        before = ",\n"
    yield "]}"


WRITERS: dict[str, tuple[str, Callable[[ListKind, Any], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_lines),
    "geojson": ("application/geo+json", geojson_parts),
}


def file_answer(kind: ListKind, rows: Any, suffix: str) -> StreamingHttpResponse:
    content_type, write = WRITERS[suffix]
    name = f"{timezone.localdate():%Y%m%d}_{kind.name}.{suffix}"
    return StreamingHttpResponse(
        write(kind, rows),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
