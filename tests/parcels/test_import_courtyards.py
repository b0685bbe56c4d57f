"""`import_courtyards`: yards as drawn, each at its school, doubtful ones told."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon
from django.core.management import CommandError

from greening.exchange.shapes import to_geos
from parcels.models import Courtyard
from tests.factories import (
    TOWN_HALL,
    BuildingFactory,
    CommuneFactory,
    CourtyardFactory,
    SchoolFactory,
)
from tests.greening.imports import geojson, in_lambert, metres_east, rectangle, run, write

pytestmark = pytest.mark.django_db

YARD = rectangle(TOWN_HALL, 40, 30)  # 1,200 m²


@pytest.fixture(autouse=True)
def _commune() -> None:
    CommuneFactory()


def test_a_yard_is_measured_and_named_after_the_school_beside_it(tmp_path: Path) -> None:
    near = SchoolFactory(
        name="Paul Bert", geom=to_geos(metres_east(TOWN_HALL, 100, 10))
    )  # 60 m from its edge
    SchoolFactory(name="Justin Oudin", geom=to_geos(metres_east(TOWN_HALL, -149, 10)))
    run("import_courtyards", geojson(tmp_path / "cours.geojson", (YARD, {"eleves": 210})))
    yard = Courtyard.objects.get()
    assert yard.school == near
    assert "Paul Bert" in yard.name
    assert yard.area_m2 == pytest.approx(1_200, abs=0.1)
    assert (yard.children, yard.state, yard.synthetic) == (210, "baseline", False)
    assert yard.geom.geom_type == "MultiPolygon"


def test_a_uai_goes_before_nearness(tmp_path: Path) -> None:
    SchoolFactory(geom=to_geos(metres_east(TOWN_HALL, 50)))
    far = SchoolFactory(uai="0921234A", geom=to_geos(metres_east(TOWN_HALL, 1_000)))
    run(
        "import_courtyards",
        geojson(tmp_path / "cours.geojson", (YARD, {"UAI": "0921234a", "nom": "Cour"})),
    )
    assert Courtyard.objects.get().school == far


def test_a_yard_without_a_school_in_150_metres_lands_alone_and_is_told(tmp_path: Path) -> None:
    SchoolFactory(geom=to_geos(metres_east(TOWN_HALL, -151, 10)))
    _, doubts = run(
        "import_courtyards", geojson(tmp_path / "cours.geojson", (YARD, {"uai": "0929999Z"}))
    )
    assert Courtyard.objects.get().school is None
    assert "names the school 0929999Z, which is not here" in doubts


def test_a_yard_smaller_than_a_cell_is_told(tmp_path: Path) -> None:
    small = rectangle(TOWN_HALL, 9, 9)
    _, doubts = run("import_courtyards", geojson(tmp_path / "cours.geojson", (small, {})))
    assert "row 1 is smaller than one 10 m cell (81 m²)" in doubts
    assert Courtyard.objects.count() == 1


def test_a_yard_as_large_as_a_quarter_is_told(tmp_path: Path) -> None:
    _, doubts = run(
        "import_courtyards", geojson(tmp_path / "c.geojson", (rectangle(TOWN_HALL, 300, 200), {}))
    )
    assert "covers 6.0 ha: is this one yard?" in doubts


def test_a_yard_under_a_roof_is_told_and_keeps_its_outline(tmp_path: Path) -> None:
    # A roof over 5 of its 40 m: 12.5 %.
    BuildingFactory(geom=MultiPolygon(to_geos(rectangle(TOWN_HALL, 5, 30))))
    _, doubts = run("import_courtyards", geojson(tmp_path / "cours.geojson", (YARD, {"id": "7"})))
    assert "lies under buildings for 12%" in doubts
    assert Courtyard.objects.get().area_m2 == pytest.approx(1_200, abs=0.1)


def test_a_roof_over_a_twentieth_is_drawing_accuracy(tmp_path: Path) -> None:
    BuildingFactory(geom=MultiPolygon(to_geos(rectangle(TOWN_HALL, 2, 30))))
    _, doubts = run("import_courtyards", geojson(tmp_path / "cours.geojson", (YARD, {"id": "7"})))
    assert "under buildings" not in doubts


def test_the_same_file_again_makes_no_twins_with_or_without_identifiers(tmp_path: Path) -> None:
    with_ids = geojson(tmp_path / "a.geojson", (YARD, {"id": "7", "nom": "Cour"}))
    without = geojson(
        tmp_path / "b.geojson", (rectangle(TOWN_HALL, 40, 30, x=100), {"nom": "Autre"})
    )
    for path in (with_ids, without):
        run("import_courtyards", path)
        assert "0 new, 0 updated, 1 unchanged" in run("import_courtyards", path)[0]
    assert Courtyard.objects.count() == 2


def test_a_redrawn_yard_is_the_same_yard(tmp_path: Path) -> None:
    path = geojson(tmp_path / "cours.geojson", (YARD, {"id": "7", "nom": "Cour"}))
    run("import_courtyards", path)
    first = Courtyard.objects.get()
    geojson(path, (rectangle(TOWN_HALL, 50, 30), {"id": "7", "nom": "Cour"}))
    assert "1 updated" in run("import_courtyards", path)[0]
    again = Courtyard.objects.get()
    assert (again.pk, again.uuid, again.rev) == (first.pk, first.uuid, first.rev + 1)
    assert again.area_m2 == pytest.approx(1_500, abs=0.1)
    assert list(Courtyard.objects.intersecting(to_geos(metres_east(TOWN_HALL, 45, 10)))) == [again]


def test_the_school_that_a_person_chose_stands(tmp_path: Path) -> None:
    SchoolFactory(geom=to_geos(metres_east(TOWN_HALL, 50)))
    path = geojson(tmp_path / "cours.geojson", (YARD, {"id": "7", "nom": "Cour"}))
    run("import_courtyards", path)
    chosen = SchoolFactory(geom=to_geos(metres_east(TOWN_HALL, 900)))
    Courtyard.objects.update(school=chosen)
    run("import_courtyards", path)
    assert Courtyard.objects.get().school == chosen


def test_a_yard_that_is_here_from_another_source_is_refused(tmp_path: Path) -> None:
    CourtyardFactory(geom=MultiPolygon(to_geos(YARD)), name="Cour A", source="admin")
    path = geojson(tmp_path / "cours.geojson", (rectangle(TOWN_HALL, 42, 30), {"id": "7"}))
    with pytest.raises(CommandError, match="Nothing landed"):
        run("import_courtyards", path)
    assert Courtyard.objects.count() == 1


def test_two_yards_side_by_side_are_two(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "cours.geojson",
        (YARD, {"nom": "A"}),
        (rectangle(TOWN_HALL, 40, 30, x=35), {"nom": "B"}),  # 5 m shared
        (rectangle(TOWN_HALL, 40, 30, x=1), {"nom": "A again"}),  # 39 m shared
    )
    said, doubts = run("import_courtyards", path)
    assert said.startswith("3 courtyards landed")
    assert "row 3 covers the same ground as row 1" in doubts
    assert "row 2 covers" not in doubts


def test_a_yard_that_crosses_itself_is_mended_and_an_empty_one_refused(tmp_path: Path) -> None:
    a, b, c, d = (metres_east(TOWN_HALL, *at) for at in ((0, 0), (40, 40), (40, 0), (0, 40)))
    path = geojson(
        tmp_path / "cours.geojson",
        (shapely.Polygon([a, b, c, d]), {"nom": "bow tie"}),
        (shapely.Polygon(), {"nom": "empty"}),
        (shapely.LineString([a, b]), {"nom": "line"}),
        (shapely.Polygon([a, b, a]), {"nom": "a line there and back"}),
    )
    said, problems = run("import_courtyards", path)
    assert said == "1 courtyard landed: 1 new, 0 updated, 0 unchanged, 3 refused."
    assert "row 1 crossed itself and was mended" in problems
    assert "row 2 has an empty geometry" in problems
    assert "row 3 is a LineString, not an area" in problems
    assert "row 4 is not an area" in problems
    yard = Courtyard.objects.get()
    assert yard.geom.valid
    assert yard.area_m2 == pytest.approx(800, abs=0.1)  # two triangles of 400 m²


def test_the_design_of_a_yard_comes_with_it_and_must_be_a_share(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "cours.geojson",
        (YARD, {"nom": "A", "design_canopy": 0.5, "design_permeable": 0.8, "cost_class": 3}),
        (rectangle(TOWN_HALL, 40, 30, x=80), {"nom": "B", "design_canopy": 50}),
        (rectangle(TOWN_HALL, 40, 30, x=160), {"nom": "C", "cost_class": 4}),
    )
    _, problems = run("import_courtyards", path)
    yard = Courtyard.objects.get()
    assert (yard.design_canopy, yard.design_permeable, yard.cost_class) == (0.5, 0.8, 3)
    assert "row 2 has «50" in problems
    assert "share of 0 to 1" in problems
    assert "row 3 has the cost class" in problems


def test_yards_come_from_a_shapefile_in_lambert(tmp_path: Path) -> None:
    path = write(tmp_path / "cours.shp", [in_lambert(YARD)], "EPSG:2154", nom=["Cour de l'école"])
    run("import_courtyards", path)
    yard = Courtyard.objects.get()
    assert yard.name == "Cour de l'école"
    assert yard.area_m2 == pytest.approx(1_200, abs=0.1)
