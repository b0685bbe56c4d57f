"""Surface temperature, from digital numbers and from the retrieval's own inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heat_islands.science import temperature as t


def test_a_digital_number_worked_by_hand() -> None:
    assert float(t.kelvin(44947.0)) == pytest.approx(44947 * 0.00341802 + 149.0, abs=1e-9)
    assert float(t.kelvin(44947.0)) == pytest.approx(302.62974494, abs=1e-8)


@pytest.mark.parametrize("platform", ["LANDSAT_8", "LANDSAT_9"])
@given(
    temperature=st.floats(260, 340),
    transmittance=st.floats(0.4, 0.98),
    upwelling=st.floats(0.1, 4),
    downwelling=st.floats(0.1, 6),
    emissivity=st.floats(0.85, 1.0),
)
def test_retrieval_undoes_the_atmosphere(
    platform: str,
    temperature: float,
    transmittance: float,
    upwelling: float,
    downwelling: float,
    emissivity: float,
) -> None:
    air = {
        "transmittance": transmittance,
        "upwelling": upwelling,
        "downwelling": downwelling,
        "emissivity": emissivity,
        "band": t.THERMAL_BANDS[platform],
    }
    assert float(
        t.surface_temperature(t.radiance_at_sensor(temperature, **air), **air)
    ) == pytest.approx(temperature, abs=1e-6)


def test_the_closure_of_the_design_note() -> None:
    air = {
        "transmittance": 0.78,
        "upwelling": 1.75,
        "downwelling": 2.85,
        "emissivity": 0.972,
        "band": t.THERMAL_BANDS["LANDSAT_8"],
    }
    assert float(t.radiance_at_sensor(310.0, **air)) == pytest.approx(10.214584, abs=5e-7)


def test_only_what_differs_within_the_scene_is_left_of_its_uncertainty() -> None:
    st_qa = np.array([4.0] * 9 + [5.0, np.nan], dtype=np.float32)
    floor = t.scene_wide_error(st_qa)
    assert floor == pytest.approx(4.0)
    local = t.local_variance(st_qa, floor)
    assert local[:9].tolist() == [0.0] * 9
    assert local[9] == pytest.approx(9.0)
    assert np.isnan(local[10])


def test_a_scene_without_uncertainty_has_no_floor() -> None:
    assert np.isnan(t.scene_wide_error(np.array([np.nan, np.nan])))
