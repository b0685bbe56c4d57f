"""The demo town's heat: its products are written, then enter through the same functions as a real town's.

It stands outside `demo/`, which must not know the science that it examines. The physics and the science
are imported where they are used: a second start only asks what is done.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from greening.demo.registry import DemoRun
from heat_islands.models import Cover, HeatMap, Scene

if TYPE_CHECKING:
    from heat_islands.demo.products import DemoProducts

SCENES = 12
COVER_NAME = "Land cover of the demonstration town"
#: Three years old, as a town's map often is.
COVER_OBSERVED_ON = dt.date(2023, 6, 30)


@cache
def _products(seed: int, data_dir: Path) -> DemoProducts:
    from heat_islands.demo.products import write_products
    from heat_islands.demo.town import build_town

    return write_products(build_town(seed), data_dir / "demo" / str(seed))


def scenes_done(run: DemoRun) -> bool:
    return Scene.objects.filter(synthetic=True).count() >= SCENES


def build_scenes(run: DemoRun) -> str:
    """Writes what is missing of the twelve products and adds each as a scene."""
    from heat_islands.scenes import add_scene

    products = _products(run.seed, settings.DATA_DIR)
    for folder in run.progress(products.scene_dirs, label="scenes", unit="scene"):
        add_scene(folder)
    return f"{Scene.objects.count()} scenes"


def cover_done(run: DemoRun) -> bool:
    return Cover.objects.filter(synthetic=True).exists()


def build_cover(run: DemoRun) -> str:
    """Adds the land cover and the canopy heights as a town gets them."""
    from heat_islands.covers import add_cover

    products = _products(run.seed, settings.DATA_DIR)
    cover = add_cover(
        products.cover,
        mapping="demo",
        canopy=products.canopy,
        observed_on=COVER_OBSERVED_ON,
        name=COVER_NAME,
        synthetic=True,
    )
    return f"{cover.covered_share:.0%} of the territory"


def heat_map_done(run: DemoRun) -> bool:
    newest = HeatMap.objects.newest()
    return newest is not None and newest.display_path.exists()


def build_map(run: DemoRun) -> str:
    """The composite of the scenes."""
    from heat_islands.heat_map import build_heat_map

    heat_map, _ = build_heat_map()
    return f"{heat_map.title}, {heat_map.scene_count} scenes"
