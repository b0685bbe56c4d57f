"""The street network: the town is cut in two again and again, then bent, so that blocks vary like a town's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from greening.demo.names import StreetNames
from greening.demo.plans import StreetPlan
from greening.demo.shapes import (
    Place,
    along,
    cut,
    largest,
    long_axis,
    polygons,
    simplified,
    to_centimetres,
)

MIN_BLOCK_M2 = 500.0  # less is a verge, not a block
MIN_BLOCK_WIDTH_M = 12.0
MAX_SQUARES = 14  # small green squares beside the large parks
MIN_STREET_M = 40.0
DENSE_M = 25.0  # vertex spacing before bending
QUAI_WIDTH_M = 18.0


@dataclass(frozen=True)
class Network:
    """Streets, the blocks between them and the blocks kept as parks."""

    streets: tuple[StreetPlan, ...]
    blocks: tuple[Polygon, ...]
    parks: tuple[Polygon, ...]


@dataclass(frozen=True)
class Character:
    """What makes one town unlike another; drawn once a town."""

    block_m2: float  # median size of a block at mid-distance from the centre
    heading: float  # of the first cut, radians
    unrest: float  # spread of the cutting angle, radians
    centre: tuple[float, float]
    park_share: float  # of the land
    large_parks: int


def draw_character(rng: np.random.Generator, land: Polygon) -> Character:
    """One town's character, within what Île-de-France's inner suburbs show."""
    left, bottom, right, top = land.bounds
    return Character(
        block_m2=float(rng.uniform(6_500, 13_000)),
        heading=float(rng.uniform(0, math.pi)),
        unrest=math.radians(float(rng.uniform(3, 9))),
        centre=(
            left + (right - left) * float(rng.uniform(0.40, 0.68)),
            bottom + (top - bottom) * float(rng.uniform(0.40, 0.65)),
        ),
        park_share=float(rng.uniform(0.06, 0.12)),
        large_parks=int(rng.integers(4, 8)),
    )


class Bend:
    """A smooth displacement of the plane that never folds: it turns straight cuts into streets."""

    def __init__(self, rng: np.random.Generator, *, waves: int = 4, steepest: float = 0.5) -> None:
        lengths = rng.uniform(700, 2_200, waves)
        angles = rng.uniform(0, 2 * math.pi, waves)
        self._k = (2 * math.pi / lengths)[:, None] * np.stack((np.cos(angles), np.sin(angles)), 1)
        self._phase = rng.uniform(0, 2 * math.pi, (waves, 2))
        # Amplitude × wave number is the slope; the slopes of all waves together stay below 1.
        share = rng.uniform(0.3, 1.0, (waves, 2))
        share = share / share.sum(axis=0) * steepest
        self._amplitude = share * (lengths / (2 * math.pi))[:, None]

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Displaced copies of `points` (shape (n, 2), metres)."""
        turns = points @ self._k.T
        moved = self._amplitude[None] * np.sin(turns[:, :, None] + self._phase[None])
        displaced: NDArray[np.float64] = points + moved.sum(axis=1)
        return displaced


def _width(area_m2: float, rng: np.random.Generator) -> tuple[float, str]:
    """Width and rank of the street that cuts a piece of town of this size."""
    if area_m2 > 500_000:
        return float(rng.uniform(24, 32)), "avenue"
    if area_m2 > 110_000:
        return float(rng.uniform(14, 20)), "rue"
    if area_m2 > 26_000:
        return float(rng.uniform(10.5, 14)), "rue"
    return float(rng.uniform(7.5, 10)), "allée"


def _cuts(
    start: Polygon,
    character: Character,
    greens: list[tuple[Point, float]],
    rng: np.random.Generator,
) -> tuple[list[tuple[LineString, float, str]], list[Polygon]]:
    """Straight street lines with width and rank, and the cells kept whole for large parks."""
    lines: list[tuple[LineString, float, str]] = []
    kept: list[Polygon] = []
    cx, cy = character.centre
    pending: list[tuple[Polygon, int]] = [(start, 0)]
    while pending:
        cell, depth = pending.pop()
        area = cell.area
        green = next((size for point, size in greens if cell.contains(point)), None)
        if green is not None and area < green:
            kept.append(cell)
            continue
        middle = cell.centroid
        away = math.hypot(middle.x - cx, middle.y - cy)
        # Blocks are smaller around the centre.
        wanted = character.block_m2 * (0.65 + min(away / 1_300, 1.0) * 0.7)
        if area < wanted * float(rng.lognormal(0.0, 0.25)) * 1.45:
            continue
        corner, heading, length, breadth = long_axis(cell)
        split = None
        for _ in range(8):
            spread = character.unrest * (2.2 if depth < 3 else 1.0)
            angle = heading + math.pi / 2 + float(rng.normal(0.0, spread))
            if depth == 0:
                angle = character.heading
            split = _split(cell, corner, heading, length, breadth, angle, rng)
            if split is not None:
                break
        if split is None:
            continue
        line, left, right = split
        width, kind = _width(area, rng)
        lines.append((line, width, kind))
        pending += [(left, depth + 1), (right, depth + 1)]
    return lines, kept


