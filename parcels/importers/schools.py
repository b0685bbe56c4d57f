"""Schools from the towns' open data and from the ministry's directory (annuaire de l'éducation)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
from django.db.models import Q
from django.utils.translation import gettext as _

from greening.crs import WGS84, transformer
from greening.exchange.fields import Field, count, folded, text
from greening.exchange.landing import Candidate, Report, upsert
from greening.exchange.shapes import as_point, shape_key, to_geos
from greening.exchange.vector import Row
from parcels.models import School

#: Two doors of one school lie within it; two places of one address further apart do not.
ONE_ADDRESS_M = 100.0


def level(cell: Any) -> str:
    """Our level from the words of the sources.

    >>> [str(level(word)) for word in ("Ecoles maternelles", "ECOLE DE NIVEAU ELEMENTAIRE", "Lycées", "GRETA")]
    ['nursery', 'primary', 'secondary', 'other']
    """
    words = folded(str(cell))
    nursery, primary = "matern" in words, "element" in words
    if (nursery and primary) or "primaire" in words:  # a French «école primaire» has both
        return School.Level.COMBINED
    if nursery:
        return School.Level.NURSERY
    if primary:
        return School.Level.PRIMARY
    if any(word in words for word in ("college", "lycee", "segpa", "erea", "second")):
        return School.Level.SECONDARY
    return School.Level.OTHER


def yes(cell: Any) -> bool:
    """The directory's 0/1 columns.

    >>> yes("1"), yes(0.0), yes("oui")
    (True, False, True)
    """
    return str(cell).strip().lower() in ("1", "1.0", "true", "oui", "yes")


FIELDS = (
    Field("source_id", ("source_id", "recordid", "identifiant", "id", "gid", "objectid"), text(80)),
    Field(
        "uai",
        ("uai", "identifiant_de_l_etablissement", "numero_uai", "code_uai", "rne", "code_rne"),
        text(8),
    ),
    Field(
        "name",
        (
            "name",
            "nom_etablissement",
            "appellation_officielle",
            "titre",
            "nom",
            "nom_ecole",
            "libelle",
        ),
        text(160),
        required=True,
    ),
    Field(
        "level",
        ("level", "libelle_nature", "categorie3", "niveau", "nature", "type_etablissement"),
        level,
    ),
    Field("has_nursery", ("ecole_maternelle",), yes),
    Field("has_primary", ("ecole_elementaire",), yes),
    Field("address", ("address", "adresse_1", "adresse", "adresse_uai"), text(200)),
    Field(
        "pupils",
        ("pupils", "nombre_d_eleves", "effectif", "effectifs", "nb_eleves", "eleves"),
        count,
    ),
)


def candidate(row: Row, found: dict[str, Any], source: str) -> Candidate:
    """A school from a row; recognised again by its UAI, else by the source's identifier."""
    point = as_point(row.geometry)
    values = {
        name: found[name]
        for name in ("name", "level", "address", "pupils")
        if found.get(name) is not None
    }
    if found.get("has_nursery") and found.get("has_primary"):
        values["level"] = School.Level.COMBINED
    source_id = found.get("source_id") or shape_key(point) + f"-{folded(found['name'])}"[:50]
    keys: list[Hashable] = [(source, source_id)]
    if found.get("uai"):
        values["uai"] = found["uai"].upper()
        keys.insert(0, values["uai"])
    values |= {"source": source, "source_id": source_id}
    return Candidate(row.number, keys, values | {"geom": to_geos(point), "synthetic": False})


def land(candidates: list[Candidate], source: str, report: Report, metric_srid: int) -> None:
    """Write the schools, then flag those whose address and position contradict another one's."""
    uais = [c.values["uai"] for c in candidates if "uai" in c.values]
    known = School.objects.filter(Q(source=source) | Q(uai__in=uais))
    landed = upsert(School, candidates, known, _keys, report)
    rows = {school.pk: row for row, school in landed.changed}
    for school, sentence in doubtful_addresses(School.objects.all(), metric_srid):
        if school.pk in rows:
            report.warn(rows[school.pk], f"«{school.name}» {sentence}")
            School.objects.filter(pk=school.pk).update(flag=sentence[:240])


def _keys(school: School) -> list[Hashable]:
    return [*([school.uai] if school.uai else []), (school.source, school.source_id)]


def doubtful_addresses(schools: Iterable[School], metric_srid: int) -> list[tuple[School, str]]:
    """Schools that share an address with another one more than 100 m away: one position is wrong.

    They are told, never merged: a nursery and a primary school often share an address and are two schools.
    """
    by_address: dict[str, list[School]] = defaultdict(list)
    for school in schools:
        if folded(school.address):
            by_address[folded(school.address)].append(school)
    doubts = []
    move = transformer(WGS84, metric_srid).transform
    for sharing in by_address.values():
        places = np.array([move(school.geom.x, school.geom.y) for school in sharing])  # metres
        distances = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        for i, school in enumerate(sharing):
            farthest = int(distances[i].argmax())
            if distances[i, farthest] > ONE_ADDRESS_M:
                doubts.append(
                    (
                        school,
                        _(
                            "shares its address with «%(other)s», %(metres)d m away: one of the two is misplaced."
                        )
                        % {
                            "other": sharing[farthest].name[:100],
                            "metres": round(distances[i, farthest]),
                        },
                    )
                )
    return doubts
