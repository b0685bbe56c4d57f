"""`export_trees`: valid for others, and back again without a change."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.forms.models import model_to_dict
from django.utils import timezone

from greening.exchange.trees.units import girth_of
from greening.models import PlantingSite, Species, Tree
from tests.factories import PlantingSiteFactory, SpeciesFactory, StreetFactory, TreeFactory
from tests.greening.imports import run
from tests.greening.inventories import FAR, HERE, counts, events, imported, town

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def issy() -> None:
    town()


@pytest.fixture
def trees() -> list[Tree]:
    """Trees with every field filled, with none, lost, replaced, and with texts that spreadsheets dislike."""
    lime = Species.objects.get(genus="Tilia", species="cordata")
    street = StreetFactory()
    site = PlantingSiteFactory(
        state="occupied", street=street, soil="argile  lourde", constraints="réseaux; gaz", address="1, rue «A»",
        pit_volume_m3=9.5, target_species=lime, campaign="2025-2026", in_alignment=True, manager="gpso", kind="park",
        networks_cleared_on=dt.date(2024, 1, 2), source="town", geom="SRID=4326;POINT(2.27370000000001 48.8238)",
    )  # fmt: skip
    full = TreeFactory(
        site=site, species=lime, species_as_written="Tilleul  (T. cordata)", source="town", source_id="007",
        nursery="Val", lot="L1", contractor="A & R", size_class="18/20", girth_m=2.35, height_m=12.34567,
        measured_on=dt.date(2025, 6, 1), under_watch=True, guarantee_until=dt.date(2028, 3, 1),
        note='=HYPERLINK("x")\nseconde ligne', details={"remarkable": True, "crown_m": 4.5, "stage": "Adulte"},
        geom="SRID=4326;POINT(2.2737123456789012 48.82380000000001)",
    )  # fmt: skip
    bare = TreeFactory(
        species=None,
        planted_on=None,
        state="established",
        site__geom="SRID=4326;POINT(2.26 48.82)",
        girth_m=girth_of(0.58),
    )
    unknown = TreeFactory(
        species=None,
        species_as_written="Xanthoceras sorbifolium 'Léo'",
        state="mature",
        planted_on=None,
    )
    dead = TreeFactory(
        state="dead",
        ended_on=dt.date(2025, 8, 1),
        replaced_by=bare,
        site__state="to_fell",
        site__felling_basis="danger",
    )
    archived = TreeFactory(archived_at=timezone.now(), source="town", source_id="9")
    return [full, bare, unknown, dead, archived]


def everything() -> list[object]:
    """All that is known of trees and their sites, but for numbers and times of our own."""
    skip = ["id", "site", "species", "replaced_by", "street", "target_species"]
    return [
        (
            str(tree.uuid),
            model_to_dict(tree, exclude=skip),
            model_to_dict(tree.site, exclude=skip),
            tree.geom.wkb.hex(),
            tree.site.geom.wkb.hex(),
            str(tree.species),
            tree.replaced_by and str(tree.replaced_by.uuid),
            str(tree.site.uuid),
            str(tree.site.target_species),
            str(tree.site.street),
        )
        for tree in Tree.objects.select_related("site").order_by("uuid")
    ]


@pytest.mark.parametrize("name", ["trees.gpkg", "trees.geojson", "trees.csv"])
def test_our_own_files_come_back_without_a_single_event(
    tmp_path: Path, name: str, trees: list[Tree]
) -> None:
    out, _err = run("export_trees", tmp_path / name, "--archived")
    assert out.startswith("5 trees written to")
    before = events()
    said = imported(tmp_path / name)
    assert counts(said) == {"new": 0, "updated": 0, "unchanged": 5, "refused": 0}, said
    assert events() == before


@pytest.mark.parametrize("name", ["trees.gpkg", "trees.geojson", "trees.csv"])
def test_our_own_files_make_the_same_trees_in_an_empty_town(
    tmp_path: Path, name: str, trees: list[Tree]
) -> None:
    run("export_trees", tmp_path / name, "--archived")
    before = everything()
    Tree.objects.update(replaced_by=None)
    Tree.objects.all().delete()
    PlantingSite.objects.all().delete()
    said = imported(tmp_path / name)
    assert counts(said)["new"] == 5, said
    assert everything() == before


def test_schema_arbre_comes_back_without_a_single_event(tmp_path: Path, trees: list[Tree]) -> None:
    SpeciesFactory(genus="Acer", species="campestre", cultivar="Elsrijk")
    out, _err = run("export_trees", tmp_path)
    name = f"{timezone.localdate():%Y%m%d}_Issy-les-Moulineaux_Arbres_Urbains.csv"
    assert out.endswith(f"back again with: import_trees {name} --own-numbers")
    before = events()
    said = imported(tmp_path / name, "--own-numbers")
    assert counts(said) == {"new": 0, "updated": 0, "unchanged": 4, "refused": 0}, said
    assert events() == before


@pytest.mark.parametrize("profile", ["schema-arbre", "schema-arbre-0.3.1"])
def test_sizes_are_not_rounded(tmp_path: Path, trees: list[Tree], profile: str) -> None:
    run("export_trees", tmp_path / "out.csv", "--profile", profile)
    rows = list(
        csv.DictReader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines(), delimiter=";")
    )
    assert rows[1]["diametre"] == "58"
    assert float(rows[0]["hauteur"]) == 1234.567
    said = imported(tmp_path / "out.csv", "--own-numbers")
    assert counts(said)["unchanged"] == 4


def test_exports_are_valid_by_the_schemas_own_json(
    tmp_path: Path, trees: list[Tree], shared_data: Path
) -> None:
    TreeFactory(
        site__geom=f"SRID=4326;POINT({FAR[0]} {FAR[1]})",
        details={"allergy": "3", "lighting": "Oui"},
    )
    run("export_trees", tmp_path / "out.csv", "--profile", "schema-arbre")
    assert problems(tmp_path / "out.csv", shared_data) == []


def problems(path: Path, shared_data: Path) -> list[str]:
    """What frictionless has against a file, by the schema's JSON."""
    from frictionless import Dialect, Resource, Schema, formats

    described = json.loads(
        (shared_data / "schemas" / "schema-arbre_schema.json").read_text("utf-8")
    )
    resource = Resource(
        path=path.name,
        basepath=str(path.parent),
        encoding="utf-8-sig",
        schema=Schema.from_descriptor({"fields": described["fields"]}),
        dialect=Dialect(controls=[formats.CsvControl(delimiter=";")]),
    )
    report = resource.validate()
    return [" ".join(map(str, row)) for row in report.flatten(["rowNumber", "fieldName", "note"])]