def _split(
    cell: Polygon,
    corner: Place,
    heading: float,
    length: float,
    breadth: float,
    angle: float,
    rng: np.random.Generator,
) -> tuple[LineString, Polygon, Polygon] | None:
    """A cell cut by a line near its middle: the line and both sides, None where one is a sliver."""
    x, y = along(corner, heading, length * float(rng.uniform(0.36, 0.64)), breadth / 2)
    reach_x, reach_y = 2 * length * math.cos(angle), 2 * length * math.sin(angle)
    ray = LineString([(x - reach_x, y - reach_y), (x + reach_x, y + reach_y)])
    line = ray.intersection(cell)
    left, right = (largest(side) for side in cut(cell, (x, y), angle))
    if not isinstance(line, LineString) or min(left.area, right.area) < 0.15 * cell.area:
        return None
    return line, left, right


def _bent(geometry: LineString | Polygon, bend: Bend) -> LineString | Polygon:
    return shapely.transform(shapely.segmentize(geometry, DENSE_M), bend)


def build_network(
    seed: int, outline: Polygon, water: Polygon, bank: LineString
) -> tuple[Network, Character]:
    """The streets, blocks and parks of town `seed` (all metres); `bank` is the river's middle line."""
    rng = np.random.default_rng([seed, 1])
    land = largest(outline.difference(water))
    character = draw_character(rng, land)
    bend = Bend(rng)
    left, bottom, right, top = land.bounds
    margin = 700.0  # the bend moves points by less than this
    start = Polygon(
        [
            (left - margin, bottom - margin),
            (right + margin, bottom - margin),
            (right + margin, top + margin),
            (left - margin, top + margin),
        ]
    )
    inner = land.buffer(-250)
    greens = [
        (_point_within(inner, rng), float(rng.uniform(20_000, 90_000)))
        for _ in range(character.large_parks)
    ]
    lines, kept = _cuts(start, character, greens, rng)
    quai = to_centimetres(bank.offset_curve(-_bank_distance(bank, water, land)).intersection(land))
    names = StreetNames(rng)
    plans: list[StreetPlan] = []
    for piece in _line_parts(quai):
        plans.append(StreetPlan(names.draw("quai"), piece, QUAI_WIDTH_M, "quai"))
    riverside = land.difference(water.buffer(QUAI_WIDTH_M + 4))
    for line, width, kind in lines:
        bent = _bent(line, bend).intersection(riverside)
        for piece in _line_parts(bent):
            plans.append(
                StreetPlan(
                    names.draw(kind), to_centimetres(simplified(piece, 0.4)), round(width, 1), kind
                )
            )
    paved = shapely.union_all([plan.surface for plan in plans])
    blocks = [
        to_centimetres(block)
        for block in polygons(land.difference(paved), min_area_m2=MIN_BLOCK_M2)
        if not block.buffer(-MIN_BLOCK_WIDTH_M / 2).is_empty
    ]
    blocks.sort(key=lambda block: (round(block.centroid.y), round(block.centroid.x)))
    kept_bent = [_bent(cell, bend) for cell in kept]
    parks = _parks(blocks, kept_bent, character, land, rng)
    chosen = set(parks)
    return (
        Network(
            streets=tuple(plans),
            blocks=tuple(block for at, block in enumerate(blocks) if at not in chosen),
            parks=tuple(blocks[at] for at in parks),
        ),
        character,
    )


def _bank_distance(bank: LineString, water: Polygon, land: Polygon) -> float:
    """How far right of the river's middle the quay's centre line runs (negative: left), metres."""
    half = water.area / bank.length / 2 + QUAI_WIDTH_M / 2 + 3.0
    right = bank.offset_curve(-half).intersection(land).length
    left = bank.offset_curve(half).intersection(land).length
    return half if right >= left else -half


def _line_parts(geometry: BaseGeometry) -> list[LineString]:
    parts = [geometry] if isinstance(geometry, LineString) else getattr(geometry, "geoms", [])
    return [part for part in parts if isinstance(part, LineString) and part.length > MIN_STREET_M]


def _point_within(area: BaseGeometry, rng: np.random.Generator) -> Point:
    left, bottom, right, top = area.bounds
    while True:
        point = Point(rng.uniform(left, right), rng.uniform(bottom, top))
        if area.contains(point):
            return point


def _parks(
    blocks: list[Polygon],
    kept: list[LineString | Polygon],
    character: Character,
    land: Polygon,
    rng: np.random.Generator,
) -> list[int]:
    """Which blocks are parks: the cells kept whole, then small squares until the share is reached."""
    tree = shapely.STRtree([block.representative_point() for block in blocks])
    parks = sorted({int(at) for cell in kept for at in tree.query(cell, predicate="contains")})
    area = sum(blocks[at].area for at in parks)
    squares = 0
    for at in rng.permutation(len(blocks)):
        if area >= character.park_share * land.area or squares == MAX_SQUARES:
            break
        if int(at) not in parks and blocks[at].area < 1.6 * character.block_m2:
            parks.append(int(at))
            area += blocks[at].area
            squares += 1
    return sorted(parks)
