"""Land cover as fractions: codes and their mappings, pixels and polygons averaged by area."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.warp import transform_bounds

from heat_islands.science.cover import CLASSES
from heat_islands.science.cover_mapping import MAPPINGS, Mapping, UnknownCodes, built_in
from heat_islands.science.errors import ProductError
from heat_islands.science.grid import Grid
from heat_islands.science.land_cover import RasterCover, mean_height, open_raster, open_source

#: Three by three cells in Issy, Lambert-93.
GRID = Grid(srid=2154, left=646_000.0, top=6_858_030.0, width=3, height=3, resolution=10.0)
DEMO = Mapping.load("demo")


def write_raster(
    path: Path,
    values: NDArray[Any],
    *,
    left: float = GRID.left,
    top: float = GRID.top,
    pixel: float = 10.0,
    crs: str | None = "EPSG:2154",
    nodata: float | None = 0,
) -> Path:
    bands = values if values.ndim == 3 else values[np.newaxis]
    with rasterio.open(
        path, "w", driver="GTiff", width=bands.shape[2], height=bands.shape[1], count=len(bands),
        dtype=values.dtype, crs=crs, transform=Affine(pixel, 0, left, 0, -pixel, top), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(bands)
    return path


def write_polygons(
    path: Path,
    shapes: list[shapely.Geometry],
    codes: list[str],
    *,
    attribute: str = "classe",
    crs: str | None = "EPSG:2154",
    **options: Any,
) -> Path:
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(np.array(shapes)), field_data=[np.array(codes, dtype=object)],
        fields=[attribute], crs=crs, geometry_type="Polygon", **options,
    )  # fmt: skip
    return path


def shares(fractions: NDArray[np.float32], row: int, col: int) -> dict[str, float]:
    cell = fractions[:, row, col]
    return {n: round(float(v), 4) for n, v in zip(CLASSES, cell, strict=True) if v}


def square(col: float, row: float, width: float = 1, height: float = 1) -> shapely.Polygon:
    """A rectangle in cells of the grid, rows from the top."""
    left, top = GRID.left + col * 10, GRID.top - row * 10
    return shapely.box(left, top - height * 10, left + width * 10, top)


class TestMappings:
    @pytest.mark.parametrize("name", built_in())
    def test_every_built_in_mapping_shares_out_one_whole_per_code(self, name: str) -> None:
        mapping = Mapping.load(name)
        told = [shares for shares in mapping.shares.values() if shares is not None]
        assert told
        assert all(sum(shares) == pytest.approx(1) for shares in told)
        assert json.loads((MAPPINGS / f"{name}.json").read_text())["source"]

    def test_codes_are_the_same_as_number_or_text_with_or_without_accents(self) -> None:
        cosia = Mapping.load("cosia")
        found = cosia.vectors(np.array(["Bâtiment", "BATIMENT", " bâtiment"]))
        assert (found[:, CLASSES.index("roof")] == 1).all()
        atlas = Mapping.load("urban-atlas")
        assert (
            atlas.vectors(np.array([50000.0]))[0] == atlas.vectors(np.array(["50000"]))[0]
        ).all()

    def test_a_mixed_class_is_several_fractions(self) -> None:
        (cell,) = Mapping.load("worldcover").vectors(np.array([50]))
        assert cell.tolist() == [0.5, 0.5, 0, 0, 0, 0]

    def test_a_code_that_tells_nothing_is_unknown_not_zero(self) -> None:
        assert np.isnan(DEMO.vectors(np.array([0]))).all()

    def test_all_codes_that_have_no_meaning_are_named(self) -> None:
        with pytest.raises(UnknownCodes) as raised:
            DEMO.vectors(np.array([1, 7, 9]))
        assert raised.value.args == ("7", "9")

    def test_a_towns_own_mapping_is_a_json_file(self, tmp_path: Path) -> None:
        path = tmp_path / "ours.json"
        path.write_text(
            json.dumps({"classes": {"A": "tree", "B": {"sealed": 0.25, "grass": 0.75}}})
        )
        mapping = Mapping.load(str(path))
        assert mapping.name == "ours"
        assert mapping.vectors(np.array(["b"]))[0].tolist() == [0.25, 0, 0.75, 0, 0, 0]

    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            ('{"classes": {"A": "forest"}}', "forest"),
            ('{"classes": {"A": {"tree": 0.5}}}', "sum to 1"),
            ('{"classes": {"A": {"tree": 1.5, "grass": -0.5}}}', "sum to 1"),
            ('{"classes": {"A": 3}}', "not understood"),
            ("[1, 2]", "not understood"),
            ("{}", "classes"),
            ("{broken", "There is no mapping"),
        ],
    )
    def test_a_faulty_mapping_is_told_in_a_sentence(
        self, tmp_path: Path, content: str, fault: str
    ) -> None:
        path = tmp_path / "ours.json"
        path.write_text(content)
        with pytest.raises(ProductError, match=fault):
            Mapping.load(str(path))

    def test_a_mapping_that_does_not_exist_lists_those_that_do(self) -> None:
        with pytest.raises(ProductError, match=r"cosia.*ocs-ge.*worldcover"):
            Mapping.load("corine")


class TestRasters:
    def test_aligned_pixels_are_whole_cells(self, tmp_path: Path) -> None:
        codes = np.array([[1, 2, 3], [4, 5, 6], [1, 1, 0]], dtype=np.uint8)
        found = open_source(write_raster(tmp_path / "c.tif", codes)).fractions(GRID, DEMO)
        assert shares(found, 0, 0) == {"sealed": 1}
        assert shares(found, 1, 0) == {"tree": 1}
        assert shares(found, 1, 2) == {"water": 1}
        assert np.isnan(found[:, 2, 2]).all()

    def test_four_fine_pixels_are_four_quarters(self, tmp_path: Path) -> None:
        codes = np.full((6, 6), 3, dtype=np.uint8)
        codes[0, 0], codes[0, 1], codes[1, 0] = 1, 2, 4
        found = open_source(write_raster(tmp_path / "c.tif", codes, pixel=5)).fractions(GRID, DEMO)
        assert shares(found, 0, 0) == {"sealed": 0.25, "roof": 0.25, "grass": 0.25, "tree": 0.25}

    def test_pixels_off_the_grid_are_weighed_by_area(self, tmp_path: Path) -> None:
        codes = np.array([[1, 3, 3, 3]] * 4, dtype=np.uint8)
        path = write_raster(tmp_path / "c.tif", codes, left=GRID.left - 7, top=GRID.top + 10)
        found = open_source(path).fractions(GRID, DEMO)
        assert shares(found, 1, 0) == {"sealed": 0.3, "grass": 0.7}

    def test_a_cell_less_than_half_known_is_unknown_and_others_share_what_is(
        self, tmp_path: Path
    ) -> None:
        codes = np.zeros((6, 6), dtype=np.uint8)
        codes[0, 0] = 3  # a quarter of the first cell
        codes[0, 2], codes[0, 3], codes[1, 2] = 1, 3, 3  # three quarters of the second
        found = open_source(write_raster(tmp_path / "c.tif", codes, pixel=5)).fractions(GRID, DEMO)
        assert np.isnan(found[:, 0, 0]).all()
        assert shares(found, 0, 1) == {"sealed": 0.3333, "grass": 0.6667}

    def test_another_crs_lands_on_the_same_cells(self, tmp_path: Path) -> None:
        """Half sealed, half forest, in UTM: the border runs through the middle column."""
        bounds = transform_bounds("EPSG:2154", "EPSG:32631", *GRID.bounds)
        codes = np.full((100, 100), 4, dtype=np.uint8)
        codes[:, :50] = 1
        middle = (bounds[0] + bounds[2]) / 2
        path = write_raster(
            tmp_path / "c.tif",
            codes,
            left=middle - 50,
            top=bounds[3] + 30,
            pixel=1,
            crs="EPSG:32631",
        )
        found = open_source(path).fractions(GRID, DEMO)
        assert shares(found, 1, 0) == {"sealed": 1}
        assert shares(found, 1, 2) == {"tree": 1}
        assert shares(found, 1, 1)["sealed"] == pytest.approx(0.5, abs=0.05)

    def test_fractions_sum_to_one_or_are_unknown(self, tmp_path: Path) -> None:
        codes = np.random.default_rng(5).integers(0, 7, (40, 40), dtype=np.uint8)
        path = write_raster(tmp_path / "c.tif", codes, pixel=1.7, left=GRID.left - 3)
        total = open_source(path).fractions(GRID, DEMO).sum(axis=0)
        assert np.allclose(total[np.isfinite(total)], 1, atol=1e-5)
        assert np.isfinite(total).any()

    def test_a_block_read_alone_equals_the_same_cells_of_the_whole(self, tmp_path: Path) -> None:
        codes = np.random.default_rng(6).integers(1, 7, (60, 60), dtype=np.uint8)
        source = open_source(
            write_raster(
                tmp_path / "c.tif", codes, pixel=2.5, left=GRID.left - 61, top=GRID.top + 60
            )
        )
        whole = source.fractions(GRID, DEMO)
        block = next(b for b in GRID.blocks(2) if b.row == 0 and b.col == 2)
        alone = source.fractions(GRID.crop(block), DEMO)
        np.testing.assert_allclose(alone, whole[(slice(None), *block.slices)], atol=1e-6)

    def test_a_fine_map_is_read_in_small_blocks_and_a_coarse_one_in_large(
        self, tmp_path: Path
    ) -> None:
        codes = np.ones((4, 4), dtype=np.uint8)
        fine = open_source(write_raster(tmp_path / "fine.tif", codes, pixel=0.2))
        coarse = open_source(write_raster(tmp_path / "coarse.tif", codes, pixel=10))
        assert (fine.block_size(GRID) * 10 / 0.2) ** 2 <= 4_000_000
        assert coarse.block_size(GRID) == 512

    def test_a_map_elsewhere_is_unknown_here(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "c.tif", np.ones((3, 3), np.uint8), left=700_000)
        assert np.isnan(open_source(path).fractions(GRID, DEMO)).all()

    def test_heights_are_averaged_and_what_is_missing_is_not_zero(self, tmp_path: Path) -> None:
        heights = np.array([[4, 8, -1, -1, 0, 0], [4, 8, -1, 6, 0, 0]] * 3, dtype=np.float32)
        path = write_raster(tmp_path / "h.tif", heights, pixel=5, nodata=-1)
        with open_raster(path) as dataset:
            found = mean_height(dataset, GRID)
        assert found[0, 0] == pytest.approx(6)
        assert np.isnan(found[0, 1])
        assert found[0, 2] == 0

    def test_codes_tell_which_mapping_is_meant(self, tmp_path: Path) -> None:
        demo = open_source(write_raster(tmp_path / "d.tif", np.arange(1, 7, dtype=np.uint8)[None]))
        world = open_source(write_raster(tmp_path / "w.tif", np.array([[10, 50]], np.uint8)))
        other = open_source(write_raster(tmp_path / "o.tif", np.array([[111, 112]], np.uint8)))
        assert demo.guess() == "demo"
        assert world.guess() == "worldcover"
        with pytest.raises(ProductError, match=r"111, 112.*--mapping"):
            other.guess()


class TestPolygons:
    def test_a_cell_cut_by_two_polygons_is_two_shares(self, tmp_path: Path) -> None:
        path = write_polygons(
            tmp_path / "c.gpkg",
            [square(0, 0, 0.3, 3), square(0.3, 0, 2.7, 3)],
            ["Bâtiment", "Pelouse"],
        )
        found = open_source(path).fractions(GRID, Mapping.load("cosia"))
        assert shares(found, 0, 0) == {"roof": 0.3, "grass": 0.7}
        assert shares(found, 2, 2) == {"grass": 1}

    def test_overlapping_polygons_share_a_cell_and_it_still_sums_to_one(
        self, tmp_path: Path
    ) -> None:
        path = write_polygons(
            tmp_path / "c.gpkg", [square(0, 0), square(0, 0)], ["Feuillu", "Pelouse"]
        )
        found = open_source(path).fractions(GRID, Mapping.load("cosia"))
        assert shares(found, 0, 0) == {"tree": 0.5, "grass": 0.5}
        assert np.isnan(found[:, 1, 1]).all()

    def test_a_mixed_class_of_the_urban_atlas_is_several_fractions(self, tmp_path: Path) -> None:
        path = write_polygons(
            tmp_path / "c.gpkg", [square(0, 0, 3, 3)], ["11100"], attribute="code_2018"
        )
        source = open_source(path)
        assert source.guess() == "urban-atlas"
        found = source.fractions(GRID, Mapping.load("urban-atlas"))
        assert shares(found, 1, 1) == {"sealed": 0.45, "roof": 0.45, "grass": 0.05, "tree": 0.05}

    @pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "fgb"])
    def test_the_usual_vector_files_are_read(self, tmp_path: Path, suffix: str) -> None:
        shape = square(0, 0, 3, 3)
        crs = "EPSG:2154"
        if suffix == "geojson":  # RFC 7946 knows one CRS only
            to = rasterio.warp.transform
            xs, ys = to("EPSG:2154", "EPSG:4326", *map(list, shape.exterior.coords.xy))
            shape, crs = shapely.Polygon(zip(xs, ys, strict=True)), "EPSG:4326"
        path = write_polygons(
            tmp_path / f"c.{suffix}", [shape], ["CS2.1.1.1"], attribute="code_cs", crs=crs
        )
        source = open_source(path)
        assert source.guess() == "ocs-ge"
        assert shares(source.fractions(GRID, Mapping.load("ocs-ge")), 1, 1) == {"tree": 1}

    def test_an_outline_that_crosses_itself_still_covers_its_area(self, tmp_path: Path) -> None:
        bow = shapely.Polygon(
            [(GRID.left, GRID.top - 30), (GRID.left + 30, GRID.top), (GRID.left + 30, GRID.top - 30),
             (GRID.left, GRID.top)]
        )  # fmt: skip
        path = write_polygons(tmp_path / "c.gpkg", [bow], ["Feuillu"])
        found = open_source(path).fractions(GRID, Mapping.load("cosia"))
        assert shares(found, 1, 0) == {"tree": 1}
        assert np.isnan(found[:, 0, 1]).all()

    def test_unknown_classes_are_named(self, tmp_path: Path) -> None:
        path = write_polygons(tmp_path / "c.gpkg", [square(0, 0)], ["Lac gelé"])
        with pytest.raises(UnknownCodes, match="lac gele"):
            open_source(path).fractions(GRID, Mapping.load("cosia"))

    def test_an_attribute_of_another_name_is_asked_for(self, tmp_path: Path) -> None:
        path = write_polygons(
            tmp_path / "c.gpkg", [square(0, 0, 3, 3)], ["Feuillu"], attribute="lib"
        )
        with pytest.raises(ProductError, match=r"no attribute classe: it has lib.*--attribute"):
            open_source(path).fractions(GRID, Mapping.load("cosia"))
        found = open_source(path, attribute="lib").fractions(GRID, Mapping.load("cosia"))
        assert shares(found, 0, 0) == {"tree": 1}

    def test_several_layers_need_one_named(self, tmp_path: Path) -> None:
        path = write_polygons(tmp_path / "c.gpkg", [square(0, 0)], ["Feuillu"], layer="a")
        write_polygons(path, [square(0, 0)], ["Pelouse"], layer="b", append=True)
        with pytest.raises(ProductError, match=r"2 polygon layers \(a, b\).*--layer"):
            open_source(path)
        found = open_source(path, layer="b").fractions(GRID, Mapping.load("cosia"))
        assert shares(found, 0, 0) == {"grass": 1}


class TestFaults:
    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(ProductError, match="does not exist"):
            open_source(tmp_path / "none.tif")

    @pytest.mark.parametrize("name", ["c.tif", "c.gpkg", "c.geojson"])
    def test_an_empty_file(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).touch()
        with pytest.raises(ProductError, match="is empty"):
            open_source(tmp_path / name)

    @pytest.mark.parametrize("name", ["c.tif", "c.gpkg", "c.geojson", "c.txt"])
    def test_a_file_of_something_else(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("land cover, they said")
        with pytest.raises(ProductError, match="cut short"):
            open_source(tmp_path / name)

    @pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
    def test_no_crs(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "c.tif", np.ones((3, 3), np.uint8), crs=None)
        with pytest.raises(ProductError, match="coordinate reference system"):
            open_source(path)

    @pytest.mark.filterwarnings("ignore:'crs' was not provided")
    def test_polygons_without_a_crs(self, tmp_path: Path) -> None:
        path = write_polygons(tmp_path / "c.gpkg", [square(0, 0)], ["Feuillu"], crs=None)
        with pytest.raises(ProductError, match="coordinate reference system"):
            open_source(path)

    def test_an_image_is_no_map_of_classes(self, tmp_path: Path) -> None:
        path = write_raster(tmp_path / "c.tif", np.ones((3, 3, 3), np.uint8))
        with pytest.raises(ProductError, match="3 bands"):
            open_source(path)


def test_a_raster_knows_the_size_of_its_pixels_in_metres(tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "c.tif",
        np.ones((3, 3), np.uint8),
        left=2.27,
        top=48.8,
        pixel=0.0001,
        crs="EPSG:4326",
    )
    source = open_source(path)
    assert isinstance(source, RasterCover)
    assert source.resolution_m == pytest.approx(7.33, abs=0.05)
