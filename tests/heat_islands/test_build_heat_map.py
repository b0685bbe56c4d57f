"""manage.py build_heat_map: from scenes to files and a row, whole or not at all, the same from the same scenes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import rasterio
from django.core.management import CommandError, call_command
from rio_cogeo.cogeo import cog_validate

from greening.errors import BadInput
from greening.models import Commune
from heat_islands import notes
from heat_islands.covers import FRACTIONS
from heat_islands.heat_map import build_heat_map
from heat_islands.models import Cover, HeatMap, Scene
from heat_islands.scenes import add_scene, commune_mask
from heat_islands.science.encoding import HEAT_MAP_BANDS, NODATA
from heat_islands.store import band_writer, read_back
from heat_islands.territory import territory_grid
from tests.heat_islands.landsat_folders import CLOUD, SHAPE, write_product

SUMMER_DAYS = ("20220701", "20220802", "20230620", "20230722", "20240715", "20240901")
WEATHER_K = (300.0, 310.0, 304.0, 297.0, 307.0, 301.0)


def pattern() -> np.ndarray:
    """A town that is 8 K hotter in its west than in its east, smoothly."""
    return np.broadcast_to(np.linspace(4, -4, SHAPE[1]), SHAPE)


def scene(folder: Path, day: str, kelvin: float, seed: int = 0, **options: Any) -> Scene:
    noise = np.random.default_rng(seed + int(day)).normal(0, 0.3, SHAPE)
    product = f"LC08_L2SP_199026_{day}_{day}_02_T1"
    return add_scene(
        write_product(folder, product=product, kelvin=kelvin + pattern() + noise, **options)
    )


@pytest.fixture
def scenes(small_town: Commune, tmp_path: Path) -> list[Scene]:
    return [
        scene(tmp_path / "in", day, kelvin)
        for day, kelvin in zip(SUMMER_DAYS, WEATHER_K, strict=True)
    ]


def build(**options: Any) -> HeatMap:
    return build_heat_map(workers=1, **options)[0]


def run(**options: Any) -> str:
    out = StringIO()
    call_command("build_heat_map", stdout=out, workers=1, **options)
    return out.getvalue()


def files_below(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_the_map_finds_the_town_under_the_weather(scenes: list[Scene], small_town: Commune) -> None:
    heat_map = build()
    anomaly = read_back(heat_map.analysis_path, "anomaly")
    inside = commune_mask(small_town, territory_grid(small_town))
    assert float(np.nanmean(anomaly[inside])) == pytest.approx(0.0, abs=0.006)  # its own reference
    west, east = anomaly[150:200, 80:90], anomaly[150:200, 280:290]
    fall = 200 * 10 / 30 * 8 / 179  # 200 cells of 10 m; 8 K over 179 pixels of 30 m
    assert float(np.nanmean(west) - np.nanmean(east)) == pytest.approx(fall, abs=0.2)
    temperature = read_back(heat_map.analysis_path, "temperature")
    assert float(np.nanmean(temperature)) == pytest.approx(np.mean(WEATHER_K), abs=1.0)
    assert float(np.nanmedian(read_back(heat_map.analysis_path, "se"))) == pytest.approx(
        0.3 / 6**0.5, rel=0.35
    )
    assert (read_back(heat_map.analysis_path, "n")[inside] >= 5).mean() > 0.99
    assert float(np.nanmedian(read_back(heat_map.analysis_path, "ndvi"))) == pytest.approx(
        0.18 / 0.42, abs=1e-3
    )
    assert np.isnan(read_back(heat_map.analysis_path, "suhi")).all()  # there is no rural reference


def test_the_row_tells_how_it_was_made(scenes: list[Scene]) -> None:
    heat_map = build()
    assert (heat_map.slug, heat_map.scene_count, heat_map.min_scenes) == ("summer", 6, 5)
    assert (heat_map.date_from, heat_map.date_to) == (dt.date(2022, 7, 1), dt.date(2024, 9, 1))
    assert heat_map.synthetic
    assert not heat_map.has_suhi
    assert heat_map.statistics["coverage"] == 1.0
    assert heat_map.statistics["temperature"]["median"] == pytest.approx(
        np.mean(WEATHER_K) - 273.15,
        abs=1.0,  # the town lies a little west of the middle
    )
    assert heat_map.title == "Issy-les-Moulineaux 2022–2024"
    terms = {row.scene.acquired_at.strftime("%Y%m%d"): row for row in heat_map.scene_terms.all()}
    spread = [terms[day].term_k - terms[SUMMER_DAYS[0]].term_k for day in SUMMER_DAYS]
    np.testing.assert_allclose(spread, np.array(WEATHER_K) - WEATHER_K[0], atol=0.1)
    assert all(0.1 < row.sigma_k < 0.5 for row in terms.values())
    assert heat_map.notes == [notes.SYNTHETIC, notes.NO_RURAL]


def test_the_files_are_cogs_with_named_bands(scenes: list[Scene], small_town: Commune) -> None:
    heat_map = build()
    for path in (heat_map.analysis_path, heat_map.display_path):
        valid, errors, _ = cog_validate(path)
        assert valid, errors
        with rasterio.open(path) as file:
            assert file.descriptions == tuple(band.name for band in HEAT_MAP_BANDS)
            assert file.scales == tuple(band.scale for band in HEAT_MAP_BANDS)
            assert file.offsets == tuple(band.offset for band in HEAT_MAP_BANDS)
            assert set(file.dtypes) == {"int16"}
            assert file.nodata == NODATA
    grid = territory_grid(small_town)
    with (
        rasterio.open(heat_map.analysis_path) as analysis,
        rasterio.open(heat_map.display_path) as display,
    ):
        assert analysis.transform == grid.transform
        assert analysis.shape == grid.shape
        assert display.crs.to_epsg() == 3857
        assert display.block_shapes[0] == (256, 256)
        # "upper": the pixels are no coarser than the zoom level of 10 m at this latitude, 15 (4.8 m in mercator)
        assert 4.7 < display.transform.a < 15.2
        assert display.tags()["TILING_SCHEME_NAME"] == "WebMercatorQuad"


def test_the_stac_item_tells_the_same(scenes: list[Scene]) -> None:
    heat_map = build()
    item = pystac.Item.from_file(str(heat_map.item_path))
    assert item.properties["scene_count"] == 6
    assert item.properties["synthetic"] is True
    assert item.properties["proj:code"] == "EPSG:2154"
    assert item.properties["start_datetime"].startswith("2022-07-01T10:40:07")
    assert item.properties["end_datetime"].startswith("2024-09-01")
    assert set(item.assets) == {"analysis", "display"}
    for asset in item.assets.values():
        assert Path(asset.get_absolute_href()).exists()
    bands = item.assets["analysis"].extra_fields["raster:bands"]
    assert [band["name"] for band in bands] == [band.name for band in HEAT_MAP_BANDS]
    left, bottom, right, top = item.bbox
    assert left < 2.2456 < 2.2890 < right
    assert bottom < 48.8130 < 48.8345 < top


def test_the_same_scenes_make_no_new_version(scenes: list[Scene]) -> None:
    assert "6 scenes" in run()
    assert "nothing changed" in run()
    assert HeatMap.objects.count() == 1


def test_another_scene_makes_a_new_version_and_the_old_one_stays(
    scenes: list[Scene], tmp_path: Path
) -> None:
    before = build()
    content = before.analysis_path.read_bytes()
    scene(tmp_path / "in", "20240817", 303.0)
    after = build()
    assert after.version != before.version
    assert HeatMap.objects.newest() == after
    assert before.analysis_path.read_bytes() == content


def test_a_pool_writes_the_same_bytes(scenes: list[Scene]) -> None:
    here = build(slug="here")
    there, _ = build_heat_map(slug="there", workers=2)
    assert here.analysis_path.read_bytes() == there.analysis_path.read_bytes()
    assert here.display_path.read_bytes() == there.display_path.read_bytes()


def test_missing_files_are_built_again(scenes: list[Scene]) -> None:
    heat_map = build()
    content = heat_map.analysis_path.read_bytes()
    heat_map.analysis_path.unlink()
    again, is_new = build_heat_map(workers=1)
    assert is_new
    assert again.version == heat_map.version
    assert again.analysis_path.read_bytes() == content


def test_a_superseded_scene_is_not_counted_twice(scenes: list[Scene], tmp_path: Path) -> None:
    folder = write_product(
        tmp_path / "again",
        product="LC08_L2SP_199026_20240901_20250101_02_T1",
        kelvin=301.0 + pattern(),
    )
    add_scene(folder)
    heat_map = build()
    assert heat_map.scene_count == 6
    assert heat_map.scenes.filter(processed_on=dt.date(2025, 1, 1)).exists()


def test_a_scene_that_hides_the_town_is_refused_and_says_why(
    scenes: list[Scene], tmp_path: Path
) -> None:
    qa = np.full(SHAPE, 21824, np.uint16)
    qa[:, :75] = CLOUD
    hidden = scene(tmp_path / "in", "20240801", 305.0, qa=qa)
    assert hidden.clear_share < 0.6
    heat_map = build()
    refused = heat_map.scene_terms.get(scene=hidden)
    assert refused.term_k is None
    assert "of the commune is clear" in refused.refused
    assert heat_map.scene_count == 6
    assert notes.REFUSED in heat_map.notes


def test_cells_below_the_rule_are_no_data_but_their_count_is_kept(
    scenes: list[Scene], tmp_path: Path
) -> None:
    Scene.objects.filter(acquired_at__year=2022).delete()  # four are left
    qa = np.full(SHAPE, 21824, np.uint16)
    qa[80:, 95:] = CLOUD  # the fifth does not see the town's south-east
    scene(tmp_path / "in", "20220710", 303.0, qa=qa)
    path = build().analysis_path
    n, anomaly = read_back(path, "n"), read_back(path, "anomaly")
    four = n == 4
    assert four.sum() > 1000
    assert np.isnan(anomaly[four]).all()
    assert np.isfinite(anomaly[n == 5]).all()


def test_off_season_scenes_wait_for_any_season(scenes: list[Scene], tmp_path: Path) -> None:
    scene(tmp_path / "in", "20240110", 280.0)
    assert build().scene_count == 6
    everything = build(any_season=True, slug="all-year")
    assert everything.scene_count == 7
    assert notes.OFF_SEASON in everything.notes


def test_dates_choose_scenes_and_name_the_map(scenes: list[Scene]) -> None:
    heat_map = build(date_from=dt.date(2023, 1, 1), date_to=dt.date(2024, 12, 31), min_scenes=4)
    assert heat_map.scene_count == 4
    assert heat_map.slug == "2023-01-01-to-2024-12-31"
    assert {notes.FEW_SUMMERS, notes.FEW_SCENES} <= set(heat_map.notes)


def test_one_scene_makes_a_map_that_admits_it(small_town: Commune, tmp_path: Path) -> None:
    scene(tmp_path / "in", "20240715", 305.0, without=("QA_PIXEL", "ST_QA"))
    heat_map = build(min_scenes=1)
    assert {
        notes.ONE_SCENE,
        notes.NO_QA,
        notes.NO_ST_QA,
        notes.FEW_SUMMERS,
        notes.FEW_SCENES,
    } <= set(heat_map.notes)
    assert np.isfinite(read_back(heat_map.analysis_path, "anomaly")).any()
    assert np.isnan(read_back(heat_map.analysis_path, "se")).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"min_scenes": 7}, "6 usable scenes are below the rule of 7 .* --min-scenes 6"),
        ({"min_scenes": 0}, "at least 1"),
        ({"date_from": dt.date(2030, 1, 1)}, "no scene between these dates"),
        ({"date_from": dt.date(2024, 1, 1), "date_to": dt.date(2023, 1, 1)}, "swap them"),
    ],
)
def test_what_cannot_be_built_is_said_and_leaves_nothing(
    scenes: list[Scene], data_dir: Path, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        build(**options)
    with pytest.raises(CommandError, match=sentence):
        run(**options)
    assert not (data_dir / "heat-maps").exists()
    assert HeatMap.objects.count() == 0


def test_where_no_cell_has_enough_clear_scenes_nothing_is_left(
    small_town: Commune, tmp_path: Path, data_dir: Path
) -> None:
    for day in range(10, 15):  # each hides another fifth of the town's columns
        qa = np.full(SHAPE, 21824, np.uint16)
        first = 20 + (day - 10) * 22
        qa[:, first : first + 24] = CLOUD
        scene(tmp_path / "in", f"202407{day}", 300.0 + day, qa=qa)
    Scene.objects.update(clear_share=0.9)
    with pytest.raises(BadInput, match="No cell of the commune has 5 clear scenes"):
        build()
    assert files_below(data_dir / "heat-maps") == []
    assert HeatMap.objects.count() == 0


def test_ctrl_c_leaves_nothing_and_the_next_run_completes(
    scenes: list[Scene], data_dir: Path
) -> None:
    def impatient(blocks: Iterable[Any], total: int) -> Iterator[Any]:
        yield next(iter(blocks))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_heat_map(workers=1, progress=impatient)
    assert files_below(data_dir / "heat-maps") == []
    assert HeatMap.objects.count() == 0
    assert build().scene_count == 6


def test_a_scene_whose_file_is_gone_or_damaged_is_named(scenes: list[Scene]) -> None:
    file = scenes[2].path / "scene.tif"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(
        (BadInput, ValueError), match="damaged: run add_scene for its product again"
    ):
        build()
    file.unlink()
    with pytest.raises(BadInput, match=f"files of {scenes[2].product_id} are gone: add it again"):
        build()


def test_the_report_is_for_people(scenes: list[Scene]) -> None:
    report = run()
    assert "°C at the surface" in report
    assert notes.NO_RURAL in report


def test_with_land_cover_the_rural_reference_is_a_layer_of_its_own(
    small_town: Commune, tmp_path: Path, data_dir: Path
) -> None:
    """Fields in the east, the town in the west: SUHI is the anomaly plus the town's own excess over the fields."""
    for day, kelvin in zip(SUMMER_DAYS, WEATHER_K, strict=True):
        scene(tmp_path / "in", day, kelvin)
    grid = territory_grid(small_town)
    fractions = np.zeros((6, *grid.shape), dtype=np.int16)
    fractions[0, :, : grid.width // 2] = 10_000  # sealed
    fractions[2, :, grid.width // 2 :] = 10_000  # grass
    directory = data_dir / "covers" / "halves"
    directory.mkdir(parents=True)
    with band_writer(directory / "fractions.tif", grid, FRACTIONS) as writer:
        for block in grid.blocks():
            writer.write(block, fractions[(slice(None), *block.slices)])
        writer.close()
    Cover.objects.create(
        name="halves", sha256="0" * 64, grid=grid.as_dict(), directory="covers/halves"
    )
    heat_map = build()
    assert heat_map.has_suhi
    assert notes.RURAL_HEIGHT in heat_map.notes
    suhi, anomaly = (read_back(heat_map.analysis_path, layer) for layer in ("suhi", "anomaly"))
    excess = suhi - anomaly
    assert np.nanmax(excess) - np.nanmin(excess) < 0.025  # one constant, rounded
    # A kilometre's mean falls to a tenth sealed 400 m inside the fields.
    rural = anomaly[:, grid.width // 2 + 45 :]
    assert float(np.nanmean(excess)) == pytest.approx(-float(np.nanmean(rural)), abs=0.1)
    assert float(np.nanmean(excess)) > 0.5
