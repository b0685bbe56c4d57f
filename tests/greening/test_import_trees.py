"""`import_trees`: units, places, doubts and refusals, row by row."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from greening.models import Event, ImportRun, PlantingSite, Tree
from tests.greening.inventories import (
    FAR,
    HERE,
    THERE,
    counts,
    events,
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


def test_a_tree_comes_in_with_its_site_through_the_door(tmp_path: Path) -> None:
    file = table(
        tmp_path / "trees.csv",
        tree_row(
            7, espece="Tilia cordata", circonference=94, hauteur="8,5", adresse="rue de Meudon"
        ),
    )
    said = imported(file, "--source", "town")
    tree = the_tree(7)
    assert counts(said)["new"] == 1
    assert (tree.girth_m, tree.height_m, name_of(tree)) == (0.94, 8.5, "Tilia cordata")
    assert (tree.source, tree.state, tree.site.state) == ("town", "established", "occupied")
    assert tree.site.address == "rue de Meudon"
    run = ImportRun.objects.get()
    made = Event.objects.filter(batch=run.uuid)
    assert sorted(made.values_list("kind", "source")) == [
        ("planting_site", "import"),
        ("tree", "import"),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_separators_and_encodings(tmp_path: Path, separator: str, encoding: str) -> None:
    file = table(
        tmp_path / "arbres.csv",
        tree_row(1, adresse="  allée des Érables ", hauteur=" 12,5 "),
        separator=separator,
        encoding=encoding,
    )
    imported(file)
    assert the_tree(1).site.address == "allée des Érables"
    assert the_tree(1).height_m == 12.5


@pytest.mark.parametrize(
    ("column", "cell", "girth"),
    [
        ("circonference", "94", 0.94),
        ("circonference_m", "0,94", 0.94),
        ("circonference_cm", "94 cm", 0.94),
        ("circonference_cm", "0.94 m", 0.94),
        ("diametre", "30", 0.942477796077),
        ("circonference", "0", None),
        ("circonference", "", None),
    ],
)
def test_girths_are_kept_in_metres(
    tmp_path: Path, column: str, cell: str, girth: float | None
) -> None:
    imported(
        table(tmp_path / "t.csv", tree_row(1, **{column: cell}), tree_row(2, **{column: cell}))
    )
    assert the_tree(1).girth_m == girth


def test_a_diameter_that_no_tree_has_is_taken_for_its_girth_and_said(tmp_path: Path) -> None:
    rows = [tree_row(n, diametre=30 + n) for n in range(1, 6)]
    said = imported(table(tmp_path / "t.csv", *rows, tree_row(9, diametre=565)))
    assert the_tree(9).girth_m == 5.65
    assert "A diameter of 565 cm is no tree's: taken for its girth [corrected]" in said


def test_a_whole_column_of_girths_in_metres_is_found_out(tmp_path: Path) -> None:
    said = imported(
        table(tmp_path / "t.csv", *[tree_row(n, circonference=f"0.{n}") for n in range(4, 9)])
    )
    assert the_tree(5).girth_m == 0.5
    assert "read as girth_m, not girth_cm" in said


def test_one_girth_in_centimetres_among_metres_is_found_out(tmp_path: Path) -> None:
    rows = [tree_row(n, circonference_m=f"0.{n}") for n in range(4, 9)]
    said = imported(table(tmp_path / "t.csv", *rows, tree_row(9, circonference_m=95)))
    assert the_tree(9).girth_m == 0.95
    assert "A girth of 95 m is no tree's: read as centimetres [corrected]" in said


def test_a_height_that_no_tree_has_is_left_empty_and_said(tmp_path: Path) -> None:
    said = imported(
        table(
            tmp_path / "t.csv",
            tree_row(1, hauteur=150),
            *[tree_row(n, hauteur=9) for n in (2, 3, 4)],
        )
    )
    assert the_tree(1).height_m is None
    assert "line 2: A height of 150 m is more than any tree's here: left empty [to check]" in said


def test_swapped_coordinates_are_put_right_and_said(tmp_path: Path) -> None:
    said = imported(table(tmp_path / "t.csv", {"id": 1, "lon": HERE[1], "lat": HERE[0]}))
    assert the_tree(1).geom.coords == HERE
    assert "Longitude and latitude were swapped: put right [corrected]" in said


def test_coordinates_of_three_decimals_are_said_to_be_imprecise(tmp_path: Path) -> None:
    said = imported(
        table(
            tmp_path / "t.csv",
            {"id": 1, "lon": "2.274", "lat": "48.824"},
            {"id": 2, "lon": "2.2737", "lat": "48.824"},
        )
    )
    assert "line 2: The coordinates have 3 decimals" in said
    assert "line 3" not in said


def test_lambert_93_in_the_columns_of_degrees_is_converted_and_said(tmp_path: Path) -> None:
    said = imported(table(tmp_path / "t.csv", {"id": 1, "lon": 646_700, "lat": 6_858_000}))
    assert 2.2 < the_tree(1).geom.x < 2.3
    assert "Lambert 93" in said


def test_a_tree_outside_the_commune_is_kept_and_said(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", tree_row(1), tree_row(2, FAR))
    said = imported(file)
    assert Tree.objects.count() == 2
    assert "line 3: The tree stands outside Issy-les-Moulineaux" in said


def test_under_strict_a_tree_outside_is_refused_and_the_others_land(tmp_path: Path) -> None:
    said = imported(table(tmp_path / "t.csv", tree_row(1), tree_row(2, FAR)), "--strict")
    assert [tree.source_id for tree in Tree.objects.all()] == ["1"]
    assert "line 3: the tree stands outside the commune, and the import is strict [refused]" in said


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2019-03-12", dt.date(2019, 3, 12)),
        ("12/03/2019", dt.date(2019, 3, 12)),
        ("2019-03-12T00:00:00+01:00", dt.date(2019, 3, 12)),
        ("2019", dt.date(2019, 1, 1)),
        ("1700-01-01", None),  # Paris' way of saying unknown
    ],
)
def test_planting_dates_in_the_ways_towns_write_them(
    tmp_path: Path, written: str, day: dt.date | None
) -> None:
    imported(table(tmp_path / "t.csv", tree_row(1, date_plantation=written)))
    assert the_tree(1).planted_on == day


@pytest.mark.parametrize("year", ["0201-03-12", "3019", "12/03/2919"])
def test_an_impossible_year_is_said_and_the_tree_lands_without_it(
    tmp_path: Path, year: str
) -> None:
    said = imported(table(tmp_path / "t.csv", tree_row(1, date_plantation=year)))
    assert the_tree(1).planted_on is None
    assert "has an impossible year; left empty [to check]" in said


def test_a_cell_that_cannot_be_read_costs_the_cell_and_not_the_tree(tmp_path: Path) -> None:
    said = imported(table(tmp_path / "t.csv", tree_row(1, hauteur="grand", circonference=80)))
    assert (the_tree(1).height_m, the_tree(1).girth_m) == (None, 0.8)
    assert "line 2: hauteur: “grand” is not a number; left empty [to check]" in said


def test_an_identifier_that_is_no_integer_is_refused_where_the_convention_asks_for_one(
    tmp_path: Path,
) -> None:
    rows = [{"id": name, "longitude": HERE[0], "latitude": HERE[1], "genre_arbre": "Tilia", "espece_arbre": "cordata"}
            for name in ("12", "A-13", "1.5")]  # fmt: skip
    said = imported(table(tmp_path / "t.csv", *rows, separator=";"))
    assert [tree.source_id for tree in Tree.objects.all()] == ["12"]
    assert "line 3: the identifier “A-13” is not an integer of 1 or more [refused]" in said
    assert counts(said) == {"new": 1, "updated": 0, "unchanged": 0, "refused": 2}


def test_a_species_nobody_knows_is_kept_as_written_and_queued(tmp_path: Path) -> None:
    said = imported(table(tmp_path / "t.csv", tree_row(1, espece="Xanthoceras sorbifolium")))
    assert the_tree(1).species is None
    assert the_tree(1).species_as_written == "Xanthoceras sorbifolium"
    assert "/programme/import/species/: Xanthoceras sorbifolium (1)" in said


def test_a_cultivar_nobody_knows_keeps_its_species_and_the_text(tmp_path: Path) -> None:
    imported(
        table(
            tmp_path / "t.csv",
            tree_row(1, genre="Pyrus", espece="communis", cultivar="Beurré Hardy"),
        )
    )
    assert name_of(the_tree(1)) == "Pyrus communis"
    assert the_tree(1).species_as_written == "Pyrus communis 'Beurré Hardy'"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"id": 2, "lon": "", "lat": ""}, "the row has no position"),
        ({"id": 2, "lon": "0", "lat": "0"}, "the position is 0, 0: it was never filled"),
        ({"id": 2, "lon": "2.27", "lat": "948.8"}, "lies off the globe"),
        ({"id": 1, "lon": HERE[0], "lat": HERE[1]}, "it repeats the identifier of line 2"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_the_good_ones_land(
    tmp_path: Path, row: dict[str, object], sentence: str
) -> None:
    said = imported(table(tmp_path / "t.csv", tree_row(1), row, tree_row(3, THERE)))
    assert sorted(tree.source_id for tree in Tree.objects.all()) == ["1", "3"]
    refused = next(line for line in said.splitlines() if line.endswith("[refused]"))
    assert refused.startswith("line 3: ")
    assert sentence in refused


def test_a_row_that_the_door_refuses_leaves_no_site_behind(tmp_path: Path) -> None:
    soon = dt.date.today() + dt.timedelta(days=30)
    said = imported(
        table(tmp_path / "t.csv", tree_row(1, date_plantation=soon.isoformat()), tree_row(2))
    )
    assert "lies in the future [refused]" in said
    assert PlantingSite.objects.count() == Tree.objects.count() == 1


def test_the_row_error_file_names_lines_and_is_safe_in_a_spreadsheet(tmp_path: Path) -> None:
    errors = tmp_path / "errors.csv"
    imported(
        table(tmp_path / "t.csv", tree_row(1), {"id": "=1+1", "lon": "", "lat": ""}),
        "--errors",
        errors,
    )
    rows = list(csv.DictReader(errors.read_text("utf-8-sig").splitlines()))
    assert [(row["line"], row["id"], row["verdict"], row["code"]) for row in rows] == [
        ("3", "'=1+1", "refused", "no_position")
    ]


def test_a_dry_run_reports_everything_and_writes_nothing(tmp_path: Path) -> None:
    said = imported(
        table(tmp_path / "t.csv", tree_row(1), tree_row(2, espece="Quid novi")), "--dry-run"
    )
    assert counts(said)["new"] == 2
    assert "nothing was written" in said
    assert (Tree.objects.count(), events(), ImportRun.objects.count()) == (0, 0, 0)


def test_a_mapping_goes_before_the_guesses(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", tree_row(1, tronc=31.4159265359, truc="Tilia cordata"))
    imported(file, "--mapping", "tronc=diameter_cm", "--mapping", "truc=species")
    assert the_tree(1).girth_m == pytest.approx(0.98696, abs=1e-5)
    assert name_of(the_tree(1)) == "Tilia cordata"


def test_a_mapping_file(tmp_path: Path) -> None:
    (tmp_path / "columns.json").write_text('{"tronc": "girth_cm", "id": "matricule"}')
    imported(
        table(tmp_path / "t.csv", tree_row(1, tronc=98)), "--mapping", tmp_path / "columns.json"
    )
    tree = Tree.objects.get()
    assert (tree.girth_m, tree.site.matricule) == (0.98, "1")
    assert tree.source_id.startswith("@2.27")  # known by its place, for lack of an identifier


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("tronc=girth_inches", "There is nothing called “girth_inches” to fill"),
        ("tige=girth_cm", "has no column “tige”"),
        ("tronc", "--mapping is a JSON file or COLUMN=word"),
    ],
)
def test_a_mapping_that_cannot_be_is_one_clear_sentence(
    tmp_path: Path, told: str, sentence: str
) -> None:
    file = table(tmp_path / "t.csv", tree_row(1, tronc=98))
    with pytest.raises(CommandError, match=sentence):
        imported(file, "--mapping", told)


def test_a_file_without_places_says_what_it_needs(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", {"id": 1, "espece": "Tilia cordata"})
    with pytest.raises(CommandError, match="say which hold longitude and latitude"):
        imported(file)
