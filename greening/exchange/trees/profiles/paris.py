"""Paris' “les-arbres”: girth in centimetres, height in metres, 0 for what nobody measured (ODbL)."""

from django.utils.translation import gettext_lazy as _

from greening.exchange.fields import folded
from greening.exchange.trees.profile import Profile
from greening.exchange.trees.record import Record

#: DASCO schools, DFPE nurseries, DJS sports grounds, DAC culture, DASES and CASVP social services.
KINDS = {
    "alignement": "street",
    "peripherique": "street",
    "jardin": "park",
    "cimetiere": "cemetery",
    "dasco": "school",
    "dfpe": "school",
}


def refine(record: Record) -> None:
    """The domain says what kind of site it is; trees of an alignment are protected by article L350-3."""
    domain = folded(record.details.get("domain", ""))
    if domain in KINDS:
        record.site.setdefault("kind", KINDS[domain])
    if domain == "alignement":
        record.site.setdefault("in_alignment", True)


PROFILE = Profile(
    name="paris",
    title=_("Paris, les-arbres"),
    source="Paris, les-arbres",
    licence="ODbL-1.0",
    integer_ids=True,
    girth_at_m=1.3,
    refine=refine,
    sign=(
        frozenset({"idbase", "domanialite", "arrondissement"}),
        frozenset({"idbase", "circonference_cm"}),
        frozenset({"idbase", "libellefrancais"}),
    ),
    columns={
        "idbase": "id",
        "domanialite": "domain",
        "arrondissement": "details.district",
        "complement_adresse": "address",
        "complementadresse": "address",
        "numero": "address",
        "adresse": "address",
        "lieu_adresse": "address",
        "idemplacement": "details.place_id",
        "libelle_francais": "common_name",
        "libellefrancais": "common_name",
        "genre": "genus",
        "espece": "epithet",
        "variete": "cultivar",
        "variete_ou_cultivar": "cultivar",
        "varieteoucultivar": "cultivar",
        "circonference_cm": "girth_cm",
        "circonference_en_cm": "girth_cm",
        "circonferenceencm": "girth_cm",
        "hauteur_m": "height_m",
        "hauteur_en_m": "height_m",
        "hauteurenm": "height_m",
        "stade": "stage",
        "stade_de_developpement": "stage",
        "stadedeveloppement": "stage",
        "remarquable": "remarkable",
        "dateplantation": "planted_on",
        "date_plantation": "planted_on",
        "geo_point_2d": "lat_lon",
        "lon": "lon",
        "lat": "lat",
    },
)
