"""The order of a round's stops: nearest neighbour, then 2-opt, over straight lines in metres. Pure.

No routing library: the product has no street network with turn rules, and a round has tens of stops.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greening.errors import BadInput

#: More stops than a crew does in a day; ordering them takes a second or two of computing.
MAX_STOPS = 400


def order_stops(points_m: ArrayLike, start_m: ArrayLike | None = None) -> list[int]:
    """The order in which to visit `points_m` (n, 2; x, y in metres), leaving from `start_m` and not returning.

    Without a start, from the south-westernmost point. Never longer than the nearest-neighbour tour, and without
    crossings of its own; not always the shortest there is.
    """
    points = np.asarray(points_m, dtype=float).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise BadInput("A stop without a position cannot be put in order.")
    if len(points) > MAX_STOPS:
        raise BadInput(f"A round has at most {MAX_STOPS} stops, not {len(points)}: split it.")
    if len(points) == 0:
        return []
    start = points[points.sum(axis=1).argmin()] if start_m is None else np.asarray(start_m, float)
    # Node 0 is the start; the path is open, so its far end may swing freely.
    nodes = np.vstack([start, points])
    gaps = np.hypot(*(nodes[:, None] - nodes[None]).transpose(2, 0, 1))
    path = _two_opt(_nearest_neighbour(gaps), gaps)
    return [int(node) - 1 for node in path[1:]]


def length_m(points_m: ArrayLike, order: list[int], start_m: ArrayLike | None = None) -> float:
    """Metres of straight lines from the start (or the first stop) along `order`."""
    points = np.asarray(points_m, dtype=float).reshape(-1, 2)[order]
    if start_m is not None:
        points = np.vstack([np.asarray(start_m, float), points])
    return float(np.hypot(*np.diff(points, axis=0).T).sum()) if len(points) > 1 else 0.0


def _nearest_neighbour(gaps: NDArray[np.float64]) -> NDArray[np.int64]:
    path = np.zeros(len(gaps), dtype=np.int64)
    free = np.ones(len(gaps), dtype=bool)
    free[0] = False
    for step in range(1, len(gaps)):
        away = np.where(free, gaps[path[step - 1]], np.inf)
        path[step] = away.argmin()
        free[path[step]] = False
    return path


def _two_opt(path: NDArray[np.int64], gaps: NDArray[np.float64]) -> NDArray[np.int64]:
    """Reverse stretches while any reversal shortens the open path; the best one at each step."""
    count = len(path)
    if count < 3:
        return path
    first, last = np.triu_indices(count, k=1)  # reverse path[first..last]
    inner = first > 0
    first, last = first[inner], last[inner]
    ends = last < count - 1
    after = np.where(ends, last + 1, last)
    while True:
        gain = gaps[path[first - 1], path[first]] - gaps[path[first - 1], path[last]]
        gain += np.where(ends, gaps[path[last], path[after]] - gaps[path[first], path[after]], 0.0)
        best = int(gain.argmax())
        if gain[best] <= 1e-9:
            return path
        i, j = first[best], last[best]
        path[i : j + 1] = path[i : j + 1][::-1]
