"""manage.py add_scene: good products land, bad ones get a sentence, nothing lands by half."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.management import CommandError, call_command

from greening.models import Commune
from heat_islands.models import Scene
from heat_islands.scenes import add_product, add_scene
from heat_islands.science.errors import NoClearPixel, OutsideTerritory, ProductError
from heat_islands.science.products import open_products
from heat_islands.store import CannotWrite, read_back
from tests.factories import CommuneFactory
from tests.heat_islands.landsat_folders import (
    CLOUD,
    PRODUCT,
    SHAPE,
    UTM_31N,
    tar_of,
    write_band,
    write_product,
)

NEWER = "LC08_L2SP_199026_20240721_20241105_02_T1"


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """This process may write no file beyond `size` bytes; SpatiaLite's grows in pages that exist already."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def run(*paths: Path) -> str:
    out = StringIO()
    call_command("add_scene", *map(str, paths), stdout=out)
    return out.getvalue()


def files_below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_scene_lands_on_the_grid_with_its_facts(small_town: Commune, tmp_path: Path) -> None:
    scene = add_scene(write_product(tmp_path, kelvin=305.0))
    assert scene.product_id == PRODUCT
    assert scene.clear_share == 1.0
    assert scene.median_c == pytest.approx(31.85, abs=0.01)
    assert scene.synthetic
    assert (scene.has_qa, scene.has_st_qa, scene.has_metadata, scene.missing) == (
        True,
        True,
        True,
        [],
    )
    assert scene.source_srid == 32631
    path = scene.path / "scene.tif"
    for layer, value in {
        "lst": 305.0,
        "st_qa": 3.0,
        "ndvi": 0.18 / 0.42,
        "albedo": 0.18839,
    }.items():
        found = read_back(path, layer)
        assert float(np.nanmedian(found)) == pytest.approx(value, abs=0.006), layer
    facts = json.loads((scene.path / "product.json").read_text())
    assert facts["weather"] == {"sun_elevation_deg": 58.5}


def test_missing_bands_are_recorded_and_told(small_town: Commune, tmp_path: Path) -> None:
    told = run(write_product(tmp_path, without=("QA_PIXEL", "ST_QA", "SR_B4", "MTL")))
    scene = Scene.objects.get()
    assert scene.missing == ["QA_PIXEL", "ST_QA", "SR_B4", "MTL"]
    assert not scene.has_qa
    assert "came without QA_PIXEL, ST_QA, SR_B4, MTL" in told
    assert "clouds are not known" in told
    assert np.isnan(read_back(scene.path / "scene.tif", "ndvi")).all()
    assert np.isfinite(read_back(scene.path / "scene.tif", "mndwi")).any()


def test_a_tar_gives_the_same_scene(small_town: Commune, tmp_path: Path) -> None:
    kelvin = np.random.default_rng(3).normal(300, 5, SHAPE)
    folder = write_product(tmp_path, kelvin=kelvin)
    from_tar = add_scene(tar_of(folder)).sha256
    Scene.objects.all().delete()
    assert add_scene(folder).sha256 == from_tar


def test_clouds_are_absent_and_counted(small_town: Commune, tmp_path: Path) -> None:
    qa = np.full(SHAPE, 21824, np.uint16)
    qa[:, :90] = CLOUD  # the western half; the town lies a little west of the middle
    kelvin = np.full(SHAPE, 305.0)
    kelvin[:, :90] = 270.0
    scene = add_scene(write_product(tmp_path, kelvin=kelvin, qa=qa))
    assert 0.2 < scene.clear_share < 0.6
    assert scene.median_c == pytest.approx(31.85, abs=0.01)


def test_the_same_product_twice_is_no_twin(small_town: Commune, tmp_path: Path) -> None:
    folder = write_product(tmp_path)
    run(folder)
    written = (Scene.objects.get().path / "scene.tif").stat().st_mtime_ns
    assert "already there, nothing changed" in run(folder, folder)
    assert Scene.objects.count() == 1
    assert (Scene.objects.get().path / "scene.tif").stat().st_mtime_ns == written


@pytest.mark.parametrize("order", [(PRODUCT, NEWER), (NEWER, PRODUCT)])
def test_the_newer_processing_supersedes_whichever_came_first(
    small_town: Commune, tmp_path: Path, order: tuple[str, str]
) -> None:
    for product in order:
        told = run(write_product(tmp_path, product=product))
    assert [scene.product_id for scene in Scene.objects.current()] == [NEWER]
    older = Scene.objects.get(product_id=PRODUCT)
    assert older.superseded_by.product_id == NEWER
    assert (older.path / "scene.tif").exists()  # history is kept
    assert (f"supersedes {PRODUCT}" in told) == (order[1] == NEWER)


def test_a_commune_that_moved_has_its_scenes_read_again(
    small_town: Commune, tmp_path: Path
) -> None:
    folder = write_product(tmp_path)
    before = add_scene(folder)
    small_town.geom = MultiPolygon(Polygon.from_bbox((2.2456, 48.8130, 2.2950, 48.8345)))
    small_town.save()
    after = add_scene(folder)
    assert after.id == before.id
    assert after.grid != before.grid
    assert Scene.objects.count() == 1


def truncated(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).integers(30000, 50000, SHAPE, dtype=np.uint16)
    folder = write_product(tmp_path, bands={"ST_B10": noise})
    band = folder / f"{PRODUCT}_ST_B10.TIF"
    band.write_bytes(band.read_bytes()[:9000])
    return folder


def zero_byte(tmp_path: Path) -> Path:
    folder = write_product(tmp_path)
    (folder / f"{PRODUCT}_QA_PIXEL.TIF").write_bytes(b"")
    return folder


