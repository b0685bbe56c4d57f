"""Indices are spyndex's formulas; albedo is Liang's."""

from __future__ import annotations

import numpy as np
import pytest

from heat_islands.science import indices

BANDS = {
    name: np.array([value], dtype=np.float32)
    for name, value in {
        "blue": 0.08,
        "green": 0.10,
        "red": 0.12,
        "nir": 0.30,
        "swir1": 0.25,
        "swir2": 0.18,
    }.items()
}


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [("NDVI", 0.18 / 0.42), ("NDBI", -0.05 / 0.55), ("NDMI", 0.05 / 0.55), ("MNDWI", -0.15 / 0.35)],
)
def test_an_index_worked_by_hand(name: str, by_hand: float) -> None:
    assert float(indices.index(name, BANDS)[0]) == pytest.approx(by_hand, abs=1e-6)


def test_albedo_of_the_design_note() -> None:
    assert float(indices.albedo(BANDS)[0]) == pytest.approx(0.188390, abs=1e-6)


def test_negative_reflectance_over_water_is_no_index() -> None:
    water = {"red": np.array([-0.02, 0.02]), "nir": np.array([0.01, 0.01])}
    ndvi = indices.index("NDVI", water)
    assert ndvi[0] == pytest.approx(-3.0)  # 0.03 / −0.01
    assert np.isnan(indices.plausible(ndvi)).tolist() == [True, False]


def test_missing_reflectance_stays_missing() -> None:
    bands = {"red": np.array([np.nan, 0.0]), "nir": np.array([0.3, 0.0])}
    assert np.isnan(indices.index("NDVI", bands)).all()  # the second is 0/0
