"""School courtyards from any polygons, tied to their schools by UAI or by nearness."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from greening.exchange.fields import Field, RowProblem, count, number, share, text
from greening.exchange.landing import Candidate, Report, upsert
from greening.exchange.shapes import CELL_M2, Territory, as_multipolygon, shape_key, to_geos
from greening.exchange.vector import Row
from parcels.models import Building, Courtyard, School

#: A yard lies at its school; the point of a French school register is its door or its middle.
NEAREST_SCHOOL_M = 150.0
#: The largest lycées of France have grounds of a few hectares; more is a park, a quarter or a mistake.
LARGE_M2 = 50_000.0
#: Beyond drawing accuracy: a yard that lies under a roof was drawn askew, or the building is new.
ROOFED_SHARE = 0.10
#: Two outlines that share more than half are one yard drawn twice.
TWIN_SHARE = 0.50


def cost_class(cell: Any) -> int:
    value = number(cell)
    if value not in Courtyard.CostClass.values:
        raise RowProblem(f"has the cost class «{cell}», not 1, 2 or 3")
    return int(value)


FIELDS = (
    Field(
        "source_id",
        ("source_id", "recordid", "identifiant", "id", "gid", "objectid", "fid"),
        text(80),
    ),
    Field("name", ("name", "nom", "titre", "libelle", "nom_cour"), text(160)),
    Field(
        "uai", ("uai", "code_uai", "numero_uai", "identifiant_de_l_etablissement", "rne"), text(8)
    ),
    Field(
        "pupils",
        ("pupils", "eleves", "effectif", "effectifs", "nombre_d_eleves", "nb_eleves"),
        count,
    ),
    Field("design_canopy", ("design_canopy",), share),
    Field("design_permeable", ("design_permeable",), share),
    Field("cost_class", ("cost_class",), cost_class),
    Field("vulnerability", ("vulnerability", "vulnerabilite"), share),
)


def candidate(
    row: Row, found: dict[str, Any], source: str, territory: Territory, report: Report
) -> Candidate:
    """A yard from a row: its outline stays as drawn, its area is measured."""
    shape, mended = as_multipolygon(row.geometry)
    if mended:
        report.warn(row.number, mended)
    area = territory.area_m2(shape)
    if area < CELL_M2:
        report.warn(
            row.number,
            f"is smaller than one 10 m cell ({area:.0f} m²): its heat is its neighbours'",
        )
    if area > LARGE_M2:
        report.warn(row.number, f"covers {area / 1e4:.1f} ha: is this one yard?")
    plain = ("name", "pupils", "design_canopy", "design_permeable", "cost_class", "vulnerability")
    values = {name: found[name] for name in plain if found.get(name) is not None}
    source_id = found.get("source_id") or shape_key(shape)
    values |= {
        "source": source,
        "source_id": source_id,
        "geom": to_geos(shape),
        "area_m2": round(area, 1),
    }
    return Candidate(
        row.number, [(source, source_id)], values | {"synthetic": False, "uai": found.get("uai")}
    )


def land(candidates: list[Candidate], source: str, report: Report, territory: Territory) -> None:
    """Write the yards, each with its school; refuse those that are there already under another source."""
    known = {yard.source_id: yard for yard in Courtyard.objects.filter(source=source)}
    kept: list[Candidate] = []
    drawn: list[tuple[int, BaseGeometry]] = []
    for fresh in candidates:
        values = fresh.values
        school, doubt = school_of(values["geom"], values.pop("uai"), territory.srid)
        if doubt:
            report.warn(fresh.row, doubt)
        present = known.get(values["source_id"])
        if present is None:
            shape = territory.in_metres(shapely.from_wkb(bytes(values["geom"].wkb)))
            other = twin(values["geom"], shape, territory)
            if other is not None:
                report.refuse(
                    fresh.row,
                    f"is already here as «{other}» (source {other.source or 'unknown'}): use --source to bring"
                    " that one up to date",
                )
                continue
            for row, earlier in drawn:
                if _shared(shape, earlier) > TWIN_SHARE:
                    report.warn(fresh.row, f"covers the same ground as row {row}")
            drawn.append((fresh.row, shape))
            values.setdefault("name", _default_name(school, values["source_id"]))
        # A person's choice of school stands, unless the file names one by its UAI.
        if school is not None and (present is None or present.school_id is None):
            values["school"] = school
        roofed = roofed_share(values["geom"], territory)
        if roofed > ROOFED_SHARE:
            report.warn(fresh.row, f"lies under buildings for {roofed:.0%}: is its outline right?")
        kept.append(fresh)
    upsert(Courtyard, kept, known.values(), _keys, report)


def _keys(yard: Courtyard) -> list[Hashable]:
    return [(yard.source, yard.source_id)]


def _default_name(school: School | None, source_id: str) -> str:
    if school is not None:
        return (_("Courtyard of %(school)s") % {"school": school.name})[:160]
    return _("Courtyard %(id)s") % {"id": source_id}


def school_of(geom: GEOSGeometry, uai: str | None, metric_srid: int) -> tuple[School | None, str]:
    """The yard's school and what is doubtful about it: by UAI, else the nearest within 150 m."""
    doubt = ""
    if uai:
        school = School.objects.filter(uai=uai.upper()).first()
        if school is not None:
            return school, ""
        doubt = f"names the school {uai}, which is not here: import the schools first"
    near = School.objects.within_m(geom, NEAREST_SCHOOL_M, metric_srid=metric_srid)
    nearest = min(near, key=_distance, default=None)
    if nearest is None:
        return None, doubt or f"has no school within {NEAREST_SCHOOL_M:.0f} m"
    return nearest, doubt


def _distance(school: School) -> tuple[float, int]:
    return school.distance_m, school.pk  # type: ignore[attr-defined]  # within_m's annotation


def twin(geom: GEOSGeometry, shape: BaseGeometry, territory: Territory) -> Courtyard | None:
    """The yard that already covers this ground: more than half of both together."""
    for yard in Courtyard.objects.intersecting(geom):
        other = territory.in_metres(shapely.from_wkb(bytes(yard.geom.wkb)))
        if _shared(shape, other) > TWIN_SHARE:
            return yard
    return None


def _shared(a: BaseGeometry, b: BaseGeometry) -> float:
    """Intersection over union."""
    common = a.intersection(b).area
    return float(common / (a.area + b.area - common))


def roofed_share(geom: GEOSGeometry, territory: Territory) -> float:
    """The share of the yard that known buildings cover; 0 where no building is known."""
    roofs = Building.objects.intersecting(geom).values_list("geom", flat=True)
    shapes = [shapely.from_wkb(bytes(roof.wkb)) for roof in roofs]
    if not shapes:
        return 0.0
    yard = territory.in_metres(shapely.from_wkb(bytes(geom.wkb)))
    return float(yard.intersection(territory.in_metres(shapely.union_all(shapes))).area / yard.area)
