"""Colour scales: fixed, centred, even, and the same in the tile as in the legend."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils.translation import override

from heat_islands import palettes
from heat_islands.palettes import LEVELS, NO_DATA, PALETTES, legend, lookup, png_palette
from heat_islands.science.encoding import HEAT_MAP_BANDS, NODATA


def lightness(colours: np.ndarray) -> np.ndarray:
    """CIE L*, 0–100, of sRGB colours [IEC 61966-2-1; CIE 15]."""
    linear = colours / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


def test_every_band_of_the_heat_map_has_a_palette_and_no_other() -> None:
    assert set(PALETTES) == {band.name for band in HEAT_MAP_BANDS}


def test_the_anomaly_is_centred_on_zero_and_cool_and_hot_differ_in_hue() -> None:
    anomaly = PALETTES["anomaly"]
    assert anomaly.low == -anomaly.high
    middle = anomaly.colours[LEVELS // 2].astype(int)
    assert middle.min() > 225, "nothing is nearly white"
    cool, hot = anomaly.colours[0].astype(int), anomaly.colours[-1].astype(int)
    assert cool[2] > cool[0] + 50
    assert hot[0] > hot[2] + 50


@pytest.mark.parametrize("layer", ["anomaly", "suhi"])
def test_a_diverging_scale_darkens_evenly_to_both_sides(layer: str) -> None:
    """Told by lightness alone, a value's distance from zero shows to every eye and on grey paper."""
    light = lightness(PALETTES[layer].colours)
    half = LEVELS // 2
    left, right = light[: half + 1], light[half:]
    assert (np.diff(left) > -0.3).all()
    assert (np.diff(right) < 0.3).all()
    # Perceptually even: no step more than three times the mean step.
    for side in (left, right):
        steps = np.abs(np.diff(side))
        assert steps.max() < 3 * steps.mean()
    assert abs(left[0] - right[-1]) < 8, "both ends are about as dark"


@pytest.mark.parametrize("layer", ["temperature", "se", "sigma", "n", "albedo", "ndvi"])
def test_a_sequential_scale_changes_lightness_one_way(layer: str) -> None:
    steps = np.diff(lightness(PALETTES[layer].colours))
    assert (steps > -0.3).all() or (steps < 0.3).all()


@pytest.mark.parametrize("layer", PALETTES)
def test_the_legends_colour_is_the_tiles_colour(layer: str) -> None:
    """From a stored number to the PNG's palette, and from the legend's stop: one definition."""
    palette = PALETTES[layer]
    band = next(band for band in HEAT_MAP_BANDS if band.name == layer)
    table = lookup(layer, band.scale, band.offset, NODATA)
    colours = png_palette(layer)[0]
    for stop in legend(layer)["stops"]:
        stored = round((stop["value"] + palette.zero - band.offset) / band.scale)
        index = int(table[np.array(stored, np.int16).view(np.uint16)])
        shown = "#" + colours[3 * index : 3 * index + 3].hex()
        beside = {palette.colour(stop["value"] + d * band.scale) for d in (-1, 0, 1)}
        assert shown in beside


def test_no_data_is_not_a_colour_of_the_scale() -> None:
    colours, alpha = png_palette("anomaly")
    assert alpha[NO_DATA] == 0
    assert all(alpha[i] == 255 for i in range(1, LEVELS + 1))
    assert all(alpha[i] == palettes.PALE for i in range(LEVELS + 1, 2 * LEVELS + 1))
    assert len(colours) == 3 * len(alpha) == 3 * (2 * LEVELS + 1)
    assert PALETTES["anomaly"].level(np.nan) == NO_DATA


def test_values_beyond_the_limits_take_the_end_colours() -> None:
    assert PALETTES["anomaly"].level([-99.0, 99.0]).tolist() == [1, LEVELS]


@pytest.mark.parametrize(
    ("layer", "value", "french", "english"),
    [
        ("anomaly", -2.0, "−2 °C", "−2 °C"),
        ("anomaly", 0.0, "0 °C", "0 °C"),
        ("anomaly", 2.0, "+2 °C", "+2 °C"),
        ("temperature", 35, "35 °C", "35 °C"),
        ("se", 0.5, "0,5 °C", "0.5 °C"),
        ("ndvi", -0.2, "−0,2", "−0.2"),
    ],
)
def test_labels_are_written_as_the_reader_writes(
    layer: str, value: float, french: str, english: str
) -> None:
    for language, wanted in (("fr", french), ("en", english)):
        with override(language):
            assert PALETTES[layer].label(value) == wanted


def test_the_legend_says_what_the_hatch_means() -> None:
    assert legend("anomaly")["hatched"] == {"fewer_scenes_than": 5, "sigma_above_k": 3.0}
    assert legend("ndvi")["hatched"] is None
    assert len(legend("anomaly")["gradient"]) == LEVELS


def test_the_key_changes_with_any_palette(monkeypatch: pytest.MonkeyPatch) -> None:
    before = palettes.key()
    palettes.key.cache_clear()
    monkeypatch.setattr(palettes, "LARGE_SIGMA_K", 2.0)
    after = palettes.key()
    palettes.key.cache_clear()
    assert before != after
