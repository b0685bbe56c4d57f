"""Shared gardens from polygons, or from points with a stated area."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import shapely

from greening.exchange.fields import Field, RowProblem, folded, number, text
from greening.exchange.landing import Candidate, Report, upsert
from greening.exchange.shapes import Territory, as_multipolygon, as_point, shape_key, to_geos
from greening.exchange.vector import Row
from parcels.models import SharedGarden

#: Half a hectare more than the largest shared gardens of Île-de-France; a stated area beyond is a mistake.
LARGEST_M2 = 20_000.0

FIELDS = (
    Field(
        "source_id",
        ("source_id", "recordid", "identifiant", "id", "gid", "objectid", "fid"),
        text(80),
    ),
    Field(
        "name",
        ("name", "nom_ev", "nom", "titre", "libelle", "nom_jardin"),
        text(120),
        required=True,
    ),
    Field("address", ("address", "adresse", "adresse_complete", "adresse_postale"), text(200)),
    Field("area_m2", ("area_m2", "superficie", "surface", "surface_m2", "superficie_m2"), number),
)


def candidate(
    row: Row,
    found: dict[str, Any],
    source: str,
    territory: Territory,
    report: Report,
    point_area_m2: float | None,
) -> Candidate:
    """A garden from a row. Polygons open; a point becomes a circle of the stated area, and stays a draft.

    A garden is land: a point without an area is refused rather than given one silently.
    """
    values = {name: found[name] for name in ("name", "address") if found.get(name) is not None}
    if row.geometry is not None and row.geometry.geom_type in ("Point", "MultiPoint"):
        point = as_point(row.geometry)
        area = found.get("area_m2") or point_area_m2
        if area is None:
            raise RowProblem(
                "is a point without an area: give polygons, a column with m², or --point-area M2"
            )
        shape = shapely.MultiPolygon([circle(point, area, territory)])
        values["state"] = SharedGarden.State.DRAFT
        report.warn(
            row.number,
            f"«{found['name']}» is drawn as a circle of {area:.0f} m²: redraw its outline",
        )
        area = float(area)
    else:
        shape, mended = as_multipolygon(row.geometry)
        if mended:
            report.warn(row.number, mended)
        area = territory.area_m2(shape)
        values["state"] = SharedGarden.State.OPEN
    source_id = found.get("source_id") or f"{shape_key(shape)}-{folded(found['name'])}"[:80]
    values |= {
        "source": source,
        "source_id": source_id,
        "geom": to_geos(shape),
        "area_m2": round(area, 1),
    }
    return Candidate(row.number, [(source, source_id)], values | {"synthetic": False})


def circle(point: shapely.Point, area_m2: float, territory: Territory) -> shapely.Polygon:
    """A round of 32 corners with exactly this area in the metric CRS, in WGS 84."""
    if not 0 < area_m2 <= LARGEST_M2:
        raise RowProblem(f"has an area of {area_m2:g} m²")
    corners = 32
    # A regular polygon of n corners and radius r covers n/2 · r² · sin(2π/n).
    radius_m = math.sqrt(2 * area_m2 / (corners * math.sin(2 * math.pi / corners)))
    flat = territory.in_metres(point)
    turns = [2 * math.pi * k / corners for k in range(corners)]
    ring = shapely.Polygon(
        [(flat.x + radius_m * math.cos(t), flat.y + radius_m * math.sin(t)) for t in turns]
    )
    round_: shapely.Polygon = territory.in_degrees(ring)
    return round_


def land(candidates: list[Candidate], source: str, report: Report) -> None:
    """Write the gardens. A garden that is here keeps its state: only people open and close one."""
    known = list(SharedGarden.objects.filter(source=source))
    present = {key for garden in known for key in _keys(garden)}
    for fresh in candidates:
        if fresh.keys[0] in present:
            fresh.values.pop("state")
    upsert(SharedGarden, candidates, known, _keys, report)


def _keys(garden: SharedGarden) -> list[Hashable]:
    return [(garden.source, garden.source_id)]
