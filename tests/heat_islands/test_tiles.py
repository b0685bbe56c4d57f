"""Tiles: the right pixels, the right headers, and nothing done for an absurd address."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest
import rasterio
from django.conf import settings
from django.test import Client
from django.utils.translation import gettext
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.warp import transform
from rio_tiler.io import Reader

from heat_islands import palettes, png, published, tiles
from heat_islands.display import HALF_WORLD_M, POOL, Pool, Tile
from heat_islands.models import HeatMap
from tests.heat_islands.rasters import GRID, TOWN_HALL, VERSION, heat_map, plain_fields

pytestmark = [
    pytest.mark.django_db,
    # A PNG says nothing of its place; GDAL remarks on it.
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    published.forget()
    tiles.DRAWN.clear()
    yield
    published.forget()
    tiles.DRAWN.clear()


def tile_at(lon: float, lat: float, zoom: int) -> Tile:
    """The tile that holds a place [OpenStreetMap wiki, Slippy map tilenames]."""
    side = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side
    return Tile(zoom, int((lon + 180) / 360 * side), int(y))


def address(tile: Tile, layer: str = "anomaly", v: str = "", slug: str = "summer") -> str:
    return f"/heat-maps/{slug}/tiles/{tile.z}/{tile.x}/{tile.y}.png?layer={layer}&v={v}"


def indices_of(body: bytes) -> NDArray[np.uint8]:
    """The palette indices of one of our PNGs, read by hand: signature, chunks, unfiltered rows."""
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    at, data = 8, b""
    while at < len(body):
        (length,) = struct.unpack(">I", body[at : at + 4])
        kind, chunk = body[at + 4 : at + 8], body[at + 8 : at + 8 + length]
        assert struct.unpack(">I", body[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + chunk
        )
        data += chunk if kind == b"IDAT" else b""
        at += 12 + length
    return np.frombuffer(zlib.decompress(data), np.uint8).reshape(256, 257)[:, 1:]


def decoded(body: bytes) -> NDArray[np.uint8]:
    """The RGBA that GDAL, an independent reader, finds in the PNG."""
    with MemoryFile(body) as memory, memory.open() as dataset:
        colours = dataset.colormap(1)
        return np.array([colours[i] for i in dataset.read(1).ravel()], np.uint8).reshape(
            256, 256, 4
        )


HALL_14 = tile_at(*TOWN_HALL, 14)


class TestPixels:
    def test_a_pixel_has_the_colour_that_the_legend_gives_its_value(self, client: Client) -> None:
        heat_map()
        body = client.get(address(tile_at(2.2545, 48.8300, 15))).content
        tile = tile_at(2.2545, 48.8300, 15)
        # The pixel's own place, in the grid: the anomaly there is known by construction.
        size = 2 * HALF_WORLD_M / 2**15
        x = -HALF_WORLD_M + (tile.x + 100.5 / 256) * size
        y = HALF_WORLD_M - (tile.y + 60.5 / 256) * size
        (grid_x,), (grid_y,) = transform("EPSG:3857", f"EPSG:{GRID.srid}", [x], [y])
        assert GRID.bounds[1] + 2000 < grid_y < GRID.bounds[3], "in the northern, certain half"
        anomaly = (grid_x - GRID.left) / 1000 - 2
        red, green, blue, alpha = decoded(body)[60, 100]
        shades = {palettes.PALETTES["anomaly"].colour(anomaly + d) for d in (-0.05, 0, 0.05)}
        assert f"#{red:02x}{green:02x}{blue:02x}" in shades
        assert alpha == 255

    def test_gdal_reads_our_png_as_we_wrote_it(self) -> None:
        indices = np.random.default_rng(4).integers(0, 255, (256, 256), dtype=np.uint8)
        body = png.encode(indices, *palettes.png_palette("anomaly"))
        with MemoryFile(body) as memory, memory.open() as dataset:
            assert (dataset.read(1) == indices).all()
            assert dataset.colormap(1)[0][3] == 0
            assert dataset.colormap(1)[200][3] == palettes.PALE

    def test_cells_without_data_are_transparent(self, client: Client) -> None:
        heat_map()
        shown = decoded(client.get(address(tile_at(2.2500, 48.8130, 15))).content)
        assert (shown[..., 3] == 0).all(), "the south-west quarter has no data"

    def test_cells_of_few_scenes_are_hatched_and_others_are_not(self, client: Client) -> None:
        heat_map()
        few = indices_of(client.get(address(tile_at(2.2890, 48.8140, 15))).content)
        sure = indices_of(client.get(address(tile_at(2.2600, 48.8310, 15))).content)
        pale = (few > palettes.LEVELS)[few > 0].mean()
        assert 0.4 < pale < 0.6
        assert (sure <= palettes.LEVELS).all()

    def test_cells_of_large_sigma_are_hatched(self, client: Client) -> None:
        fields = plain_fields()
        fields["sigma"][:] = 3.2
        heat_map(fields)
        assert (indices_of(client.get(address(HALL_14)).content) > palettes.LEVELS).any()

    def test_doubt_is_found_where_the_layers_say_so(self) -> None:
        path = heat_map().display_path
        with rasterio.open(path) as display, POOL.lend(path) as source:
            temperature, n = display.read(1), display.read(6)
            wanted = (n < 5) & (temperature != -32768)
            for row in range(display.height // 256):
                for col in range(display.width // 256):
                    tile = Tile(14, source.col // 256 + col, source.row // 256 + row)
                    block = wanted[row * 256 : row * 256 + 256, col * 256 : col * 256 + 256]
                    found = source.doubt(tile)
                    assert (found is None and not block.any()) or (found == block).all()

    @pytest.mark.parametrize("zoom", [8, 10, 12, 13, 15, 17])
    def test_doubt_lies_in_the_same_place_at_every_zoom(self, zoom: int) -> None:
        """A pixel that is doubtful at zoom 14 has a place; a tile of another zoom over it says the same."""
        path = heat_map().display_path
        with POOL.lend(path) as source:
            deep = tile_at(2.2880, 48.8140, zoom)
            sure = tile_at(2.2600, 48.8310, zoom)
            found = source.doubt(deep)
            assert found is not None
            side = 2 * HALF_WORLD_M / 2**zoom / 256
            (x,), (y,) = transform("EPSG:4326", "EPSG:3857", [2.2880], [48.8140])
            col = int((x + HALF_WORLD_M) / side - deep.x * 256)
            row = int((HALF_WORLD_M - y) / side - deep.y * 256)
            assert found[row, col]
            if zoom >= 14:
                assert source.doubt(sure) is None

    def test_layers_that_do_not_rest_on_temperature_are_never_hatched(self, client: Client) -> None:
        fields = plain_fields()
        fields["sigma"][:] = 3.2
        heat_map(fields)
        shown = indices_of(client.get(address(HALL_14, "ndvi")).content)
        assert (shown <= palettes.LEVELS).all()

    @pytest.mark.parametrize("zoom", [9, 12, 13, 14, 16, 18])
    def test_the_same_places_as_rio_tiler_at_every_zoom(self, zoom: int) -> None:
        """rio-tiler warps; we cut a window out. The values must agree where both have one."""
        path = heat_map().display_path
        tile = tile_at(2.2600, 48.8310, zoom)
        band = 2
        with POOL.lend(path) as source:
            found = source.read(tile, band)
        assert found is not None
        ours = np.ma.masked_equal(found, -32768)
        with Reader(str(path)) as reader:
            image = reader.tile(tile.x, tile.y, zoom, indexes=band, resampling_method="bilinear")
            theirs = image.array[0]
        both = ~ours.mask & ~theirs.mask
        assert both.sum() > 0.8 * max((~ours.mask).sum(), (~theirs.mask).sum())
        # One pixel at this zoom is worth this many centi-degrees (1 °C a km, 156.5 km·cos(lat) at zoom 0).
        pixel = 100 * 156.54 * 0.658 / 2**zoom
        difference = np.abs(ours.data.astype(float) - theirs.data)[both]
        assert np.median(difference) <= 1 + pixel

    def test_neighbouring_tiles_meet_without_a_seam(self) -> None:
        path = heat_map().display_path
        tile = tile_at(2.2600, 48.8310, 17)
        with POOL.lend(path) as source:
            west = source.read(tile, 2)
            east = source.read(Tile(17, tile.x + 1, tile.y), 2)
        assert west is not None
        assert east is not None
        assert np.abs(west[:, -1].astype(int) - east[:, 0]).max() <= 1

    def test_a_display_file_off_the_zoom_grid_is_warped_instead(self) -> None:
        """An analysis COG is in Lambert-93: the same tile through rio-tiler's warp."""
        row = heat_map()
        off = tiles.draw(row.analysis_path, "anomaly", HALL_14)
        on = tiles.draw(row.display_path, "anomaly", HALL_14)
        assert off is not None
        assert on is not None
        first, second = (indices_of(body) % palettes.LEVELS for body in (off, on))
        assert np.mean(np.abs(first.astype(int) - second) <= 1) > 0.9