def other_grid(tmp_path: Path) -> Path:
    folder = write_product(tmp_path)
    write_band(folder / f"{PRODUCT}_QA_PIXEL.TIF", np.full((75, 90), 21824, np.uint16), pixel=60.0)
    return folder


BAD = {
    "truncated": (truncated, ProductError, "ST_B10.TIF is truncated"),
    "zero bytes": (zero_byte, ProductError, "QA_PIXEL.TIF cannot be read"),
    "level 1": (
        lambda p: write_product(p, product="LC08_L1TP_199026_20240721_20240729_02_T1"),
        ProductError,
        "level L1TP",
    ),
    "no thermal band": (
        lambda p: write_product(p, without=("ST_B10",)),
        ProductError,
        "no thermal band",
    ),
    "two grids": (other_grid, ProductError, "not on the same grid"),
    "no CRS": (
        lambda p: write_product(p, crs=None),
        ProductError,
        "no coordinate reference system",
    ),
    "elsewhere": (
        lambda p: write_product(p, corner=(543_985.0, 5_411_025.0)),
        OutsideTerritory,
        "does not reach the town",
    ),
    "all cloud": (
        lambda p: write_product(p, qa=CLOUD),
        NoClearPixel,
        "no clear pixel over the town",
    ),
    "all fill": (
        lambda p: write_product(p, bands={"ST_B10": np.zeros(SHAPE, np.uint16)}),
        NoClearPixel,
        "no clear pixel over the town",
    ),
    "not there": (lambda p: p / "nothing", ProductError, "does not exist"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence_and_leaves_nothing(
    small_town: Commune, tmp_path: Path, data_dir: Path, case: str
) -> None:
    make, error, sentence = BAD[case]
    path = make(tmp_path / "in")
    with pytest.raises(error, match=sentence):
        add_scene(path)
    with pytest.raises(CommandError, match=sentence) as refused:
        run(path)
    assert refused.value.returncode == 1
    assert "\n" not in str(refused.value)
    assert Scene.objects.count() == 0
    assert files_below(data_dir) == []


def test_clear_sky_elsewhere_is_no_clear_sky_over_the_town(
    small_town: Commune, tmp_path: Path
) -> None:
    qa = np.full(SHAPE, CLOUD, np.uint16)
    qa[:, 160:] = 21824  # east of the town
    with pytest.raises(NoClearPixel):
        add_scene(write_product(tmp_path, qa=qa))


def test_among_several_the_good_ones_land_and_the_exit_tells(
    small_town: Commune, tmp_path: Path
) -> None:
    bad = write_product(tmp_path / "bad", without=("ST_B10",))
    good = write_product(tmp_path / "good", product="LC09_L2SP_199026_20240814_20240815_02_T1")
    with pytest.raises(CommandError) as refused:
        run(bad, good, tmp_path / "nothing")
    assert str(refused.value).count("\n") == 1  # one line for each refused path
    assert [scene.platform for scene in Scene.objects.all()] == ["LANDSAT_9"]


def test_several_products_in_one_folder_each_become_a_scene(
    small_town: Commune, tmp_path: Path
) -> None:
    folder = write_product(tmp_path)
    for file in write_product(
        tmp_path, product="LC09_L2SP_199026_20240814_20240815_02_T1"
    ).iterdir():
        file.rename(folder / file.name)
    run(folder)
    assert Scene.objects.count() == 2


def test_ctrl_c_in_the_middle_leaves_nothing_and_a_second_run_completes(
    small_town: Commune, tmp_path: Path, data_dir: Path
) -> None:
    folder = write_product(tmp_path)

    def impatient(blocks: Iterable[Any]) -> Iterator[Any]:
        for done, block in enumerate(blocks):
            yield block
            if done == 0:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_scene(folder, impatient)
    assert Scene.objects.count() == 0
    assert files_below(data_dir) == []
    assert add_scene(folder).clear_share == 1.0


def test_a_database_that_refuses_leaves_no_files(
    small_town: Commune, tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(Scene, "save", refuse)
    with pytest.raises(RuntimeError, match="went away"):
        add_scene(write_product(tmp_path))
    assert files_below(data_dir) == []


def test_a_full_disk_is_one_sentence(small_town: Commune, tmp_path: Path, data_dir: Path) -> None:
    """The kernel refuses every byte beyond 64 kB in a file of scenes, the way a full disk does."""
    folder = write_product(tmp_path / "in", kelvin=np.random.default_rng(1).normal(300, 9, SHAPE))
    (products,) = open_products(folder)
    with file_size_limit(64_000), pytest.raises(CannotWrite, match="disk is full"):
        add_product(products)
    assert Scene.objects.count() == 0
    assert files_below(data_dir) == []


def test_there_must_be_a_town(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no commune yet"):
        run(write_product(tmp_path))


def test_a_town_of_another_metric_crs_gets_its_scenes_there(
    small_town: Commune, tmp_path: Path
) -> None:
    small_town.metric_srid = 32631
    small_town.save()
    scene = add_scene(write_product(tmp_path, crs=UTM_31N))
    assert scene.grid["srid"] == 32631
    assert scene.clear_share == 1.0


def test_a_large_territory_is_read_around_a_small_scene(db: None, tmp_path: Path) -> None:
    CommuneFactory()  # 20 × 20 km, of which the scene covers 5.4 × 4.5
    scene = add_scene(write_product(tmp_path))
    known = np.isfinite(read_back(scene.path / "scene.tif", "lst"))
    assert known.sum() * 100 == pytest.approx(5400 * 4500, rel=0.01)  # cells of 100 m²
