"""The country around the demo town: city, suburbs, works, fields, woods and a river, at 10 m.

Procedural and seeded. Each cell holds shares of six kinds of ground that sum to 1; streets, rows of
buildings, courtyards, plots and hedges are smaller than a cell, so most cells are mixed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely import LineString, Polygon, get_coordinates

from heat_islands.demo.fields import Array, smooth_noise, stream
from heat_islands.demo.frame import Frame, Layout, averaged

SEALED, ROOF, GRASS, TREE, SOIL, WATER = range(6)
KINDS = ("sealed", "roof", "grass", "tree", "soil", "water")

CITY, SUBURB, WORKS, PARK, FIELD, FOREST = range(6)
# Share of the region in each land use, least urban first: a rural reference needs fields and woods.
_SHARES = {FOREST: 0.15, FIELD: 0.17, SUBURB: 0.36, CITY: 0.32}

# Size of a street block (m), street width (m), depth of the built row (m) and its eaves (m).
_BLOCKS: dict[int, tuple[float, float, float, float, float]] = {
    CITY: (95.0, 70.0, 13.0, 13.0, 18.0),
    SUBURB: (120.0, 75.0, 9.0, 0.0, 7.0),
    WORKS: (170.0, 130.0, 14.0, 0.0, 10.0),
}
# Typical shares of the ground inside a block or a land use, before its own variations.
_GROUND: dict[int, tuple[float, float, float, float, float]] = {  # sealed, roof, grass, tree, soil
    CITY: (0.50, 0.06, 0.17, 0.20, 0.07),
    SUBURB: (0.16, 0.27, 0.30, 0.21, 0.06),
    WORKS: (0.38, 0.44, 0.10, 0.04, 0.04),
    PARK: (0.09, 0.01, 0.48, 0.38, 0.04),
    FIELD: (0.01, 0.005, 0.52, 0.06, 0.40),
    FOREST: (0.01, 0.002, 0.05, 0.92, 0.018),
}
# How much blocks or parcels of one land use differ, and how finely their ground is mixed (logits).
_BETWEEN = {CITY: 0.9, SUBURB: 0.5, WORKS: 0.6, PARK: 0.6, FIELD: 1.3, FOREST: 0.4}
_WITHIN = {CITY: 1.5, SUBURB: 1.3, WORKS: 1.2, PARK: 1.5, FIELD: 0.8, FOREST: 0.7}


@dataclass(frozen=True)
class Fabric:
    """Shares (6, H, W) of the kinds of ground, the eaves of buildings (m) and the crowns' height (m).

    Heights are those of the roofs and crowns themselves, whatever share of the cell they cover.
    """

    fractions: Array
    building_m: Array
    crown_m: Array


def land_uses(seed: int, frame: Frame) -> NDArray[np.uint8]:
    """The land use of every cell: dense to the north-east, fields and woods to the south-west."""
    shape = frame.shape
    rng = stream(seed, "land use")
    step = frame.cell_m
    east = (np.arange(shape[1], dtype=np.float32) - shape[1] / 2) * step
    north = (shape[0] / 2 - np.arange(shape[0], dtype=np.float32)) * step
    half = max(shape) * step / 2
    urban = (0.75 * east[None, :] + 0.65 * north[:, None]) / half
    urban = urban + 0.55 * smooth_noise(rng, shape, 1_100 / step)
    urban = urban + 0.25 * smooth_noise(rng, shape, 350 / step)
    wooded = smooth_noise(rng, shape, 700 / step)

    uses = np.full(shape, SUBURB, dtype=np.uint8)
    open_share = _SHARES[FOREST] + _SHARES[FIELD]
    low, high = np.quantile(urban, [open_share, 1 - _SHARES[CITY]])
    uses[urban > high] = CITY
    rural = urban < low
    forest_level = np.quantile(wooded[rural], _SHARES[FIELD] / open_share)
    uses[rural] = np.where(wooded[rural] > forest_level, FOREST, FIELD)
    special = smooth_noise(rng, shape, 260 / step)
    uses[~rural & (special > np.quantile(special, 0.93))] = WORKS
    uses[~rural & (special < np.quantile(special, 0.06))] = PARK
    return uses


def river(seed: int, frame: Frame, layout: Layout) -> list[Polygon]:
    """The region's water: the town's own, and a river from its ends to the region's edges.

    A town without water gets a river across the region; water that leaves the region is left as it is.
    """
    rng = stream(seed, "river")
    left, bottom, right, top = frame.bounds
    if layout.water:
        largest = max(layout.water, key=lambda polygon: polygon.area)
        corners = get_coordinates(largest)
        middle = corners.mean(axis=0)
        axis = np.linalg.svd(corners - middle, full_matrices=False)[2][0]
        along = (corners - middle) @ (axis if axis[0] > 0 else -axis)
        first, last = (corners[np.argsort(sign * along)[:2]].mean(axis=0) for sign in (1, -1))
        width = 2 * largest.area / largest.length  # of a long thin polygon
        start, end = (float(first[0]), float(first[1])), (float(last[0]), float(last[1]))
    else:
        start = end = (left + 0.4 * (right - left), bottom + 0.8 * (top - bottom))
        width = 140.0

    reaches = list(layout.water)
    for (x, y), edge in ((start, left - 500), (end, right + 500)):
        if not left < x < right:
            continue
        bends = [(x, y)]
        for share in np.linspace(0.12, 1.0, 6):
            bends.append(
                (
                    x + float(share) * (edge - x),
                    bends[-1][1] + float(rng.normal(0, 0.035)) * (top - bottom),
                )
            )
        for _ in range(3):  # corners cut: a river bends, it does not turn
            cut = [
                (0.25 * a + 0.75 * c, 0.25 * b + 0.75 * d)
                for (a, b), (c, d) in itertools.pairwise(bends)
            ]
            back = [
                (0.75 * a + 0.25 * c, 0.75 * b + 0.25 * d)
                for (a, b), (c, d) in itertools.pairwise(bends)
            ]
            bends = [bends[0], *itertools.chain(*zip(back, cut, strict=True)), bends[-1]]
        reaches.append(LineString(bends).buffer(width / 2))
    return reaches


def _shared_blocks(
    seed: int, frame: Frame, use: int, where: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.intp]]:
    """Metres from each cell of `where` to the middle of the nearest street, and its block's number."""
    length, depth, *_ = _BLOCKS.get(use, (260.0, 180.0, 0.0, 0.0, 0.0))
    rng = stream(seed, "blocks", use)
    angle = rng.uniform(0, np.pi / 2)
    rows, cols = np.nonzero(where)
    x = cols.astype(np.float32) * frame.cell_m
    y = rows.astype(np.float32) * frame.cell_m
    for _ in range(2):  # streets bend: without it, one angle would rule 20 km
        x = x + (60 * np.sin(y / 410 + rng.uniform(0, 6)) + 25 * np.sin(y / 133)).astype(np.float32)
        y = y + (60 * np.sin(x / 530 + rng.uniform(0, 6)) + 25 * np.sin(x / 171)).astype(np.float32)
    u = (np.cos(angle) * x + np.sin(angle) * y) / length
    v = (-np.sin(angle) * x + np.cos(angle) * y) / depth
    v = v + 0.5 * (np.floor(u) % 2)
    to_street = np.minimum(
        np.minimum(u % 1, 1 - u % 1) * length, np.minimum(v % 1, 1 - v % 1) * depth
    )
    block = (np.floor(u).astype(np.intp) * 7919 + np.floor(v).astype(np.intp) * 104729) % 4096
    return to_street.astype(np.float32), block