class TestAddresses:
    @pytest.mark.parametrize(
        "part",
        ["14/9000/-1", "14/16384/0", "14/0/16384", "99/0/0", "a/b/c", "14/1e3/2", "-1/0/0",
         "0/0/99999999999999999999999999", "9" * 5000 + "/0/0", "14/٣/0"],
    )  # fmt: skip
    def test_absurd_addresses_get_a_sentence_before_any_work(
        self, client: Client, part: str, django_assert_num_queries: Any
    ) -> None:
        heat_map()
        with django_assert_num_queries(0):
            answer = client.get(f"/heat-maps/summer/tiles/{part}.png")
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"].endswith(".")

    def test_a_tile_beside_the_map_is_a_404_with_a_sentence(self, client: Client) -> None:
        heat_map()
        answer = client.get(address(tile_at(-3.0, 53.4, 14)))
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"] == gettext("This tile lies outside the heat map.")

    def test_a_zoom_at_which_a_pixel_fills_the_tile_still_draws(self, client: Client) -> None:
        heat_map()
        assert client.get(address(tile_at(2.26, 48.831, 22))).status_code == 200

    def test_a_tile_of_the_whole_world_shows_the_town_as_a_dot(self, client: Client) -> None:
        heat_map()
        answer = client.get("/heat-maps/summer/tiles/0/0/0.png")
        assert answer.status_code == 200
        assert (indices_of(answer.content) > 0).sum() <= 4

    @pytest.mark.parametrize("layer", ["heat", "", "anomaly'--", "suhi"])
    def test_an_unknown_layer_is_named_with_those_there_are(
        self, client: Client, layer: str
    ) -> None:
        heat_map()
        answer = client.get(address(HALL_14, layer))
        assert answer.status_code == 400
        assert "temperature" in answer.json()["detail"]

    def test_an_unknown_series_says_what_to_do(self, client: Client) -> None:
        answer = client.get(address(HALL_14, slug="winter"))
        assert answer.status_code == 404
        assert "build_heat_map" in answer.json()["detail"]

    def test_a_post_is_refused(self, client: Client) -> None:
        heat_map()
        answer = client.post(address(HALL_14))
        assert answer.status_code == 405
        assert answer["Allow"] == "GET, HEAD"

    def test_files_that_are_gone_are_said_to_be(self, client: Client) -> None:
        row = heat_map()
        row.display_path.unlink()
        answer = client.get(address(HALL_14))
        assert answer.status_code == 503
        assert "build" in answer.json()["detail"]


