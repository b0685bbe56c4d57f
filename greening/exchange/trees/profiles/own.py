"""Our own GeoPackage, GeoJSON and CSV: every field of a tree and its site, so that a round trip changes nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _

from greening.exchange.trees import cells
from greening.exchange.trees.cells import Doubt
from greening.exchange.trees.profile import Profile
from greening.exchange.trees.targets import Target, identifier, moment, structure
from greening.models import PlantingSite, Tree

#: Column → field, in the order in which they are written. Columns of the site begin with `site_`.
TREE_FIELDS = (
    "state",
    "source",
    "source_id",
    "species_as_written",
    "planted_on",
    "ended_on",
    "girth_m",
    "height_m",
    "measured_on",
    "under_watch",
    "guarantee_until",
    "nursery",
    "lot",
    "contractor",
    "size_class",
    "note",
    "synthetic",
    "archived_at",
    "details",
)
SITE_FIELDS = (
    "state",
    "matricule",
    "kind",
    "manager",
    "address",
    "soil",
    "constraints",
    "pit_volume_m3",
    "in_alignment",
    "networks_cleared_on",
    "felling_basis",
    "campaign",
    "source",
    "synthetic",
    "archived_at",
)
#: What is written beside the fields: identities, and what points elsewhere.
LINKS = (
    "uuid",
    "site_uuid",
    "site_lon",
    "site_lat",
    "site_street",
    "site_target_species",
    "replaced_by",
)
NAME = ("genus", "epithet", "infraspecific", "cultivar")


def exact(cell: Any) -> str:
    """Text to the letter."""
    return str(cell)


def any_day(cell: Any) -> dt.date:
    """A day of any year: our own fields know what they hold, a guarantee lies ahead."""
    return dt.date.fromisoformat(str(cell)[:10].replace("/", "-"))


def reader_of(model: type[Any], name: str) -> Any:
    """How a cell of that field is read, by the field's type."""
    kind = model._meta.get_field(name).get_internal_type()
    return {
        "FloatField": cells.number,
        "BooleanField": cells.yes_no,
        "DateField": any_day,
        "DateTimeField": moment,
        "JSONField": structure,
    }.get(kind, exact)


def empty_of(aim: Target) -> Any:
    """What an empty cell of this column means in a file of our own."""
    model: type[Any] = Tree if aim.part == "tree" else PlantingSite
    field = model._meta.get_field(aim.key)
    if field.null:
        return None
    if field.get_internal_type() == "JSONField":
        return {}
    return field.get_default()


def _targets() -> dict[str, Target]:
    found = [
        *(
            Target(f"own.{name}", f"tree.{name}", reader_of(Tree, name), name)
            for name in TREE_FIELDS
        ),
        *(
            Target(f"own.site_{name}", f"site.{name}", reader_of(PlantingSite, name), name)
            for name in SITE_FIELDS
        ),
        *(
            Target(
                f"own.{name}",
                f"own.{name}",
                cells.number if name[-4:] in ("_lon", "_lat") else identifier,
                name,
            )
            for name in LINKS
        ),
    ]
    return {target.name: target for target in found}


OWN = _targets()
COLUMNS = {
    **{name.partition(".")[2]: name for name in OWN},
    "genus": "genus",
    "epithet": "epithet",
    "infraspecific": "infraspecific",
    "cultivar": "cultivar",
    "lon": "lon",
    "lat": "lat",
}


def refine(record: Any) -> None:
    """A row of our own always knows who it is."""
    record.source_id = record.tree.get("source_id", "")
    if "uuid" not in record.own or "site_uuid" not in record.own:
        from greening.exchange.trees.record import Refused, Told

        doubt = Doubt(
            "no_uuid",
            str(
                _("the row has lost its uuid or its site's: give it back, or use --profile generic")
            ),
        )
        raise Refused(
            Told(record.line, "refused", doubt.code, "uuid", doubt.sentence, record.source_id)
        )


GEOPACKAGE = Profile(
    name="own",
    title=_("our own file (GeoPackage, GeoJSON or CSV), complete"),
    complete=True,
    keeps_all=True,
    refine=refine,
    sign=(frozenset({"uuid", "site_uuid", "species_as_written", "site_state"}),),
    columns=COLUMNS,
)
