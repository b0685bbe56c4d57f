"""The ranking's science on a small region whose heat is known by construction."""

import dataclasses

import numpy as np
import pytest
from shapely import MultiPolygon, Polygon, box

from heat_islands.science import calibration
from heat_islands.science.blocks import spatial_blocks, variogram
from heat_islands.science.courtyards import Design
from heat_islands.science.errors import ScienceError, YardError
from heat_islands.science.footprint import Footprint
from heat_islands.science.ranking import Ranking, Yard, fault_of, rank
from heat_islands.science.registration import cover_offset
from heat_islands.science.training import Layers, training_table
from tests.benchmarks.calibrate import code_hash
from tests.heat_islands.ranking_layers import GRID, region, true_cooling, yards

HALF = Footprint(spacing_m=50.0)  # a small region needs its footprints close together


def ranked(layers: Layers, seed: int = 0, **options: object) -> Ranking:
    return rank(
        layers,
        GRID,
        [Yard(outline, **options) for outline in yards()],  # type: ignore[arg-type]
        calibration.load(),
        footprint=HALF,
        rounds=20,
        seed=seed,
        validate=False,
    )


@pytest.fixture(scope="module")
def layers() -> Layers:
    return region()


@pytest.fixture(scope="module")
def ranking(layers: Layers) -> Ranking:
    return ranked(layers)


def test_the_additive_model_finds_what_the_ground_does(ranking: Ranking) -> None:
    found = dict(
        zip([t.name for t in ranking.model.terms], ranking.model.whole.coefficients, strict=True)
    )
    tree = next(value for name, value in found.items() if name.startswith("tree") and value)
    assert found["grass"] == pytest.approx(-4.0, abs=1.2)
    assert tree == pytest.approx(-8.0, abs=1.2)


def test_yards_get_the_cooling_that_the_region_was_made_with(
    layers: Layers, ranking: Ranking
) -> None:
    truth = np.array([true_cooling(layers, outline) for outline in yards()])
    assert np.median(ranking.effects.additive_k / truth) == pytest.approx(1.0, abs=0.2)
    inside = (truth >= ranking.effects.low_k) & (truth <= ranking.effects.high_k)
    assert inside.mean() >= 0.75


def test_the_same_seed_gives_the_same_numbers(layers: Layers, ranking: Ranking) -> None:
    again = ranked(layers)
    assert again.effects.effect_k.tolist() == ranking.effects.effect_k.tolist()
    assert again.ranks.top_k.tolist() == ranking.ranks.top_k.tolist()


def test_no_yard_trains_its_own_score(layers: Layers, ranking: Ranking) -> None:
    hot = layers.anomaly.copy()
    outline = yards()[0]
    row, col = (
        round((GRID.top - outline.centroid.y) / 10),
        round((outline.centroid.x - GRID.left) / 10),
    )
    hot[row - 9 : row + 9, col - 9 : col + 9] += 30.0
    again = ranked(dataclasses.replace(layers, anomaly=hot))
    assert again.effects.effect_k[0] == ranking.effects.effect_k[0]
    assert again.effects.anomaly_k[0] > ranking.effects.anomaly_k[0] + 20


def test_every_sign_is_kept_however_noisy_the_heat() -> None:
    noisy = ranked(region(seed=4, noise_k=6.0))
    for term, value in zip(noisy.model.terms, noisy.model.whole.coefficients, strict=True):
        assert value * term.sign >= 0, term.name
    assert (noisy.effects.additive_k >= -1e-9).all()
    assert (noisy.effects.boosted_k >= -1e-9).all()


def test_where_greening_does_nothing_no_yard_is_promised_cooling() -> None:
    nothing = ranked(region(seed=2, effect=0.0))
    assert np.abs(nothing.effects.effect_k).max() < 0.5
    assert (nothing.effects.low_k <= 0).all()


def test_a_displaced_cover_is_put_back() -> None:
    moved = region(moved_cells=(1, -2))  # a cell down, two cells left
    found = cover_offset(moved.fractions[2] + moved.fractions[3], moved.ndvi, 10.0)
    assert (found.dx_m, found.dy_m) == (pytest.approx(-20, abs=1), pytest.approx(-10, abs=1))
    assert found.used
    straight, back = ranked(region()), ranked(moved)
    assert back.effects.effect_k == pytest.approx(straight.effects.effect_k, abs=0.3)


