"""The demo town's land, from its ground: `build_land` is pure, deterministic and needs no database."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely import Polygon

from greening.demo.ground import Ground, RoofPlan
from greening.demo.shapes import along, cut, long_axis, polygons, to_centimetres
from parcels.demo import fabric, gardens, yards
from parcels.demo.plans import BuildingPlan, Land, ParcelPlan, YardPlan

YARDS = 24
PARAPET_M = 1.0  # a green roof ends this far from its building's walls
ROOF_LOT_MARGIN_M = 2.0
SECTION = 400  # parcels a cadastral section


def build_land(ground: Ground, *, yards: int = YARDS) -> Land:
    """The land of a ground, with `yards` schools of one courtyard each; same ground, same bytes.

    Raises BadInput when the town has no room for that many yards.
    """
    return _Builder(ground).build(yards)


class _Builder:
    """Collects lots and buildings block by block."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.lots: list[Polygon] = []
        self.built: list[tuple[Polygon, float]] = []
        self.manner = fabric.draw_manner(np.random.default_rng([ground.seed, 10]), ground.outline)

    def build(self, count: int) -> Land:
        ground = self.ground
        rng = np.random.default_rng([ground.seed, 11, count])
        roofed = self._roofs_by_block()
        taken = set(roofed)
        school_lots = yards.place_schools(ground.blocks, taken, count, rng)
        taken |= {lot.block for lot in school_lots}
        garden_lots = gardens.place_gardens(ground.blocks, taken, rng)
        taken |= {lot.block for lot in garden_lots}

        free: list[tuple[int, tuple[Polygon, ...]]] = [
            (at, (block,)) for at, block in enumerate(ground.blocks) if at not in taken
        ]
        for school in school_lots:
            self.lots.append(school.lot)
            self.built += [(wing, school.height_m) for wing in school.buildings]
            free.append((school.block, school.rest))
        for garden in garden_lots:
            self.lots.append(garden.lot)
            free.append((garden.block, garden.rest))
        for at, roof in sorted(roofed.items()):
            free.append((at, self._house_roof(ground.blocks[at], roof)))
        for at, pieces in sorted(free, key=lambda entry: entry[0]):
            for number, piece in enumerate(pieces):
                self._fill(at, number, piece)

        used: set[str] = set()
        return Land(
            seed=ground.seed,
            parcels=self._parcels(),
            buildings=self._buildings(),
            schools=tuple(
                yards.name_school(number, lot, used, rng)
                for number, lot in enumerate(school_lots, start=1)
            ),
            yards=tuple(YardPlan(lot.yard, number) for number, lot in enumerate(school_lots)),
            gardens=tuple(
                gardens.name_garden(lot, state, used, rng)
                for lot, state in zip(garden_lots, gardens.GARDEN_STATES, strict=True)
            ),
        )

    def _roofs_by_block(self) -> dict[int, RoofPlan]:
        tree = shapely.STRtree(self.ground.blocks)
        found: dict[int, RoofPlan] = {}
        for roof in self.ground.roofs:
            (at,) = tree.query(roof.polygon.centroid, predicate="within")
            found[int(at)] = roof
        return found

    def _house_roof(self, block: Polygon, roof: RoofPlan) -> tuple[Polygon, ...]:
        """Puts a building under a green roof on a lot across the block; returns the block's rest."""
        rng = np.random.default_rng(
            [self.ground.seed, 12, round(roof.polygon.centroid.x), round(roof.polygon.centroid.y)]
        )
        corner, heading, length, _ = long_axis(roof.polygon)
        before = along(corner, heading, -ROOF_LOT_MARGIN_M)
        after = along(corner, heading, length + ROOF_LOT_MARGIN_M)
        left, ahead = cut(block, before, heading + math.pi / 2)
        rest = polygons(left, min_area_m2=1.0)
        for piece in polygons(ahead, min_area_m2=1.0):
            lot, right = cut(piece, after, heading + math.pi / 2)
            self.lots += polygons(lot, min_area_m2=1.0)
            rest += polygons(right, min_area_m2=1.0)
        building = roof.polygon.buffer(PARAPET_M, join_style="mitre")
        self.built.append((building, fabric.STOREY_M * int(rng.integers(3, 9))))
        return tuple(rest)

    def _fill(self, at: int, number: int, piece: Polygon) -> None:
        """Cuts one free piece of block `at` into lots and builds on them."""
        rng = np.random.default_rng([self.ground.seed, 13, at, number])
        kind = fabric.choose_fabric(piece, self.manner, rng)
        lots = fabric.lots_of(piece, float(rng.uniform(*kind.lot_m2)), rng)
        self.lots += lots
        if piece.area > fabric.MIN_LOT_M2:
            self.built += fabric.footprints_on(piece, lots, kind, self.manner.emptier, rng)

    def _parcels(self) -> tuple[ParcelPlan, ...]:
        lots = sorted(self.lots, key=_reading_order)
        return tuple(ParcelPlan(_tidy(lot), reference(number)) for number, lot in enumerate(lots))

    def _buildings(self) -> tuple[BuildingPlan, ...]:
        built = sorted(self.built, key=lambda pair: _reading_order(pair[0]))
        return tuple(
            BuildingPlan(_tidy(polygon), height, f"DEMO-B{number:05d}")
            for number, (polygon, height) in enumerate(built, start=1)
        )


def reference(number: int) -> str:
    """A made-up cadastral reference: section letters, then a number within the section.

    >>> reference(0), reference(401)
    ('DEMO AA 0001', 'DEMO AB 0002')
    """
    section, within = divmod(number, SECTION)
    first, second = divmod(section, 26)
    return f"DEMO {chr(65 + first)}{chr(65 + second)} {within + 1:04d}"


def _reading_order(polygon: Polygon) -> tuple[int, float, float]:
    """North to south in bands of 200 m, then west to east, as a cadastre is numbered."""
    left, bottom, _, top = polygon.bounds
    return -int((bottom + top) / 400), left, bottom


def _tidy(polygon: Polygon) -> Polygon:
    """Coordinates to the centimetre; where rounding crosses an edge, the polygon as it was."""
    rounded = to_centimetres(polygon)
    return rounded if rounded.is_valid else polygon
