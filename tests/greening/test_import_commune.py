"""`import_commune`: the outline of the town, once and only of the right town."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from django.core.management import CommandError

from greening.models import Commune
from greening.spatial import area_m2
from tests.factories import CommuneFactory
from tests.greening import imports
from tests.greening.imports import geojson

pytestmark = pytest.mark.django_db

ISSY = shapely.box(2.24, 48.81, 2.29, 48.84)
VANVES = shapely.box(2.28, 48.815, 2.30, 48.828)


def run(*arguments: object) -> str:
    return imports.run("import_commune", *arguments)[0]


@pytest.fixture
def issy(tmp_path: Path) -> Path:
    return geojson(tmp_path / "issy.geojson", (ISSY, {"INSEE_COM": "92040", "NOM": "Issy"}))


def test_an_outline_becomes_the_town(issy: Path) -> None:
    # 0.05° × 0.03° at 48.825°: 3,671 m × 3,336 m = 12.25 km².
    said = run(issy)
    assert said.startswith("Issy (92040) loaded: 12.2")
    assert said.endswith("km², 5 vertices, metres in EPSG:2154.")
    assert area_m2(Commune.objects.the().geom) == pytest.approx(12.25e6, rel=0.003)
    commune = Commune.objects.the()
    assert (commune.name, commune.insee, commune.metric_srid) == ("Issy", "92040", 2154)
    assert commune.geom.num_geom == 1


def test_the_same_town_again_is_brought_up_to_date(issy: Path, tmp_path: Path) -> None:
    run(issy)
    first = Commune.objects.get()
    Commune.objects.update(population=70_000, metric_srid=32631)
    smaller = geojson(tmp_path / "b.geojson", (VANVES, {"insee": "92040", "nom": "Issy"}))
    assert "updated" in run(smaller)
    commune = Commune.objects.get()
    assert (commune.pk, commune.uuid) == (first.pk, first.uuid)
    assert (commune.population, commune.metric_srid) == (70_000, 32631)
    assert commune.geom.extent == pytest.approx(VANVES.bounds)


def test_another_town_takes_the_place_only_when_asked_to(issy: Path, tmp_path: Path) -> None:
    run(issy)
    vanves = geojson(tmp_path / "v.geojson", (VANVES, {"insee": "92075", "nom": "Vanves"}))
    with pytest.raises(CommandError, match=r"serves Issy \(92040\), not 92075: use --replace"):
        run(vanves)
    assert Commune.objects.get().name == "Issy"
    assert "put in the place of Issy" in run(vanves, "--replace")
    assert Commune.objects.get().name == "Vanves"


def test_a_real_town_is_not_laid_over_the_demonstration(issy: Path) -> None:
    CommuneFactory(synthetic=True)
    for options in ([], ["--replace"]):
        with pytest.raises(CommandError, match="DEMO=0 make run"):
            run(issy, *options)
    assert Commune.objects.get().synthetic


def test_one_commune_is_picked_from_a_file_of_many(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "all.geojson",
        (ISSY, {"code": "92040", "nom": "Issy"}),
        (VANVES, {"code": "92075", "nom": "Vanves"}),
    )
    with pytest.raises(CommandError, match="holds 2 communes: say which with --insee"):
        run(path)
    with pytest.raises(CommandError, match="no commune with the INSEE code 75056"):
        run(path, "--insee", "75056")
    assert run(path, "--insee", "92075").startswith("Vanves (92075) loaded")


def test_an_outline_in_several_rows_is_one_town(tmp_path: Path) -> None:
    halves = [shapely.box(2.24, 48.81, 2.26, 48.84), shapely.box(2.26, 48.81, 2.29, 48.84)]
    path = geojson(
        tmp_path / "a.geojson", *((half, {"insee": "92040", "nom": "Issy"}) for half in halves)
    )
    run(path)
    assert Commune.objects.get().geom.num_geom == 1
    assert Commune.objects.get().geom.extent == pytest.approx(ISSY.bounds)


def test_a_dry_run_writes_nothing(issy: Path) -> None:
    assert "dry run" in run(issy, "--dry-run")
    assert not Commune.objects.exists()


@pytest.mark.parametrize(
    ("shape", "said", "options", "sentence"),
    [
        (ISSY, {}, [], "does not say which commune this is: add --insee and --name"),
        (ISSY, {"nom": "Issy"}, [], "add --insee"),
        (ISSY, {"nom": "Issy", "insee": "92O40"}, [], "cannot be saved"),
        (
            shapely.Point(2.27, 48.82),
            {"nom": "Issy", "insee": "92040"},
            [],
            "is a Point, not an area",
        ),
        (
            ISSY,
            {"nom": "Issy", "insee": "92040"},
            ["--metric-srid", "4326"],
            "not a projected CRS in metres",
        ),
        (ISSY, {"nom": "Issy", "insee": "92040"}, ["--metric-srid", "1"], "EPSG:1 is not known"),
        (ISSY, {"nom": "Issy", "insee": "92040"}, ["--metric-srid", "5490"], "is made for"),
        (shapely.box(48.81, 2.24, 48.84, 2.29), {"nom": "Issy", "insee": "92040"}, [], "swapped"),
        (ISSY, {"nom": "Issy", "insee": "92040"}, ["--field", "town=nom"], "no field «town»"),
    ],
)
def test_an_outline_that_cannot_be_the_town_is_refused_in_one_sentence(
    shape: Any, said: dict[str, Any], options: list[str], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=sentence) as told:
        run(geojson(tmp_path / "a.geojson", (shape, said)), *options)
    assert told.value.returncode == 1
    assert "\n" not in str(told.value)
    assert not Commune.objects.exists()


def test_options_fill_in_what_the_file_does_not_say(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", (ISSY, {"label": "Issy-les-Moulineaux"}))
    run(path, "--insee", "92040", "--field", "name=label", "--metric-srid", "32631")
    commune = Commune.objects.the()
    assert (commune.name, commune.metric_srid) == ("Issy-les-Moulineaux", 32631)
