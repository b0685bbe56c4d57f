"""The town's courtyards ranked: collects heat map, cover and yards, asks the science, keeps an immutable run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from django.db import transaction
from shapely.geometry.base import BaseGeometry

from greening.errors import BadInput
from greening.models import Commune
from heat_islands import ranking_notes as notes
from heat_islands.models import Cover, HeatMap, RankedCourtyard, RankingRun
from heat_islands.science import calibration as calibrations
from heat_islands.science.calibration import MODEL_VERSION, Calibration
from heat_islands.science.footprint import Footprint
from heat_islands.science.grid import Grid
from heat_islands.science.score import TOP_K, Weights
from parcels.models import Courtyard

if TYPE_CHECKING:
    from heat_islands.science.ranking import Ranking, Yard
    from heat_islands.science.sharpness import Sharpness
    from heat_islands.science.training import Layers

ROUNDS = 50
FEWEST_ROUNDS, MOST_ROUNDS = 10, 2000
HEAT_LAYERS = ("anomaly", "se", "ndvi", "albedo")

Stage = Callable[[str], None]


@dataclass(frozen=True)
class Inputs:
    """All that a run is made of, before anything is computed; equal inputs have one fingerprint."""

    commune: Commune
    heat_map: HeatMap
    grid: Grid
    cover: Cover | None
    courtyards: tuple[Courtyard, ...]
    outlines: tuple[BaseGeometry | None, ...]
    weights: Weights
    seed: int
    rounds: int
    footprint: Footprint
    calibration: Calibration

    @property
    def synthetic(self) -> bool:
        """Whether heat or cover is demonstration data."""
        return self.heat_map.synthetic or bool(self.cover and self.cover.synthetic)

    @property
    def hashes(self) -> dict[str, Any]:
        """What a run records of its inputs."""
        return {
            "heat_map": f"{self.heat_map.slug}/{self.heat_map.version}",
            "cover": self.cover.sha256 if self.cover else None,
            "yards": _digest(
                [
                    _yard_facts(yard, outline)
                    for yard, outline in zip(self.courtyards, self.outlines, strict=True)
                ]
            ),
            "calibration": _digest(asdict(self.calibration)),
            "footprint": asdict(self.footprint),
        }

    @property
    def fingerprint(self) -> str:
        return _digest(
            {
                "inputs": self.hashes,
                "model": MODEL_VERSION,
                "weights": asdict(self.weights),
                "seed": self.seed,
                "rounds": self.rounds,
            }
        )


def rank_courtyards(
    *,
    slug: str | None = None,
    seed: int = 0,
    rounds: int = ROUNDS,
    weights: Weights | None = None,
    footprint: Footprint | None = None,
    stage: Stage = lambda name: None,
) -> tuple[RankingRun, bool]:
    """The ranking of the town's yards on its newest heat map (or that of `slug`), and whether it is new.

    The same inputs, model, weights and seed give the run that stands already, and False. Raises
    :class:`BadInput` or :class:`ScienceError` in one sentence; then no run is left.
    """
    stage("collecting")
    inputs = collect(slug=slug, seed=seed, rounds=rounds, weights=weights, footprint=footprint)
    standing = RankingRun.objects.filter(fingerprint=inputs.fingerprint).first()
    if standing is not None:
        return standing, False
    # Only now: a run that stands is found without three seconds of scientific imports.
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from heat_islands.science.ranking import rank
    from heat_islands.science.sharpness import sharpness

    stage("reading layers")
    layers = read_layers(inputs)
    chosen, left_out = usable(inputs, layers)
    if not chosen:
        raise BadInput(
            f"None of the {len(inputs.courtyards)} courtyards can be ranked. The first: "
            f"{left_out[0]['name']}: {left_out[0]['text']}"
        )
    # Matrices here are narrow: on busy cores BLAS's waiting threads made a ranking five times longer.
    with threadpool_limits(1):
        ranking = rank(
            layers,
            inputs.grid,
            [_yard(inputs, i) for i in chosen],
            inputs.calibration,
            weights=inputs.weights,
            footprint=inputs.footprint,
            rounds=rounds,
            seed=seed,
            stage=stage,
        )
        width = sharpness(layers, ranking.model)
    return _save(inputs, chosen, left_out, ranking, width)


def collect(
    *,
    slug: str | None,
    seed: int,
    rounds: int,
    weights: Weights | None,
    footprint: Footprint | None,
) -> Inputs:
    """What a ranking would be made of; raises :class:`BadInput` where something is missing."""
    if not FEWEST_ROUNDS <= rounds <= MOST_ROUNDS:
        raise BadInput(f"--bootstrap takes {FEWEST_ROUNDS} to {MOST_ROUNDS} rounds, not {rounds}.")
    if seed < 0:
        raise BadInput("--seed is a whole number from 0.")
    commune = Commune.objects.the()
    heat_map = HeatMap.objects.newest(slug)
    if heat_map is None:
        named = f"There is no heat map “{slug}”" if slug else "There is no heat map yet"
        raise BadInput(f"{named}: add scenes with add_scene and run build_heat_map first.")
    courtyards = tuple(Courtyard.objects.select_related("school").order_by("id"))
    if not courtyards:
        raise BadInput(
            "There are no courtyards to rank: load them with import_courtyards or draw them in the admin."
        )
    grid = Grid(**heat_map.grid)
    return Inputs(
        commune=commune,
        heat_map=heat_map,
        grid=grid,
        cover=_newest_cover(grid),
        courtyards=courtyards,
        outlines=tuple(_metric(yard, grid.srid) for yard in courtyards),
        weights=weights or Weights(),
        seed=seed,
        rounds=rounds,
        footprint=footprint or Footprint(),
        calibration=calibrations.load(),
    )


def read_layers(inputs: Inputs) -> Layers:
    """The grids of heat map and cover; without a cover, fractions estimated from the map's indices."""
    from heat_islands.covers import read_canopy, read_fractions
    from heat_islands.science.cover import fractions_from_indices
    from heat_islands.science.training import Layers
    from heat_islands.store import read_back

    heat = {name: read_back(inputs.heat_map.analysis_path, name) for name in HEAT_LAYERS}
    if not np.isfinite(heat["anomaly"]).any():
        raise BadInput("The heat map holds no data: build it again.")
    if inputs.cover is not None:
        fractions, canopy = read_fractions(inputs.cover), read_canopy(inputs.cover)
    else:
        if not (np.isfinite(heat["ndvi"]) & np.isfinite(heat["albedo"])).any():
            raise BadInput(
                "There is neither a land cover nor a scene with reflectance bands to estimate one from: "
                "run add_cover first."
            )
        fractions, canopy = fractions_from_indices(heat["ndvi"], heat["albedo"]), None
    return Layers(
        **heat,
        fractions=fractions,
        canopy_height=canopy,
        resolution_m=inputs.grid.resolution,
        cover_from_scenes=inputs.cover is None,
    )