def _covered(low: float, high: float, metres: Array, cell_m: float) -> Array:
    """The share of a cell centred at `metres` that lies between `low` and `high`."""
    near = np.clip((metres - low) / cell_m + 0.5, 0, 1)
    far = np.clip((high - metres) / cell_m + 0.5, 0, 1)
    return np.asarray(np.maximum(near + far - 1, 0), dtype=np.float32)


def countryside(seed: int, frame: Frame, layout: Layout) -> Fabric:
    """The region without its town: shares of ground and heights, every cell known."""
    shape = frame.shape
    uses = land_uses(seed, frame)
    noise_rng = stream(seed, "ground")
    grain = [
        smooth_noise(noise_rng, shape, 2.2) for _ in range(4)
    ]  # about 22 m: trees, lawns, sheds
    fractions = np.zeros((6, *shape), dtype=np.float32)
    building = np.zeros(shape, dtype=np.float32)
    for use, typical in _GROUND.items():
        where = uses == use
        if not where.any():
            continue
        to_street, block = _shared_blocks(seed, frame, use, where)
        rng = stream(seed, "block", use)
        of_block = rng.standard_normal((5, 4096)).astype(np.float32) * _BETWEEN[use]
        logits = np.log(np.array(typical, dtype=np.float32))[:, None] + of_block[:, block]
        for kind, field in zip((SEALED, ROOF, GRASS, TREE), grain, strict=True):
            logits[kind] += _WITHIN[use] * field[where]
        shares = np.exp(logits - logits.max(axis=0))
        shares /= shares.sum(axis=0)

        _, _, street_m, row_m, eaves_m = _BLOCKS.get(use, (0, 0, 0.0, 0.0, 0.0))
        street = _covered(-50, street_m / 2, to_street, frame.cell_m)
        row = (
            _covered(street_m / 2, street_m / 2 + row_m, to_street, frame.cell_m) if row_m else 0.0
        )
        row = row * (0.55 + 0.45 * (rng.random(4096)[block] > 0.15)).astype(np.float32)
        lined = 0.45 * rng.random(4096)[block].astype(np.float32)  # trees along some streets
        shares *= 1 - street - row
        shares[SEALED] += street * (1 - lined)
        shares[TREE] += street * lined
        shares[ROOF] += row
        fractions[:5, where] = shares
        building[where] = eaves_m * rng.uniform(0.6, 1.4, 4096)[block]

    fine = frame.finer(2)
    wet = averaged(fine.burn([(reach, 1) for reach in river(seed, frame, layout)]), 2)
    fractions *= 1 - wet
    fractions[WATER] += wet
    crown = 11 + 3.5 * smooth_noise(noise_rng, shape, 12)
    crown = np.clip(np.where(uses == FOREST, crown + 5, crown), 3, 28)
    return Fabric(fractions, building, crown.astype(np.float32))
