"""The demo town's land: parcels tile the blocks, and nothing stands in a yard or a garden."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import Polygon

from greening.demo.ground import Ground, build_ground
from greening.demo.registry import DEMO_SEED
from greening.errors import BadInput
from parcels.demo.gardens import GARDEN_STATES
from parcels.demo.land import build_land
from parcels.demo.plans import Land
from parcels.demo.yards import place_schools, uai
from parcels.models import Plot, School, SharedGarden

SLIVER_M2 = 0.5  # what rounding to the centimetre leaves along a shared edge


@pytest.fixture(scope="module")
def ground() -> Ground:
    return build_ground(DEMO_SEED, programme=False)


@pytest.fixture(scope="module")
def land(ground: Ground) -> Land:
    return build_land(ground)


@pytest.fixture(scope="module")
def small_ground(ground: Ground) -> Ground:
    return build_ground(3, programme=False)


def fingerprint(land: Land) -> str:
    """A hash over every geometry's bytes and every word of a land."""
    digest = hashlib.sha256()
    for plans in (land.parcels, land.buildings, land.yards, land.gardens):
        for plan in plans:
            digest.update(shapely.to_wkb(plan.polygon))
    digest.update(repr([(building.height_m) for building in land.buildings]).encode())
    digest.update(repr([(school.name, school.pupils) for school in land.schools]).encode())
    digest.update(repr([[plot.state for plot in garden.plots] for garden in land.gardens]).encode())
    return digest.hexdigest()


def overlap_m2(first: list[Polygon], second: list[Polygon] | None = None) -> float:
    """The largest overlap of one of `first` with one of `second`, or of two of `first`."""
    ours = np.array(first, dtype=object)
    theirs = ours if second is None else np.array(second, dtype=object)
    mine, other = shapely.STRtree(theirs).query(ours, predicate="intersects")
    pairs = mine < other if second is None else np.ones(len(mine), dtype=bool)
    common = shapely.intersection(ours[mine[pairs]], theirs[other[pairs]])
    return float(shapely.area(common).max(initial=0.0))


def shapes(plans: tuple) -> list[Polygon]:  # type: ignore[type-arg]
    return [plan.polygon for plan in plans]


def test_the_same_ground_gives_the_same_land(ground: Ground, land: Land) -> None:
    assert fingerprint(build_land(ground)) == fingerprint(land)


def test_another_seed_builds_another_town(small_ground: Ground, land: Land) -> None:
    other = build_land(small_ground)
    assert len(other.yards) == len(land.yards) == 24
    assert fingerprint(other) != fingerprint(land)
    here = shapely.union_all(shapes(land.yards))
    there = shapely.union_all(shapes(other.yards))
    assert here.intersection(there).area < 0.1 * here.area


def test_parcels_tile_the_blocks(ground: Ground, land: Land) -> None:
    parcels = shapes(land.parcels)
    assert all(parcel.is_valid for parcel in parcels)
    assert overlap_m2(parcels) < SLIVER_M2
    blocks = sum(block.area for block in ground.blocks)
    assert sum(parcel.area for parcel in parcels) == pytest.approx(blocks, rel=1e-4)
    assert len({parcel.reference for parcel in land.parcels}) == len(parcels)
    assert all(parcel.reference.startswith("DEMO ") for parcel in land.parcels)


def test_buildings_are_valid_apart_and_off_the_street(ground: Ground, land: Land) -> None:
    buildings = shapes(land.buildings)
    assert all(building.is_valid and not building.is_empty for building in buildings)
    assert overlap_m2(buildings) < SLIVER_M2
    assert overlap_m2(buildings, [street.surface for street in ground.streets]) < SLIVER_M2
    assert overlap_m2(buildings, list(ground.parks)) < SLIVER_M2
    heights = [building.height_m for building in land.buildings]
    assert 3 <= min(heights) <= 6
    assert 24 <= max(heights) <= 30
    # Inner suburbs of Paris build on a fifth to a third of their ground.
    assert 0.12 < sum(building.area for building in buildings) / ground.outline.area < 0.40


