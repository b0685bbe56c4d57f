"""Where the demo town lies: its outline and its river, the same for every seed."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

from greening.demo.shapes import to_centimetres

# Issy-les-Moulineaux's extent (lon 2.2456–2.2890, lat 48.8130–48.8345) in EPSG:2154 metres.
LEFT, BOTTOM, RIGHT, TOP = 644_601.0, 6_857_227.0, 647_810.0, 6_859_647.0
AREA_M2 = 4_250_000.0  # Issy-les-Moulineaux: 4.25 km²
RIVER_WIDTH_M = 150.0  # the Seine below Paris

# Both drawn by hand for the demo, in fractions of the extent: not the real commune, on purpose.
_RIVER = (
    (-3.60, -1.10),
    (-2.10, -1.70),
    (-0.90, -1.15),
    (-0.35, -0.40),
    (-0.12, 0.12),
    (-0.03, 0.33),
    (0.05, 0.55),
    (0.16, 0.74),
    (0.31, 0.89),
    (0.50, 0.99),
    (0.68, 1.05),
    (0.90, 1.10),
    (1.50, 1.22),
    (2.20, 1.75),
    (3.00, 2.90),
    (4.20, 3.60),
)
_REST = (
    (0.66, 1.02),
    (0.84, 0.91),
    (0.985, 0.72),
    (0.97, 0.51),
    (0.86, 0.37),
    (0.75, 0.19),
    (0.57, 0.04),
    (0.37, 0.02),
    (0.21, 0.11),
    (0.06, 0.17),
)


def _placed(fractions: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    return np.array(fractions) * (RIGHT - LEFT, TOP - BOTTOM) + (LEFT, BOTTOM)


def _rounded_off(
    points: NDArray[np.float64], *, closed: bool, times: int = 3
) -> NDArray[np.float64]:
    """Chaikin's corner cutting: a smooth line through a hand-drawn one (shape (n, 2), metres)."""
    for _ in range(times):
        after = np.roll(points, -1, axis=0) if closed else points[1:]
        before = points if closed else points[:-1]
        cut = np.stack((0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after), axis=1)
        inner = cut.reshape(-1, 2)
        points = inner if closed else np.vstack((points[:1], inner, points[-1:]))
    return points


def river() -> tuple[LineString, Polygon]:
    """The river's middle line (from south-west to north-east) and its water.

    It runs along the town's north-west edge and on, past a square of 20 × 20 km around the town.
    """
    middle = LineString(_rounded_off(_placed(_RIVER), closed=False))
    return middle, middle.buffer(RIVER_WIDTH_M / 2, cap_style="flat")


def outline() -> Polygon:
    """The town's limit: in mid-river to the north-west, 4.25 km² in all."""
    middle, _ = river()
    riverside = shapely.get_coordinates(middle)
    inside = riverside[
        (riverside[:, 0] > LEFT + 20) & (riverside[:, 0] < LEFT + 0.62 * (RIGHT - LEFT))
    ]
    rest = _rounded_off(_placed(_REST), closed=False)
    anchor = _placed(((0.30, 0.86),))
    low, high = 0.8, 1.2  # the land side is drawn nearer or farther until the area is right
    for _ in range(40):
        scale = (low + high) / 2
        town = Polygon(np.vstack((inside, anchor + (rest - anchor) * scale)))
        if town.area > AREA_M2:
            high = scale
        else:
            low = scale
    return to_centimetres(town)
