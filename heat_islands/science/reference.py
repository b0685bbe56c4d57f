"""What an anomaly is measured against: the commune's own mean, or rural land around it. Never the two mixed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from heat_islands.science.cover import CLASSES

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

#: A cell is rural where, over a kilometre around it, at most a tenth is sealed or roofed: between
#: "sparsely built"
#: (10–20 %) and the natural land-cover types (< 10 %) of Stewart & Oke 2012, BAMS 93:1879, table 3.
RURAL_BUILT_SHARE = 0.10
RURAL_WINDOW_M = 1000.0
#: Water is cool by day and no land's reference: none of it within about a thermal footprint.
WATER_SHARE = 0.02
FOOTPRINT_M = 100.0
#: Less rural land than this (1 km²) is a few independent measurements, and somebody's park.
LEAST_RURAL_M2 = 1_000_000.0


def rural_mask(fractions: FloatArray, resolution_m: float) -> BoolArray | None:
    """Cells of rural land after the cover fractions (6, height, width); None where there is too little of it.

    Elevation is not known here: |Δz| < 50 m, which the method asks for, is not checked.
    """
    known: BoolArray = np.asarray(np.isfinite(fractions).all(axis=0))
    built = fractions[CLASSES.index("sealed")] + fractions[CLASSES.index("roof")]
    open_land = _mean_around(built, known, RURAL_WINDOW_M / resolution_m) <= RURAL_BUILT_SHARE
    dry = (
        _mean_around(fractions[CLASSES.index("water")], known, FOOTPRINT_M / resolution_m)
        <= WATER_SHARE
    )
    rural = known & open_land & dry
    if rural.sum() * resolution_m**2 < LEAST_RURAL_M2:
        return None
    return np.asarray(rural)


def _mean_around(values: FloatArray, known: BoolArray, cells: float) -> FloatArray:
    """The mean of known values in a square of `cells` around each; NaN where none is known."""
    size = max(1, round(cells))
    total = uniform_filter(np.where(known, values, 0.0).astype(np.float64), size, mode="constant")
    share = uniform_filter(known.astype(np.float64), size, mode="constant")
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(share > 1e-9, total / share, np.nan), dtype=np.float32)
