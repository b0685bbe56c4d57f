"""Six thousand planting sites: along streets and in parks, no two nearer than four metres."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree
from shapely import Polygon

from greening.demo.lives import Programme
from greening.demo.plans import SitePlan, StreetPlan
from greening.errors import BadInput

SITES = 6_000  # the town's promise
IN_PARKS = 1_150
MIN_SPACING_M = 4.0
CROSSING_CLEAR_M = 6.0  # no tree this near another street's carriageway
KERB_M = 2.0  # from the façade-side edge of the pavement's planting strip
TWO_ROWS_FROM_M = 11.0  # narrower streets have room for one row
SPACING_M = {"avenue": (7.0, 9.0), "quai": (7.0, 9.0), "rue": (6.0, 9.0), "allée": (6.0, 10.0)}
PARK_SPACING_M = 5.5


@dataclass(frozen=True)
class _Run:
    """The places along one street, or in one park (`street` None)."""

    street: int | None
    points: NDArray[np.float64]  # (n, 2), metres


def build_sites(
    seed: int,
    outline: Polygon,
    streets: tuple[StreetPlan, ...],
    parks: tuple[Polygon, ...],
    count: int = SITES,
) -> tuple[SitePlan, ...]:
    """`count` sites with the state each has reached by the demo's today.

    Raises BadInput where streets and parks cannot hold that many.
    """
    rng = np.random.default_rng([seed, 3])
    along_streets = _street_runs(outline, streets, rng)
    in_parks = [_Run(None, _park_points(park, rng)) for park in parks]
    park_quota = min(round(IN_PARKS * count / SITES), sum(len(run.points) for run in in_parks))
    runs = [*_share_out(in_parks, park_quota), *_first(along_streets, count - park_quota)]
    if sum(len(run.points) for run in runs) < count:
        raise BadInput(f"This town's streets and parks have no room for {count} planting sites.")
    # Whole streets and parks are planted together, in an order that is not the map's.
    order = rng.permutation(len(runs))
    programme = Programme(rng, count)
    sites: list[SitePlan] = []
    for at in order:
        run = runs[int(at)]
        street = None if run.street is None else streets[run.street]
        sites += programme.plant(run.points, run.street, street)
    return tuple(sites)


def _first(runs: list[_Run], quota: int) -> list[_Run]:
    """Whole runs until the quota is full; the last one is cut short."""
    chosen: list[_Run] = []
    for run in runs:
        if quota <= 0:
            break
        chosen.append(_Run(run.street, run.points[:quota]))
        quota -= len(run.points)
    return chosen


def _share_out(runs: list[_Run], quota: int) -> list[_Run]:
    """The quota shared over runs in proportion to what each can hold."""
    room = np.array([len(run.points) for run in runs])
    if quota <= 0 or not room.sum():
        return []
    edges = np.floor(np.cumsum(np.concatenate(([0], room))) * quota / room.sum()).astype(int)
    return [
        _Run(run.street, run.points[:take])
        for run, take in zip(runs, np.diff(edges), strict=True)
        if take
    ]


def _street_runs(
    outline: Polygon, streets: tuple[StreetPlan, ...], rng: np.random.Generator
) -> list[_Run]:
    """Places along every street, mostly wide ones first, clear of crossings and of each other."""
    lines = np.array([street.line for street in streets], dtype=object)
    tree = shapely.STRtree(lines)
    reach = np.array([street.width_m / 2 + CROSSING_CLEAR_M - KERB_M for street in streets])
    inside = outline.buffer(-2.0)
    shapely.prepare(inside)
    weight = np.array([street.width_m for street in streets]) * rng.uniform(0.3, 1.7, len(streets))
    kept: list[_Run] = []
    for at in np.argsort(-weight, kind="stable"):
        street = streets[int(at)]
        places = _rows(street, rng)
        if not len(places):
            continue
        points = np.array(shapely.points(places), dtype=object)
        good = shapely.contains_xy(inside, places[:, 0], places[:, 1])
        mine, other = tree.query(points, predicate="dwithin", distance=30.0)
        crossing = (other != at) & (shapely.distance(points[mine], lines[other]) < reach[other])
        good[mine[crossing]] = False
        if good.sum() >= 3:
            kept.append(_Run(int(at), places[good]))
    return _spaced(kept)


def _rows(street: StreetPlan, rng: np.random.Generator) -> NDArray[np.float64]:
    """One or two rows of places along a street (shape (n, 2)), the rows a little staggered."""
    step = float(rng.uniform(*SPACING_M[street.kind]))
    offset = max(street.width_m / 2 - KERB_M, 1.5)
    sides = (1, -1) if street.width_m >= TWO_ROWS_FROM_M else (int(rng.choice((-1, 1))),)
    rows: list[NDArray[np.float64]] = []
    for side in sides:
        first = 5.0 + float(rng.uniform(0, step))
        distances = np.arange(first, street.line.length - 5.0, step)
        distances = distances[rng.random(len(distances)) > 0.12]  # doors, gates and networks
        here = shapely.get_coordinates(shapely.line_interpolate_point(street.line, distances))
        ahead = shapely.get_coordinates(
            shapely.line_interpolate_point(street.line, distances + 1.0)
        )
        heading = ahead - here
        heading /= np.maximum(np.hypot(heading[:, 0], heading[:, 1]), 1e-9)[:, None]
        across = np.stack((-heading[:, 1], heading[:, 0]), axis=1)
        rows.append(here + side * offset * across)
    return np.asarray(np.round(np.vstack(rows), 2), dtype=np.float64)


def _spaced(runs: list[_Run]) -> list[_Run]:
    """Runs without the places that lie under the minimum spacing from an earlier one."""
    if not runs:
        return []
    everything = np.vstack([run.points for run in runs])
    keep = np.ones(len(everything), dtype=bool)
    # A little more than the minimum, so that rounding to degrees and back cannot break it.
    for first, second in sorted(KDTree(everything).query_pairs(MIN_SPACING_M + 0.1)):
        if keep[first]:
            keep[second] = False
    edges = np.cumsum([0, *(len(run.points) for run in runs)])
    return [
        _Run(run.street, run.points[keep[start:end]])
        for run, start, end in zip(runs, edges[:-1], edges[1:], strict=True)
        if keep[start:end].any()
    ]


def _park_points(park: Polygon, rng: np.random.Generator) -> NDArray[np.float64]:
    """Scattered places in a park, in clumps and glades rather than rows (shape (n, 2))."""
    inner = park.buffer(-4.0)
    if inner.is_empty:
        return np.empty((0, 2))
    left, bottom, right, top = inner.bounds
    step = PARK_SPACING_M * 1.35
    us, vs = np.meshgrid(np.arange(left, right, step), np.arange(bottom, top, step))
    grid = np.stack((us.ravel(), vs.ravel()), axis=1)
    # The jitter is bounded so that neighbours stay 4.2 m apart.
    slack = (step - MIN_SPACING_M - 0.2) / 2
    grid = np.round(grid + rng.uniform(-slack, slack, grid.shape), 2)
    # Five waves in any direction: clumps and glades of no regular pattern.
    turn = rng.uniform(0, 2 * math.pi, 5)
    wave = 2 * math.pi / rng.uniform(25, 80, 5)[:, None] * np.stack((np.cos(turn), np.sin(turn)), 1)
    glade = np.sin(grid @ wave.T + rng.uniform(0, 2 * math.pi, 5)).sum(axis=1)
    fits = shapely.contains_xy(inner, grid[:, 0], grid[:, 1])
    points = grid[fits]
    return points[np.argsort(-glade[fits], kind="stable")]
