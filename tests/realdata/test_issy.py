"""The real town: outline and schools of Issy-les-Moulineaux, and the shared gardens of Paris."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.management import CommandError

from greening.models import Commune
from greening.spatial import area_m2
from parcels.models import School, SharedGarden
from tests.factories import CommuneFactory
from tests.greening.imports import run

pytestmark = [pytest.mark.django_db, pytest.mark.realdata]


@pytest.fixture
def issy(shared_data: Path) -> Path:
    """The town's folder, its outline loaded."""
    folder = shared_data / "issy"
    run("import_commune", folder / "issy_commune_92040_MTA_apur.geojson")
    return folder


def test_the_outline_of_issy(shared_data: Path) -> None:
    said, _ = run("import_commune", shared_data / "issy" / "issy_commune_92040_MTA_apur.geojson")
    assert (
        said == "Issy-les-Moulineaux (92040) loaded: 4.2475 km², 238 vertices, metres in EPSG:2154."
    )
    commune = Commune.objects.the()
    assert commune.insee == "92040"
    assert commune.geom.num_coords == 238
    assert area_m2(commune.geom) == pytest.approx(4.2475e6, abs=50)


def test_the_schools_of_issy_with_two_sainte_clotilde_flagged_and_not_merged(issy: Path) -> None:
    said, doubts = run("import_schools", issy / "issy_ecoles_2014.geojson")
    assert said == "35 schools landed: 35 new, 0 updated, 0 unchanged, 0 refused."
    clotilde = School.objects.filter(name__icontains="Sainte Clotilde").order_by("geom")
    assert clotilde.count() == 2
    for school in clotilde:
        assert "442 m" in school.flag
    assert doubts.count("Sainte Clotilde") == 4  # two sentences, each naming both

    # The same rule finds a second pair in the same file: «42 avenue du Bas-Meudon» lies in two places.
    others = School.objects.exclude(flag="").exclude(pk__in=clotilde)
    assert {school.name for school in others} == {
        "Ecole Elémentaire Les Iles",
        "Ecole Elémentaire Les Ajoncs",
    }
    assert School.objects.filter(level=School.Level.NURSERY).count() == 18
    assert School.objects.filter(level=School.Level.PRIMARY).count() == 17


def test_the_secondary_schools_come_beside_them_and_nothing_twice(issy: Path) -> None:
    run("import_schools", issy / "issy_ecoles_2014.geojson")
    said, _ = run("import_schools", issy / "issy_colleges_lycees_2014.geojson")
    assert said == "7 schools landed: 7 new, 0 updated, 0 unchanged, 0 refused."
    assert School.objects.filter(level=School.Level.SECONDARY).count() == 7
    for name in ("issy_ecoles_2014.geojson", "issy_colleges_lycees_2014.geojson"):
        again, _ = run("import_schools", issy / name)
        assert " 0 new, 0 updated" in again
    assert School.objects.count() == 42


def test_the_gardens_of_paris_are_not_those_of_issy(issy: Path, shared_data: Path) -> None:
    with pytest.raises(CommandError, match="lies in or near Issy-les-Moulineaux"):
        run("import_gardens", shared_data / "gardens" / "paris_jardins-partages.geojson")
    assert not SharedGarden.objects.exists()


def test_the_gardens_of_paris_are_points_and_need_an_area(shared_data: Path) -> None:
    path = shared_data / "gardens" / "paris_jardins-partages.geojson"
    paris = MultiPolygon(Polygon.from_bbox((2.22, 48.81, 2.47, 48.91)))
    CommuneFactory(name="Paris", insee="75056", geom=paris)
    with pytest.raises(CommandError, match="all 181 rows in the commune were refused"):
        run("import_gardens", path)
    assert not SharedGarden.objects.exists()

    said, doubts = run("import_gardens", path, "--point-area", "400")
    assert said == "180 gardens landed: 180 new, 0 updated, 0 unchanged, 1 refused."
    assert "row 15 has nothing in «nom_ev»" in doubts
    for garden in SharedGarden.objects.all()[:5]:
        assert area_m2(garden.geom) == pytest.approx(400, abs=0.1)
        assert garden.state == SharedGarden.State.DRAFT
    again, _ = run("import_gardens", path, "--point-area", "400")
    assert "0 new, 0 updated, 180 unchanged" in again