class TestCaching:
    def test_a_tile_that_names_version_and_colours_is_immutable_and_others_are_asked_again(
        self, client: Client
    ) -> None:
        row = heat_map()
        full = client.get(address(HALL_14, v=published.address_version(row)))
        assert "immutable" in full["Cache-Control"]
        for other in ("", "another", VERSION, f"{VERSION}.oldcolours"):
            assert client.get(address(HALL_14, v=other))["Cache-Control"] == "public, no-cache"

    def test_the_etag_is_strong_and_names_version_layer_and_place(self, client: Client) -> None:
        heat_map()
        tags = {
            client.get(address(tile, layer))["ETag"]
            for tile in (HALL_14, tile_at(*TOWN_HALL, 13))
            for layer in ("anomaly", "n")
        }
        assert len(tags) == 4
        assert all(tag.startswith('"') and VERSION in tag for tag in tags)

    def test_an_etag_held_answers_304_without_opening_the_raster(self, client: Client) -> None:
        row = heat_map()
        tag = client.get(address(HALL_14))["ETag"]
        tiles.DRAWN.clear()
        POOL.clear()
        row.display_path.unlink()
        for held in (tag, f'"x", W/{tag}', "*"):
            answer = client.get(address(HALL_14), headers={"if-none-match": held})
            assert answer.status_code == 304
            assert answer["ETag"] == tag
            assert answer.content == b""

    def test_another_etag_gets_the_tile(self, client: Client) -> None:
        heat_map()
        held = {"if-none-match": '"something-else"'}
        assert client.get(address(HALL_14), headers=held).status_code == 200

    def test_a_new_version_is_served_where_no_version_is_named(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heat_map()
        before = client.get(address(HALL_14))["ETag"]
        heat_map(version="fedcba9876543210")
        monkeypatch.setattr(published, "FRESH_S", 0.0)
        after = client.get(address(HALL_14))["ETag"]
        assert before != after
        assert client.get(address(HALL_14, v=VERSION))["ETag"] == before

    def test_a_warm_tile_asks_the_database_nothing(
        self, client: Client, django_assert_num_queries: Any
    ) -> None:
        row = heat_map()
        for v in ("", VERSION, published.address_version(row)):
            client.get(address(HALL_14, v=v))
            with django_assert_num_queries(0):
                client.get(address(HALL_14, v=v))
                client.get(address(tile_at(*TOWN_HALL, 15), v=v))

    def test_a_tile_sets_no_cookie_and_opens_no_session(self, client: Client) -> None:
        heat_map()
        answer = client.get(address(HALL_14))
        assert not answer.cookies
        assert "Vary" not in answer

    def test_the_cache_keeps_within_its_bytes(self) -> None:
        cache = tiles.Cache(limit=100)
        for i in range(30):
            cache.put(str(i), bytes(9))
        cache.put("29", bytes(12))
        assert cache.size <= 100
        assert cache.get("0") is None
        assert cache.get("29") == bytes(12)

    def test_the_pool_lends_a_raster_to_one_at_a_time_and_opens_it_once(self) -> None:
        path = heat_map().display_path
        pool = Pool()
        with pool.lend(path) as first, pool.lend(path) as second:
            assert first is not second
        with pool.lend(path) as again:
            assert again in (first, second)

    def test_the_pool_closes_what_it_no_longer_keeps(self) -> None:
        first, second = heat_map(), heat_map(slug="other")
        pool = Pool(limit=1)
        with pool.lend(first.display_path) as source:
            pass
        with pool.lend(second.display_path):
            pass
        assert source.dataset.closed
        pool.clear()

    def test_many_threads_draw_the_same_tiles_as_one(self) -> None:
        path = heat_map().display_path
        places = [Tile(15, x, y) for x in range(16588, 16594) for y in range(11272, 11278)]
        alone = [tiles.draw(path, "anomaly", place) for place in places]
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(partial(tiles.draw, path, "anomaly"), places))
        assert together == alone
        assert any(alone)

    def test_gdals_block_cache_is_capped_as_the_settings_say(self) -> None:
        from django.contrib.gis.gdal.libgdal import lgdal

        assert lgdal.GDALGetCacheMax() == settings.GDAL_CACHE_MB * 1_000_000


