"""A small town drawn by hand, so that tests of the demo's physics need neither streets nor seconds."""

from __future__ import annotations

from functools import cache

from shapely import Polygon, box

from heat_islands.demo.frame import Layout
from heat_islands.demo.town import DemoTown, Variant, town_on

LEFT, BOTTOM = 645_003.0, 6_857_507.0  # in Issy's extent, off the 10 m grid on purpose
SIDE_M = 4_000.0
YARD_SIDES_M = (22.0, 30.0, 38.0, 46.0)


def small_layout() -> Layout:
    """Twelve blocks of 200 × 180 m, in eight of them a school's yard between two buildings."""
    blocks, streets, buildings, yards = [], [], [], []
    for row in range(3):
        for col in range(4):
            x, y = LEFT + 20 + 220 * col, BOTTOM + 20 + 200 * row
            blocks.append(box(x, y, x + 200, y + 180))
            buildings.append((box(x, y, x + 200, y + 12), 18.0))
            buildings.append((box(x, y + 168, x + 200, y + 180), 15.0))
            if row < 2:
                side = YARD_SIDES_M[col]
                yards.append(box(x + 60, y + 40, x + 60 + side, y + 40 + 1.3 * side))
                buildings.append((box(x + 46, y + 40, x + 59, y + 90), 9.0))
    for col in range(5):
        streets.append(box(LEFT + 220 * col, BOTTOM, LEFT + 220 * col + 20, BOTTOM + 620))
    for row in range(4):
        streets.append(box(LEFT, BOTTOM + 200 * row, LEFT + 900, BOTTOM + 200 * row + 20))
    parks = (blocks.pop(9),)
    return Layout(
        outline=box(LEFT, BOTTOM, LEFT + 900, BOTTOM + 620),
        streets=tuple(streets),
        blocks=tuple(blocks),
        parks=parks,
        water=(Polygon(box(LEFT - 100, BOTTOM + 640, LEFT + 1_000, BOTTOM + 720)),),
        buildings=tuple(buildings),
        yards=tuple(yards),
    )


@cache
def small_town(seed: int = 1, variant: Variant = "standard") -> DemoTown:
    """The physics of a seed over the small layout, 4 × 4 km; made once a run."""
    return town_on(small_layout(), seed, variant=variant, side_m=SIDE_M)
