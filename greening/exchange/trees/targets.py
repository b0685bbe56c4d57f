"""What a column of an inventory may fill: the vocabulary of mappings, each word with its unit in its name."""

from __future__ import annotations

import datetime as dt
import json
import uuid as uuid_module
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from greening.exchange.fields import folded
from greening.exchange.trees import cells, units
from greening.exchange.trees.cells import Doubt
from greening.models import PlantingSite, Tree


@dataclass(frozen=True)
class Target:
    """One word of a mapping: where its value goes ("tree.girth_m", "details.family"), and how a cell is read."""

    name: str
    goes_to: str
    read: Callable[[Any], Any]
    label: Any
    guesses: tuple[str, ...] = ()  # folded header names it is known by
    joins: bool = False  # several columns make one text, rather than the first filled one winning

    @property
    def part(self) -> str:
        return self.goes_to.partition(".")[0]

    @property
    def key(self) -> str:
        return self.goes_to.partition(".")[2]


def text(length: int) -> Callable[[Any], str]:
    """A reader of one line of text, cut with a doubt raised where it is longer than its field."""

    def read(cell: Any) -> str:
        value = cells.text(cell)
        if len(value) > length:
            raise Doubt(
                "too_long",
                _("a text of %(got)s characters stands where %(fit)s fit: “%(start)s…”")
                % {"got": len(value), "fit": length, "start": value[:30]},
            )
        return value

    return read


def size(unit: str) -> Callable[[Any], float | None]:
    """A reader of a size in metres; inventories write 0 for what nobody measured."""

    def read(cell: Any) -> float | None:
        value = cells.number(cell, unit)
        if value < 0:
            raise Doubt("negative", _("“%s” is less than zero") % cells.text(cell)[:40])
        return value or None

    return read


def girth_from_diameter(unit: str) -> Callable[[Any], float | None]:
    read_size = size(unit)

    def read(cell: Any) -> float | None:
        value = read_size(cell)
        return None if value is None else units.girth_of(value)

    return read


def planting_day(cell: Any) -> dt.date | None:
    """The day; 1 January 1700 is how Paris writes that it is not known."""
    if str(cell).startswith("1700-01-01"):
        return None
    return cells.day(cell)[0]


def just_day(cell: Any) -> dt.date:
    return cells.day(cell)[0]


#: Words found in a stage of development → the state of a tree that stands. The first that fits decides.
_STAGES = (
    (("mort", "dead"), "dead"),
    (("abattu", "souche", "felled", "stump"), "felled"),
    (("senescen", "vieux", "vieil", "declin", "sur_mature"), "senescent"),
    (("jeune_arbre_adulte", "jeune_adulte", "young_adult"), "established"),
    (("jeune", "young", "sujet_recemment", "plantation"), "establishing"),
    (("adulte", "mature", "mur", "adult"), "mature"),
)


def state_of_stage(stage: str) -> str | None:
    """The state that a stage in words stands for, or None.

    >>> state_of_stage("Jeune (arbre)Adulte"), state_of_stage("Adulte"), state_of_stage("?")
    ('established', 'mature', None)
    """
    plain = folded(stage)
    return next((state for words, state in _STAGES if any(word in plain for word in words)), None)


def one_of(choices: Any) -> Callable[[Any], str]:
    """A reader of one of our own codes, or of its label in either language."""
    values = list(choices.values)

    def read(cell: Any) -> str:
        word = cells.text(cell)
        if word in values:
            return word
        raise Doubt(
            "unknown_word",
            _("“%(word)s” is none of %(words)s") % {"word": word[:40], "words": ", ".join(values)},
        )

    return read


def manager(cell: Any) -> str:
    """Who looks after the tree; names we do not know are somebody else."""
    plain = folded(cells.text(cell))
    if plain in PlantingSite.Manager.values:
        return plain
    if any(word in plain for word in ("ville", "commune", "mairie", "town", "municipal")):
        return "town"
    if "gpso" in plain or "grand_paris_seine_ouest" in plain:
        return "gpso"
    return "department" if "departement" in plain or plain in ("cd92", "cg92") else "other"


def identifier(cell: Any) -> uuid_module.UUID:
    try:
        return uuid_module.UUID(cells.text(cell))
    except ValueError:
        raise Doubt("not_a_uuid", _("“%s” is not a UUID") % str(cell)[:40]) from None


