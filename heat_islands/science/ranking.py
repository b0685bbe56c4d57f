"""From layers and yards to a ranking: the whole of the science in one pure function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from heat_islands.science.calibration import Calibration
from heat_islands.science.courtyards import MIN_OPEN_SHARE, Design, ground_of
from heat_islands.science.effect_model import EffectModel, train
from heat_islands.science.effects import Effects, estimate
from heat_islands.science.errors import YardError
from heat_islands.science.footprint import FloatArray, Footprint
from heat_islands.science.grid import Grid
from heat_islands.science.registration import Offset, cover_offset
from heat_islands.science.score import Circumstances, Ranks, Scores, Weights, ranks, ratios, scores
from heat_islands.science.surface_basis import GRASS, TREE
from heat_islands.science.training import Layers
from heat_islands.science.validation import Applicability, Skill, applicability, skills
from heat_islands.science.zonal import weights as coverage

RANK_DRAWS = (
    400  # at least; effects are drawn again from each bootstrap round until there are so many
)
KEEP_AWAY_M = 100.0  # no footprint centred this near a yard trains: its measurement holds the yard


@dataclass(frozen=True)
class Yard:
    """One courtyard as the town knows it; `outline` in metres of the grid's CRS, NaN where "
    "unknown."""

    outline: Polygon | MultiPolygon
    design: Design = field(default_factory=Design)
    pupils: float = float("nan")
    vulnerability: float = float("nan")
    cost_class: float = 2.0


@dataclass(frozen=True)
class Ranking:
    """A ranking of the yards that could be measured; arrays follow their order."""

    effects: Effects
    scores: Scores
    ranks: Ranks
    model: EffectModel
    reach: Applicability
    offset: Offset
    skills: list[Skill]
    weights: Weights
    facts: Circumstances
    areas_m2: tuple[float, ...]


Stage = Callable[[str], None]


def fault_of(outline: BaseGeometry | None, layers: Layers, grid: Grid) -> str | None:
    """Why a yard cannot be ranked, in a sentence, or None where it can."""
    if outline is None or outline.is_empty:
        return "It has no outline: draw one."
    if not outline.is_valid:
        reason = shapely.is_valid_reason(outline).split("[")[0].strip().lower()
        return f"Its outline is invalid ({reason}): redraw it."
    if outline.geom_type not in ("Polygon", "MultiPolygon"):
        return "Its outline is not an area."
    cell = grid.resolution**2
    if outline.area < cell:
        return (
            f"It measures {outline.area:.0f} m², less than one {grid.resolution:g} m cell of the "
            f"map "
            f"({cell:.0f} m²): too small to be described."
        )
    if grid.block_around(outline.bounds) is None:
        return "It lies outside the territory of the heat map."
    ground = ground_of(coverage([outline], grid), layers.fractions)
    if not np.isfinite(ground.shares).all():
        return "Its ground is not known: the land cover does not reach it, or shows roofs only."
    if ground.open_share[0] < MIN_OPEN_SHARE:
        return (
            f"The cover shows only {ground.open_share[0]:.0%} of it as open ground: its outline "
            f"seems to lie "
            "on a building."
        )
    return None


def rank(
    layers: Layers,
    grid: Grid,
    yards: Sequence[Yard],
    calibration: Calibration,
    *,
    weights: Weights | None = None,
    footprint: Footprint | None = None,
    rounds: int = 50,
    seed: int = 0,
    validate: bool = True,
    stage: Stage = lambda name: None,
) -> Ranking:
    """Trains, validates and ranks. Every yard must pass :func:`fault_of`; raises YardError where none is given.

    Deterministic: same arguments, same numbers. `validate` False skips the table of baselines, which
    a calibration over many towns does not need. `stage` is told what is being done.
    """
    if not yards:
        raise YardError("No yard is left to rank.")
    weights = weights or Weights()
    outlines = [yard.outline for yard in yards]
    stage("registering the cover")
    offset = _offset(layers)
    stage("training")
    model = train(
        layers,
        footprint or Footprint(),
        seed=seed,
        rounds=rounds,
        leave_out=near(outlines, grid, KEEP_AWAY_M),
    )
    stage("validating")
    reach = applicability(model, seed)
    table = skills(model, seed) if validate else []
    stage("estimating effects")
    effects = estimate(
        model, reach, layers, grid, outlines, [yard.design for yard in yards], offset, calibration, seed=seed
    )  # fmt: skip
    facts = Circumstances(
        pupils=np.array([yard.pupils for yard in yards], dtype=float),
        anomaly_k=effects.anomaly_k,
        vulnerability=np.array([yard.vulnerability for yard in yards], dtype=float),
        cost_class=np.array([yard.cost_class for yard in yards], dtype=float),
    )
    stage("scoring")
    best = scores(effects.effect_k, facts, weights)
    drawn = ratios(_drawn(effects, seed), facts, weights).prod(axis=-1)
    return Ranking(
        effects, best, ranks(best.score, drawn), model, reach, offset, table, weights, facts,
        tuple(float(outline.area) for outline in outlines),
    )  # fmt: skip


def near(outlines: Sequence[BaseGeometry], grid: Grid, distance_m: float) -> npt.NDArray[np.bool_]:
    """Cells (H, W) within `distance_m` of any outline."""
    touched = coverage([outline.buffer(distance_m) for outline in outlines], grid)
    mask = np.zeros(grid.height * grid.width, dtype=bool)
    mask[touched.indices] = True
    return mask.reshape(grid.shape)


def _offset(layers: Layers) -> Offset:
    if layers.ndvi is None or layers.cover_from_scenes:
        return Offset(0.0, 0.0, float("nan"), float("nan"), used=False)
    green: FloatArray = layers.fractions[GRASS] + layers.fractions[TREE]
    return cover_offset(green, layers.ndvi, layers.resolution_m)


def _drawn(effects: Effects, seed: int) -> npt.NDArray[np.float64]:
    """Effects (draws, n): each bootstrap round's shared deviation under several draws of the "
    "yards' own error."""
    rng = np.random.default_rng([seed, 1])
    copies = -(-RANK_DRAWS // len(effects.shared))
    shared = np.repeat(effects.shared, copies, axis=0)
    return effects.effect_k + shared + effects.own_sigma_k * rng.standard_normal(shared.shape)
