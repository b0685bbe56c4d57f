"""`import_buildings`, `import_parcels` and `import_gardens`: the official files of the fabric."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import shapely
from django.core.management import CommandError

from greening.spatial import area_m2
from parcels.models import Building, Parcel, SharedGarden
from tests.factories import PARK, TOWN_HALL, CommuneFactory
from tests.greening.imports import geojson, rectangle, run

pytestmark = pytest.mark.django_db

HOUSE = rectangle(TOWN_HALL, 12, 10)


@pytest.fixture(autouse=True)
def _commune() -> None:
    CommuneFactory()


def test_bd_topo_brings_identifiers_and_heights_in_metres(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "BATIMENT.geojson",
        (HOUSE, {"cleabs": "BATIMENT0000000240877001", "hauteur": 17.4}),
        (rectangle(TOWN_HALL, 5, 5, x=50), {"cleabs": "BATIMENT0000000240877002", "hauteur": None}),
        (rectangle(TOWN_HALL, 5, 5, x=80), {"cleabs": "BATIMENT0000000240877003", "hauteur": 0}),
        (rectangle(TOWN_HALL, 5, 5, x=90), {"cleabs": "BATIMENT0000000240877004", "hauteur": 1200}),
    )
    said, problems = run("import_buildings", path, "--source", "BD TOPO")
    assert said == "3 buildings landed: 3 new, 0 updated, 0 unchanged, 1 refused."
    assert "row 4 has a height of 1200 m" in problems
    heights = dict(Building.objects.values_list("reference", "height_m"))
    assert heights["BATIMENT0000000240877001"] == 17.4
    assert heights["BATIMENT0000000240877002"] is heights["BATIMENT0000000240877003"] is None
    assert set(Building.objects.values_list("source", flat=True)) == {"BD TOPO"}


def test_the_cadastres_buildings_have_no_identifier_and_still_no_twins(tmp_path: Path) -> None:
    plain = geojson(
        tmp_path / "cadastre-92040-batiments.json",
        (HOUSE, {"type": "01", "nom": None, "commune": "92040"}),
        (rectangle(TOWN_HALL, 5, 5, x=50), {"type": "02", "nom": None, "commune": "92040"}),
    )
    packed = tmp_path / "cadastre-92040-batiments.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    run("import_buildings", packed)
    assert "0 new, 0 updated, 2 unchanged" in run("import_buildings", packed)[0]
    assert Building.objects.count() == 2


def test_short_identifiers_of_two_sources_do_not_collide(tmp_path: Path) -> None:
    for name, x in (("a", 0), ("b", 50)):
        run(
            "import_buildings",
            geojson(tmp_path / f"{name}.geojson", (rectangle(TOWN_HALL, 5, 5, x=x), {"id": 1})),
        )
    assert set(Building.objects.values_list("reference", flat=True)) == {"a:1", "b:1"}


def test_prune_removes_what_the_source_no_longer_has_and_nothing_else(tmp_path: Path) -> None:
    other = geojson(tmp_path / "other.geojson", (rectangle(TOWN_HALL, 5, 5, x=90), {"id": 1}))
    path = geojson(
        tmp_path / "b.geojson", (HOUSE, {"id": 1}), (rectangle(TOWN_HALL, 5, 5, x=50), {"id": 2})
    )
    run("import_buildings", other)
    run("import_buildings", path)
    geojson(path, (HOUSE, {"id": 1}))
    assert run("import_buildings", path)[0].startswith(
        "1 building landed: 0 new, 0 updated, 1 unchanged"
    )
    assert Building.objects.count() == 3
    said, _ = run("import_buildings", path, "--prune")
    assert "1 removed" in said
    assert set(Building.objects.values_list("reference", flat=True)) == {"b:1", "other:1"}


def test_many_buildings_land_in_batches(tmp_path: Path) -> None:
    houses = [
        (
            rectangle(TOWN_HALL, 4, 4, x=5 * (n % 60), y=5 * (n // 60)),
            {"cleabs": f"BATIMENT{n:016d}"},
        )
        for n in range(2_100)
    ]
    path = geojson(tmp_path / "b.geojson", *houses, (HOUSE, {"cleabs": f"BATIMENT{0:016d}"}))
    said, problems = run("import_buildings", path)
    assert said == "2100 buildings landed: 2100 new, 0 updated, 0 unchanged, 1 refused."
    assert "row 2101 repeats the identifier of row 1" in problems
    assert Building.objects.within_box(HOUSE.bounds).count() == 9  # 3 × 3 houses meet 12 m × 10 m


def test_the_cadastres_parcels_keep_their_official_area(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "cadastre-92040-parcelles.json",
        (
            HOUSE,
            {
                "id": "920400000A0012",
                "commune": "92040",
                "prefixe": "000",
                "section": "A",
                "numero": "12",
                "contenance": 118,
            },
        ),
        (rectangle(TOWN_HALL, 20, 10, x=50), {"id": "920400000A0013", "contenance": None}),
    )
    run("import_parcels", path)
    areas = dict(Parcel.objects.values_list("reference", "area_m2"))
    assert areas["920400000A0012"] == 118
    assert areas["920400000A0013"] == pytest.approx(200, abs=0.1)


def test_a_parcel_is_named_by_its_parts(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "p.geojson",
        (HOUSE, {"commune": "92040", "prefixe": "000", "section": "AB", "numero": "7"}),
        (rectangle(TOWN_HALL, 5, 5, x=50), {"commune": "92040", "section": None, "numero": "8"}),
    )
    _, problems = run("import_parcels", path)
    assert Parcel.objects.get().reference == "92040000AB0007"
    assert "row 2 has no identifier" in problems


def test_a_garden_is_land(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "jardins.geojson",
        (rectangle(PARK, 30, 20), {"nom": "Le Potager", "adresse": "rue X"}),
        (shapely.Point(PARK), {"nom": "Un point"}),
    )
    said, problems = run("import_gardens", path)
    assert said == "1 garden landed: 1 new, 0 updated, 0 unchanged, 1 refused."
    assert "row 2 is a point without an area" in problems
    garden = SharedGarden.objects.get()
    assert (garden.name, garden.state, garden.address) == ("Le Potager", "open", "rue X")
    assert garden.area_m2 == pytest.approx(600, abs=0.1)


def test_a_point_with_an_area_is_a_circle_to_be_redrawn(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "jardins.geojson", (shapely.Point(PARK), {"nom": "A", "superficie": "450,5"})
    )
    _, doubts = run("import_gardens", path)
    garden = SharedGarden.objects.get()
    assert area_m2(garden.geom) == pytest.approx(450.5, abs=0.01)
    assert garden.geom.centroid.tuple == pytest.approx(PARK, abs=1e-6)
    assert garden.state == SharedGarden.State.DRAFT
    assert "drawn as a circle of 450 m²" in doubts


@pytest.mark.parametrize("area", [0, -3, 1e6])
def test_an_area_that_no_garden_has_is_refused(area: float, tmp_path: Path) -> None:
    path = geojson(tmp_path / "j.geojson", (shapely.Point(PARK), {"nom": "A", "surface": area}))
    with pytest.raises(CommandError, match="Nothing landed"):
        run("import_gardens", path)


def test_an_import_does_not_reopen_a_garden(tmp_path: Path) -> None:
    path = geojson(tmp_path / "j.geojson", (rectangle(PARK, 30, 20), {"nom": "A", "id": "1"}))
    run("import_gardens", path)
    SharedGarden.objects.update(state=SharedGarden.State.CLOSED)
    geojson(path, (rectangle(PARK, 35, 20), {"nom": "A", "id": "1"}))
    assert "1 updated" in run("import_gardens", path)[0]
    assert SharedGarden.objects.get().state == SharedGarden.State.CLOSED


def test_a_file_over_the_limit_says_how_the_limit_is_raised(tmp_path: Path) -> None:
    file = tmp_path / "large.geojson"
    file.write_bytes(b" " * 1_100_000)
    with pytest.raises(CommandError, match=r"commune first, or raise --max-mb\.$"):
        run("import_buildings", file, "--max-mb", "1")