class TestTileJson:
    def get(self, client: Client, query: str = "", language: str = "en") -> dict[str, Any]:
        answer = client.get(
            f"/heat-maps/summer/tilejson.json{query}", headers={"accept-language": language}
        )
        assert answer.status_code == 200
        return answer.json()  # type: ignore[no-any-return]

    def test_its_tiles_can_be_fetched_and_are_immutable(self, client: Client) -> None:
        heat_map()
        (template,) = self.get(client)["tiles"]
        assert template.startswith("http://testserver/heat-maps/summer/tiles/{z}/{x}/{y}.png?")
        place = {"z": HALL_14.z, "x": HALL_14.x, "y": HALL_14.y}
        answer = client.get(template.format(**place))
        assert answer.status_code == 200
        assert "immutable" in answer["Cache-Control"]

    def test_bounds_zooms_and_centre_hold_the_map(self, client: Client) -> None:
        heat_map()
        content = self.get(client)
        left, bottom, right, top = content["bounds"]
        assert left < TOWN_HALL[0] < right
        assert bottom < TOWN_HALL[1] < top
        assert (content["minzoom"], content["maxzoom"]) == (8, 14)
        assert left < content["center"][0] < right

    def test_the_legend_speaks_the_readers_language(self, client: Client) -> None:
        heat_map()
        stops = self.get(client)["palette"]["stops"]
        assert [stop["label"] for stop in stops] == [
            "−6 °C", "−4 °C", "−2 °C", "0 °C", "+2 °C", "+4 °C", "+6 °C",
        ]  # fmt: skip
        french = self.get(client, "?layer=se", "fr")["palette"]["stops"]
        assert [stop["label"] for stop in french] == [
            "0,0 °C",
            "0,5 °C",
            "1,0 °C",
            "1,5 °C",
            "2,0 °C",
        ]

    def test_made_up_data_are_said_to_be_made_up(self, client: Client) -> None:
        heat_map()
        content = self.get(client)
        assert content["heat_map"]["synthetic"] is True
        assert content["attribution"] == "Demonstration data"

    def test_a_real_map_names_its_source(self, client: Client) -> None:
        heat_map(synthetic=False)
        assert "U.S. Geological Survey" in self.get(client)["attribution"]

    def test_the_rural_difference_is_offered_only_where_there_is_one(self, client: Client) -> None:
        heat_map()
        assert "suhi" not in self.get(client)["layers"]
        heat_map(version="f" * 16, has_suhi=True)
        assert "suhi" in self.get(client, f"?v={'f' * 16}")["layers"]


def test_the_row_and_the_raster_agree_about_where_they_are() -> None:
    row: HeatMap = heat_map()
    with rasterio.open(row.display_path) as display:
        assert display.crs.to_epsg() == 3857
    with POOL.lend(row.display_path) as source:
        assert source.aligned
