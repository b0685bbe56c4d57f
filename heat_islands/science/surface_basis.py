"""Basis functions of the ground: what a cell's cover contributes to its temperature, before any averaging.

The sensor averages temperatures, not covers. A saturating response to canopy must therefore be
applied to each fine cell first and averaged over the footprint after: averaging commutes with a sum
of basis functions, so coefficients learnt at the footprint hold in a yard (science.md §5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heat_islands.science.cover import CLASSES
from heat_islands.science.footprint import FloatArray

SEALED, ROOF, GRASS, TREE, SOIL, WATER = range(len(CLASSES))

# Curvatures k of the canopy response (1 − exp(−k·f)) / (1 − exp(−k)); 0 is a straight line. Cooling
# grows fastest with the first trees in some cities and with the last in others (Ziter et al. 2019,
# PNAS 116:7575; recalled), so the curvature is chosen by validation and not assumed.
CURVATURES: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0, 4.0)


@dataclass(frozen=True)
class Term:
    """One column of the model: its name and the sign it may take (−1 never hotter, +1 never cooler, 0 free)."""

    name: str
    sign: int


# Sealed ground is the dropped class: every coefficient is against it. Greening and water may not
# heat it, roofs and bare soil may go either way (a white roof cools, dry soil burns).
COVER_TERMS: tuple[Term, ...] = (
    Term("grass", -1),
    Term("soil", 0),
    Term("water", -1),
    Term("roof", 0),
)
RING_TERMS: tuple[Term, ...] = (
    Term("ring green", -1),
    Term("ring roof", 0),
    Term("ring water", -1),
)
ALBEDO_TERM = Term("albedo beyond its cover's", -1)


def tree_term(curvature: float) -> Term:
    return Term(f"tree, k={curvature:g}", -1)


def saturating(fraction: FloatArray, curvature: float) -> FloatArray:
    """Share of full-canopy cooling reached at a canopy share: 0 at 0, 1 at 1, concave.

    >>> saturating(np.array([0, .4, 1], np.float32), 2.0).round(3)
    array([0.   , 0.637, 1.   ], dtype=float32)
    """
    if curvature == 0:
        return fraction
    scale = np.float32(1.0 / -np.expm1(-curvature))
    return np.asarray(-np.expm1(np.float32(-curvature) * fraction) * scale, np.float32)


def cover_basis(
    fractions: FloatArray, curvatures: Sequence[float]
) -> list[tuple[Term, FloatArray]]:
    """Basis functions of fractions (6, …): the cover terms, then one tree term a curvature."""
    index = {"grass": GRASS, "soil": SOIL, "water": WATER, "roof": ROOF}
    terms = [(term, fractions[index[term.name]]) for term in COVER_TERMS]
    terms += [(tree_term(k), saturating(fractions[TREE], k)) for k in curvatures]
    return terms


def mixed_share(fractions: FloatArray) -> float:
    """Share of known cells whose canopy is partial: what a curvature can be learnt from."""
    tree = fractions[TREE]
    known = np.isfinite(tree)
    if not known.any():
        return 0.0
    partial: npt.NDArray[np.bool_] = (tree[known] > 0.1) & (tree[known] < 0.9)
    return float(partial.mean())
