"""The rural reference of the territory, from its newest land cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heat_islands.covers import read_fractions
from heat_islands.models import Cover
from heat_islands.science.grid import Grid
from heat_islands.science.reference import rural_mask


@dataclass(frozen=True)
class RuralReference:
    """Rural cells of the territory (height, width), and the hash of the land cover that tells them."""

    mask: NDArray[np.bool_]
    sha256: str


def rural_reference(grid: Grid) -> RuralReference | None:
    """Rural land after the newest cover on `grid`; None without one, or where there is too little of it."""
    for cover in Cover.objects.order_by("-added_at", "-id"):
        if cover.grid == grid.as_dict():
            mask = rural_mask(read_fractions(cover), grid.resolution)
            return None if mask is None else RuralReference(mask, cover.sha256)
    return None
