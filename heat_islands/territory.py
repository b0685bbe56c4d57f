"""The territory: the one grid on which every scene, cover and heat map of the commune lies."""

from __future__ import annotations

from greening.crs import WGS84
from greening.models import Commune
from heat_islands.science.grid import Grid


def territory_grid(commune: Commune) -> Grid:
    """The canonical grid around `commune`, in its metric CRS: 10 m cells, at least 20 × 20 km.

    The outline is projected on a copy, so the commune in hand keeps its WGS 84 geometry. The same
    outline gives the same grid on both database engines: cells are snapped to whole multiples of
    10 m, which swallows the last digits in which two engines may differ.
    """
    outline = commune.geom.clone()
    if outline.srid is None:  # a commune not yet read back from the database
        outline.srid = WGS84
    outline.transform(commune.metric_srid)
    return Grid.around(outline.extent, commune.metric_srid)
