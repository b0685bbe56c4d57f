"""Skill on ground not seen, the area of applicability, and the footprint's apparent width."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from heat_islands.science.effect_model import EffectModel, train
from heat_islands.science.footprint import SIGMA_PER_FWHM, Footprint, blur
from heat_islands.science.sharpness import sharpness
from heat_islands.science.training import Layers
from heat_islands.science.validation import applicability, skills
from tests.heat_islands.ranking_layers import GRID, region

FINE = Footprint(spacing_m=50.0)


@pytest.fixture(scope="module")
def layers() -> Layers:
    return region()


@pytest.fixture(scope="module")
def model(layers: Layers) -> EffectModel:
    return train(layers, FINE, seed=0, rounds=5)


def test_baselines_always_stand_beside_the_model(model: EffectModel) -> None:
    told = {skill.name: skill for skill in skills(model, 0)}
    assert list(told) == ["mean", "NDVI alone", "linear", "additive", "boosted trees"]
    assert told["mean"].spatial_r2 <= 0
    assert told["mean"].spatial_r2 < told["NDVI alone"].spatial_r2 < told["linear"].spatial_r2
    assert told["additive"].spatial_r2 == pytest.approx(told["linear"].spatial_r2, abs=0.02)


def test_random_folds_flatter_a_model_whose_errors_have_neighbours() -> None:
    smooth = region(seed=3, noise_k=0.0)
    rng = np.random.default_rng(0)
    field = rng.standard_normal(GRID.shape).astype(np.float32)
    weather = blur(field, 10.0, 60 / SIGMA_PER_FWHM)
    hidden = dataclasses.replace(smooth, anomaly=smooth.anomaly + 2 * weather / np.nanstd(weather))
    told = {s.name: s for s in skills(train(hidden, FINE, seed=0, rounds=5), 0)}
    assert told["boosted trees"].random_r2 > told["boosted trees"].spatial_r2 + 0.02


def test_no_row_is_predicted_by_a_model_that_saw_its_block(model: EffectModel) -> None:
    fold = model.blocks.fold_of_row
    for block in range(model.blocks.count):
        assert len(set(fold[model.blocks.of_row == block])) == 1
    assert model.cross_fitted() == pytest.approx(
        np.concatenate(
            [
                model.fits[f].predict(model.table.features[i : i + 1])
                for i, f in enumerate(fold.tolist())
            ]
        )
    )


def test_ground_like_the_model_s_is_inside_and_strange_ground_outside(model: EffectModel) -> None:
    reach = applicability(model, 0)
    rows = model.table.features[::7]
    fold = model.blocks.fold_of_row[::7]
    assert (reach.index(rows, fold) <= reach.threshold).mean() > 0.9
    strange = rows + 5 * model.table.features.std(axis=0)
    assert (reach.index(strange, fold) > reach.threshold).mean() > 0.9


@pytest.mark.parametrize(("width", "low", "high"), [(100.0, 85.0, 130.0), (180.0, 160.0, 230.0)])
def test_the_sensor_s_width_shows_in_the_heat_map(
    layers: Layers, width: float, low: float, high: float
) -> None:
    heat = -8.0 * layers.fractions[3] - 4.0 * layers.fractions[2]
    wide = dataclasses.replace(layers, anomaly=blur(heat.astype(np.float32), 10.0, width))
    assert low < sharpness(wide, train(wide, FINE, seed=0, rounds=5)).apparent_m < high


def test_where_cover_explains_nothing_no_width_is_told(layers: Layers) -> None:
    rng = np.random.default_rng(5)
    noise = dataclasses.replace(layers, anomaly=rng.standard_normal(GRID.shape).astype(np.float32))
    found = sharpness(noise, train(noise, FINE, seed=0, rounds=5))
    assert np.isnan(found.apparent_m)
    assert found.usual
