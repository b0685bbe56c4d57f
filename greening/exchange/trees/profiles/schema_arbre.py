"""schema-arbre, the French schema for urban trees: v0.2.0, and v0.3.1 as far as its names are known.

Heights and diameters in centimetres (the diameter at 1.5 m), `;` between cells, a BOM, Oui and Non.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from greening.exchange.trees.profile import Profile

SHARED = {
    "id": "id",
    "longitude": "lon",
    "latitude": "lat",
    "nom_vernaculaire": "common_name",
    "code_insee": "details.insee",
    "code_postal": "details.postcode",
    "adresse": "address",
    "date_plantation": "planted_on",
    "hauteur": "height_cm",
    "diametre": "diameter_cm",
    "type_sol": "soil",
    "type_enracinement": "details.rooting",
    "port_arbre": "details.habit",
}
V0_2_COLUMNS = {
    **SHARED,
    "famille_arbre": "family",
    "genre_arbre": "genus",
    "espece_arbre": "epithet",
    "cultivar_variete_arbre": "cultivar",
    "matricule_arbre": "matricule",
    "arbre_remarquable": "remarkable",
    "arbre_protege": "protected",
    "contraintes_sol": "constraints",
    "contrainte_aeriennes": "details.overhead",
    "eclairage": "details.lighting",
    "arrosage": "details.watering",
    "allergie": "details.allergy",
    "remarque": "note",
}
V0_3_COLUMNS = {
    **SHARED,
    "date_releve": "measured_on",
    "famille": "family",
    "genre": "genus",
    "espece": "epithet",
    "cultivar_variete": "cultivar",
    "matricule": "matricule",
    "stade_developpement": "stage",
    "circonference": "girth_cm",
    "diametre_couronne": "crown_cm",
    "description_pied_arbre": "details.foot",
    "remarquable": "remarkable",
    "protege": "protected",
}

#: The schema's own order of columns, which a valid file keeps.
V0_2_ORDER = (
    "id", "longitude", "latitude", "famille_arbre", "genre_arbre", "espece_arbre", "cultivar_variete_arbre",
    "nom_vernaculaire", "code_insee", "code_postal", "adresse", "matricule_arbre", "date_plantation", "hauteur",
    "diametre", "type_sol", "type_enracinement", "port_arbre", "arbre_remarquable", "arbre_protege",
    "contraintes_sol", "contrainte_aeriennes", "eclairage", "arrosage", "allergie", "remarque",
)  # fmt: skip
V0_3_ORDER = (
    "id", "longitude", "latitude", "date_releve", "famille", "genre", "espece", "cultivar_variete",
    "nom_vernaculaire", "code_insee", "code_postal", "adresse", "matricule", "date_plantation",
    "stade_developpement", "hauteur", "diametre", "circonference", "diametre_couronne", "type_sol",
    "description_pied_arbre", "type_enracinement", "port_arbre", "remarquable", "protege",
)  # fmt: skip

V0_2 = Profile(
    name="schema-arbre",
    title=_("schema-arbre 0.2.0"),
    source="schema-arbre",
    integer_ids=True,
    girth_at_m=1.5,
    sign=(
        frozenset({"genre_arbre", "espece_arbre"}),
        frozenset({"matricule_arbre", "arbre_remarquable"}),
    ),
    columns=V0_2_COLUMNS,
)
V0_3 = Profile(
    name="schema-arbre-0.3.1",
    title=_("schema-arbre 0.3.1"),
    source="schema-arbre",
    integer_ids=True,
    girth_at_m=1.5,
    sign=(
        frozenset({"cultivar_variete", "stade_developpement"}),
        frozenset({"diametre_couronne", "port_arbre"}),
    ),
    columns=V0_3_COLUMNS,
)
