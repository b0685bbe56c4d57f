"""manage.py add_cover: a map becomes fractions once, whole, or not at all."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from django.core.management import CommandError, call_command

from heat_islands.covers import add_cover, read_canopy, read_fractions
from heat_islands.models import Cover
from heat_islands.science.cover import CLASSES
from heat_islands.science.errors import OutsideTerritory, ProductError
from heat_islands.science.grid import Block, Grid
from heat_islands.territory import territory_grid
from tests.factories import CommuneFactory
from tests.heat_islands.test_land_cover import write_raster

pytestmark = pytest.mark.django_db


@pytest.fixture
def grid() -> Grid:
    return territory_grid(CommuneFactory.create())


def class_map(tmp_path: Path, grid: Grid, *, name: str = "cover.tif", seed: int = 1) -> Path:
    """A 20 m map over the western part of the territory, 1–6, in Lambert-93."""
    codes = np.random.default_rng(seed).integers(1, 7, (400, 300), dtype=np.uint8)
    return write_raster(tmp_path / name, codes, left=grid.left, top=grid.top, pixel=20)


def heights(tmp_path: Path, grid: Grid, value: float = 7.5) -> Path:
    values = np.full((400, 300), value, dtype=np.float32)
    path = tmp_path / "heights.tif"
    return write_raster(path, values, left=grid.left, top=grid.top, pixel=20, nodata=-1)


def run(*args: object, **options: Any) -> str:
    out = StringIO()
    call_command("add_cover", *map(str, args), stdout=out, **options)
    return out.getvalue()


def nothing_left(data_dir: Path) -> bool:
    folder = data_dir / "covers"
    return not Cover.objects.exists() and (not folder.exists() or not list(folder.iterdir()))


def test_a_map_becomes_fractions_on_the_canonical_grid(tmp_path: Path, grid: Grid) -> None:
    cover = add_cover(class_map(tmp_path, grid), mapping="demo", observed_on=dt.date(2023, 6, 30))
    fractions = read_fractions(cover)
    assert fractions.shape == (6, *grid.shape)
    assert fractions.dtype == np.float32
    known = np.isfinite(fractions[0])
    np.testing.assert_allclose(fractions[:, known].sum(axis=0), 1, atol=1e-6)
    assert cover.covered_share == pytest.approx(known.mean())
    assert cover.covered_share == pytest.approx(800 * 600 / (grid.width * grid.height), rel=0.01)
    assert cover.resolution_m == 20
    assert cover.grid == grid.as_dict()
    with rasterio.open(class_map(tmp_path, grid)) as source:
        code = int(source.read(1)[10, 20])
    assert fractions[code - 1, 20, 40] == 1


def test_a_block_is_the_same_cells_as_the_whole(tmp_path: Path, grid: Grid) -> None:
    cover = add_cover(class_map(tmp_path, grid), canopy=heights(tmp_path, grid))
    block = Block(100, 550, 40, 100)
    np.testing.assert_array_equal(
        read_fractions(cover, block), read_fractions(cover)[(slice(None), *block.slices)]
    )
    canopy = read_canopy(cover, block)
    assert canopy is not None
    assert canopy.shape == (40, 100)
    assert canopy[0, 0] == 7.5
    assert np.isnan(canopy[0, 99]), "beyond the map, height is unknown, not zero"


def test_a_cover_without_heights_has_none(tmp_path: Path, grid: Grid) -> None:
    cover = add_cover(class_map(tmp_path, grid))
    assert not cover.has_canopy_height
    assert read_canopy(cover) is None


def test_the_same_file_twice_is_one_cover(tmp_path: Path, grid: Grid, data_dir: Path) -> None:
    first = add_cover(class_map(tmp_path, grid), name="Cover 2023")
    again = add_cover(class_map(tmp_path, grid, name="copy.tif"), observed_on=dt.date(2023, 5, 1))
    assert first.pk == again.pk
    assert (again.name, again.observed_on) == ("Cover 2023", dt.date(2023, 5, 1))
    assert len(list((data_dir / "covers").iterdir())) == 1


def test_another_map_other_heights_or_another_mapping_is_another_cover(
    tmp_path: Path, grid: Grid
) -> None:
    path = class_map(tmp_path, grid)
    ours = tmp_path / "ours.json"
    ours.write_text(json.dumps({"classes": dict.fromkeys("123456", "grass"), "unknown": ["0"]}))
    add_cover(path)
    add_cover(path, canopy=heights(tmp_path, grid))
    add_cover(path, mapping=str(ours))
    add_cover(class_map(tmp_path, grid, name="b.tif", seed=2))
    assert Cover.objects.count() == 4


def test_a_cover_whose_files_are_gone_is_made_again_in_its_row(tmp_path: Path, grid: Grid) -> None:
    first = add_cover(class_map(tmp_path, grid))
    (first.path / "fractions.tif").unlink()
    again = add_cover(class_map(tmp_path, grid))
    assert again.pk == first.pk
    assert np.isfinite(read_fractions(again)).any()


def test_the_command_says_what_it_did(tmp_path: Path, grid: Grid) -> None:
    said = run(
        class_map(tmp_path, grid), "--canopy", heights(tmp_path, grid), "--observed-on", "2023-06-30",
        "--name", "Occupation du sol 2023",
    )  # fmt: skip
    assert said == (
        "Occupation du sol 2023: 12% of the territory, classes read as “demo”, 20 m pixels, with canopy height.\n"
    )
    cover = Cover.objects.get()
    assert cover.observed_on == dt.date(2023, 6, 30)
    assert cover.mapping["classes"]["4"] == {"tree": 1.0}


def test_a_day_that_is_none_is_refused(tmp_path: Path, grid: Grid) -> None:
    with pytest.raises(CommandError, match="2023-06-30"):
        run(class_map(tmp_path, grid), "--observed-on", "June")


def test_unknown_codes_are_all_named_and_nothing_is_kept(
    tmp_path: Path, grid: Grid, data_dir: Path
) -> None:
    codes = np.ones((400, 300), dtype=np.uint8)
    codes[0, 0], codes[399, 299] = 77, 88  # in different blocks
    path = write_raster(tmp_path / "c.tif", codes, left=grid.left, top=grid.top, pixel=20)
    with pytest.raises(CommandError, match=r"does not know the codes 77, 88.*--mapping") as raised:
        run(path, "--mapping", "demo")
    assert raised.value.returncode == 1
    assert nothing_left(data_dir)


def test_a_map_of_another_town_is_refused(tmp_path: Path, grid: Grid, data_dir: Path) -> None:
    path = write_raster(tmp_path / "c.tif", np.ones((9, 9), np.uint8), left=900_000, top=6_500_000)
    with pytest.raises(OutsideTerritory, match=r"c\.tif shows nothing of the town"):
        add_cover(path)
    assert nothing_left(data_dir)


def test_heights_of_another_town_are_refused(tmp_path: Path, grid: Grid, data_dir: Path) -> None:
    far = write_raster(tmp_path / "h.tif", np.ones((9, 9), np.float32), left=900_000, nodata=-1)
    with pytest.raises(OutsideTerritory, match=r"h\.tif"):
        add_cover(class_map(tmp_path, grid), canopy=far)
    assert nothing_left(data_dir)


def test_a_file_cut_short_is_refused_and_nothing_is_kept(
    tmp_path: Path, grid: Grid, data_dir: Path
) -> None:
    path = class_map(tmp_path, grid)
    path.write_bytes(path.read_bytes()[:60_000])
    with pytest.raises(ProductError, match=r"cover\.tif .*cut short"):
        add_cover(path, mapping="demo")
    assert nothing_left(data_dir)


def test_an_interruption_leaves_nothing_and_the_next_run_succeeds(
    tmp_path: Path, grid: Grid, data_dir: Path
) -> None:
    def stop(blocks: Any) -> Any:
        yield next(iter(blocks))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_cover(class_map(tmp_path, grid), progress=stop)
    assert nothing_left(data_dir)
    assert add_cover(class_map(tmp_path, grid)).covered_share > 0


def test_without_a_commune_it_says_what_comes_first(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="import_commune"):
        run(write_raster(tmp_path / "c.tif", np.ones((3, 3), np.uint8)))


@pytest.mark.realdata
def test_the_muenster_map_is_read_in_its_own_crs(shared_data: Path) -> None:
    from django.contrib.gis.geos import MultiPolygon, Polygon

    box = Polygon.from_bbox((7.60, 51.94, 7.65, 51.98))
    CommuneFactory.create(metric_srid=32632, geom=MultiPolygon(box))
    path = shared_data / "landsat" / "muenster" / "landcover_10m.tif"
    cover = add_cover(path, mapping="muenster")
    fractions = read_fractions(cover)
    with rasterio.open(path) as source:
        codes = source.read(1)
    known = np.isfinite(fractions[0])
    assert known.any()
    # Shares over the whole map change by what lies outside the territory only.
    tree = fractions[CLASSES.index("tree")][known].mean()
    assert tree == pytest.approx((codes == 3).sum() / (codes > 0).sum(), abs=0.05)
