"""Zonal weights on disk: kept, found again, and never trusted when damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from heat_islands.science.errors import YardError
from heat_islands.science.grid import Grid
from heat_islands.zonal_weights import kept_weights

GRID = Grid(srid=2154, left=0.0, top=30.0, width=3, height=3, resolution=10.0)
YARD = shapely.box(5, 15, 15, 25)


def kept_files(data_dir: Path) -> list[Path]:
    return sorted((data_dir / "zonal").iterdir())


def test_the_second_call_reads_the_first_ones_file(data_dir: Path) -> None:
    first = kept_weights([YARD], GRID)
    (path,) = kept_files(data_dir)
    written = path.stat().st_mtime_ns
    again = kept_weights([YARD], GRID)
    assert path.stat().st_mtime_ns == written
    assert (first != again).nnz == 0
    assert again.shape == (1, 9)


def test_another_polygon_another_order_or_another_grid_is_another_file(data_dir: Path) -> None:
    other = shapely.box(0, 0, 10, 10)
    kept_weights([YARD, other], GRID)
    kept_weights([other, YARD], GRID)
    kept_weights([YARD, other], Grid(2154, 0.0, 40.0, 3, 4, 10.0))
    assert len(kept_files(data_dir)) == 3


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut short", b"not an archive"])
def test_a_damaged_file_is_made_anew(data_dir: Path, damage: bytes) -> None:
    expected = kept_weights([YARD], GRID)
    (path,) = kept_files(data_dir)
    path.write_bytes(damage)
    assert (kept_weights([YARD], GRID) != expected).nnz == 0
    with np.load(path) as parts:
        assert len(parts["data"]) == 4


def test_a_file_cut_in_the_middle_is_made_anew(data_dir: Path) -> None:
    expected = kept_weights([YARD], GRID)
    (path,) = kept_files(data_dir)
    path.write_bytes(path.read_bytes()[:-200])
    assert (kept_weights([YARD], GRID) != expected).nnz == 0


def test_a_bad_polygon_leaves_nothing_behind(data_dir: Path) -> None:
    with pytest.raises(YardError):
        kept_weights([shapely.Polygon()], GRID)
    assert not (data_dir / "zonal").exists()
