"""Landsat products are read as they come, and what is wrong with one is said before anything is made of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from rasterio.windows import Window

from heat_islands.science.errors import ProductError
from heat_islands.science.landsat import LandsatProduct, open_landsat
from heat_islands.science.products import open_products
from tests.heat_islands.landsat_folders import (
    CLOUD,
    PRODUCT,
    SHADOW,
    SHAPE,
    st_numbers,
    tar_of,
    write_band,
    write_product,
)


def the_product(path: Path) -> LandsatProduct:
    (product,) = open_products(path)
    assert isinstance(product, LandsatProduct)
    return product


def test_the_name_and_the_mtl_tell_what_and_when(tmp_path: Path) -> None:
    product = the_product(write_product(tmp_path))
    assert product.product_id == PRODUCT
    assert product.acquisition_id == "LC08_199026_20240721"
    assert product.platform == "LANDSAT_8"
    assert product.acquired_at == dt.datetime(2024, 7, 21, 10, 40, 7, 123456, tzinfo=dt.UTC)
    assert product.processed_on == dt.date(2024, 7, 29)
    assert product.missing == ()
    assert product.is_synthetic
    assert product.weather() == {"sun_elevation_deg": 58.5}


def test_what_a_product_came_without_is_recorded(tmp_path: Path) -> None:
    product = the_product(write_product(tmp_path, without=("QA_PIXEL", "ST_QA", "SR_B4", "MTL")))
    assert product.missing == ("QA_PIXEL", "ST_QA", "SR_B4", "MTL")
    assert not product.has_clear_mask
    assert not product.time_known


def test_a_tar_reads_like_its_folder(tmp_path: Path) -> None:
    kelvin = 300 + np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE) % 17
    folder = write_product(tmp_path, kelvin=kelvin)
    from_folder, from_tar = the_product(folder), the_product(tar_of(folder))
    window = Window(20, 30, 40, 50)
    a, b = from_folder.read(window), from_tar.read(window)
    assert from_tar.metadata == from_folder.metadata
    np.testing.assert_array_equal(a.temperature_k, b.temperature_k)
    np.testing.assert_allclose(a.temperature_k, kelvin[30:80, 20:60], atol=0.002)


def test_a_folder_may_hold_several_products(tmp_path: Path) -> None:
    folder = write_product(tmp_path)
    other = write_product(tmp_path, product="LC09_L2SP_199026_20240814_20240815_02_T1")
    for file in other.iterdir():
        file.rename(folder / file.name)
    assert [p.platform for p in open_products(folder)] == ["LANDSAT_8", "LANDSAT_9"]


def test_fill_saturation_clouds_and_shadows_are_not_measurements(tmp_path: Path) -> None:
    st = st_numbers(305.0).copy()
    st[0, 0], st[0, 1] = 0, 65535
    red = np.full(SHAPE, 11636, np.uint16)
    red[1, 0] = 0
    qa = np.full(SHAPE, 21824, np.uint16)
    qa[2, 0], qa[2, 1], qa[2, 2] = CLOUD, SHADOW, 21952  # the last is clear water
    pixels = the_product(write_product(tmp_path, bands={"ST_B10": st, "SR_B4": red}, qa=qa)).read()
    assert np.isnan(pixels.temperature_k[0, :2]).all()
    assert np.isnan(pixels.reflectance["red"][1, 0])
    assert pixels.reflectance["red"][1, 1] == pytest.approx(0.12, abs=1e-4)
    assert pixels.clear[2, :4].tolist() == [False, False, True, True]


def test_the_saturation_band_masks_its_own_band_only(tmp_path: Path) -> None:
    radsat = np.zeros(SHAPE, np.uint16)
    radsat[5, 5] = 1 << 3  # band 4, red
    folder = write_product(tmp_path, bands={"QA_RADSAT": radsat})
    pixels = the_product(folder).read()
    assert np.isnan(pixels.reflectance["red"][5, 5])
    assert np.isfinite(pixels.reflectance["nir"][5, 5])


def test_without_a_quality_band_only_fill_is_masked_and_the_product_says_so(tmp_path: Path) -> None:
    st = st_numbers(305.0).copy()
    st[0, 0] = 0
    product = the_product(write_product(tmp_path, bands={"ST_B10": st}, without=("QA_PIXEL",)))
    assert "QA_PIXEL" in product.missing
    assert product.read().clear.sum() == st.size - 1


def test_scales_in_the_mtl_have_priority(tmp_path: Path) -> None:
    folder = write_product(tmp_path, kelvin=305.0)
    mtl = next(folder.glob("*_MTL.txt"))
    mtl.write_text(mtl.read_text() + "    TEMPERATURE_ADD_BAND_ST_B10 = 150.0\n")
    assert the_product(folder).read().temperature_k[0, 0] == pytest.approx(306.0, abs=0.002)


@pytest.mark.parametrize(
    ("product", "sentence"),
    [
        ("LC08_L1TP_199026_20240721_20240729_02_T1", "level L1TP"),
        ("LC08_L2SR_199026_20240721_20240729_02_T1", "reflectance without surface temperature"),
        ("LE07_L2SP_199026_20240721_20240729_02_T1", "not of Landsat 8 or 9"),
    ],
)
def test_the_wrong_level_or_satellite_is_refused(
    tmp_path: Path, product: str, sentence: str
) -> None:
    with pytest.raises(ProductError, match=sentence):
        open_products(write_product(tmp_path, product=product))


def test_an_l1_product_renamed_to_l2_is_found_out_by_its_mtl(tmp_path: Path) -> None:
    folder = write_product(tmp_path)
    mtl = next(folder.glob("*_MTL.txt"))
    mtl.write_text(mtl.read_text().replace("L2SP", "L1TP"))
    with pytest.raises(ProductError, match="MTL says level L1TP"):
        open_products(folder)


def test_a_missing_thermal_band_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match=rf"no thermal band: {PRODUCT}_ST_B10.TIF is missing"):
        open_products(write_product(tmp_path, without=("ST_B10",)))


@pytest.mark.parametrize("kept", [0, 100, 2000])
def test_an_empty_or_truncated_band_is_named(tmp_path: Path, kept: int) -> None:
    noise = np.random.default_rng(1).integers(8000, 12000, SHAPE, dtype=np.uint16)
    folder = write_product(tmp_path, bands={"SR_B5": noise})
    band = folder / f"{PRODUCT}_SR_B5.TIF"
    band.write_bytes(band.read_bytes()[:kept])
    with pytest.raises(ProductError, match=r"SR_B5.TIF .*download it again"):
        open_products(folder)


def test_a_band_damaged_inside_is_named_when_it_is_read(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(30000, 50000, SHAPE, dtype=np.uint16)
    folder = write_product(tmp_path, bands={"ST_B10": noise})
    band = folder / f"{PRODUCT}_ST_B10.TIF"
    content = bytearray(band.read_bytes())
    content[2000:12000] = b"\x55" * 10000
    band.write_bytes(content)
    with pytest.raises(ProductError, match=r"ST_B10.TIF cannot be read to its end"):
        the_product(folder).read()


def test_bands_on_different_grids_are_refused(tmp_path: Path) -> None:
    folder = write_product(tmp_path)
    write_band(
        folder / f"{PRODUCT}_SR_B5.TIF", np.ones(SHAPE, np.uint16), corner=(444_015.0, 5_411_025.0)
    )
    with pytest.raises(ProductError, match=r"SR_B5.TIF is not on the same grid as .*ST_B10.TIF"):
        open_products(folder)


def test_a_product_without_crs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match="no coordinate reference system"):
        open_products(write_product(tmp_path, crs=None))


def test_a_truncated_tar_is_refused(tmp_path: Path) -> None:
    tar = tar_of(write_product(tmp_path))
    tar.write_bytes(tar.read_bytes()[: tar.stat().st_size // 3])
    with pytest.raises(ProductError, match=r"download it again|no thermal band|is truncated"):
        open_products(tar)
    tar.write_bytes(b"")
    with pytest.raises(ProductError, match="cannot be read"):
        open_products(tar)


@pytest.mark.parametrize("name", ["nothing-here", "notes.txt", "empty"])
def test_what_is_no_product_is_said_to_be_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ProductError, match=r"does not exist|holds no product"):
        open_products(tmp_path / name)


def test_reading_a_window_costs_its_blocks_not_the_file(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(30000, 50000, SHAPE, dtype=np.uint16)
    product = the_product(write_product(tmp_path, bands={"ST_B10": noise}))
    one, all_of_it = (
        product.bytes_needed(Window(0, 0, 10, 10)),
        product.bytes_needed(Window(0, 0, 180, 150)),
    )
    assert one < all_of_it / 5  # one of the nine 64-pixel blocks


def test_an_unknown_day_in_the_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match="no date"):
        open_landsat(write_product(tmp_path, product="LC08_L2SP_199026_20241341_20250101_02_T1"))
