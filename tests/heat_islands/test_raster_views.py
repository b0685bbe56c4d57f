"""Point values, polygon statistics, files, and what other people's software makes of WMTS and STAC."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import rasterio
from django.test import Client
from rasterio.warp import transform

from heat_islands import published, tiles
from heat_islands.models import Scene
from tests.factories import CommuneFactory
from tests.heat_islands.rasters import GRID, TOWN_HALL, VERSION, heat_map, plain_fields

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    published.forget()
    tiles.DRAWN.clear()
    yield
    published.forget()


def wgs84(*places: tuple[float, float]) -> list[tuple[float, float]]:
    """Places in grid metres as lon, lat."""
    xs, ys = transform(f"EPSG:{GRID.srid}", "EPSG:4326", *zip(*places, strict=True))
    return list(zip(xs, ys, strict=True))


def cells(col: float, row: float, width: float, height: float) -> dict[str, Any]:
    """A GeoJSON rectangle of grid cells, rows from the top."""
    left, top = GRID.left + col * 10, GRID.top - row * 10
    right, bottom = left + width * 10, top - height * 10
    ring = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]
    return {"type": "Polygon", "coordinates": [wgs84(*ring)]}


class TestPoint:
    def get(self, client: Client, lon: object, lat: object, language: str = "en") -> Any:
        return client.get(
            f"/heat-maps/summer/point?lon={lon}&lat={lat}", headers={"accept-language": language}
        )

    def test_every_layer_is_told_with_its_unit(self, client: Client) -> None:
        heat_map()
        ((lon, lat),) = wgs84((GRID.left + 3005, GRID.top - 1005))
        answer = self.get(client, lon, lat).json()
        values = {name: layer["value"] for name, layer in answer["layers"].items()}
        assert values == {
            # °C; the anomaly rises by a degree a kilometre from −2 °C, and 0.005 of it is rounded away
            "anomaly": pytest.approx(1.0, abs=0.011),
            "temperature": pytest.approx(31.0, abs=0.011),
            "se": 0.4,
            "sigma": 1.5,
            "n": 8,
            "ndvi": 0.3,
            "albedo": 0.18,
        }
        assert answer["layers"]["anomaly"]["unit"] == "°C"
        assert answer["layers"]["anomaly"]["label"] == "+1.0 °C"
        assert answer["uncertain"] is False

    def test_the_sentence_says_how_hot_how_sure_and_of_what(self, client: Client) -> None:
        heat_map()
        ((lon, lat),) = wgs84((GRID.left + 3505, GRID.top - 1005))
        assert self.get(client, lon, lat).json()["sentence"] == (
            "1.5 °C warmer than the town's average, ±0.4 °C (8 clear scenes). "
            "Surface, not air, on clear late mornings in summer."
        )

    def test_a_difference_smaller_than_its_error_is_no_difference(self, client: Client) -> None:
        heat_map()
        ((lon, lat),) = wgs84((GRID.left + 2105, GRID.top - 1005))
        assert self.get(client, lon, lat).json()["sentence"].startswith("As warm as the town's")

    def test_a_cell_without_data_is_null_and_says_why(self, client: Client) -> None:
        heat_map()
        ((lon, lat),) = wgs84((GRID.left + 500, GRID.top - 3500))
        answer = self.get(client, lon, lat).json()
        assert answer["layers"]["anomaly"]["value"] is None
        assert answer["layers"]["anomaly"]["label"] is None
        assert answer["sentence"].startswith("No measurement here")

    def test_few_scenes_make_a_cell_uncertain(self, client: Client) -> None:
        heat_map()
        ((lon, lat),) = wgs84((GRID.left + 3500, GRID.top - 3500))
        assert self.get(client, lon, lat).json()["uncertain"] is True

    def test_a_place_outside_says_where_the_map_is(self, client: Client) -> None:
        heat_map()
        answer = self.get(client, -3.0, 53.4)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert "2.2" in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("lon", "lat"),
        [
            ("", ""),
            ("nan", "48.8"),
            ("inf", "48.8"),
            ("2.27", "91"),
            ("181", "0"),
            ("x", "1"),
            ("1" * 5000, "1"),
        ],
    )
    def test_what_is_no_place_is_refused(self, client: Client, lon: str, lat: str) -> None:
        heat_map()
        answer = self.get(client, lon, lat)
        assert answer.status_code == 400
        assert "lon" in answer.json()["detail"]

    @pytest.mark.parametrize("place", [(0.0, 90.0), (0.0, -90.0), (180.0, 0.0)])
    def test_the_ends_of_the_world_are_outside(
        self, client: Client, place: tuple[float, float]
    ) -> None:
        heat_map()
        assert self.get(client, *place).status_code == 404


class TestStatistics:
    def post(self, client: Client, content: Any, query: str = "") -> Any:
        body = content if isinstance(content, str) else json.dumps(content)
        return client.post(
            f"/heat-maps/summer/statistics{query}",
            body,
            content_type="application/geo+json",
            headers={"accept-language": "en"},
        )

    def one(self, client: Client, geometry: dict[str, Any], query: str = "") -> dict[str, Any]:
        answer = self.post(client, geometry, query)
        assert answer.status_code == 200, answer.content
        return answer.json()["properties"]["statistics"]  # type: ignore[no-any-return]

    def test_a_rectangle_of_cells_by_hand(self, client: Client) -> None:
        """Columns 100 to 103: anomalies −0.995, −0.985, −0.975, −0.965, stored to the hundredth."""
        heat_map()
        found = self.one(client, cells(100, 50, 4, 2))
        assert found["mean"] == pytest.approx(-0.98, abs=0.006)
        assert found["area_m2"] == pytest.approx(800, rel=0.002)
        assert found["no_data_share"] == pytest.approx(0, abs=1e-3)
        assert (found["se"], found["n"], found["n_min"]) == (0.4, 8.0, 3.0) or found["n_min"] == 8.0
        assert found["unit"] == "°C"

    def test_half_a_cell_weighs_half(self, client: Client) -> None:
        fields = plain_fields()
        fields["anomaly"][:] = 0.0
        fields["anomaly"][:, 201] = 3.0
        heat_map(fields)
        assert self.one(client, cells(200, 20, 1.5, 4))["mean"] == pytest.approx(1.0, abs=0.01)

    def test_temperature_is_in_degrees_celsius(self, client: Client) -> None:
        heat_map()
        found = self.one(client, cells(200, 20, 4, 4), "?layer=temperature")
        assert found["mean"] == pytest.approx(30.02, abs=0.02)
        assert found["min"] <= found["median"] <= found["max"]

    def test_what_has_no_data_is_told_as_a_share_not_as_zero(self, client: Client) -> None:
        heat_map()
        # 10 columns either side of the middle, in the southern half: the western ten are without data.
        found = self.one(client, cells(190, 300, 20, 5))
        assert found["no_data_share"] == pytest.approx(0.5, abs=0.01)
        assert found["mean"] == pytest.approx(0.05, abs=0.02)
        empty = self.one(client, cells(10, 300, 5, 5))
        assert empty["mean"] is None
        assert empty["no_data_share"] == 1
        assert empty["notes"] == ["Nothing was measured inside this polygon."]

    def test_what_lies_beyond_the_map_counts_as_no_data(self, client: Client) -> None:
        heat_map()
        assert self.one(client, cells(395, 10, 10, 5))["no_data_share"] == pytest.approx(
            0.5, abs=0.01
        )

    def test_a_small_polygon_is_told_that_it_shows_its_neighbours(self, client: Client) -> None:
        heat_map()
        assert "neighbours" in self.one(client, cells(100, 50, 4, 4))["notes"][0]
        assert "smaller than one cell" in self.one(client, cells(100.2, 50.2, 0.3, 0.3))["notes"][0]
        assert self.one(client, cells(100, 50, 30, 30))["notes"] == []

    def test_features_keep_what_they_say_of_themselves(self, client: Client) -> None:
        heat_map()
        yards = [
            {
                "type": "Feature",
                "id": i,
                "properties": {"name": f"yard {i}"},
                "geometry": cells(i, 9, 1, 1),
            }
            for i in (100, 300)
        ]
        found = self.post(client, {"type": "FeatureCollection", "features": yards}).json()
        assert found["type"] == "FeatureCollection"
        first, second = (f["properties"] for f in found["features"])
        assert (first["name"], second["name"]) == ("yard 100", "yard 300")
        assert second["statistics"]["mean"] - first["statistics"]["mean"] == pytest.approx(
            2, abs=0.02
        )
        single = self.post(client, yards[0]).json()
        assert single["type"] == "Feature"
        assert single["id"] == 100

    def test_no_csrf_token_is_needed(self) -> None:
        heat_map()
        strict = Client(enforce_csrf_checks=True)
        assert self.post(strict, cells(100, 50, 4, 4)).status_code == 200

    @pytest.mark.parametrize(
        ("content", "status", "word"),
        [
            ("", 400, "JSON"),
            ("{", 400, "JSON"),
            ("[" * 100_000, 400, "JSON"),
            ([], 400, "GeoJSON"),
            ({"type": "Point", "coordinates": [2.27, 48.82]}, 400, "GeoJSON"),
            ({"type": "FeatureCollection", "features": []}, 400, "GeoJSON"),
            ({"type": "Feature", "geometry": None}, 400, "polygon"),
            ({"type": "Feature", "properties": 4, "geometry": {}}, 400, "polygon"),
            ({"type": "FeatureCollection", "features": [3]}, 400, "polygon"),
            ({"type": "Polygon", "coordinates": []}, 400, "empty"),
            ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, 400, "ring"),
            ({"type": "Polygon", "coordinates": "here"}, 400, "ring"),
            (
                {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}},
                400, "polygons",
            ),
            ('{"type":"Polygon","coordinates":[[[NaN,1],[2,1],[2,2],[NaN,1]]]}', 400, "."),
            (
                {"type": "Polygon", "coordinates": [[[646000, 6858000], [646010, 6858000],
                                                     [646010, 6858010], [646000, 6858000]]]},
                400, "degrees",
            ),
            (
                {"type": "Polygon", "coordinates": [[[2.26, 48.82], [2.27, 48.83], [2.27, 48.82],
                                                     [2.26, 48.83], [2.26, 48.82]]]},
                400, "crosses itself",
            ),
            (
                {"type": "Polygon", "coordinates": [[[-3, 53], [-2.9, 53], [-2.9, 53.01], [-3, 53]]]},
                404, "outside",
            ),
            (
                {"type": "Polygon", "coordinates": [[[1, 48], [4, 48], [4, 50], [1, 50], [1, 48]]]},
                413, "km²",
            ),
        ],
    )  # fmt: skip
    def test_what_cannot_be_measured_gets_one_sentence(
        self, client: Client, content: Any, status: int, word: str
    ) -> None:
        heat_map()
        answer = self.post(client, content)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
        detail = answer.json()["detail"]
        assert word in detail
        assert detail.endswith(".")

    def test_too_many_polygons_vertices_or_bytes_are_refused(self, client: Client) -> None:
        heat_map()
        feature = {"type": "Feature", "geometry": cells(1, 1, 1, 1)}
        many = {"type": "FeatureCollection", "features": [feature] * 501}
        assert self.post(client, many).status_code == 413
        angle = np.linspace(0, 2 * np.pi, 50_002)
        ring = np.round(
            np.column_stack((2.27 + 0.001 * np.cos(angle), 48.82 + 0.001 * np.sin(angle))), 5
        )
        ring[-1] = ring[0]
        round_ = {"type": "Polygon", "coordinates": [ring.tolist()]}
        answer = self.post(client, round_)
        assert answer.status_code == 413
        assert "vertices" in answer.json()["detail"] or "large" in answer.json()["detail"]
        assert self.post(client, " " * 1_000_001).status_code == 413

    def test_a_get_is_refused(self, client: Client) -> None:
        heat_map()
        assert client.get("/heat-maps/summer/statistics").status_code == 405


class TestFiles:
    def url(self, name: str = "analysis.tif") -> str:
        return f"/heat-maps/summer/{VERSION}/{name}"

    def body(self, answer: Any) -> bytes:
        return b"".join(answer.streaming_content)

    def test_whole_and_in_parts(self, client: Client) -> None:
        content = heat_map().analysis_path.read_bytes()
        assert self.body(client.get(self.url())) == content
        for asked, part in (
            ("bytes=0-99", content[:100]),
            ("bytes=100-", content[100:]),
            ("bytes=-50", content[-50:]),
            ("bytes=10-99999999", content[10:]),
        ):
            answer = client.get(self.url(), headers={"range": asked})
            assert answer.status_code == 206
            assert self.body(answer) == part
            assert answer["Content-Length"] == str(len(part))
            assert answer["Content-Range"].endswith(f"/{len(content)}")

    @pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0", "bytes=5-2", "bytes=-"])
    def test_a_range_beyond_the_file_is_416(self, client: Client, asked: str) -> None:
        heat_map()
        answer = client.get(self.url(), headers={"range": asked})
        assert answer.status_code == 416

    def test_several_ranges_get_the_whole(self, client: Client) -> None:
        heat_map()
        answer = client.get(self.url(), headers={"range": "bytes=0-1,5-6"})
        assert answer.status_code == 200

    def test_nothing_else_in_the_directory_is_served(self, client: Client) -> None:
        heat_map()
        for name in ("item.json", "..", ".", "analysis.tif%00", "x.tif"):
            assert client.get(self.url(name)).status_code == 404


def scene(**facts: Any) -> Scene:
    import datetime as dt

    return Scene.objects.create(
        **{
            "product_id": "LC08_L2SP_199026_20230811_20230818_02_T1",
            "acquisition_id": "LC08_199026_20230811",
            "platform": "Landsat 8",
            "acquired_at": dt.datetime(2023, 8, 11, 10, 40, tzinfo=dt.UTC),
            "source_srid": 32631,
            "grid": GRID.as_dict(),
            "directory": "scenes/x",
            "sha256": "0" * 64,
            "has_qa": True,
            "has_st_qa": True,
            "has_metadata": True,
            "clear_share": 0.93,
            **facts,
        }
    )


def test_the_catalogue_names_only_what_there_is(client: Client) -> None:
    for path in (
        "/stac/collections/trees",
        "/stac/collections/scenes/items/x",
        "/stac/collections/trees/items/x",
    ):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
    empty = client.get("/stac/collections/heat-maps").json()
    assert empty["extent"]["temporal"]["interval"] == [[None, None]]


def test_a_superseded_scene_links_to_its_successor(client: Client) -> None:
    newer = scene(product_id="LC08_L2SP_199026_20230811_20240101_02_T1")
    scene(superseded_by=newer)
    item = client.get(
        "/stac/collections/scenes/items/LC08_L2SP_199026_20230811_20230818_02_T1"
    ).json()
    (link,) = [link for link in item["links"] if link["rel"] == "successor-version"]
    assert link["href"].endswith(newer.product_id)


# --- Other people's software, in a process of its own (it would share our lock otherwise) ---------


def elsewhere(script: str, *arguments: str) -> Any:
    """What `script` prints as JSON, run by a Python of its own."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *arguments],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout.splitlines()[-1])