def test_the_validator_would_find_a_fault(
    tmp_path: Path, trees: list[Tree], shared_data: Path
) -> None:
    run("export_trees", tmp_path / "out.csv", "--profile", "schema-arbre")
    text = (tmp_path / "out.csv").read_text("utf-8-sig").replace(";58;", ";big;")
    (tmp_path / "out.csv").write_text(text, "utf-8-sig")
    assert any(
        "big" in problem or "diametre" in problem
        for problem in problems(tmp_path / "out.csv", shared_data)
    )


@pytest.mark.parametrize("options", [[], ["--profile", "schema-arbre"]])
def test_formulas_are_made_harmless(tmp_path: Path, trees: list[Tree], options: list[str]) -> None:
    run("export_trees", tmp_path / "out.csv", *options)
    text = (tmp_path / "out.csv").read_text("utf-8-sig")
    assert "'=HYPERLINK" in text
    cells = [
        cell
        for row in csv.reader(text.splitlines(), delimiter=";" if options else ",")
        for cell in row
    ]
    assert not [cell for cell in cells if cell[:1] in "=@" and cell]


def test_geojson_is_in_degrees_longitude_first(tmp_path: Path, trees: list[Tree]) -> None:
    run("export_trees", tmp_path / "out.geojson")
    collection = json.loads((tmp_path / "out.geojson").read_text("utf-8"))
    assert "crs" not in collection
    assert [round(c, 2) for c in collection["features"][0]["geometry"]["coordinates"]] == [
        2.27,
        48.82,
    ]


def test_one_source_is_exported_apart(tmp_path: Path, trees: list[Tree]) -> None:
    out, _err = run("export_trees", tmp_path / "out.csv", "--source", "town", "--archived")
    assert out.startswith("2 trees")


def test_the_towns_own_identifiers_stand_in_id_where_they_can(tmp_path: Path) -> None:
    TreeFactory(
        source="town", source_id="4711", species=None, geom=f"SRID=4326;POINT({HERE[0]} {HERE[1]})"
    )
    out, _err = run("export_trees", tmp_path / "out.csv", "--profile", "schema-arbre")
    assert '--source "town"' in out
    assert "\n4711;2.2737;48.8238;" in (tmp_path / "out.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("out.xlsx", [], "should end in .csv, .geojson"),
        ("out.gpkg", ["--profile", "schema-arbre"], "schema-arbre is a CSV file"),
        ("missing/out.csv", [], "There is no folder"),
        ("out.csv", ["--source", "nobody"], "There are no trees to export of this source"),
        ("", ["--profile", "own"], "is a folder"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_sentence(
    tmp_path: Path, name: str, options: list[str], sentence: str, trees: list[Tree]
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(CommandError, match=sentence):
        run("export_trees", folder / name, *options)
    assert list(folder.iterdir()) == []
