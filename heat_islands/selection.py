"""Which scenes a heat map is made of, and why the others are not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from greening.errors import BadInput
from heat_islands.models import Scene
from heat_islands.scenes import FILE
from heat_islands.science.composite import LEAST_CLEAR_SHARE
from heat_islands.science.grid import Grid

SEASON = ((6, 15), (9, 15))  # first and last day [science.md §2]: the sun high, the trees in leaf


@dataclass(frozen=True)
class Selection:
    """The scenes of a heat map, and those left out with the reason, by product."""

    used: list[Scene]
    refused: dict[Scene, str]


def select_scenes(
    grid: Grid, date_from: dt.date | None, date_to: dt.date | None, any_season: bool
) -> Selection:
    """Current scenes between the dates and in season; those that hide the commune are refused, with the reason."""
    scenes = Scene.objects.current().order_by("acquired_at", "product_id")
    if date_from:
        scenes = scenes.filter(acquired_at__date__gte=date_from)
    if date_to:
        scenes = scenes.filter(acquired_at__date__lte=date_to)
    found = list(scenes)
    if not found:
        raise BadInput(
            "There is no scene between these dates: add some with `manage.py add_scene PATH`."
        )
    chosen = [scene for scene in found if any_season or in_season(scene)]
    if not chosen:
        raise BadInput(
            "No scene lies in the season (15 June – 15 September): add one, or use --any-season."
        )
    used: list[Scene] = []
    refused: dict[Scene, str] = {}
    for scene in chosen:
        if scene.grid != grid.as_dict():
            raise BadInput(
                f"{scene.product_id} lies on another grid, since the commune's outline has changed: add it again."
            )
        if not (scene.path / FILE).exists():
            raise BadInput(f"The files of {scene.product_id} are gone: add it again.")
        if scene.clear_share < LEAST_CLEAR_SHARE:
            refused[scene] = f"only {scene.clear_share:.0%} of the commune is clear"
        else:
            used.append(scene)
    if not used:
        raise BadInput(
            f"Clouds hide the commune in every scene (less than {LEAST_CLEAR_SHARE:.0%} clear): "
            "add clearer scenes."
        )
    return Selection(used, refused)


def in_season(scene: Scene) -> bool:
    """Whether the scene was taken between 15 June and 15 September."""
    first, last = SEASON
    return first <= (scene.acquired_at.month, scene.acquired_at.day) <= last