def usable(inputs: Inputs, layers: Layers) -> tuple[list[int], list[dict[str, Any]]]:
    """Numbers of the yards that can be ranked, and the others with the reason in a sentence."""
    from heat_islands.science.ranking import fault_of

    chosen: list[int] = []
    left_out: list[dict[str, Any]] = []
    for i, (yard, outline) in enumerate(zip(inputs.courtyards, inputs.outlines, strict=True)):
        fault = fault_of(outline, layers, inputs.grid)
        if fault is None:
            chosen.append(i)
        else:
            left_out.append({"id": yard.pk, "name": yard.name, "text": f"{yard.name}: {fault}"})
    return chosen, left_out


def _yard(inputs: Inputs, i: int) -> Yard:
    from heat_islands.science.courtyards import Design
    from heat_islands.science.ranking import Yard

    courtyard, outline = inputs.courtyards[i], inputs.outlines[i]
    return Yard(
        outline=outline,  # type: ignore[arg-type]  # fault_of let only areas pass
        design=Design(courtyard.design_canopy, courtyard.design_permeable),
        pupils=_number(courtyard.children),
        vulnerability=_number(courtyard.vulnerability),
        cost_class=float(courtyard.cost_class),
    )


def _save(
    inputs: Inputs,
    chosen: list[int],
    left_out: list[dict[str, Any]],
    ranking: Ranking,
    width: Sharpness,
) -> tuple[RankingRun, bool]:
    from heat_islands.ranking_card import SOURCE, cards

    translated = cards(inputs, left_out, ranking, width)
    english = translated.pop(SOURCE)
    with transaction.atomic():
        run, is_new = RankingRun.objects.get_or_create(
            fingerprint=inputs.fingerprint,
            defaults={
                "heat_map": inputs.heat_map,
                "cover": inputs.cover,
                "model_version": MODEL_VERSION,
                "seed": inputs.seed,
                "bootstrap_rounds": inputs.rounds,
                "weights": asdict(inputs.weights),
                "inputs": inputs.hashes,
                "validation": _validation(ranking, width),
                "model_card": english,
                "model_card_translations": translated,
                "left_out": left_out,
                "cover_estimated": inputs.cover is None,
                "synthetic": inputs.synthetic,
            },
        )
        if is_new:
            RankedCourtyard.objects.bulk_create(
                _row(run, inputs.courtyards[number], ranking, i) for i, number in enumerate(chosen)
            )
    return run, is_new


