"""Vector tiles hold what lies in them, once, with one query, and know when nothing changed."""

from __future__ import annotations

import gzip
import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import mapbox_vector_tile
import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.test import Client
from django.utils import timezone

from greening.layers import LAYERS, Group, MapLayer, register
from greening.models import PlantingSite, Tree
from greening.vector_tiles import EXTENT, Tile, data_version, forget_tiles
from tests.factories import (
    TOWN_HALL,
    BuildingFactory,
    CommuneFactory,
    CourtyardFactory,
    PlantingSiteFactory,
    StreetFactory,
    TreeFactory,
    square,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_tiles() -> Iterator[None]:
    forget_tiles()
    yield
    forget_tiles()


def address_of(z: int, lon: float, lat: float) -> str:
    side = 2**z
    x = int((lon + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return f"{z}/{x}/{y}"


def tile_at(
    client: Client, layer: str, z: int, place: tuple[float, float] = TOWN_HALL
) -> dict[str, Any]:
    answer = client.get(f"/tiles/{layer}/{address_of(z, *place)}.mvt")
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    return mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})


def test_a_site_stands_at_its_place_with_its_properties(client: Client) -> None:
    site = PlantingSiteFactory.create(
        state=PlantingSite.State.READY, matricule="S-1", campaign="2025"
    )
    tile = tile_at(client, "sites", 16)
    (feature,) = tile["sites"]["features"]
    assert feature["id"] == site.pk
    assert feature["properties"]["state"] == "ready"
    assert feature["properties"]["matricule"] == "S-1"
    z, x, y = (int(part) for part in address_of(16, *TOWN_HALL).split("/"))
    column, row = feature["geometry"]["coordinates"]
    lon = (x + column / EXTENT) / 2**z * 360 - 180
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + row / EXTENT) / 2**z))))
    # One unit of a z16 tile is 0.15 m across at the equator.
    assert (lon, lat) == pytest.approx(TOWN_HALL, abs=2e-6)


def test_a_date_reads_the_same_on_both_engines(client: Client) -> None:
    TreeFactory.create()
    (feature,) = tile_at(client, "trees", 15)["trees"]["features"]
    assert feature["properties"] == {
        "state": "planted",
        "planted_on": "2025-11-20",
        "under_watch": False,
    }


def test_an_area_keeps_its_hole_and_its_size(client: Client) -> None:
    outside, hole = square(*TOWN_HALL, side=0.002), square(*TOWN_HALL, side=0.001)
    CourtyardFactory.create(
        geom=MultiPolygon(Polygon(outside[0], hole[0])), name="Cour", school=None
    )
    (feature,) = tile_at(client, "courtyards", 14)["courtyards"]["features"]
    rings = feature["geometry"]["coordinates"]
    assert feature["geometry"]["type"] == "Polygon"
    assert [len(ring) for ring in rings] == [5, 5]
    outer, inner = (abs(_shoelace(ring)) for ring in rings)
    assert inner / outer == pytest.approx(0.25, rel=0.05)
    # Exterior rings are positive with y downwards, holes negative (MVT 2.1, §4.3.4.4).
    assert _shoelace(rings[0]) > 0 > _shoelace(rings[1])


def _shoelace(ring: list[tuple[float, float]]) -> float:
    return (
        sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True))
        / 2
    )


def test_a_building_across_an_edge_is_cut_to_the_tile_and_its_buffer(client: Client) -> None:
    z, x, y = (int(part) for part in address_of(14, *TOWN_HALL).split("/"))
    _west, south, east, north = Tile(z, x, y).bounds()
    BuildingFactory.create(geom=MultiPolygon(square(east, (south + north) / 2, side=0.02)))
    for column in (x, x + 1):
        answer = client.get(f"/tiles/buildings/{z}/{column}/{y}.mvt")
        tile = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})
        (feature,) = tile["buildings"]["features"]
        across = [px for px, _py in feature["geometry"]["coordinates"][0]]
        assert min(across) >= -64
        assert max(across) <= EXTENT + 64
        assert (max(across) == EXTENT + 64) == (column == x)


def test_a_street_runs_through_as_a_line(client: Client) -> None:
    StreetFactory.create(name="rue du Général Leclerc", width_m=12.0)
    (feature,) = tile_at(client, "streets", 15)["streets"]["features"]
    assert feature["geometry"]["type"] == "LineString"
    assert feature["properties"] == {"name": "rue du Général Leclerc", "width_m": 12.0}


def test_far_out_points_are_summed_by_cell_and_state(client: Client) -> None:
    for number in range(7):
        TreeFactory.create(site__geom=Point(TOWN_HALL[0] + number * 1e-6, TOWN_HALL[1]))
    TreeFactory.create(state=Tree.State.DEAD)
    features = tile_at(client, "trees", 11)["trees"]["features"]
    counts = {
        feature["properties"]["state"]: feature["properties"]["count"] for feature in features
    }
    assert counts == {"planted": 7, "dead": 1}


def test_no_tree_is_lost_or_counted_twice_between_far_tiles(client: Client) -> None:
    z, x, y = (int(part) for part in address_of(12, *TOWN_HALL).split("/"))
    east = Tile(z, x, y).bounds()[2]
    for step in (-3e-4, -2e-5, 2e-5, 3e-4):
        TreeFactory.create(site__geom=Point(east + step, TOWN_HALL[1]))
    inside = 0
    for column in (x, x + 1):
        tile = mapbox_vector_tile.decode(client.get(f"/tiles/trees/{z}/{column}/{y}.mvt").content)
        for feature in tile["trees"]["features"]:
            if 0 <= feature["geometry"]["coordinates"][0] < EXTENT:
                inside += feature["properties"]["count"]
    assert inside == 4


