"""schema-arbre out: every value as the schema's JSON asks for it, sizes unrounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import shapely

from greening.exchange.trees import cells
from greening.exchange.trees.cells import Doubt
from greening.exchange.trees.profiles.schema_arbre import V0_2_ORDER, V0_3_ORDER
from greening.exchange.trees.report import safe
from greening.exchange.trees.species import Namer, parts_of
from greening.exchange.trees.units import centimetres, diameter_cm, plain
from greening.exchange.trees.write import write_csv
from greening.models import Commune, Tree

ORDERS = {"schema-arbre": V0_2_ORDER, "schema-arbre-0.3.1": V0_3_ORDER}
#: The schema's own pattern for INSEE and postal codes.
_CODE = re.compile(r"^([013-9]\d|2[AB1-9])\d{3}$")
_INTEGER = re.compile(r"[1-9]\d{0,17}")


def ids_of_source(trees: Any) -> bool:
    """Whether the town's own identifiers can stand in `id`: integers of one source, each once."""
    if trees.order_by().values("source").distinct().count() != 1:
        return False
    identifiers = trees.order_by().values_list("source_id", flat=True)
    if identifiers.distinct().count() != trees.count():
        return False
    return all(_INTEGER.fullmatch(one) for one in identifiers.iterator(chunk_size=5000))


def write(
    path: Path,
    trees: Iterable[Tree],
    progress: Callable[[int], object],
    *,
    profile: str,
    commune: Commune,
    own_ids: bool,
) -> int:
    """Trees as a CSV of that version; `own_ids` puts the source's identifiers into `id`, not our numbers."""
    namer = Namer()
    outline = shapely.from_wkb(bytes(commune.geom.wkb))
    shapely.prepare(outline)
    order = ORDERS[profile]

    def rows() -> Iterator[list[str]]:
        for tree in trees:
            inside = bool(shapely.intersects_xy(outline, tree.geom.x, tree.geom.y))
            cells_of = row(tree, namer, commune.insee if inside else "", own_ids=own_ids)
            yield [cells_of[name] for name in order]

    return write_csv(path, order, rows(), progress, separator=";")


def row(tree: Tree, namer: Namer, insee: str, *, own_ids: bool) -> dict[str, str]:
    """Every column that either version has."""
    details, site = tree.details, tree.site
    genus, epithet, cultivar, common = parts_of(tree, namer)
    girth = tree.girth_m
    texts = {
        "famille": details.get("family", ""),
        "genre": genus,
        "espece": epithet,
        "cultivar_variete": cultivar,
        "nom_vernaculaire": common,
        "adresse": site.address,
        "matricule": site.matricule,
        "stade_developpement": details.get("stage", ""),
        "type_sol": site.soil,
        "description_pied_arbre": details.get("foot", ""),
        "type_enracinement": details.get("rooting", ""),
        "port_arbre": details.get("habit", ""),
        "contraintes_sol": site.constraints,
        "contrainte_aeriennes": details.get("overhead", ""),
        "arrosage": details.get("watering", ""),
        "remarque": tree.note,
    }
    plain_cells = {
        "id": tree.source_id if own_ids else str(tree.pk),
        "longitude": plain(tree.geom.x),
        "latitude": plain(tree.geom.y),
        "date_releve": tree.measured_on.isoformat() if tree.measured_on else "",
        "code_insee": _code(details.get("insee", "") or insee),
        "code_postal": _code(details.get("postcode", "")),
        "date_plantation": tree.planted_on.isoformat() if tree.planted_on else "",
        "hauteur": plain(centimetres(tree.height_m)) if tree.height_m is not None else "",
        "diametre": plain(diameter_cm(girth)) if girth is not None else "",
        "circonference": plain(centimetres(girth)) if girth is not None else "",
        "diametre_couronne": plain(centimetres(details["crown_m"]))
        if details.get("crown_m")
        else "",
        "remarquable": _flag(details.get("remarkable")),
        "protege": _flag(details.get("protected")),
        "eclairage": _flag(details.get("lighting")),
        "allergie": _whole(details.get("allergy")),
    }
    found = {**{name: safe(str(text)) for name, text in texts.items()}, **plain_cells}
    # Version 0.2.0 calls some of them otherwise.
    for name in ("famille", "genre", "espece", "cultivar_variete", "matricule"):
        found[f"{name}_arbre"] = found[name]
    found["arbre_remarquable"], found["arbre_protege"] = found["remarquable"], found["protege"]
    return found


def _code(code: str) -> str:
    return code if _CODE.match(code) else ""


def _flag(value: Any) -> str:
    """Oui, Non, or nothing where it is not known."""
    if value is None or value == "":
        return ""
    try:
        return "Oui" if value is True or cells.yes_no(value) else "Non"
    except Doubt:
        return ""


def _whole(value: Any) -> str:
    text = "" if value is None else str(value).strip()
    return text if re.fullmatch(r"-?\d+", text) else ""
