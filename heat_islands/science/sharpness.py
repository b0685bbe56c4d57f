"""How wide a footprint the heat map itself suggests: a check on the sensor's stated width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heat_islands.science.effect_model import EffectModel
from heat_islands.science.footprint import FloatArray, Footprint, Sampler
from heat_islands.science.surface_basis import ALBEDO_TERM, RING_TERMS, cover_basis
from heat_islands.science.training import Array, Layers

WIDTHS_M = (60.0, 80.0, 100.0, 125.0, 160.0, 200.0, 260.0)
# A surface spreads heat sideways, resampling blurs: towns simulated with a 100 m sensor look wider
# than it, 135–153 m (decision 0010). Beyond these bounds the stated sensor is doubtful.
USUAL_M = (115.0, 165.0)
MIN_GAIN = (
    0.01  # relative fall of squared error from the worst width to the best; less shows no width
)


@dataclass(frozen=True)
class Sharpness:
    """Apparent full width at half maximum (m), NaN where cover explains too little to tell; RMSE (K) a width."""

    apparent_m: float
    rmse_k: dict[float, float]

    @property
    def usual(self) -> bool:
        """Whether the width is one that a 100 m sensor over a real surface gives; True where unknown."""
        return not np.isfinite(self.apparent_m) or USUAL_M[0] <= self.apparent_m <= USUAL_M[1]


def sharpness(layers: Layers, model: EffectModel) -> Sharpness:
    """The width whose footprint averages of cover explain the anomaly best, by the additive model's terms.

    It cannot separate the sensor's blur from the surface's own: it only tells a sensor far from the
    stated one.
    """
    table = model.table
    basis = [values for _, values in cover_basis(layers.fractions, (model.curvature,))]
    names = [term.name for term in table.terms]
    if ALBEDO_TERM.name in names and layers.albedo is not None:
        basis.append(layers.albedo)
    known = np.isfinite(np.stack(basis)).all(axis=0)
    filled = [np.where(known, values, np.float32(0)).astype(np.float32) for values in basis]
    ring = table.features[:, table.columns([term.name for term in RING_TERMS])]
    share = np.asarray(known, np.float32)
    rmse = {
        width: _rmse(_sampler(layers, model, width), filled, share, ring, model)
        for width in WIDTHS_M
    }
    widths, errors = np.array(list(rmse)), np.array(list(rmse.values()))
    best = int(np.argmin(errors))
    if 1 - (errors[best] / errors.max()) ** 2 < MIN_GAIN:
        return Sharpness(float("nan"), rmse)
    if best in (0, len(widths) - 1):
        return Sharpness(float(widths[best]), rmse)
    near = slice(best - 1, best + 2)
    a, b, _ = np.polyfit(np.log(widths[near]), errors[near], 2)
    return Sharpness(float(np.exp(-b / (2 * a))), rmse)


def _sampler(layers: Layers, model: EffectModel, width: float) -> Sampler:
    stated = model.footprint
    return Sampler(
        layers.shape, layers.resolution_m, Footprint(width, stated.ring_m, stated.spacing_m)
    )


def _rmse(
    sampler: Sampler, filled: list[FloatArray], known: FloatArray, ring: Array, model: EffectModel
) -> float:
    table = model.table
    weight = np.maximum(sampler.blur(known)[table.row, table.col], 1e-6)
    columns = [sampler.blur(values)[table.row, table.col] / weight for values in filled]
    full = np.column_stack([np.ones(len(table)), *columns, ring])
    beta = np.linalg.lstsq(full, table.target, rcond=None)[0]
    return float(np.sqrt(np.mean((table.target - full @ beta) ** 2)))