def test_a_tile_costs_one_query_and_an_unchanged_one_none(
    client: Client, django_assert_num_queries: Any
) -> None:
    TreeFactory.create_batch(3)
    address = f"/tiles/trees/{address_of(15, *TOWN_HALL)}.mvt"
    client.get("/tiles/trees/15/0/0.mvt")  # the layer's version, asked once a second
    with django_assert_num_queries(1):
        first = client.get(address)
    with django_assert_num_queries(0):
        again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_several_layers_come_in_one_tile(client: Client, django_assert_num_queries: Any) -> None:
    TreeFactory.create()
    StreetFactory.create()
    address = f"/tiles/trees,streets,plots/{address_of(14, *TOWN_HALL)}.mvt"
    client.get(address)
    forget_tiles()
    client.get("/tiles/trees,streets/14/0/0.mvt")
    with django_assert_num_queries(2):
        answer = client.get(address)
    tile = mapbox_vector_tile.decode(answer.content)
    assert sorted(tile) == ["streets", "trees"]  # plots begin at zoom 15
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_a_changed_tree_changes_the_tile(client: Client) -> None:
    tree = TreeFactory.create()
    address = f"/tiles/trees/{address_of(15, *TOWN_HALL)}.mvt"
    before = client.get(address)
    tree.state = Tree.State.DEAD
    tree.save()
    forget_tiles()
    after = client.get(address, headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert b"dead" in after.content


def test_an_empty_tile_is_empty(client: Client) -> None:
    answer = client.get("/tiles/trees/15/0/0.mvt")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_large_tile_is_zipped_for_those_who_take_it(client: Client) -> None:
    for number in range(60):
        PlantingSiteFactory.create(geom=Point(TOWN_HALL[0] + number * 1e-5, TOWN_HALL[1]))
    address = f"/tiles/sites/{address_of(15, *TOWN_HALL)}.mvt"
    plain = client.get(address)
    zipped = client.get(address, headers={"Accept-Encoding": "gzip"})
    refused = client.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content == refused.content


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("trees/15/99999/0", 400, "columns and rows run from 0 to 32767"),
        ("trees/15/0/-1", 400, "columns and rows run"),
        ("trees/99/0/0", 400, "Zoom levels run from 0 to 22"),
        ("trees/15/x/0", 400, "three whole numbers"),
        ("trees/15/1e9/0", 400, "three whole numbers"),
        (f"trees/15/{'9' * 400}/0", 400, "three whole numbers"),
        ("trees/20/0/0", 404, "from zoom 9 to 18"),
        ("parcels/3/0/0", 404, "from zoom 15 to 18"),
        ("dragons/15/0/0", 404, "There is no layer 'dragons'"),
    ],
)
def test_an_impossible_tile_is_refused_in_a_sentence(
    client: Client, address: str, status: int, words: str
) -> None:
    answer = client.get(f"/tiles/{address}.mvt")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_tilejson_names_the_tiles_and_their_fields(client: Client) -> None:
    commune = CommuneFactory.create()
    document = client.get("/tiles/courtyards.json").json()
    assert document["tilejson"] == "3.0.0"
    assert document["tiles"] == ["http://testserver/tiles/courtyards/{z}/{x}/{y}.mvt"]
    assert document["vector_layers"][0]["fields"] == {
        "state": "String",
        "name": "String",
        "area_m2": "Number",
    }
    assert document["bounds"] == pytest.approx(commune.geom.extent, abs=1e-6)
    assert client.get("/tiles/dragons.json").status_code == 404


def test_every_layer_of_the_contract_has_tiles() -> None:
    assert {"sites", "trees", "roofs", "gardens", "courtyards", "parcels"} <= set(LAYERS)


def test_every_state_has_a_symbol() -> None:
    for layer in LAYERS.values():
        drawn = [state for group in layer.groups for state in group.states]
        assert sorted(drawn) == sorted(layer.states()), layer.name


def test_a_group_may_not_bear_the_name_of_another_state() -> None:
    ambiguous = MapLayer(
        "ambiguous",
        "",
        "",
        Tree.objects.all,
        groups=(Group("dead", "", ("felled",), "circle", "tree"),),
    )
    with pytest.raises(ValueError, match="bears a state's name"):
        register(ambiguous)


GDAL_READS = """
import sys, pyogrio
info = pyogrio.read_info(sys.argv[1], layer="trees")
meta, _index, geometry, values = pyogrio.raw.read(sys.argv[1], layer="trees")
print(info["geometry_type"], len(geometry), sorted(meta["fields"]))
"""


def test_gdal_reads_a_tile_in_another_process(client: Client, tmp_path: Any) -> None:
    TreeFactory.create_batch(2)
    address = address_of(15, *TOWN_HALL)
    folder = tmp_path.joinpath(*address.split("/")[:2])
    folder.mkdir(parents=True)
    path = folder / f"{address.split('/')[2]}.mvt"
    path.write_bytes(client.get(f"/tiles/trees/{address}.mvt").content)
    told = subprocess.run(
        [sys.executable, "-c", GDAL_READS, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    kind, number, fields = told.stdout.split(maxsplit=2)
    assert (kind, number) == ("Point", "2")
    assert "state" in fields


def test_what_vanished_from_its_source_is_kept_but_no_longer_drawn() -> None:
    tree = TreeFactory()
    layer = LAYERS["trees"]
    before = data_version(layer, for_s=0)
    Tree.objects.filter(pk=tree.pk).update(archived_at=timezone.now())
    assert list(layer.rows()) == [tree]
    assert list(layer.drawn()) == []
    assert data_version(layer, for_s=0) != before
