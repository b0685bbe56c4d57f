"""A ranking on one real autumn scene of Liverpool: end to end, and honest about what such a scene can say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from shapely import box

from heat_islands.heat_map import build_heat_map
from heat_islands.models import HeatMap, RankingRun
from heat_islands.ranking import rank_courtyards
from heat_islands.scenes import add_scene
from heat_islands.science import zonal
from heat_islands.science.cover import CLASSES, fractions_from_indices
from heat_islands.science.grid import Grid
from heat_islands.store import read_back
from tests.factories import CommuneFactory, CourtyardFactory, SchoolFactory

pytestmark = [pytest.mark.realdata, pytest.mark.django_db]

UTM = 32630
YARD_M = 40.0
YARDS = 24
# The crop, WGS 84 / UTM 30N: the estuary in its middle, Liverpool to the east, Wirral to the west.
CROP = (491_000, 5_922_000, 503_000, 5_930_000)


@pytest.fixture
def heat_map(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> HeatMap:
    """The one scene of 27 September 2020 as a heat map, which takes two options against the rules."""
    monkeypatch.setitem(Grid.around.__func__.__kwdefaults__, "min_side", 8000.0)  # type: ignore[attr-defined]
    outline = Polygon.from_bbox(CROP)
    outline.srid = UTM
    outline.transform(4326)
    CommuneFactory(name="Liverpool", metric_srid=UTM, geom=MultiPolygon(outline, srid=4326))
    add_scene(shared_data / "landsat" / "liverpool-2020-09-27")
    return build_heat_map(min_scenes=1, any_season=True, workers=1)[0]


def land_squares(heat_map: HeatMap) -> list[shapely.Polygon]:
    """24 squares of a yard's size, on a regular grid, where all of each is land."""
    grid = Grid(**heat_map.grid)
    path = heat_map.analysis_path
    water = fractions_from_indices(read_back(path, "ndvi"), read_back(path, "albedo"))[
        CLASSES.index("water")
    ]
    known = np.isfinite(read_back(path, "anomaly")) & np.isfinite(water)
    left, bottom, right, top = grid.bounds
    candidates = [
        box(x, y, x + YARD_M, y + YARD_M)
        for y in np.arange(bottom + 615, top - 600, 430)
        for x in np.arange(left + 615, right - 600, 430)
    ]
    matrix = zonal.weights(candidates, grid)
    dry = zonal.means(matrix, np.where(known, water, 1.0)).mean == 0
    chosen = [square for square, holds in zip(candidates, dry, strict=True) if holds]
    step = len(chosen) / YARDS
    return [chosen[int(i * step)] for i in range(YARDS)]


@pytest.fixture
def run(heat_map: HeatMap) -> RankingRun:
    for i, square in enumerate(land_squares(heat_map)):
        shape = GEOSGeometry(square.wkt, srid=UTM)
        shape.transform(4326)
        CourtyardFactory(
            name=f"Square {i + 1}",
            geom=MultiPolygon(shape, srid=4326),
            area_m2=square.area,
            school=SchoolFactory(pupils=None),
        )
    return rank_courtyards(rounds=20)[0]


def test_twenty_four_squares_are_ranked_and_the_card_says_what_one_autumn_scene_can_say(
    run: RankingRun,
) -> None:
    yards = list(run.yards.order_by("rank"))
    assert len(yards) == YARDS
    assert run.left_out == []
    assert all(yard.effect_low_k <= yard.effect_k <= yard.effect_high_k for yard in yards)
    assert all(abs(yard.effect_k) < 8.4 for yard in yards)

    card = run.model_card
    assert "1 scene, 2020-09-27, some outside the summer season" in card
    assert "came without QA_PIXEL, ST_QA" in card
    assert "Clouds are not known" in card
    assert "Land cover: estimated" in card
    assert "A single scene" in card
    assert "too narrow" in card
    assert "Outside summer" in card
    assert "not a sum of its covers" in card  # trees beat the additive form on estimated cover
    assert "apparent footprint" not in card  # which 30 m estimates cannot show
    assert run.cover_estimated
    assert not run.synthetic


def test_the_model_learns_from_land_and_is_tested_on_blocks(run: RankingRun) -> None:
    told = {row["name"]: row for row in run.validation["predictors"]}
    assert run.validation["footprints"] > 1000
    assert told["additive"]["spatial_r2"] > told["mean"]["spatial_r2"]
    # Random folds flatter a real scene, whose residuals correlate over hundreds of metres.
    assert told["boosted trees"]["random_r2"] > told["boosted trees"]["spatial_r2"]
