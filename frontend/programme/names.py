"""From what a reader types to rows of small tables: species and streets, so that big tables are asked by key."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db import connections
from django.db.models import BooleanField, F, Func, Q
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from greening.models import PlantingSite, Species, Street, Synonym
from greening.models.species import full_name
from greening.species.names import fold

#: What stands in a filter for “not stated”.
NONE = "-"


def species_named(text: str) -> list[int]:
    """Species meant by a full name, else those whose name, common name or synonym holds the text."""
    wanted = fold(text)
    if not wanted:
        return []
    rows = list(Species.objects.all())
    exact = [row.pk for row in rows if fold(row.scientific_name) == wanted]
    if exact:
        return exact
    found = {
        row.pk
        for row in rows
        if any(wanted in fold(name) for name in (row.scientific_name, row.name_fr, row.name_en))
    }
    synonyms = Synonym.objects.values_list("name", "species_id")
    found |= {species for name, species in synonyms if wanted in fold(name)}
    return sorted(found)


def streets_named(text: str) -> list[int]:
    """Streets whose name holds the text, whatever its accents."""
    wanted = fold(text)
    rows: Iterable[tuple[int, str]] = Street.objects.values_list("pk", "name")
    return [pk for pk, name in rows if wanted and wanted in fold(name)]


def starting_with(field: str, text: str) -> Q:
    """Rows whose `field` starts with the text, by the index on both engines.

    SQLite's LIKE cannot use an index where it has an ESCAPE, as Django writes it; a range can.
    """
    if connections[PlantingSite.objects.db].vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": f"{text}\U0010ffff"})
    return Q(**{f"{field}__startswith": text})


class Among(Func):
    """Whether a number (of the row itself, or at the end of a path) is one of many, given as one parameter.

    What is expensive to find (a boundary of 10,000 corners) is found once, and counted and paged by number.
    """

    output_field = BooleanField()

    def __init__(self, path: str, numbers: list[int]) -> None:
        super().__init__(F(path))
        self.numbers = json.dumps(numbers)

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        sql, parameters = compiler.compile(self.source_expressions[0])
        return f"{sql} IN (SELECT value FROM json_each(%s))", (*parameters, self.numbers)  # noqa: S608

    def as_postgresql(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        # An array, whose length the planner sees; as text, which psycopg need not put together number by number.
        sql, parameters = compiler.compile(self.source_expressions[0])
        return f"{sql} = ANY(%s::bigint[])", (*parameters, f"{{{self.numbers[1:-1]}}}")


def sites_matching(text: str) -> Q:
    """Conditions on planting sites: matricule, street or address."""
    condition = starting_with("matricule", text)
    streets = streets_named(text)
    return condition | Q(street_id__in=streets) if streets else condition


def species_names() -> SafeString:
    """What a species field offers while one types: the catalogue without its redirects, as options."""
    rows = Species.objects.filter(merged_into=None)
    names = rows.values_list("genus", "species", "infraspecific", "cultivar")
    return format_html_join(
        "", '<option value="{}"></option>', ((full_name(*row),) for row in names)
    )
