"""Land-cover fractions: their names, their order and the arithmetic on them.

A cover is an array ``(6, H, W)`` of float32 fractions on the canonical grid, in the order of
:data:`CLASSES`; fractions sum to 1 where the cover is known and are NaN where it is not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CLASSES: tuple[str, ...] = ("sealed", "roof", "grass", "tree", "soil", "water")

# Where no cover was given, 30 m indices must do: they tell green from built, hardly more.
# NDVI of bare and sealed ground, and of closed vegetation (Sobrino et al. 2004, Remote Sensing of
# Environment 90:434, give .2 and .5 for 1 km pixels; .1 and .75 suit 30 m in a town: recalled).
NDVI_BARE, NDVI_GREEN = 0.10, 0.75
# Liang albedo of crowns and of lawns, from the reflectances of science.md §8.
ALBEDO_TREE, ALBEDO_GRASS = 0.145, 0.181
# Water is dark and its NDVI negative (science.md §8's reflectances: albedo .026, NDVI −.2).
WATER_NDVI, WATER_ALBEDO = 0.0, 0.07

FloatArray = npt.NDArray[np.float32]


def fractions_from_indices(ndvi: FloatArray, albedo: FloatArray) -> FloatArray:
    """Estimated fractions (6, H, W) from NDVI and albedo (H, W); NaN where either is unknown.

    Green by a straight line in NDVI; within it lawns are paler than crowns. Roofs and bare soil cannot
    be told from paving at 30 m and are counted as such. What comes of it describes districts, not
    yards: every product made with it must say "estimated".

    >>> found = fractions_from_indices(np.array([[.75, .1]], np.float32), np.array([[.145, .105]], np.float32))
    >>> found[:, 0, 0].round(2).tolist(), found[:, 0, 1].round(2).tolist()
    ([0.0, 0.0, 0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    """
    known = np.isfinite(ndvi) & np.isfinite(albedo)
    green = np.clip((ndvi - NDVI_BARE) / (NDVI_GREEN - NDVI_BARE), 0, 1)
    lawn = np.clip((albedo - ALBEDO_TREE) / (ALBEDO_GRASS - ALBEDO_TREE), 0, 1)
    water = known & (ndvi < WATER_NDVI) & (albedo < WATER_ALBEDO)
    shares = {
        "sealed": 1 - green,
        "roof": np.zeros_like(green),
        "grass": green * lawn,
        "tree": green * (1 - lawn),
        "soil": np.zeros_like(green),
        "water": np.zeros_like(green),
    }
    fractions = np.stack([shares[name] for name in CLASSES]).astype(np.float32)
    fractions[:, water] = 0
    fractions[CLASSES.index("water"), water] = 1
    fractions[:, ~known] = np.nan
    return fractions
