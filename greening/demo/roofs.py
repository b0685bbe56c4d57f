"""Green roofs: forty façade-aligned rectangles, each inside one block, where land then puts a building."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely import Polygon

from greening.demo.plans import RoofPlan
from greening.demo.shapes import along, rectangle, simplified, to_centimetres

COUNT = 40
SETBACK_M = 3.0  # from the façade line
KINDS = ("extensive", "semi_intensive", "intensive")
KIND_SHARES = (0.70, 0.20, 0.10)
# Substrate depth by kind, cm: extensive 4–15, semi-intensive 12–30, intensive > 30 (usual classes
# of the French professional rules for green roofs, 2018; recalled).
SUBSTRATE_CM = {
    "extensive": (6.0, 15.0),
    "semi_intensive": (15.0, 30.0),
    "intensive": (35.0, 80.0),
}
STATES = (
    "candidate",
    "studied",
    "approved",
    "works",
    "delivered",
    "in_service",
    "degraded",
    "removed",
)
STATE_SHARES = (0.15, 0.10, 0.075, 0.075, 0.05, 0.45, 0.075, 0.025)


def build_roofs(seed: int, blocks: tuple[Polygon, ...]) -> tuple[RoofPlan, ...]:
    """Forty roofs in forty different blocks (fewer only where the town has no more blocks that fit)."""
    rng = np.random.default_rng([seed, 2])
    roofs: list[RoofPlan] = []
    for at in rng.permutation(len(blocks)):
        if len(roofs) == COUNT:
            break
        footprint = _footprint(blocks[at], rng)
        if footprint is None:
            continue
        kind = str(rng.choice(KINDS, p=KIND_SHARES))
        state = str(rng.choice(STATES, p=STATE_SHARES))
        roofs.append(
            RoofPlan(
                name=f"Toiture {len(roofs) + 1:02d}",
                polygon=footprint,
                kind=kind,
                state=state,
                substrate_cm=round(float(rng.uniform(*SUBSTRATE_CM[kind])), 0),
                # Parapet, plant and walkways take a tenth to a third of a roof.
                area_m2=round(footprint.area * float(rng.uniform(0.65, 0.9)), 0),
            )
        )
    return tuple(roofs)


def _footprint(block: Polygon, rng: np.random.Generator) -> Polygon | None:
    """A rectangle along one of the block's longest façades, or None where none fits."""
    corners = shapely.get_coordinates(simplified(block, 6.0).exterior)
    edges = np.diff(corners, axis=0)
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    length = float(rng.uniform(18, 46))
    breadth = float(rng.uniform(11, 16))
    turn = 1 if block.exterior.is_ccw else -1
    for edge in np.argsort(-lengths, kind="stable")[:3]:
        if lengths[edge] < length + 8:
            return None
        heading = math.atan2(edges[edge, 1], edges[edge, 0])
        start = (float(corners[edge, 0]), float(corners[edge, 1]))
        if turn < 0:  # walk the edge backwards, so that the block lies to the left
            start = (float(corners[edge + 1, 0]), float(corners[edge + 1, 1]))
            heading += math.pi
        first = along(
            start, heading, float(rng.uniform(4, lengths[edge] - length - 4)), SETBACK_M + 1.5
        )
        footprint = to_centimetres(rectangle(first, heading, length, breadth))
        if block.buffer(-1.5).contains(footprint):
            return footprint
    return None
