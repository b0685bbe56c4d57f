"""Buildings and cadastral parcels: the fabric around yards and gardens."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, TypeVar

from greening.exchange.fields import Field, RowProblem, is_missing, number, text
from greening.exchange.landing import Candidate, Report, upsert
from greening.exchange.shapes import Territory, as_multipolygon, shape_key, to_geos
from greening.exchange.vector import Row
from parcels.models import Building, Parcel

#: The tallest building of France, Tour First, has 231 m; masts are no buildings.
TALLEST_M = 350.0
#: An identifier as long as BD TOPO's (24) or the national building register's (12) is unique by itself.
OWN_IDENTIFIER = 12
#: Rows compared with the database at a time: under SQLite's limit of variables, and memory stays flat.
BATCH = 2_000

Fabric = TypeVar("Fabric", Building, Parcel)


def height(cell: Any) -> float | None:
    """Metres; BD TOPO writes 0 where it does not know.

    >>> height("12,5"), height(0)
    (12.5, None)
    """
    value = number(cell)
    if value > TALLEST_M:
        raise RowProblem(f"has a height of {value:g} m")
    return value if value > 0 else None


BUILDING_FIELDS = (
    Field(
        "reference",
        ("reference", "cleabs", "rnb_id", "rnb", "id_bdtopo", "id", "gid", "objectid"),
        text(60),
    ),
    Field("height_m", ("height_m", "hauteur", "height", "haut", "hauteur_m"), height),
)
PARCEL_FIELDS = (
    Field("reference", ("reference", "id", "idu", "id_parcelle"), text(20)),
    Field("commune", ("commune", "code_insee", "insee"), text(5)),
    Field("prefix", ("prefixe", "com_abs"), text(3)),
    Field("section", ("section",), text(2)),
    Field("number", ("numero",), text(4)),
    Field("area_m2", ("area_m2", "contenance", "surface"), number),
)


def building(row: Row, found: dict[str, Any], source: str, report: Report) -> Candidate:
    """A building from a row; Etalab's cadastre gives it no identifier, so its footprint is its identity."""
    shape, mended = as_multipolygon(row.geometry)
    if mended:
        report.warn(row.number, mended)
    given = found.get("reference") or shape_key(shape)
    reference = given if len(given) >= OWN_IDENTIFIER else f"{source}:{given}"[-60:]
    values = {"reference": reference, "geom": to_geos(shape), "source": source, "synthetic": False}
    if found.get("height_m") is not None:
        values["height_m"] = found["height_m"]
    return Candidate(row.number, [reference], values)


def parcel(
    row: Row, found: dict[str, Any], source: str, territory: Territory, report: Report
) -> Candidate:
    """A parcel from a row: the cadastre's area where it gives one, else the measured one."""
    shape, mended = as_multipolygon(row.geometry)
    if mended:
        report.warn(row.number, mended)
    area = found.get("area_m2")
    values = {
        "reference": parcel_reference(found),
        "geom": to_geos(shape),
        "area_m2": area if area is not None else round(territory.area_m2(shape), 1),
        "source": source,
        "synthetic": False,
    }
    return Candidate(row.number, [values["reference"]], values)


def parcel_reference(found: dict[str, Any]) -> str:
    """Fourteen characters: commune, prefix, section and number.

    >>> parcel_reference({"commune": "92040", "prefix": None, "section": "A", "number": "12"})
    '920400000A0012'
    """
    if not is_missing(found.get("reference")):
        return str(found["reference"])
    parts = [found.get(name) for name in ("commune", "section", "number")]
    if any(is_missing(part) for part in parts):
        raise RowProblem("has no identifier, nor commune, section and number to make one of")
    commune, section, lot = map(str, parts)
    return f"{commune}{str(found.get('prefix') or '').rjust(3, '0')}{section.rjust(2, '0')}{lot.rjust(4, '0')}"


def land(
    model: type[Fabric],
    candidates: Iterable[Candidate],
    source: str,
    report: Report,
    *,
    prune: bool,
) -> None:
    """Write buildings or parcels in batches; with `prune`, those of this source that the file no longer has go."""
    before = (
        set(model._default_manager.filter(source=source).values_list("pk", flat=True))
        if prune
        else set()
    )
    rows = iter(candidates)
    repeated: dict[Any, int] = {}
    while batch := list(islice(rows, BATCH)):
        fresh = []
        for one in batch:
            first = repeated.setdefault(one.keys[0], one.row)
            if first != one.row:
                report.refuse(one.row, f"repeats the identifier of row {first}")
            else:
                fresh.append(one)
        known = model._default_manager.filter(reference__in=[one.keys[0] for one in fresh])
        landed = upsert(model, fresh, known, lambda thing: [thing.reference], report)
        before -= {thing.pk for _, thing in landed.rows}
    gone = sorted(before)
    for start in range(0, len(gone), BATCH):
        report.removed += model._default_manager.filter(
            pk__in=gone[start : start + BATCH]
        ).delete()[0]
