"""Files land whole or not at all, and read back as they were written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

from greening.errors import BadInput
from heat_islands.science.encoding import NODATA, Band
from heat_islands.science.grid import Block, Grid
from heat_islands.store import band_writer, grid_of, read_back, whole_directory

GRID = Grid(2154, 640_000, 6_870_000, 700, 600)
BANDS = (Band("lst", "K", 0.01, 273.15), Band("ndvi", "1", 0.0001))


def write(path: Path, values: np.ndarray) -> str:
    with band_writer(path, GRID, BANDS, overview=8) as writer:
        for block in GRID.blocks():
            writer.write(block, values[(slice(None), *block.slices)])
        return writer.close()


@pytest.fixture
def values() -> np.ndarray:
    stored = np.random.default_rng(2).integers(-3000, 6000, (2, *GRID.shape)).astype(np.int16)
    stored[0, 10, 20] = NODATA
    return stored


def test_a_layer_reads_back_unscaled_with_its_gaps(tmp_path: Path, values: np.ndarray) -> None:
    write(tmp_path / "a.tif", values)
    lst = read_back(tmp_path / "a.tif", "lst")
    assert np.isnan(lst[10, 20])
    assert lst[0, 0] == pytest.approx(values[0, 0, 0] * 0.01 + 273.15, abs=1e-3)
    part = read_back(tmp_path / "a.tif", "ndvi", Block(500, 600, 50, 40))
    np.testing.assert_allclose(part, values[1, 500:550, 600:640] * 1e-4, atol=1e-6)
    assert grid_of(tmp_path / "a.tif") == GRID


def test_the_hash_is_of_the_contents(tmp_path: Path, values: np.ndarray) -> None:
    first = write(tmp_path / "a.tif", values)
    assert write(tmp_path / "b.tif", values) == first
    values[1, 0, 0] += 1
    assert write(tmp_path / "c.tif", values) != first


def test_the_file_says_what_its_bands_are(tmp_path: Path, values: np.ndarray) -> None:
    write(tmp_path / "a.tif", values)
    with rasterio.open(tmp_path / "a.tif") as file:
        assert file.descriptions == ("lst", "ndvi")
        assert file.scales == (0.01, 0.0001)
        assert file.offsets == (273.15, 0.0)
        assert file.nodata == NODATA
        assert file.overviews(1) == [8]


def test_a_layer_that_is_not_there_is_named(tmp_path: Path, values: np.ndarray) -> None:
    write(tmp_path / "a.tif", values)
    with pytest.raises(BadInput, match="no layer albedo: it has lst, ndvi"):
        read_back(tmp_path / "a.tif", "albedo")
    with pytest.raises(BadInput, match="gone or damaged"):
        read_back(tmp_path / "b.tif", "lst")


def test_a_directory_appears_whole(tmp_path: Path) -> None:
    final = tmp_path / "scenes" / "one"
    with whole_directory(final) as folder:
        (folder / "a").write_text("a")
        assert not final.exists()
    assert [p.name for p in final.parent.iterdir()] == ["one"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interruption_leaves_nothing_new_and_the_old_untouched(
    tmp_path: Path, error: type[BaseException]
) -> None:
    final = tmp_path / "scenes" / "one"
    with whole_directory(final) as folder:
        (folder / "a").write_text("old")

    with pytest.raises(error), whole_directory(final) as folder:  # noqa: PT012
        (folder / "a").write_text("new")
        raise error
    assert [p.name for p in final.parent.iterdir()] == ["one"]
    assert (final / "a").read_text() == "old"


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    left = tmp_path / f".two.{gone.pid}.partial"
    living = tmp_path / f".three.{os.getppid()}.partial"
    left.mkdir()
    living.mkdir()
    with whole_directory(tmp_path / "one") as folder:
        (folder / "a").write_text("a")
    assert not left.exists()
    assert living.exists()


@pytest.mark.parametrize("limit", [4096, 200_000, 2_000_000])
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, limit: int) -> None:
    """The process may write no file larger than `limit` bytes: the kernel answers as a full disk does."""
    script = f"""
import resource, signal, sys
from pathlib import Path
import numpy as np
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from heat_islands.science.encoding import SCENE_BANDS
from heat_islands.science.grid import Grid
from heat_islands.store import CannotWrite, band_writer, whole_directory
grid = Grid(2154, 640_000, 6_870_000, 1200, 1200)
noise = np.random.default_rng(1).integers(-9000, 9000, (6, 1200, 1200)).astype(np.int16)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    with whole_directory(Path({str(tmp_path)!r}) / "disk" / "one") as folder:
        with band_writer(folder / "a.tif", grid, SCENE_BANDS, overview=8) as writer:
            for block in grid.blocks():
                writer.write(block, noise[(slice(None), *block.slices)])
            writer.close()
except CannotWrite as error:
    print(error)
    sys.exit(3)
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    assert ran.returncode == 3, ran.stderr
    assert "disk is full or not writable; nothing was kept" in ran.stdout
    assert list((tmp_path / "disk").iterdir()) == []