def test_unrelated_vegetation_is_never_registered(layers: Layers) -> None:
    found = cover_offset(region(seed=9).fractions[3], layers.ndvi, 10.0)
    assert not found.used


def test_claims_beyond_the_literature_are_refused_not_clipped(layers: Layers) -> None:
    absurd = dataclasses.replace(layers, anomaly=layers.anomaly * 4)
    with pytest.raises(ScienceError, match="check the heat map"):
        ranked(absurd)


def test_a_design_of_ones_own_changes_the_effect(layers: Layers, ranking: Ranking) -> None:
    modest = ranked(layers, design=Design(0.1, 0.3))
    assert (modest.effects.effect_k < ranking.effects.effect_k).all()


def test_the_footprint_shows_a_fraction_of_the_yard_s_cooling(ranking: Ranking) -> None:
    share = ranking.effects.footprint_k / ranking.effects.effect_k
    assert (share > 0.02).all()
    assert (share < 0.25).all()  # 1,600 m² under a 100 m sensor


def test_too_little_ground_to_learn_from_is_said(layers: Layers) -> None:
    blind = np.full_like(layers.anomaly, np.nan)
    blind[:60, :60] = layers.anomaly[:60, :60]
    with pytest.raises(ScienceError, match="footprints have both a temperature and a known cover"):
        ranked(dataclasses.replace(layers, anomaly=blind))


def test_nothing_to_rank_is_said(layers: Layers) -> None:
    with pytest.raises(YardError, match="No yard"):
        rank(layers, GRID, [], calibration.load())


LEFT, TOP = GRID.left, GRID.top


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        (None, "no outline"),
        (Polygon(), "no outline"),
        (Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]), "invalid"),
        (box(LEFT + 500, TOP - 509, LEFT + 509, TOP - 500), "too small"),
        (box(0, 0, 50, 50), "outside the territory"),
    ],
)
def test_a_yard_that_cannot_be_ranked_says_why(
    layers: Layers, outline: Polygon | None, said: str
) -> None:
    assert said in (fault_of(outline, layers, GRID) or "")


def test_a_yard_of_two_parts_is_a_yard(layers: Layers) -> None:
    assert fault_of(MultiPolygon(yards()[:2]), layers, GRID) is None


def test_a_yard_that_the_cover_shows_under_a_roof_is_left_out(layers: Layers) -> None:
    roofed = layers.fractions.copy()
    roofed[:, 50:60, 30:40] = 0
    roofed[1, 50:60, 30:40] = 1
    built = dataclasses.replace(layers, fractions=roofed)
    inside = box(LEFT + 310, TOP - 590, LEFT + 390, TOP - 510)
    assert "roofs only" in (fault_of(inside, built, GRID) or "")


def test_blocks_are_as_wide_as_the_residuals_correlate(layers: Layers) -> None:
    table = training_table(layers, HALF)
    found = variogram(table.target, table)
    blocks = spatial_blocks(table, found.range_m, np.random.default_rng(0))
    assert blocks.size_m >= min(found.range_m, 750)  # 3 km hold 16 blocks of at most 750 m
    assert set(blocks.fold.tolist()) == set(range(5))
    for number in range(blocks.count):
        rows = blocks.of_row == number
        assert np.ptp(table.row[rows]) * table.spacing_m < blocks.size_m


def test_a_field_s_range_is_found() -> None:
    made = region(noise_k=3.0)
    table = training_table(made, HALF)
    rng = np.random.default_rng(0)
    assert variogram(rng.standard_normal(len(table)), table).range_m <= 2 * table.spacing_m


def test_the_committed_calibration_belongs_to_this_model() -> None:
    kept = calibration.load()
    assert kept.method == f"effect model {calibration.MODEL_VERSION}"
    assert kept.towns >= 30
    assert kept.lower < 0 < kept.upper
    assert kept.seeds == "2000-2029"  # and none of the examiner's 9001–9010


def test_effects_have_not_changed_since_they_were_calibrated() -> None:
    assert calibration.load().code == code_hash(), "run make calibrate and commit calibration.json"
