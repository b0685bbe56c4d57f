"""Four real summer days over Münster: surface temperature alone, without reflectance, quality or metadata."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import rasterio
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.management import CommandError, call_command
from numpy.typing import NDArray
from rasterio.warp import Resampling, reproject

from greening.models import Commune
from heat_islands import notes
from heat_islands.heat_map import build_heat_map
from heat_islands.models import HeatMap, Scene
from heat_islands.science.composite import fit_cells, fit_scenes
from heat_islands.science.encoding import SCENE_BANDS
from heat_islands.science.grid import Grid
from heat_islands.science.products import Product, open_products
from heat_islands.store import grid_of, read_back
from tests.factories import CommuneFactory

pytestmark = pytest.mark.realdata

SEALED, FOREST = 1, 3  # classes of landcover_10m.tif


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "landsat" / "muenster"


def majority_class(folder: Path, product: Product) -> NDArray[np.uint8]:
    """The commonest land-cover class in each 30 m pixel of the product."""
    found = np.zeros((product.height, product.width), dtype=np.uint8)
    with rasterio.open(folder / "landcover_10m.tif") as cover:
        reproject(
            rasterio.band(cover, 1),
            found,
            dst_transform=product.transform,
            dst_crs=product.crs,
            resampling=Resampling.mode,
        )
    return found


def test_sealed_ground_is_hotter_than_forest_on_every_date(folder: Path) -> None:
    products = open_products(folder)
    assert len(products) == 4
    for product in products:
        kelvin = product.read().temperature_k
        classes = majority_class(folder, product)
        known = np.isfinite(kelvin)
        difference = (
            kelvin[known & (classes == SEALED)].mean() - kelvin[known & (classes == FOREST)].mean()
        )
        assert 6.6 < difference < 9.5, product.product_id  # 6.7–9.4 °C


def test_dates_differ_by_what_the_design_note_measured(folder: Path) -> None:
    kelvin = np.stack([product.read().temperature_k for product in open_products(folder)])
    known = np.isfinite(kelvin).all(axis=0)
    anomalies = kelvin[:, known] - kelvin[:, known].mean(axis=1, keepdims=True)
    spread = [np.std(a - b) / np.sqrt(2) for a, b in itertools.combinations(anomalies, 2)]
    assert min(spread) == pytest.approx(1.3, abs=0.05)
    assert max(spread) == pytest.approx(2.25, abs=0.05)


def test_a_day_left_out_falls_where_the_other_three_say(folder: Path) -> None:
    """Fields are harvested, watered or dry: three days' σ holds 76–88 % of the fourth where it claims 90 %."""
    kelvin = np.stack([product.read().temperature_k for product in open_products(folder)])
    celsius = kelvin[:, np.isfinite(kelvin).all(axis=0)] - np.float32(273.15)
    for left_out in range(4):
        others = np.delete(celsius, left_out, axis=0)
        fit = fit_scenes(others[:, ::20])
        cells = fit_cells(SCENE_BANDS[0].encode(others + np.float32(273.15)), None, fit)
        known = cells.n >= 2
        assert known.mean() > 0.99
        miss = celsius[left_out] - cells.cell_k
        miss -= np.median(miss[known])
        assert 0.75 < np.mean(np.abs(miss / cells.sigma_k)[known] < 1.645) < 0.92


@pytest.fixture
def muenster(db: None, monkeypatch: pytest.MonkeyPatch) -> Commune:
    """A square of the inner city, with a grid of 10 × 10 km around it."""
    monkeypatch.setitem(Grid.around.__func__.__kwdefaults__, "min_side", 10_000.0)  # type: ignore[attr-defined]
    outline = Polygon.from_bbox((403_000, 5_755_000, 408_000, 5_759_000))
    outline.srid = 32632
    outline.transform(4326)
    return CommuneFactory(name="Münster", geom=MultiPolygon(outline), metric_srid=32632)


def test_four_dates_are_below_the_rule_of_five_unless_told(muenster: Commune, folder: Path) -> None:
    call_command("add_scene", str(folder), verbosity=0)
    assert [scene.missing[:2] for scene in Scene.objects.all()] == [["QA_PIXEL", "ST_QA"]] * 4
    with pytest.raises(
        CommandError, match=r"4 usable scenes are below the rule of 5 .* --min-scenes 4"
    ):
        call_command("build_heat_map", workers=1)
    assert HeatMap.objects.count() == 0

    heat_map, _ = build_heat_map(min_scenes=4, workers=1)
    assert heat_map.scene_count == heat_map.min_scenes == 4
    assert {notes.FEW_SCENES, notes.NO_QA, notes.NO_REFLECTANCE} <= set(heat_map.notes)
    n = read_back(heat_map.analysis_path, "n")
    assert np.nanmax(n) == 4
    sigma = [row.sigma_k for row in heat_map.scene_terms.all()]
    # Pairs of dates differ by √2 × 1.3–2.3 K (standard deviation), in their middle half by √2 × 0.9–1.4 K (MAD):
    # fields harvested or not make long tails, which σ, being robust, leaves to the cells that have them.
    assert all(0.5 < value < 1.6 for value in sigma), sigma

    anomaly = read_back(heat_map.analysis_path, "anomaly")
    assert np.isnan(anomaly[n < 4]).all()
    classes = np.zeros(anomaly.shape, dtype=np.uint8)
    grid = grid_of(heat_map.analysis_path)
    with rasterio.open(folder / "landcover_10m.tif") as cover:
        reproject(
            rasterio.band(cover, 1),
            classes,
            dst_transform=grid.transform,
            dst_crs=cover.crs,
            resampling=Resampling.nearest,
        )
    known = np.isfinite(anomaly)
    sealed, forest = (anomaly[known & (classes == c)].mean() for c in (SEALED, FOREST))
    assert 5.5 < sealed - forest < 9.5