@pytest.mark.django_db(transaction=True)
def test_owslib_reads_the_capabilities_and_fetches_a_tile(live_server: Any) -> None:
    heat_map()
    found = elsewhere(
        """
import json, sys
from owslib.wmts import WebMapTileService
service = WebMapTileService(sys.argv[1])
layer = service["anomaly"]
limits = layer.tilematrixsetlinks["WebMercatorQuad"].tilematrixlimits["14"]
tile = service.gettile(layer="anomaly", tilematrixset="WebMercatorQuad", tilematrix="14",
                       row=limits.mintilerow, column=limits.mintilecol, format="image/png")
print(json.dumps({"layers": sorted(service.contents), "box": layer.boundingBoxWGS84,
                  "matrices": sorted(service.tilematrixsets["WebMercatorQuad"].tilematrix, key=int),
                  "png": tile.read()[:8].hex(), "title": layer.title}))
""",
        f"{live_server.url}/heat-maps/summer/WMTSCapabilities.xml",
    )
    assert found["layers"] == ["albedo", "anomaly", "n", "ndvi", "se", "sigma", "temperature"]
    assert found["png"] == b"\x89PNG\r\n\x1a\n".hex()
    assert found["matrices"] == [str(zoom) for zoom in range(8, 15)]
    left, bottom, right, top = found["box"]
    assert left < TOWN_HALL[0] < right
    assert bottom < TOWN_HALL[1] < top


