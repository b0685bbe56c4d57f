"""Shared gardens: nine lots with 180 plots in rows, and a plausible state for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Polygon

from greening.demo.names import OF_TOPICS
from greening.demo.shapes import (
    along,
    largest,
    long_axis,
    mitred,
    polygons,
    rectangle,
    to_centimetres,
)
from greening.errors import BadInput
from parcels.demo.plans import GardenPlan, PlotPlan
from parcels.demo.yards import end_of

GARDENS, PLOTS = 9, 180
FEWEST_PLOTS = 8
PATH_M = 1.0
MARGIN_M = 1.5
PLOT_STATES = ("occupied", "available", "offered", "notice", "resting", "withdrawn")
PLOT_SHARES = (0.80, 0.06, 0.04, 0.04, 0.04, 0.02)
GARDEN_STATES = ("full", "full", "full", "full", "open", "open", "open", "paused", "draft")


@dataclass(frozen=True)
class GardenLot:
    """Where one garden lies: its lot, the garden, its plots and what is left of the block."""

    block: int
    lot: Polygon
    garden: Polygon
    plots: tuple[Polygon, ...]
    rest: tuple[Polygon, ...]


def _rows(garden: Polygon, length_m: float, breadth_m: float) -> list[Polygon]:
    """Every plot of this size that fits in rows, a path all around each."""
    within = garden.buffer(-PATH_M)
    if within.is_empty:
        return []
    corner, heading, long_side, short_side = long_axis(garden)
    cells = [
        rectangle(along(corner, heading, u, v), heading, breadth_m, length_m)
        for v in np.arange(PATH_M, short_side - length_m, length_m + PATH_M)
        for u in np.arange(PATH_M, long_side - breadth_m, breadth_m + PATH_M / 2)
    ]
    if not cells:
        return []
    shapely.prepare(within)
    fits = shapely.contains(within, np.array(cells, dtype=object))
    return [cell for cell, fit in zip(cells, fits, strict=True) if fit]


def _fit(index: int, block: Polygon, plots: int, rng: np.random.Generator) -> GardenLot | None:
    length, breadth = float(rng.uniform(5, 8)), float(rng.uniform(3, 4.5))
    flip = bool(rng.integers(2))
    low, high = 0.03, 0.95
    best: GardenLot | None = None
    for _ in range(9):
        share = (low + high) / 2
        lot, rest = end_of(block, share, flip)
        garden = to_centimetres(largest(mitred(lot, -MARGIN_M)))
        cells = _rows(garden, length, breadth) if not garden.is_empty else []
        if len(cells) >= plots:
            high = share
            best = GardenLot(
                index,
                lot,
                garden,
                tuple(to_centimetres(cell) for cell in cells[:plots]),
                tuple(polygons(rest, min_area_m2=60.0)),
            )
        else:
            low = share
    return best


def place_gardens(
    blocks: tuple[Polygon, ...], taken: set[int], rng: np.random.Generator
) -> list[GardenLot]:
    """Nine gardens in as many blocks, 180 plots in all, at least eight each.

    Raises BadInput where the town has too few blocks left.
    """
    extra = rng.multinomial(PLOTS - GARDENS * FEWEST_PLOTS, rng.dirichlet(np.full(GARDENS, 2.0)))
    free = [int(at) for at in rng.permutation(len(blocks)) if int(at) not in taken]
    placed: list[GardenLot] = []
    for wanted in sorted((int(more) + FEWEST_PLOTS for more in extra), reverse=True):
        for at in free:
            if blocks[at].area < 60.0 * wanted:
                continue
            garden = _fit(at, blocks[at], wanted, rng)
            if garden is not None:
                placed.append(garden)
                free.remove(at)
                break
        else:
            raise BadInput(f"This town has no block left for a garden of {wanted} plots.")
    return [placed[int(at)] for at in rng.permutation(GARDENS)]


def name_garden(lot: GardenLot, state: str, used: set[str], rng: np.random.Generator) -> GardenPlan:
    """A made-up garden for a lot; a full garden has no free plot, a draft has given none away."""
    topic = OF_TOPICS[int(rng.integers(len(OF_TOPICS)))]
    while topic in used:
        topic = OF_TOPICS[int(rng.integers(len(OF_TOPICS)))]
    used.add(topic)
    plots = []
    for number, polygon in enumerate(lot.plots, start=1):
        drawn = str(rng.choice(PLOT_STATES, p=PLOT_SHARES))
        if state == "full" and drawn == "available":
            drawn = "occupied"
        if state == "draft":
            drawn = "available"
        plots.append(PlotPlan(polygon, f"{number:02d}", drawn))
    if state == "open" and all(plot.state != "available" for plot in plots):
        first = plots[0]
        plots[0] = PlotPlan(first.polygon, first.number, "available")
    return GardenPlan(lot.garden, f"Jardin partagé {topic}", state, tuple(plots))
