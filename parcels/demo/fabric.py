"""How a block is built: cut into lots, each lot with the footprint its kind of fabric puts there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Polygon
from shapely.affinity import scale

from greening.demo.shapes import along, cut, largest, long_axis, mitred, polygons

MIN_LOT_M2 = 60.0
MIN_FOOTPRINT_M2 = 35.0
STOREY_M = 3.0
BACKLAND = 0.45  # share of inner lots with a building of their own


@dataclass(frozen=True)
class Fabric:
    """One way of building a block; every range is drawn from once a block or a building."""

    name: str
    lot_m2: tuple[float, float]
    setback_m: tuple[float, float]  # from the façade line
    depth_m: tuple[float, float]  # of the built band along it
    gap_m: float  # between a building and its lot's limits; 0 builds wall to wall
    storeys: tuple[int, int]
    empty: float  # share of lots without a building


# Ranges typical of an inner suburb of Paris, chosen by eye; heights span 6 to 30 m on streets, 3 to 9 behind.
PERIMETER = Fabric("perimeter", (260, 620), (0.6, 2.5), (9.5, 13.0), 0.0, (4, 8), 0.05)
SLABS = Fabric("slabs", (2_200, 4_200), (6.0, 12.0), (11.0, 15.0), 4.0, (7, 10), 0.05)
HOUSES = Fabric("houses", (190, 420), (2.5, 5.0), (8.0, 11.0), 1.4, (2, 3), 0.06)
OFFICES = Fabric("offices", (2_000, 5_000), (2.5, 6.0), (18.0, 34.0), 2.5, (3, 9), 0.08)
FABRICS = (PERIMETER, SLABS, HOUSES, OFFICES)


@dataclass(frozen=True)
class Manner:
    """How one town mixes fabrics: shares at its centre and at its rim, and how full its lots are."""

    centre: tuple[float, float]
    at_centre: tuple[float, ...]
    at_rim: tuple[float, ...]
    emptier: float  # added to every fabric's share of empty lots
    reach_m: float  # distance from the centre at which the rim's shares hold


def draw_manner(rng: np.random.Generator, outline: Polygon) -> Manner:
    """One town's manner: dense or airy, with its densest quarter somewhere of its own."""
    left, bottom, right, top = outline.bounds
    return Manner(
        centre=(
            left + (right - left) * float(rng.uniform(0.3, 0.75)),
            bottom + (top - bottom) * float(rng.uniform(0.3, 0.7)),
        ),
        at_centre=tuple(rng.dirichlet((9.0, 1.5, 1.0, 2.0))),
        at_rim=tuple(rng.dirichlet((2.5, 2.5, 5.0, 2.0))),
        emptier=float(rng.uniform(0.0, 0.18)),
        reach_m=float(rng.uniform(900, 1_600)),
    )


def choose_fabric(block: Polygon, manner: Manner, rng: np.random.Generator) -> Fabric:
    """The fabric of one block, by its distance from the town's densest quarter."""
    middle = block.centroid
    away = math.hypot(middle.x - manner.centre[0], middle.y - manner.centre[1])
    t = min(away / manner.reach_m, 1.0)
    shares = (1 - t) * np.array(manner.at_centre) + t * np.array(manner.at_rim)
    return FABRICS[int(rng.choice(len(FABRICS), p=shares / shares.sum()))]


def lots_of(block: Polygon, lot_m2: float, rng: np.random.Generator) -> list[Polygon]:
    """The block cut in two across its long side again and again, until lots are about `lot_m2`."""
    done: list[Polygon] = []
    pending = [block]
    while pending:
        piece = pending.pop()
        if piece.area < 1.5 * lot_m2:
            done.append(piece)
            continue
        corner, heading, length, breadth = long_axis(piece)
        origin = along(corner, heading, length * float(rng.uniform(0.42, 0.58)), breadth / 2)
        sides = cut(piece, origin, heading + math.pi / 2)
        parts = [part for side in sides for part in polygons(side, min_area_m2=1.0)]
        if len(parts) < 2 or min(part.area for part in parts) < MIN_LOT_M2:
            done.append(piece)
            continue
        pending += parts
    return done


def footprints_on(
    block: Polygon, lots: list[Polygon], fabric: Fabric, emptier: float, rng: np.random.Generator
) -> list[tuple[Polygon, float]]:
    """Footprint and height of the building on each lot that has one."""
    setback = float(rng.uniform(*fabric.setback_m))
    depth = float(rng.uniform(*fabric.depth_m))
    band = mitred(block, -setback).difference(mitred(block, -setback - depth))
    sites = np.array(lots, dtype=object)
    if fabric.gap_m:
        sites = shapely.buffer(sites, -fabric.gap_m, join_style="mitre", mitre_limit=2.0)
    pieces = shapely.intersection(sites, band)
    usual = int(rng.integers(fabric.storeys[0], fabric.storeys[1] + 1))
    built: list[tuple[Polygon, float]] = []
    for lot, piece in zip(lots, pieces, strict=True):
        empty = rng.random() < fabric.empty + emptier
        storeys = usual + int(rng.integers(-1, 2))
        storeys = min(max(storeys, fabric.storeys[0]), fabric.storeys[1])
        footprint = largest(piece)
        if footprint.area < MIN_FOOTPRINT_M2:
            # A lot that does not reach the street: now and then a low building in the backland.
            footprint = largest(scale(lot, *rng.uniform(0.45, 0.7, 2)).intersection(lot))
            empty = empty or rng.random() > BACKLAND
            storeys = int(rng.integers(1, 4))
        if not empty and footprint.area >= MIN_FOOTPRINT_M2:
            built.append((footprint, storeys * STOREY_M))
    return built
