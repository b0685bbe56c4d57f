"""The land-cover map a simulated town gets: right in the main, and wrong as such maps are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from heat_islands.demo.cover import (
    CODES,
    PARTS,
    aged,
    canopy_heights,
    confused,
    shift_cells,
    shifted,
    town_map,
    true_kinds,
    write_canopy,
    write_cover,
)
from heat_islands.demo.fabric import KINDS, TREE
from heat_islands.demo.fields import stream
from heat_islands.demo.frame import averaged
from tests.heat_islands.demo_layout import small_town


def test_codes_are_those_agreed() -> None:
    assert CODES == {1: "sealed", 2: "roof", 3: "grass", 4: "tree", 5: "soil", 6: "water"}
    assert tuple(CODES.values()) == KINDS


def test_without_faults_the_map_holds_the_true_shares() -> None:
    surface = small_town().surface
    kinds = true_kinds(1, surface)
    for kind in range(6):
        share = averaged(kinds == kind, PARTS)
        truth = surface.fractions[kind]
        assert share.mean() == pytest.approx(truth.mean(), abs=0.002)
        assert np.abs(averaged(share[:400, :400], 10) - averaged(truth[:400, :400], 10)).max() < 0.1


def test_one_pixel_in_twenty_is_confused_in_patches() -> None:
    kinds = true_kinds(1, small_town().surface)
    wrong = confused(np.random.default_rng(8), kinds) != kinds
    assert wrong.mean() == pytest.approx(0.05, abs=0.005)
    beside = (wrong[:, 1:] & wrong[:, :-1]).sum() / wrong[:, 1:].sum()
    assert beside > 0.4  # alone, five in a hundred would have a wrong neighbour


def test_three_years_have_changed_a_little_of_the_ground() -> None:
    kinds = true_kinds(1, small_town().surface)
    changed = (aged(np.random.default_rng(8), kinds) != kinds).mean()
    assert 0.003 < changed < 0.02


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_map_lies_one_of_its_pixels_out_of_place(seed: int) -> None:
    rows, cols = shift_cells(seed)
    assert abs(rows) + abs(cols) == 1
    stressed = shift_cells(seed, 10.0)
    assert abs(stressed[0]) + abs(stressed[1]) == 2
    surface = small_town().surface
    seen, kinds = town_map(seed, surface) - 1, true_kinds(seed, surface)
    agreement = {
        (r, c): (seen == shifted(kinds, r, c)).mean() for r in range(-2, 3) for c in range(-2, 3)
    }
    assert max(agreement, key=lambda move: agreement[move]) == (rows, cols)
    assert 0.92 < agreement[rows, cols] < 0.96  # confused and aged, and nothing more


def test_shifting_moves_ground_down_and_right() -> None:
    kinds = np.array([[1, 2], [3, 4]], dtype=np.uint8)
    assert shifted(kinds, 1, 0).tolist() == [[1, 2], [1, 2]]
    assert shifted(kinds, 0, 1).tolist() == [[1, 1], [3, 3]]


def test_faults_are_drawn_anew_for_every_town() -> None:
    kinds = true_kinds(1, small_town().surface)
    first, second = (confused(stream(seed, "cover faults"), kinds) for seed in (1, 2))
    assert (first != second).mean() > 0.05


def test_canopy_heights_are_metres_over_crowns_with_some_error() -> None:
    surface = small_town().surface
    heights = canopy_heights(1, surface)
    truth = surface.crown_m * surface.fractions[TREE]
    assert heights.dtype == np.float32
    assert heights.min() >= 0
    assert np.corrcoef(heights.ravel(), truth.ravel())[0, 1] > 0.85
    assert 0.2 < np.abs(heights - truth).mean() < 1.5
    assert np.percentile(heights[surface.fractions[TREE] > 0.9], 50) > 8


def test_files_open_as_agreed_and_existing_ones_are_kept(tmp_path: Path) -> None:
    town = small_town()
    cover = write_cover(1, town.surface, tmp_path / "maps" / "cover.tif")
    with rasterio.open(cover) as dataset:
        assert dataset.crs.to_epsg() == 2154
        assert dataset.dtypes == ("uint8",)
        assert dataset.nodata == 0
        assert dataset.res == (5, 5)
        assert tuple(dataset.bounds) == town.frame.bounds
        assert set(np.unique(dataset.read(1))) == set(CODES)
        assert dataset.colormap(1)[4][:3] == (20, 110, 30)
        assert "Synthetic" in dataset.tags()["SOURCE"]
    canopy = write_canopy(1, town.surface, tmp_path / "canopy.tif")
    with rasterio.open(canopy) as dataset:
        assert dataset.dtypes == ("float32",)
        assert dataset.res == (10, 10)
        assert dataset.shape == town.frame.shape
    stamp = cover.stat().st_mtime_ns
    write_cover(1, town.surface, cover)
    assert cover.stat().st_mtime_ns == stamp
    assert sorted(path.name for path in tmp_path.rglob("*.tif")) == ["canopy.tif", "cover.tif"]