def moment(cell: Any) -> dt.datetime:
    try:
        when = dt.datetime.fromisoformat(str(cell).replace("/", "-"))
    except ValueError:
        raise Doubt("not_a_time", _("“%s” is not a date with a time") % str(cell)[:40]) from None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


def structure(cell: Any) -> dict[str, Any]:
    """A JSON object, as text or as the reader of the file gave it."""
    try:
        value = json.loads(cell) if isinstance(cell, str) else cell
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Doubt("not_json", _("“%s” is not a JSON object") % str(cell)[:40])
    return value


T, _lazy = Target, gettext_lazy

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        T("id", "id.id", text(80), _lazy("the town's own identifier"),
          ("id", "idbase", "id_base", "id_arbre", "arbre_id", "identifiant", "num_arbre", "numero_arbre", "code_arbre",
           "no_arbre", "idelement", "ident", "tree_id", "treeid", "ref_arbre", "reference", "osm_id", "gid", "objectid",
           "fid", "ref", "uid", "numero", "num", "n_arbre", "n", "no")),
        T("lon", "place.lon", cells.number, _lazy("longitude, degrees"),
          ("lon", "lng", "long", "longitude", "x_wgs84", "coord_lon", "geo_lon", "coordonnees_lon", "x_long")),
        T("lat", "place.lat", cells.number, _lazy("latitude, degrees"),
          ("lat", "latitude", "y_wgs84", "coord_lat", "geo_lat", "coordonnees_lat", "y_lat")),
        T("x", "place.x", cells.number, _lazy("x in the metric CRS, m"),
          ("x", "coordx", "x_l93", "x_lambert93", "coord_x", "easting", "x_rgf93", "xl93")),
        T("y", "place.y", cells.number, _lazy("y in the metric CRS, m"),
          ("y", "coordy", "y_l93", "y_lambert93", "coord_y", "northing", "y_rgf93", "yl93")),
        T("lat_lon", "place.lat_lon", cells.text, _lazy("“latitude, longitude” in one column"),
          ("geo_point_2d", "geo_point", "geopoint", "coordonnees_geo", "latlon", "lat_lon", "coordonnees")),
        T("wkt", "place.wkt", str, _lazy("position as WKT or GeoJSON"),
          ("wkt", "geom", "geometry", "the_geom", "geo_shape", "wkt_geom", "shape")),
        T("species", "names.species", text(200), _lazy("scientific name"),
          ("species", "nom_latin", "nom_scientifique", "nom_botanique", "essence", "taxon", "scientific_name",
           "latin_name", "nom_complet", "essence_scientifique", "botanical_name", "species_latin", "nom_taxon")),
        T("genus", "names.genus", text(80), _lazy("genus"), ("genre", "genus", "genre_arbre", "genre_latin")),
        T("epithet", "names.epithet", text(120), _lazy("species epithet"),
          ("espece", "espece_arbre", "epithet", "espece_latin")),
        T("infraspecific", "names.infraspecific", text(80), _lazy("infraspecific rank and name"),
          ("infraspecific", "sous_espece", "subspecies")),
        T("cultivar", "names.cultivar", text(120), _lazy("cultivar"),
          ("cultivar", "variete", "variete_ou_cultivar", "varieteoucultivar", "cultivar_variete_arbre",
           "cultivar_variete", "variety")),
        T("common_name", "names.common", text(160), _lazy("common name"),
          ("nom_vernaculaire", "nom_commun", "libelle_francais", "libellefrancais", "nom_francais", "common_name",
           "nom_usuel", "essence_francais", "essence_fr", "nom_fr", "libelle")),
        T("girth_cm", "tree.girth_m", size("cm"), _lazy("girth, cm"),
          ("circonference_cm", "circonferenceencm", "circonference_en_cm", "circonference", "circ", "circ_cm",
           "circonf", "girth", "girth_cm", "tour", "circonference_tronc", "circonference_du_tronc", "circumference")),
        T("girth_m", "tree.girth_m", size("m"), _lazy("girth, m"),
          ("girth_m", "circonference_m", "circonference_en_m")),
        T("diameter_cm", "tree.girth_m:diameter", girth_from_diameter("cm"), _lazy("diameter of the trunk, cm"),
          ("diametre", "diametre_cm", "diametre_tronc", "diametre_du_tronc", "diam", "dbh", "dbh_cm", "diametretronc",
           "diametre_arbre", "diameter", "diameter_cm", "trunk_diameter")),
        T("diameter_m", "tree.girth_m:diameter", girth_from_diameter("m"), _lazy("diameter of the trunk, m"),
          ("diameter_m", "diametre_m")),
        T("diameter_mm", "tree.girth_m:diameter", girth_from_diameter("mm"), _lazy("diameter of the trunk, mm"),
          ("diameter_mm", "diametre_mm")),
        T("height_m", "tree.height_m", size("m"), _lazy("height, m"),
          ("hauteur_m", "hauteurenm", "hauteur_en_m", "hauteur", "height", "height_m", "hauteur_totale",
           "hauteur_arbre", "haut")),
        T("height_cm", "tree.height_m", size("cm"), _lazy("height, cm"), ("hauteur_cm", "hauteur_en_cm", "height_cm")),
        T("crown_m", "details.crown_m", size("m"), _lazy("diameter of the crown, m"),
          ("diameter_crown", "diametre_couronne_m", "crown_m", "diametre_houppier")),
        T("crown_cm", "details.crown_m", size("cm"), _lazy("diameter of the crown, cm"), ("diametre_couronne",)),
        T("planted_on", "tree.planted_on", planting_day, _lazy("planting date or year"),
          ("date_plantation", "date_de_plantation", "dateplantation", "annee_plantation", "annee_de_plantation",
           "anneeplantation", "planted_on", "planting_date", "start_date", "an_plant", "date_plant")),
        T("measured_on", "tree.measured_on", just_day, _lazy("day of the survey"),
          ("date_releve", "measured_on", "date_mesure", "date_inventaire", "survey_date")),
        T("stage", "details.stage", text(60), _lazy("stage of development"),
          ("stade", "stade_de_developpement", "stadedeveloppement", "stade_developpement", "stade_dev", "stage")),
        T("state", "tree.state", one_of(Tree.State), _lazy("state, as our own files write it"), ("state",)),
        T("address", "site.address", text(200), _lazy("address (several columns are joined)"),
          ("adresse", "address", "lieu_adresse", "lieu", "nom_voie", "voie", "rue", "localisation", "emplacement",
           "street"), joins=True),
        T("domain", "details.domain", text(80), _lazy("where it stands: alignment, park, school…"),
          ("domanialite", "type_emplacement", "domaine", "type_de_domaine", "typologie")),
        T("matricule", "site.matricule", text(40), _lazy("matricule"),
          ("matricule", "matricule_arbre", "num_inventaire", "etiquette", "plaque")),
        T("manager", "site.manager", manager, _lazy("manager"), ("gestionnaire", "manager", "operator")),
        T("kind", "site.kind", one_of(PlantingSite.Kind), _lazy("type of site, as our own files write it"), ()),
        T("alignment", "site.in_alignment", cells.yes_no, _lazy("in a street alignment"),
          ("alignement", "in_alignment")),
        T("soil", "site.soil", text(120), _lazy("soil"), ("type_sol", "soil", "sol")),
        T("constraints", "site.constraints", text(240), _lazy("constraints"), ("contraintes_sol", "constraints")),
        T("remarkable", "details.remarkable", cells.yes_no, _lazy("remarkable"),
          ("remarquable", "arbre_remarquable", "remarkable")),
        T("protected", "details.protected", cells.yes_no, _lazy("protected"),
          ("protege", "arbre_protege", "protected")),
        T("family", "details.family", text(80), _lazy("family"), ("famille", "famille_arbre", "family")),
        T("note", "tree.note", text(4000), _lazy("note"),
          ("remarque", "remarques", "observation", "observations", "commentaire", "commentaires", "note", "notes",
           "description")),
        T("nursery", "tree.nursery", text(80), _lazy("nursery"), ("pepiniere", "nursery")),
        T("lot", "tree.lot", text(40), _lazy("lot"), ("lot", "numero_lot")),
        T("contractor", "tree.contractor", text(80), _lazy("contractor"), ("entreprise", "contractor")),
        T("size_class", "tree.size_class", text(20), _lazy("size class"), ("force", "size_class")),
    )
}  # fmt: skip
del T


def target(name: str) -> Target | None:
    """The target of that name; `details.word` keeps a column's text under that word."""
    if name.startswith("details.") and name.partition(".")[2].isidentifier():
        return TARGETS.get(name) or Target(name, name, text(400), name.partition(".")[2])
    return TARGETS.get(name)