def _row(run: RankingRun, courtyard: Courtyard, ranking: Ranking, i: int) -> RankedCourtyard:
    effects, ranks = ranking.effects, ranking.ranks
    return RankedCourtyard(
        run=run,
        courtyard=courtyard,
        rank=int(ranks.rank[i]),
        rank_low=int(ranks.low[i]),
        rank_high=int(ranks.high[i]),
        top_k_probability=round(float(ranks.top_k[i]), 4),
        score=round(float(ranking.scores.score[i]), 4),
        effect_k=round(float(effects.effect_k[i]), 4),
        effect_low_k=round(float(effects.low_k[i]), 4),
        effect_high_k=round(float(effects.high_k[i]), 4),
        footprint_effect_k=round(float(effects.footprint_k[i]), 4),
        anomaly_k=_rounded(effects.anomaly_k[i]),
        sealed_share=_rounded(effects.sealed_share[i]),
        inside_applicability=bool(effects.inside[i]),
        reasons=ranking.scores.reasons(i),
        flags=notes.of_yard(courtyard, ranking, i),
    )


def _validation(ranking: Ranking, width: Sharpness) -> dict[str, Any]:
    model = ranking.model
    return {
        "predictors": [asdict(skill) for skill in ranking.skills],
        "blocks": model.blocks.count,
        "block_m": model.blocks.size_m,
        "residual_range_m": model.residuals.range_m,
        "footprints": len(model.table),
        "curvature": model.curvature,
        "level": round(ranking.effects.level, 4),
        "apparent_footprint_m": _rounded(width.apparent_m),
        "registration": {
            name: value if isinstance(value, bool) else _rounded(value)
            for name, value in asdict(ranking.offset).items()
        },
        "top_k": TOP_K,
    }


def _newest_cover(grid: Grid) -> Cover | None:
    for cover in Cover.objects.order_by("-added_at", "-id"):
        if cover.grid == grid.as_dict():
            return cover
    return None


def _metric(courtyard: Courtyard, srid: int) -> BaseGeometry | None:
    """The outline in metres of EPSG:`srid`; None where there is none."""
    if courtyard.geom is None or courtyard.geom.empty:
        return None
    outline = courtyard.geom.clone()
    outline.transform(srid)
    shape: BaseGeometry = shapely.from_wkb(bytes(outline.wkb))
    return shape


def _yard_facts(courtyard: Courtyard, outline: BaseGeometry | None) -> list[Any]:
    return [
        str(courtyard.uuid),
        # Millimetres: the two database engines' projections differ in the last digits.
        None if outline is None else shapely.to_wkt(outline, rounding_precision=3),
        courtyard.design_canopy,
        courtyard.design_permeable,
        courtyard.children,
        courtyard.vulnerability,
        courtyard.cost_class,
        courtyard.state,
    ]


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _rounded(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
