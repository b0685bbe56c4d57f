"""The reference table read from its file: urban trees and shrubs common in Île-de-France.

One row a taxon, its facts written by hand and left empty where they were not certain. `allergen` is the potential
that RNSA's guide "Végétation en ville" gives genera and species (low or negligible, moderate, high); RNSA's 0–5
scale is another thing, the risk of a week in a place. `usual_for` names what a generic word usually means here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from greening.species.name_index import Kind
from greening.species.names import ScientificName

_FILE = files("greening.species") / "reference.csv"

#: The columns that become fields of the same name.
TEXT_FIELDS = ("name_fr", "name_en", "height_class", "allergen", "drought", "leaf", "wikidata")


@dataclass(frozen=True)
class ReferenceTaxon:
    """One row: the name's parts, the values of the Species fields it fills, and the other names it goes by."""

    name: ScientificName
    values: dict[str, str | bool | None]
    names: tuple[tuple[str, Kind], ...]


def read_reference() -> Iterator[ReferenceTaxon]:
    """The taxa of the file, genera before their species."""
    with _FILE.open("r", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter=";"):
            yield _taxon(row)


def _taxon(row: dict[str, str]) -> ReferenceTaxon:
    name = ScientificName(row["genus"], row["species"], row["infraspecific"], row["cultivar"])
    values: dict[str, str | bool | None] = {column: row[column] for column in TEXT_FIELDS}
    toxic, thorny = row["toxic_part"], {"yes": True, "no": False, "": None}[row["thorny"]]
    values["toxic_part"] = "" if toxic == "no" else toxic
    values["thorny"] = thorny
    if values["toxic_part"] or thorny:
        values["courtyard_safe"] = False
    else:
        values["courtyard_safe"] = True if toxic == "no" and thorny is False else None
    names = [
        (written, kind)
        for column, kind in (
            ("synonyms", Kind.SYNONYM),
            ("common_names", Kind.COMMON),
            ("usual_for", Kind.USUAL),
        )
        for written in filter(None, row[column].split(" | "))
    ]
    return ReferenceTaxon(name, values, tuple(names))
