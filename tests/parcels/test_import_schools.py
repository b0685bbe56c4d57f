"""`import_schools`: official files in, levels understood, contradictions flagged for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from django.core.management import CommandError

from parcels.importers.schools import level
from parcels.models import School
from tests.factories import STREET_CORNER, TOWN_HALL, CommuneFactory, SchoolFactory
from tests.greening.imports import geojson, metres_east, run

pytestmark = pytest.mark.django_db

HERE = shapely.Point(TOWN_HALL)


@pytest.fixture(autouse=True)
def _commune() -> None:
    CommuneFactory()


def test_the_towns_own_columns_are_understood(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "ecoles.geojson",
        (
            HERE,
            {
                "recordid": "96086c6f",
                "titre": "Ecole Maternelle Louise Michel",
                "categorie3": "Ecoles maternelles",
                "adresse": "34 rue du Docteur Zamenhoff",
            },
        ),
    )
    assert (
        run("import_schools", path)[0]
        == "1 school landed: 1 new, 0 updated, 0 unchanged, 0 refused."
    )
    school = School.objects.get()
    assert school.name == "Ecole Maternelle Louise Michel"
    assert (school.level, school.source, school.source_id) == ("nursery", "ecoles", "96086c6f")
    assert school.pupils is None  # not told is not zero
    assert school.geom.tuple == pytest.approx(TOWN_HALL)


def test_the_ministrys_directory_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "fr-en-annuaire-education.csv"
    path.write_text(
        "identifiant_de_l_etablissement;nom_etablissement;type_etablissement;adresse_1;ecole_maternelle;"
        "ecole_elementaire;nombre_d_eleves;latitude;longitude\n"
        "0921234A;École primaire Paul Bert;Ecole;18 rue Paul Bert;1;1;312;48.8238;2.2737\n"
        "0925678B;Collège Victor Hugo;Collège;24 rue Aristide Briand;0;0;640;48.8210;2.2562\n"
    )
    run("import_schools", path)
    bert, hugo = School.objects.order_by("uai")
    assert (bert.uai, bert.level, bert.pupils) == ("0921234A", "combined", 312)
    assert (hugo.uai, hugo.level, hugo.pupils) == ("0925678B", "secondary", 640)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ECOLE MATERNELLE", "nursery"),
        ("Ecoles élémentaires", "primary"),
        ("ECOLE PRIMAIRE", "combined"),
        ("Écoles maternelle et élémentaire", "combined"),
        ("Lycée professionnel", "secondary"),
        ("CIO", "other"),
    ],
)
def test_levels_are_read_from_french_words(words: str, expected: str) -> None:
    assert level(words) == expected


def test_two_schools_of_one_address_far_apart_are_flagged_not_merged(tmp_path: Path) -> None:
    said = {"adresse": "8 Rue de l'Abbé Grégoire"}
    path = geojson(
        tmp_path / "ecoles.geojson",
        (HERE, said | {"id": "1", "titre": "Maternelle"}),
        (
            metres_east(TOWN_HALL, 0, 440),
            {"adresse": "8, rue de l'Abbe-Gregoire", "id": "2", "titre": "Élémentaire"},
        ),
        (
            metres_east(TOWN_HALL, 99),
            {"adresse": "9 rue de l'Abbé Grégoire", "id": "3", "titre": "Autre"},
        ),
    )
    _, doubts = run("import_schools", path)
    assert School.objects.count() == 3
    flags = dict(School.objects.values_list("name", "flag"))
    # The sentence is in the installation's language; the other school and the distance are in it.
    assert "Élémentaire" in flags["Maternelle"]
    assert "Maternelle" in flags["Élémentaire"]
    assert all("440 m" in flags[name] for name in ("Maternelle", "Élémentaire"))
    assert flags["Autre"] == ""
    assert doubts.count("[to check]") == 2


def test_a_nursery_beside_its_primary_school_is_no_contradiction(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "ecoles.geojson",
        (HERE, {"id": "1", "titre": "Maternelle", "adresse": "40 rue du Champ"}),
        (
            metres_east(TOWN_HALL, 90),
            {"id": "2", "titre": "Élémentaire", "adresse": "40 rue du Champ"},
        ),
    )
    run("import_schools", path)
    assert not School.objects.exclude(flag="").exists()


def test_a_flag_that_a_person_cleared_stays_cleared(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "ecoles.geojson",
        (HERE, {"id": "1", "titre": "A", "adresse": "rue X"}),
        (metres_east(TOWN_HALL, 400), {"id": "2", "titre": "B", "adresse": "rue X"}),
    )
    run("import_schools", path)
    School.objects.update(flag="")
    run("import_schools", path)
    assert not School.objects.exclude(flag="").exists()


def test_a_second_import_updates_what_changed_and_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    path = geojson(tmp_path / "ecoles.geojson", (HERE, {"id": "1", "titre": "A", "effectif": 100}))
    run("import_schools", path)
    School.objects.update(address="written by hand")
    geojson(path, (HERE, {"id": "1", "titre": "A", "effectif": 120}))
    assert "0 new, 1 updated" in run("import_schools", path)[0]
    school = School.objects.get()
    assert (school.pupils, school.address) == (120, "written by hand")


def test_a_uai_recognises_a_school_across_sources(tmp_path: Path) -> None:
    SchoolFactory(uai="0921234A", name="old name", source="demo")
    path = geojson(
        tmp_path / "new.geojson", (HERE, {"uai": "0921234A", "nom": "new name", "id": "77"})
    )
    run("import_schools", path)
    assert School.objects.get().name == "new name"


def test_three_bad_rows_of_ten_are_named_and_the_good_seven_land(tmp_path: Path) -> None:
    rows: list[tuple[Any, dict[str, Any]]] = [
        (
            metres_east(TOWN_HALL, 10 * n),
            {"id": str(n), "nom": f"École {n}", "uai": f"09200{n:02d}A"},
        )
        for n in range(1, 11)
    ]
    rows[1] = (None, rows[1][1])
    rows[4] = (rows[4][0], rows[4][1] | {"uai": "WRONG"})
    rows[8] = (rows[8][0], rows[8][1] | {"nom": None})
    path = geojson(tmp_path / "ecoles.geojson", *rows)
    errors = tmp_path / "errors.csv"
    said, problems = run("import_schools", path, "--errors", errors)
    assert said == "7 schools landed: 7 new, 0 updated, 0 unchanged, 3 refused."
    assert "row 2 has no geometry" in problems
    assert "row 5 has a uai that does not fit" in problems
    assert "row 9 has nothing in «nom»" in problems
    assert [line.split(",")[:2] for line in errors.read_text().splitlines()[1:]] == [
        ["2", "refused"], ["5", "refused"], ["9", "refused"],
    ]  # fmt: skip
    assert School.objects.count() == 7

    School.objects.all().delete()
    with pytest.raises(CommandError, match="3 of 10 rows were refused, and --strict was given"):
        run("import_schools", path, "--strict")
    assert not School.objects.exists()


def test_a_file_of_bad_rows_only_fails(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "ecoles.geojson", (shapely.box(2.27, 48.82, 2.271, 48.821), {"nom": "A"})
    )
    with pytest.raises(CommandError, match="Nothing landed: all 1 rows") as told:
        run("import_schools", path)
    assert told.value.returncode == 1


def test_a_dry_run_reports_and_writes_nothing(tmp_path: Path) -> None:
    path = geojson(tmp_path / "ecoles.geojson", (HERE, {"nom": "A"}))
    said, _ = run("import_schools", path, "--dry-run")
    assert (
        said
        == "1 school landed: 1 new, 0 updated, 0 unchanged, 0 refused (dry run: nothing was written)."
    )
    assert not School.objects.exists()


def test_an_identifier_twice_in_one_file_is_refused_once(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "e.geojson", (HERE, {"id": 5, "nom": "A"}), (HERE, {"id": 5, "nom": "B"})
    )
    _, problems = run("import_schools", path)
    assert "row 2 repeats the identifier of row 1" in problems
    assert School.objects.get().name == "A"


def test_swapped_coordinates_are_caught_by_the_communes_bounds(tmp_path: Path) -> None:
    swapped = shapely.Point(TOWN_HALL[1], TOWN_HALL[0])
    path = geojson(
        tmp_path / "e.geojson", *((swapped, {"nom": f"É{n}", "id": n}) for n in range(3))
    )
    with pytest.raises(CommandError, match=r"look swapped in e\.geojson: 3 of 3 rows"):
        run("import_schools", path)
    assert "3 new" in run("import_schools", path, "--swap")[0]


def test_one_swapped_row_among_good_ones_is_refused(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "e.geojson",
        (HERE, {"nom": "A", "id": 1}),
        (shapely.Point(STREET_CORNER), {"nom": "B", "id": 2}),
        (shapely.Point(TOWN_HALL[1], TOWN_HALL[0]), {"nom": "C", "id": 3}),
    )
    _, problems = run("import_schools", path)
    assert "row 3 has longitude and latitude swapped" in problems
    assert School.objects.count() == 2


def test_what_lies_outside_the_commune_is_left_out_and_counted(tmp_path: Path) -> None:
    # The commune ends at 48.8345 in the north; 400 m beyond is still near, 600 m is not.
    edge = (2.27, 48.8345)
    path = geojson(
        tmp_path / "e.geojson",
        (HERE, {"nom": "in", "id": 1}),
        (metres_east(edge, 0, 400), {"nom": "near", "id": 2}),
        (metres_east(edge, 0, 600), {"nom": "out", "id": 3}),
    )
    said, _ = run("import_schools", path)
    assert (
        said == "2 schools landed: 2 new, 0 updated, 0 unchanged, 1 outside the commune, 0 refused."
    )
    assert {s.name for s in School.objects.all()} == {"in", "near"}


def test_real_rows_in_the_demonstration_town_come_with_a_note(tmp_path: Path) -> None:
    from greening.models import Commune

    Commune.objects.update(synthetic=True)
    _, notes = run("import_schools", geojson(tmp_path / "e.geojson", (HERE, {"nom": "A"})))
    assert "demonstration town" in notes


def test_without_a_name_column_the_sentence_says_how_to_tell(tmp_path: Path) -> None:
    path = geojson(tmp_path / "e.geojson", (HERE, {"label": "A"}))
    with pytest.raises(CommandError, match="--field name=COLUMN"):
        run("import_schools", path)
    run("import_schools", path, "--field", "name=label")
    assert School.objects.get().name == "A"


def test_without_a_commune_the_sentence_says_what_to_load(tmp_path: Path) -> None:
    from greening.models import Commune

    Commune.objects.all().delete()
    with pytest.raises(CommandError, match="import_commune FILE"):
        run("import_schools", geojson(tmp_path / "e.geojson", (HERE, {"nom": "A"})))