def test_no_building_street_or_garden_reaches_into_a_yard(ground: Ground, land: Land) -> None:
    yards = shapes(land.yards)
    assert overlap_m2(yards) == 0.0
    assert overlap_m2(yards, shapes(land.buildings)) == 0.0
    assert overlap_m2(yards, shapes(land.gardens)) == 0.0
    assert overlap_m2(yards, [street.surface for street in ground.streets]) == 0.0


def test_no_building_or_street_reaches_into_a_garden(ground: Ground, land: Land) -> None:
    gardens = shapes(land.gardens)
    assert overlap_m2(gardens) == 0.0
    assert overlap_m2(gardens, shapes(land.buildings)) == 0.0
    assert overlap_m2(gardens, [street.surface for street in ground.streets]) == 0.0


@pytest.mark.parametrize("count", [2, 24, 40])
def test_any_number_of_yards_spreads_evenly_in_log_area(ground: Ground, count: int) -> None:
    lots = place_schools(ground.blocks, set(), count, np.random.default_rng(0))
    areas = np.sort([lot.yard.area for lot in lots])
    assert len(areas) == count
    assert areas[0] == pytest.approx(412, rel=0.05)
    assert areas[-1] == pytest.approx(3_880, rel=0.05)
    wanted = np.geomspace(412, 3_880, count)
    assert np.abs(np.log(areas / wanted)).max() < 0.15


def test_too_many_yards_are_refused_in_a_sentence(ground: Ground) -> None:
    hamlet = replace(ground, blocks=ground.blocks[:20], roofs=())
    with pytest.raises(BadInput, match="ask for fewer than 24 yards"):
        build_land(hamlet)


def test_every_school_has_one_yard_and_stands_beside_it(land: Land) -> None:
    assert len(land.schools) == len(land.yards) == 24
    assert sorted(yard.school for yard in land.yards) == list(range(24))
    assert {school.level for school in land.schools} <= set(School.Level.values)
    assert len({school.name for school in land.schools}) == 24
    for yard in land.yards:
        assert yard.polygon.is_valid
        assert not yard.polygon.interiors
        assert yard.polygon.distance(land.schools[yard.school].point) < 60


def test_a_schools_identifier_is_well_formed_and_of_no_real_departement(land: Land) -> None:
    assert uai(22) == "0000022Z"  # 22 modulo 23 is the last of the 23 letters
    assert len({school.uai for school in land.schools}) == 24
    assert all(school.uai.startswith("000") for school in land.schools)


def test_nine_gardens_hold_one_hundred_and_eighty_plots(land: Land) -> None:
    assert len(land.gardens) == 9
    assert sum(len(garden.plots) for garden in land.gardens) == 180
    for garden in land.gardens:
        plots = [plot.polygon for plot in garden.plots]
        assert all(garden.polygon.contains(plot) for plot in plots)
        assert overlap_m2(plots) == 0.0
        assert all(12 < plot.area < 40 for plot in plots)


def test_a_full_garden_has_no_free_plot_and_a_draft_has_given_none_away(land: Land) -> None:
    assert sorted(garden.state for garden in land.gardens) == sorted(GARDEN_STATES)
    assert {garden.state for garden in land.gardens} <= set(SharedGarden.State.values)
    for garden in land.gardens:
        states = {plot.state for plot in garden.plots}
        assert states <= set(Plot.State.values)
        if garden.state == "full":
            assert "available" not in states
        if garden.state == "open":
            assert "available" in states
        if garden.state == "draft":
            assert states == {"available"}


def test_every_green_roof_lies_on_one_building(ground: Ground, land: Land) -> None:
    buildings = shapely.STRtree(shapes(land.buildings))
    for roof in ground.roofs:
        assert len(buildings.query(roof.polygon, predicate="within")) == 1
