"""The tree cadastre of the Hauts-de-Seine: girth in metres, X and Y in degrees."""

from django.utils.translation import gettext_lazy as _

from greening.exchange.fields import folded
from greening.exchange.trees.profile import Profile
from greening.exchange.trees.record import Record


def refine(record: Record) -> None:
    """“Aligné” and “Isolé” say whether the tree belongs to an alignment."""
    kind = folded(record.details.get("type", ""))
    if kind:
        record.site.setdefault("in_alignment", kind.startswith("align"))


PROFILE = Profile(
    name="hauts-de-seine",
    title=_("Hauts-de-Seine, tree cadastre"),
    source="Hauts-de-Seine, cadastre vert",
    licence="etalab-2.0",
    integer_ids=True,
    refine=refine,
    sign=(frozenset({"idelement", "circonf"}),),
    columns={
        "idelement": "id",
        "code_insee": "details.insee",
        "commune": "details.commune",
        "circonf": "girth_m",
        "type": "details.type",
        # The crown's: a trunk's diameter would say nothing that the girth does not. No unit is given; it is kept.
        "diametre": "details.diametre",
        "x": "lon",
        "y": "lat",
    },
)
