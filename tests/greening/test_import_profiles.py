"""Conventions are recognised, and each is read in its own units."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely

from greening.exchange.trees import read, runs
from greening.exchange.trees.profile import Profile, profiles, recognised, register
from greening.exchange.trees.profiles.generic import PROFILE as GENERIC
from tests.factories import CommuneFactory
from tests.greening.imports import geojson, metres_east, run, write
from tests.greening.inventories import (
    HERE,
    THERE,
    imported,
    name_of,
    table,
    the_tree,
    town,
    tree_row,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def issy() -> None:
    town()


def schema_arbre(path: Path, **more: object) -> Path:
    row = {
        "id": 12, "longitude": HERE[0], "latitude": HERE[1], "genre_arbre": "Tilia", "espece_arbre": "cordata",
        "cultivar_variete_arbre": "", "nom_vernaculaire": "Tilleul à petites feuilles", "matricule_arbre": "A-12",
        "date_plantation": "2010-03-01", "hauteur": 850, "diametre": 58, "type_sol": "Argileux",
        "arbre_remarquable": "Oui", "arbre_protege": "Non", "contraintes_sol": "Grille", "remarque": "tronc abîmé",
        **more,
    }  # fmt: skip
    return table(path, row, separator=";", encoding="utf-8-sig")


def test_schema_arbre_is_read_in_centimetres(tmp_path: Path) -> None:
    said = imported(schema_arbre(tmp_path / "20260301_Issy_Arbres_Urbains.csv"))
    tree = the_tree(12)
    assert "Read as schema-arbre," in said
    assert (tree.height_m, round(tree.girth_m or 0, 4), name_of(tree)) == (
        8.5,
        1.8221,
        "Tilia cordata",
    )
    assert (tree.site.matricule, tree.site.soil, tree.site.constraints) == (
        "A-12",
        "Argileux",
        "Grille",
    )
    assert (tree.details["remarkable"], tree.details["protected"]) == (True, False)
    assert (tree.details["girth_from"], tree.details["girth_at_m"]) == ("diameter", 1.5)


def test_schema_arbre_0_3_1_names(tmp_path: Path) -> None:
    row = {"id": 3, "longitude": HERE[0], "latitude": HERE[1], "genre": "Tilia", "espece": "cordata",
           "cultivar_variete": "", "stade_developpement": "Adulte", "hauteur": 900, "circonference": 120,
           "diametre_couronne": 450, "remarquable": "Non"}  # fmt: skip
    said = imported(table(tmp_path / "t.csv", row, separator=";"))
    tree = the_tree(3)
    assert "Read as schema-arbre-0.3.1," in said
    assert (tree.girth_m, tree.height_m, tree.details["crown_m"], tree.state) == (
        1.2,
        9.0,
        4.5,
        "mature",
    )


def test_the_schemas_own_example_has_its_coordinates_swapped(shared_data: Path) -> None:
    said = imported(shared_data / "schemas" / "schema-arbre_exemple-valide.csv")
    assert (
        "4 trees landed of 4 rows" in said
    )  # in Marseille, so far from Issy that nothing is certain
    assert the_tree(1).girth_m == pytest.approx(1.8221, abs=1e-4)


def test_a_column_that_nobody_reads_is_named_and_may_be_told(tmp_path: Path) -> None:
    row = {"N°": "A1", "Essence": "Tilia cordata", "Année": 2031, "lon": HERE[0], "lat": HERE[1]}
    file = table(tmp_path / "arbres.csv", row, separator=";")
    _out, said = run("import_trees", file, "--dry-run")
    assert "Not read: Année (say what one is with --mapping" in said
    _out, said = run("import_trees", file, "--dry-run", "--mapping", "Année=planted_on")
    assert "Not read" not in said
    assert "“2031” has an impossible year" in said


def test_paris(tmp_path: Path) -> None:
    row = {
        "IDBASE": 2018169, "TYPE EMPLACEMENT": "Arbre", "DOMANIALITE": "Alignement", "ARRONDISSEMENT": "PARIS 15E",
        "LIEU / ADRESSE": "RUE DE VAUGIRARD", "LIBELLE FRANCAIS": "Platane", "GENRE": "Platanus",
        "ESPECE": "x hispanica", "VARIETE OU CULTIVAR": "", "CIRCONFERENCE (cm)": 235, "HAUTEUR (m)": 0,
        "STADE DE DEVELOPPEMENT": "Adulte", "REMARQUABLE": "NON", "geo_point_2d": f"{HERE[1]}, {HERE[0]}",
    }  # fmt: skip
    said = imported(table(tmp_path / "les-arbres.csv", row, separator=";"))
    tree = the_tree(2018169)
    assert "Read as paris, source “Paris, les-arbres”" in said
    assert (tree.girth_m, tree.height_m, name_of(tree), tree.state) == (
        2.35,
        None,
        "Platanus × hispanica",
        "mature",
    )
    assert (tree.site.in_alignment, tree.site.kind, tree.site.address) == (
        True,
        "street",
        "RUE DE VAUGIRARD",
    )
    assert tree.geom.coords == HERE


def test_the_cadastre_of_the_hauts_de_seine_has_girths_in_metres(tmp_path: Path) -> None:
    row = {"IDELEMENT_": 44, "CODE_INSEE": 92040, "COMMUNE": "ISSY-LES-MOULINEAUX", "CIRCONF": "1,25",
           "TYPE": "Aligné", "DIAMETRE": 6, "X": HERE[0], "Y": HERE[1]}  # fmt: skip
    said = imported(table(tmp_path / "cadastre.csv", row, separator=";"))
    tree = the_tree(44)
    assert "Read as hauts-de-seine," in said
    assert (tree.girth_m, tree.site.in_alignment, tree.geom.coords) == (1.25, True, HERE)


def test_openstreetmap(tmp_path: Path) -> None:
    file = geojson(
        tmp_path / "osm.geojson",
        (
            shapely.Point(HERE),
            {"id": "node/77", "natural": "tree", "denotation": "avenue", "species": "Tilia cordata",
             "circumference": "1.2", "height": "12 m", "diameter_crown": "5", "start_date": "1998",
             "leaf_type": "broadleaved"},
        ),
    )  # fmt: skip
    said = imported(file)
    tree = the_tree(77)
    assert "Read as osm, source “OpenStreetMap”" in said
    assert (tree.girth_m, tree.height_m, tree.details["crown_m"]) == (1.2, 12.0, 5.0)
    assert (tree.planted_on.year if tree.planted_on else 0, tree.site.in_alignment) == (1998, True)
    assert tree.details["girth_at_m"] == 1.3


@pytest.mark.parametrize("name", ["arbres.gpkg", "arbres.shp"])
def test_geopackage_and_shapefile_in_lambert_93(tmp_path: Path, name: str) -> None:
    from greening.crs import LAMBERT_93, WGS84, transformer

    moved = shapely.Point(transformer(WGS84, LAMBERT_93).transform(*HERE))
    file = write(
        tmp_path / name,
        [moved],
        "EPSG:2154",
        NUM_ARBRE=["5"],
        ESPECE=["Tilia cordata"],
        CIRCONF=["94"],
    )
    imported(file)
    tree = the_tree(5)
    assert tree.geom.coords == pytest.approx(HERE, abs=1e-8)
    assert (name_of(tree), tree.girth_m) == ("Tilia cordata", 0.94)


def test_a_zipped_shapefile(tmp_path: Path) -> None:
    import zipfile

    file = write(
        tmp_path / "arbres.shp", [metres_east(HERE, 3)], "EPSG:4326", NUM_ARBRE=["5"], HAUTEUR=["9"]
    )
    with zipfile.ZipFile(tmp_path / "arbres.zip", "w") as archive:
        for part in tmp_path.glob("arbres.*"):
            if part.suffix != ".zip":
                archive.write(part, part.name)
    imported(tmp_path / "arbres.zip")
    assert the_tree(5).height_m == 9.0
    assert file.exists()


# --- guesses ------------------------------------------------------------------------------------------
def guessed(path: Path) -> dict[str, str]:
    with read.opened(str(path)) as opened:
        return runs.plan(opened, file=str(path)).mapping


def test_columns_are_guessed_by_parts_of_their_names(tmp_path: Path) -> None:
    row = {"N° arbre": 1, "Long.": HERE[0], "Lat.": HERE[1], "Circonférence du tronc en cm": 80,
           "Hauteur totale (m)": 7, "Nom latin de l'essence": "Tilia cordata", "Année de plantation": 1990}  # fmt: skip
    found = guessed(table(tmp_path / "t.csv", row, row, row))
    assert found["Circonférence du tronc en cm"] == "girth_cm"
    assert found["Hauteur totale (m)"] == "height_m"
    assert found["Nom latin de l'essence"] == "species"
    assert found["Année de plantation"] == "planted_on"
    assert (found["Long."], found["Lat."]) == ("lon", "lat")


def test_columns_are_guessed_by_their_values(tmp_path: Path) -> None:
    rows = [
        {"a": n, "b": HERE[0] + n * 1e-4, "c": HERE[1], "d": "Tilia cordata", "e": "2012-03-01"}
        for n in range(4)
    ]
    assert guessed(table(tmp_path / "t.csv", *rows)) == {
        "b": "lon",
        "c": "lat",
        "d": "species",
        "e": "planted_on",
    }


def test_of_two_identifiers_the_one_without_repeats_is_taken(tmp_path: Path) -> None:
    rows = [{**tree_row(7), "id": 7, "num_arbre": n} for n in range(4)]
    assert guessed(table(tmp_path / "t.csv", *rows))["num_arbre"] == "id"


def test_a_floor_above_can_add_a_convention(tmp_path: Path) -> None:
    town_x = Profile(
        name="town-x",
        title="Town X",
        source="Town X",
        sign=(frozenset({"baumnr"}),),
        columns={"baumnr": "id", "laenge": "lon", "breite": "lat", "umfang": "girth_cm"},
    )
    register(town_x)
    try:
        assert recognised(["BaumNr", "Laenge"]) is town_x
        imported(
            table(
                tmp_path / "t.csv",
                {"BaumNr": 9, "Laenge": HERE[0], "Breite": HERE[1], "Umfang": 60},
            )
        )
    finally:
        from greening.exchange.trees import profile

        del profile._profiles["town-x"]
    assert (the_tree(9).girth_m, the_tree(9).source) == (0.6, "Town X")


def test_a_convention_with_an_unknown_word_is_refused_when_it_registers() -> None:
    with pytest.raises(ValueError, match="no such words: inches"):
        register(Profile(name="odd", title="odd", columns={"a": "inches"}))


def test_every_convention_that_is_known_fits_its_own_columns() -> None:
    for each in profiles():
        if each is not GENERIC:
            for signature in each.sign:
                assert recognised(sorted(signature)) is each


def test_a_json_mapping_is_what_a_run_keeps(tmp_path: Path) -> None:
    from greening.models import ImportRun

    imported(table(tmp_path / "t.csv", tree_row(1, THERE, circ=50)))
    run = ImportRun.objects.get()
    assert json.loads(json.dumps(run.mapping)) == {
        "id": "id",
        "lon": "lon",
        "lat": "lat",
        "circ": "girth_cm",
    }
    assert (run.profile, run.state, run.counts["created"]) == ("generic", "done", 1)


def test_no_town_no_import(tmp_path: Path) -> None:
    from django.core.management.base import CommandError

    from greening.models import Commune

    Commune.objects.all().delete()
    with pytest.raises(CommandError, match="There is no commune yet"):
        imported(table(tmp_path / "t.csv", tree_row(1)))
    CommuneFactory()
