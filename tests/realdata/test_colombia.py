"""Every band of one real L2SP scene, decimated: the masks, the scales and the retrieval's own arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heat_islands.science import indices
from heat_islands.science.landsat import QA_FILL_BIT, LandsatProduct
from heat_islands.science.products import open_products
from heat_islands.science.temperature import local_variance, scene_wide_error

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def product(shared_data: Path) -> LandsatProduct:
    (found,) = open_products(shared_data / "landsat" / "l2sp-colombia-2019-12-01")
    assert isinstance(found, LandsatProduct)
    return found


@pytest.fixture(scope="module")
def valid(product: LandsatProduct) -> np.ndarray:
    parts = product.intermediates()
    found = (product.numbers("QA_PIXEL") & QA_FILL_BIT == 0) & np.isfinite(
        product.read().temperature_k
    )
    for band in ("ST_TRAD", "ST_EMIS", "ST_ATRAN"):
        found &= np.isfinite(parts[band])
    return found


@pytest.fixture(scope="module")
def clear(product: LandsatProduct, valid: np.ndarray) -> np.ndarray:
    return np.asarray(valid & product.read().clear)


def test_its_name_has_no_processing_date_and_there_is_no_mtl(product: LandsatProduct) -> None:
    assert product.processed_on is None
    assert product.missing == ("MTL",)


def test_valid_and_clear_pixels(valid: np.ndarray, clear: np.ndarray) -> None:
    assert valid.sum() == 177_642
    assert clear.sum() == 21_323


def test_mean_of_the_clear_surface(product: LandsatProduct, clear: np.ndarray) -> None:
    pixels = product.read()
    mean = pixels.temperature_k[clear].mean(dtype=np.float64)
    assert mean == pytest.approx(308.3474, abs=0.001)
    ndvi = indices.index("NDVI", pixels.reflectance)[clear]
    assert ndvi.mean(dtype=np.float64) == pytest.approx(0.7744, abs=0.0001)


def test_the_retrieval_closes_on_its_own_inputs(
    product: LandsatProduct, clear: np.ndarray, valid: np.ndarray
) -> None:
    error = (product.recomputed_temperature_k() - product.read().temperature_k).astype(np.float64)
    assert np.sqrt(np.mean(error[clear] ** 2)) == pytest.approx(0.141, abs=0.0005)
    # Under clouds the radiance left for the surface is negative in 3,388 pixels: no temperature follows from it.
    assert np.isnan(error[valid]).sum() == 3_388
    assert np.sqrt(np.nanmean(error[valid] ** 2)) == pytest.approx(1.098, abs=0.001)


def test_most_of_st_qa_is_shared_by_the_whole_scene(
    product: LandsatProduct, clear: np.ndarray
) -> None:
    uncertainty = product.read().uncertainty_k
    assert uncertainty is not None
    here = uncertainty[clear]
    assert np.nanmedian(here) == pytest.approx(4.35, abs=0.01)
    floor = scene_wide_error(here)
    local = np.sqrt(np.nanmedian(local_variance(here, floor)))
    assert 3.0 < floor < 4.0
    assert local < np.nanmedian(here) * 0.7
