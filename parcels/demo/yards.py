"""Schools: a lot cut from a block's end, a building along its edges, and the yard that is left."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry

from greening.demo.names import OF_TOPICS
from greening.demo.shapes import (
    along,
    cut,
    largest,
    long_axis,
    mitred,
    polygons,
    rectangle,
    simplified,
    to_centimetres,
)
from greening.errors import BadInput
from parcels.demo.plans import SchoolPlan

SMALLEST_YARD_M2, LARGEST_YARD_M2 = 400.0, 4_000.0
UAI_LETTERS = (
    "ABCDEFGHJKLMNPRSTUVWXYZ"  # the check letter is the number modulo 23 (ONISEP; recalled)
)
LEVELS = {
    "nursery": ("École maternelle", 0.30),
    "primary": ("École élémentaire", 0.35),
    "combined": ("Groupe scolaire", 0.20),
    "secondary": ("Collège", 0.15),
}


@dataclass(frozen=True)
class SchoolLot:
    """Where one school stands: its lot, its buildings, its yard, and what is left of the block."""

    block: int
    lot: Polygon
    buildings: tuple[Polygon, ...]
    height_m: float
    yard: Polygon
    rest: tuple[Polygon, ...]


@dataclass(frozen=True)
class _Wings:
    """Depth of the school's wings, metres, and which sides of the lot they line."""

    depth_m: float
    sides: tuple[bool, bool, bool]


def end_of(block: Polygon, share: float, flip: bool) -> tuple[Polygon, BaseGeometry]:
    """The first `share` of a block along its long side, and the rest."""
    corner, heading, length, breadth = long_axis(block)
    if flip:
        corner, heading = along(corner, heading, length, breadth), heading + math.pi
    origin = along(corner, heading, length * share)
    end, rest = cut(block, origin, heading + math.pi / 2)
    return largest(end), rest


def _school_on(lot: Polygon, wings: _Wings) -> tuple[list[Polygon], Polygon]:
    """The school's wings and its yard on a lot."""
    inside = largest(mitred(lot, -2.0))
    if inside.is_empty:
        return [], inside
    corner, heading, length, breadth = long_axis(inside)
    strips = (
        rectangle(corner, heading, length, wings.depth_m),
        rectangle(corner, heading, wings.depth_m, breadth),
        rectangle(along(corner, heading, length - wings.depth_m), heading, wings.depth_m, breadth),
    )
    chosen = [strip for strip, on in zip(strips, wings.sides, strict=True) if on]
    wing = shapely.union_all(chosen)
    built = polygons(inside.intersection(wing), min_area_m2=60.0)
    open_ground = mitred(inside, -0.5)
    for part in built:
        open_ground = open_ground.difference(mitred(part, 1.0))
    # Opening by 4 m drops corners where no child would play and no tree would stand.
    yard = largest(mitred(mitred(open_ground, -4.0), 4.0).intersection(open_ground))
    return built, largest(simplified(yard, 0.3))


def _fit(
    index: int, block: Polygon, wanted_m2: float, rng: np.random.Generator
) -> SchoolLot | None:
    """A school lot at one end of the block whose yard is within 5 % of `wanted_m2`, or None."""
    shapes = ((True, False, False), (True, True, False), (True, True, True), (False, True, False))
    wings = _Wings(float(rng.uniform(9, 14)), shapes[int(rng.integers(len(shapes)))])
    flip = bool(rng.integers(2))
    height = 3.5 * int(rng.integers(2, 5))
    low, high = 0.08, 1.0
    for _ in range(14):
        share = (low + high) / 2
        lot, rest = end_of(block, share, flip)
        built, yard = _school_on(lot, wings)
        if abs(yard.area - wanted_m2) < 0.03 * wanted_m2 and built and not yard.interiors:
            return SchoolLot(
                index,
                lot,
                tuple(built),
                height,
                to_centimetres(yard),
                tuple(polygons(rest, min_area_m2=60.0)),
            )
        if yard.area < wanted_m2:
            low = share
        else:
            high = share
    return None


def place_schools(
    blocks: tuple[Polygon, ...], taken: set[int], count: int, rng: np.random.Generator
) -> list[SchoolLot]:
    """`count` schools in as many blocks, yards spread evenly in log area from 400 to 4,000 m².

    Raises BadInput where the town has too few blocks left.
    """
    spread = np.geomspace(SMALLEST_YARD_M2 * 1.03, LARGEST_YARD_M2 * 0.97, count)
    if count > 2:
        spread[1:-1] *= np.exp(rng.uniform(-0.06, 0.06, count - 2))
    free = [int(at) for at in rng.permutation(len(blocks)) if int(at) not in taken]
    placed: list[SchoolLot] = []
    for wanted in spread[::-1]:  # the largest are the hardest to place
        for at in free:
            if blocks[at].area < 1.4 * wanted + 300:
                continue
            school = _fit(at, blocks[at], float(wanted), rng)
            if school is not None:
                placed.append(school)
                free.remove(at)
                break
        else:
            raise BadInput(
                f"This town has no block left for a yard of {wanted:.0f} m²: "
                f"ask for fewer than {count} yards."
            )
    return [placed[int(at)] for at in rng.permutation(count)]


def uai(number: int) -> str:
    """A well-formed school identifier of département 000, which no school has.

    >>> uai(1)
    '0000001B'
    """
    return f"{number:07d}{UAI_LETTERS[number % 23]}"


def name_school(
    number: int, lot: SchoolLot, used: set[str], rng: np.random.Generator
) -> SchoolPlan:
    """A made-up school for a lot: level, name, and pupils in proportion to its yard."""
    levels = list(LEVELS)
    level = levels[int(rng.choice(len(levels), p=[share for _, share in LEVELS.values()]))]
    topic = OF_TOPICS[int(rng.integers(len(OF_TOPICS)))]
    while topic in used:
        topic = OF_TOPICS[int(rng.integers(len(OF_TOPICS)))]
    used.add(topic)
    pupils = int(np.clip(lot.yard.area / rng.uniform(3.5, 10.0), 70, 620))
    spot: Point = lot.buildings[0].representative_point()
    return SchoolPlan(
        name=f"{LEVELS[level][0]} {topic}",
        uai=uai(number),
        level=level,
        pupils=pupils,
        point=to_centimetres(spot),
    )