@pytest.mark.django_db(transaction=True)
def test_gdal_opens_the_wmts_and_sees_the_colours_of_the_display_raster(live_server: Any) -> None:
    row = heat_map()
    found = elsewhere(
        """
import json, os, sys
os.environ["GDAL_HTTP_TIMEOUT"] = "30"
import rasterio
from rasterio.warp import transform
with rasterio.open("WMTS:" + sys.argv[1] + ",layer=anomaly") as dataset:
    (x,), (y,) = transform("EPSG:4326", dataset.crs, [2.2600], [48.8310])
    pixel = [int(v[0]) for v in dataset.read(window=dataset.window(x, y - 9.5, x + 9.5, y))[:, 0]]
    print(json.dumps({"crs": dataset.crs.to_epsg(), "pixel": pixel, "res": dataset.res[0]}))
""",
        f"{live_server.url}/heat-maps/summer/WMTSCapabilities.xml",
    )
    assert found["crs"] == 3857
    assert found["res"] == pytest.approx(9.5546, abs=1e-3)
    with rasterio.open(row.display_path) as display:
        (x,), (y,) = transform("EPSG:4326", "EPSG:3857", [2.2600], [48.8310])
        anomaly = next(display.sample([(x, y)], indexes=2))[0] / 100
    from heat_islands.palettes import PALETTES

    shades = {PALETTES["anomaly"].colour(anomaly + d) for d in (-0.1, -0.05, 0, 0.05, 0.1)}
    assert "#{:02x}{:02x}{:02x}".format(*found["pixel"][:3]) in shades


