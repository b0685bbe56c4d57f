"""OpenStreetMap's `natural=tree`: metres, the girth at 1.3 m, identifiers of nodes (ODbL)."""

from django.utils.translation import gettext_lazy as _

from greening.exchange.trees.profile import Profile
from greening.exchange.trees.record import Record

KINDS = {
    "avenue": "street",
    "street": "street",
    "urban": "street",
    "park": "park",
    "garden": "park",
}


def refine(record: Record) -> None:
    """A tree of an avenue stands in an alignment; only a node that is a tree is one."""
    denotation = record.details.get("denotation", "")
    if denotation in KINDS:
        record.site.setdefault("kind", KINDS[denotation])
    if denotation == "avenue":
        record.site.setdefault("in_alignment", True)
    record.source_id = record.source_id.removeprefix("node/")


PROFILE = Profile(
    name="osm",
    title=_("OpenStreetMap, natural=tree"),
    source="OpenStreetMap",
    licence="ODbL-1.0",
    girth_at_m=1.3,
    refine=refine,
    sign=(
        frozenset({"natural", "denotation"}),
        frozenset({"natural", "leaf_type"}),
        frozenset({"natural", "osm_id"}),
        frozenset({"natural", "id"}),
    ),
    columns={
        "id": "id",
        "osm_id": "id",
        "ref": "matricule",
        "lon": "lon",
        "lat": "lat",
        "species": "species",
        "taxon": "species",
        "genus": "genus",
        "taxon_cultivar": "cultivar",
        "cultivar": "cultivar",
        "species_fr": "common_name",
        "taxon_fr": "common_name",
        "genus_fr": "common_name",
        "circumference": "girth_m",
        "diameter": "diameter_m",
        "height": "height_m",
        "diameter_crown": "crown_m",
        "start_date": "planted_on",
        "denotation": "details.denotation",
        "leaf_type": "details.leaf_type",
        "leaf_cycle": "details.leaf_cycle",
        "operator": "manager",
        "addr_street": "address",
        "note": "note",
        "description": "note",
    },
)
