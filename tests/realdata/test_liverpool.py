"""One real autumn scene of Liverpool and the Mersey, without its quality band."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon

from greening.models import Commune
from heat_islands import notes
from heat_islands.heat_map import build_heat_map
from heat_islands.scenes import add_scene
from heat_islands.science import indices
from heat_islands.science.grid import Grid
from heat_islands.science.products import Pixels, Product, open_products
from heat_islands.science.temperature import celsius
from heat_islands.store import read_back
from tests.factories import CommuneFactory

pytestmark = pytest.mark.realdata


@pytest.fixture
def product(shared_data: Path) -> Product:
    (found,) = open_products(shared_data / "landsat" / "liverpool-2020-09-27")
    return found


@pytest.fixture
def pixels(product: Product) -> Pixels:
    return product.read()


@pytest.fixture
def land(pixels: Pixels) -> np.ndarray:
    bands = pixels.reflectance
    return np.asarray((indices.index("MNDWI", bands) < 0) & (bands["red"] > 0) & (bands["nir"] > 0))


def test_what_is_missing_is_reported(product: Product) -> None:
    assert product.missing == ("QA_PIXEL", "ST_QA")
    assert not product.has_clear_mask
    assert product.acquired_at.isoformat() == "2020-09-27T11:10:50.314003+00:00"


def test_a_quarter_of_the_crop_is_land(land: np.ndarray) -> None:
    assert land.mean() == pytest.approx(0.248, abs=0.0005)


def test_surface_temperature_over_land(pixels: Pixels, land: np.ndarray) -> None:
    low, middle, high = np.percentile(celsius(pixels.temperature_k)[land], [2, 50, 98])
    assert (low, middle, high) == pytest.approx((13.88, 17.38, 20.34), abs=0.02)


@pytest.mark.parametrize(("name", "correlation"), [("NDVI", -0.543), ("NDBI", 0.542)])
def test_green_is_cooler_and_built_is_hotter(
    pixels: Pixels, land: np.ndarray, name: str, correlation: float
) -> None:
    index = indices.index(name, pixels.reflectance)[land]
    assert np.corrcoef(pixels.temperature_k[land], index)[0, 1] == pytest.approx(
        correlation, abs=0.005
    )


def test_over_water_a_raw_ndvi_is_impossible_and_left_out(pixels: Pixels) -> None:
    raw = indices.index("NDVI", pixels.reflectance)
    assert (np.abs(raw[np.isfinite(raw)]) > 1).any()
    kept = indices.plausible(raw)
    assert np.nanmax(np.abs(kept)) <= 1


@pytest.fixture
def liverpool(db: None, product: Product, monkeypatch: pytest.MonkeyPatch) -> Commune:
    """A square of the city, with a grid about as large as the crop."""
    monkeypatch.setitem(Grid.around.__func__.__kwdefaults__, "min_side", 6000.0)  # type: ignore[attr-defined]
    outline = Polygon.from_bbox((496_000, 5_925_000, 499_500, 5_928_500))
    outline.srid = 32630
    outline.transform(4326)
    return CommuneFactory(name="Liverpool", geom=MultiPolygon(outline), metric_srid=32630)


def test_it_becomes_a_map_that_admits_what_one_autumn_scene_is(
    liverpool: Commune, shared_data: Path
) -> None:
    scene = add_scene(shared_data / "landsat" / "liverpool-2020-09-27")
    assert scene.missing == ["QA_PIXEL", "ST_QA"]
    assert not scene.synthetic
    heat_map, _ = build_heat_map(min_scenes=1, any_season=True, workers=1)
    assert {notes.ONE_SCENE, notes.NO_QA, notes.OFF_SEASON, notes.FEW_SUMMERS} <= set(
        heat_map.notes
    )
    temperature_c = read_back(heat_map.analysis_path, "temperature") - 273.15
    assert 5 < np.nanmin(temperature_c) < np.nanmax(temperature_c) < 30
    assert np.isnan(read_back(heat_map.analysis_path, "se")).all()
