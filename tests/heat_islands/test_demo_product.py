"""The simulated products as files: what a stranger's tools find in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS

from heat_islands.demo import product
from heat_islands.demo.clouds import CLEAR
from heat_islands.demo.product import LABEL, is_complete, product_id, scaled, write_product
from heat_islands.demo.products import write_products
from heat_islands.demo.sensor import Landsat, Measured
from tests.heat_islands.demo_layout import small_town


@pytest.fixture(scope="module")
def scene() -> Measured:
    town = small_town()
    return Landsat(town).measure(town.days[0])


@pytest.fixture(scope="module")
def folder(scene: Measured, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_product(scene, tmp_path_factory.mktemp("products"))


def band(folder: Path, name: str) -> rasterio.DatasetReader:
    return rasterio.open(folder / f"{folder.name}_{name}.TIF")


def test_a_folder_is_named_as_usgs_names_it(folder: Path, scene: Measured) -> None:
    satellite, level, place, passed, made, collection, tier = folder.name.split("_")
    assert satellite in {"LC08", "LC09"}
    assert (level, place, collection, tier) == ("L2SP", "199026", "02", "T1")
    assert passed == f"{scene.day.on:%Y%m%d}"
    assert made > passed


@pytest.mark.parametrize(
    ("name", "dtype", "nodata"),
    [
        *((f"SR_B{number}", "uint16", 0) for number in range(2, 8)),
        ("ST_B10", "uint16", 0),
        ("ST_QA", "int16", -9999),
        ("QA_PIXEL", "uint16", 1),
    ],
)
def test_every_band_opens_on_the_scenes_grid(
    folder: Path, scene: Measured, name: str, dtype: str, nodata: int
) -> None:
    with band(folder, name) as dataset:
        assert dataset.crs == CRS.from_epsg(32631)
        assert dataset.dtypes == (dtype,)
        assert dataset.nodata == nodata
        assert dataset.shape == scene.grid.shape
        assert dataset.res == (30, 30)
        assert dataset.transform.c % 30 == dataset.transform.f % 30 == 15
        assert dataset.profile["tiled"]
        assert dataset.compression.value == "DEFLATE"
        assert dataset.tags()["SOURCE"] == LABEL
        assert ((dataset.read(1) == nodata) == ~scene.grid.known).all()


def test_numbers_come_back_to_kelvin_and_reflectance(folder: Path, scene: Measured) -> None:
    known = scene.grid.known
    with band(folder, "ST_B10") as dataset:
        kelvin = dataset.read(1) * 0.00341802 + 149.0
    np.testing.assert_allclose(kelvin[known], scene.surface_k[known], atol=0.0018)
    with band(folder, "SR_B5") as dataset:
        near = dataset.read(1) * 2.75e-5 - 0.2
    np.testing.assert_allclose(near[known], scene.reflectance[3][known], atol=1.5e-5)
    with band(folder, "ST_QA") as dataset:
        stated = dataset.read(1) * 0.01
    np.testing.assert_allclose(stated[known], scene.stated_error_k[known], atol=0.0051)


def test_scaling_meets_the_published_examples() -> None:
    yes = np.array([True])
    assert scaled(np.array([302.62974494]), 0.00341802, 149.0, yes)[0] == 44_947
    assert scaled(np.array([0.3125725]), 2.75e-5, -0.2, yes)[0] == 18_639
    assert scaled(np.array([0.3125725]), 2.75e-5, -0.2, ~yes)[0] == 0
    assert scaled(np.array([-9.0]), 2.75e-5, -0.2, yes)[0] == 1  # below range is not fill


def fields(folder: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    group = ""
    for line in (folder / f"{folder.name}_MTL.txt").read_text().splitlines():
        name, _, value = (part.strip() for part in line.partition("="))
        if name == "GROUP":
            group = value
        elif name not in {"END_GROUP", "END"}:
            found.setdefault(group, {})[name] = value.strip('"')
    return found


def test_metadata_says_what_the_product_is(folder: Path, scene: Measured) -> None:
    groups = fields(folder)
    contents, image = groups["PRODUCT_CONTENTS"], groups["IMAGE_ATTRIBUTES"]
    assert contents["LANDSAT_PRODUCT_ID"] == folder.name
    assert contents["PROCESSING_LEVEL"] == "L2SP"
    assert contents["ORIGIN"].startswith("Synthetic")
    assert image["DATE_ACQUIRED"] == scene.day.on.isoformat()
    assert image["SPACECRAFT_ID"] == f"LANDSAT_{scene.day.satellite[-1]}"
    thermal = groups["LEVEL2_SURFACE_TEMPERATURE_PARAMETERS"]
    assert float(thermal["TEMPERATURE_MULT_BAND_ST_B10"]) == 0.00341802
    assert float(thermal["TEMPERATURE_ADD_BAND_ST_B10"]) == 149.0
    reflective = groups["LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"]
    assert float(reflective["REFLECTANCE_MULT_BAND_5"]) == 2.75e-5
    for key, file in contents.items():
        if key.startswith("FILE_NAME"):
            assert (folder / file).is_file()
    place = groups["PROJECTION_ATTRIBUTES"]
    assert float(place["CORNER_UL_PROJECTION_X_PRODUCT"]) == scene.grid.left + 15
    assert 48 < float(place["CORNER_LR_LAT_PRODUCT"]) < 49


def test_metadata_has_the_layout_of_a_real_product(folder: Path, shared_data: Path) -> None:
    (real,) = (shared_data / "landsat" / "liverpool-2020-09-27").glob("*_MTL.txt")
    known: dict[str, set[str]] = {}
    group = ""
    for line in real.read_text().splitlines():
        name, _, value = (part.strip() for part in line.partition("="))
        if name == "GROUP":
            group = value
        elif name not in {"END_GROUP", "END"}:
            known.setdefault(group, set()).add(name)
    for group, found in fields(folder).items():
        assert set(found) <= known[group], group


def test_a_whole_folder_is_kept_and_a_broken_one_made_again(
    scene: Measured, tmp_path: Path
) -> None:
    folder = write_product(scene, tmp_path)
    thermal = folder / f"{folder.name}_ST_B10.TIF"
    before = thermal.stat().st_mtime_ns
    assert write_product(scene, tmp_path) == folder
    assert thermal.stat().st_mtime_ns == before
    (folder / f"{folder.name}_SR_B4.TIF").unlink()
    assert not is_complete(folder)
    assert is_complete(write_product(scene, tmp_path))


def test_an_interruption_leaves_nothing_half_written(
    scene: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "products"

    def stop(_: Measured) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(product, "metadata_text", stop)
        with pytest.raises(KeyboardInterrupt):
            write_product(scene, directory)
    assert list(directory.iterdir()) == []
    (directory / f".{product_id(scene.day)}.partial").mkdir()  # what a killed process leaves
    assert is_complete(write_product(scene, directory))
    assert [path.name for path in directory.iterdir()] == [product_id(scene.day)]


def contents(directory: Path) -> dict[str, bytes]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def test_all_products_are_written_once_and_the_same_each_time(tmp_path: Path) -> None:
    town = replace(small_town(2), days=small_town(2).days[5:7])
    heard: list[tuple[str, int, int]] = []
    made = write_products(
        town, tmp_path / "a", lambda name, done, of: heard.append((name, done, of))
    )
    assert [folder.name for folder in made.scene_dirs] == [product_id(day) for day in town.days]
    assert [(done, of) for _, done, of in heard] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    first = contents(tmp_path / "a")
    write_products(town, tmp_path / "b")
    assert contents(tmp_path / "b") == first
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*.*")}
    write_products(town, tmp_path / "a")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*.*")} == stamps


def test_scenes_do_not_depend_on_those_written_before(tmp_path: Path) -> None:
    town = small_town(2)
    alone = Landsat(town).measure(town.days[7])
    landsat = Landsat(town)
    landsat.measure(town.days[0])
    assert landsat.measure(town.days[7]).surface_k.tobytes() == alone.surface_k.tobytes()
    assert (alone.quality == CLEAR).any()