@pytest.mark.django_db(transaction=True)
def test_gdal_reads_the_cog_of_the_catalogue_by_ranges(live_server: Any) -> None:
    row = heat_map()
    found = (
        elsewhere(
            """
import json, sys
import pystac, rasterio
catalogue = pystac.Catalog.from_file(sys.argv[1])
catalogue.validate_links = None
items = list(catalogue.get_items(recursive=True))
item = next(i for i in items if i.collection_id == "heat-maps")
with rasterio.open("/vsicurl/" + item.assets["analysis"].href) as dataset:
    value = float(dataset.read(2)[100, 300]) * dataset.scales[1]
print(json.dumps({"ids": sorted(i.id for i in items), "value": value, "box": item.bbox,
                  "collections": sorted(c.id for c in catalogue.get_children())}))
""",
            f"{live_server.url}/stac/",
        )
        if scene(footprint=row.bounds)
        else None
    )
    assert found["ids"] == ["LC08_L2SP_199026_20230811_20230818_02_T1", f"summer-{VERSION}"]
    assert found["collections"] == ["heat-maps", "scenes"]
    assert found["value"] == pytest.approx(1.005, abs=0.011)


def test_health_tells_the_newest_heat_map(client: Client) -> None:
    CommuneFactory.create()
    before = client.get("/healthz").json()["heat map"]
    assert before["ok"] is True
    assert before["newest"] is None
    row = heat_map()
    after = client.get("/healthz").json()["heat map"]
    assert (after["newest"], after["version"]) == ("summer", VERSION)
    row.display_path.unlink()
    broken = client.get("/healthz")
    assert broken.status_code == 503
    assert "build_heat_map" in broken.json()["heat map"]["error"]
