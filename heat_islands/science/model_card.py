"""The model card: what a ranking rests on, how well it did on ground it had not seen, and what "
"it cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import kendalltau

from heat_islands.science.calibration import Calibration
from heat_islands.science.effects import BOOSTED_SHARE
from heat_islands.science.ranking import Ranking
from heat_islands.science.sharpness import USUAL_M, Sharpness
from heat_islands.science.surface_basis import TREE, tree_term

NOT_ADDITIVE = (
    0.05  # of R²: beyond it the additive form is visibly too simple (on demo towns it is ahead)
)
FEW_SCENES = 5  # clear scenes in a cell below which weather passes for place (science.md §2)


@dataclass(frozen=True)
class SceneFacts:
    """One scene as the card lists it."""

    name: str
    date: str
    clear_share: float
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class CardFacts:
    """What only the caller knows of a run's inputs."""

    town: str
    heat_map: str
    scenes: Sequence[SceneFacts]
    season: str
    cover: str | None
    cover_date: str | None
    cover_resolution_m: float | None
    canopy_height: bool
    synthetic: bool
    seed: int
    rounds: int
    model_version: str
    fingerprint: str
    left_out: Sequence[str] = field(default_factory=list)


def model_card(
    ranking: Ranking, facts: CardFacts, calibration: Calibration, width: Sharpness | None
) -> str:
    """The card in Markdown; every figure in it is this run's own or the calibration's."""
    parts = [
        _head(ranking, facts),
        _inputs(ranking, facts),
        _model(ranking, width, facts.cover is None),
        _validation(ranking),
        _baselines(ranking),
        _reach(ranking),
        _intervals(ranking, calibration),
        _limits(facts),
    ]
    return "\n\n".join(parts) + "\n"


def _head(ranking: Ranking, facts: CardFacts) -> str:
    lines = [
        f"# Model card: courtyards of {facts.town}",
        "",
        f"{len(ranking.effects.effect_k)} yards ranked by cooling × who benefits ÷ cost; "
        f"{len(facts.left_out)} left out. Model version {facts.model_version}, seed {facts.seed}, "
        f"{facts.rounds} bootstrap rounds, run `{facts.fingerprint[:12]}`.",
    ]
    if facts.synthetic:
        lines += [
            "",
            "**Demonstration data: the scenes are simulated. Nothing here describes a real town.**",
        ]
    return "\n".join(lines)


def _inputs(ranking: Ranking, facts: CardFacts) -> str:
    table = ranking.model.table
    n = len(facts.scenes)
    lines = [
        "## What it rests on",
        "",
        f"- Heat map: {facts.heat_map}; {n} scene{'s' if n != 1 else ''}, {facts.season}.",
    ]
    for scene in facts.scenes:
        lack = f"; came without {', '.join(scene.missing)}" if scene.missing else ""
        lines.append(
            f"  - {scene.date} `{scene.name}`: {scene.clear_share:.0%} clear over the town{lack}"
        )
    if any("QA_PIXEL" in scene.missing for scene in facts.scenes):
        lines.append(
            "- **Clouds are not known** in scenes without QA_PIXEL: a cloud or its shadow would "
            "pass for a cool "
            "place, and nothing here can rule it out."
        )
    if facts.cover is None:
        lines.append(
            "- **Land cover: estimated** from NDVI and albedo of the scenes (30 m). That cannot "
            "describe a yard: what lies in each one is a guess from its surroundings, and roofs count "
            "as paving. Add a map with `add_cover`."
        )
    else:
        resolution = f"{facts.cover_resolution_m:g} m" if facts.cover_resolution_m else "polygons"
        lines.append(
            f"- Land cover: given, {facts.cover} ({resolution}), observed "
            f"{facts.cover_date or 'on a date not told'}. "
            f"Canopy height: "
            f"{'given, not used by this model' if facts.canopy_height else 'not given'}."
        )
    lines.append(_registration(ranking))
    lines.append(
        f"- Trained on {len(table):,} footprints of 100 m, {table.spacing_m:g} m apart; "
        f"footprints with more than "
        "30 % water, unknown ones and those within 100 m of a yard are left out."
    )
    return "\n".join(lines)


def _registration(ranking: Ranking) -> str:
    found = ranking.offset
    if not np.isfinite(found.correlation):
        return "- Registration: cover and scenes could not be compared; none applied."
    shift = (
        f"{found.dx_m:+.1f} m east, {found.dy_m:+.1f} m north (± {found.se_m:.1f} m, "
        f"correlation {found.correlation:.2f})"
    )
    if found.used:
        return (
            f"- Registration: the cover lies {shift} of the scenes; yards are read from it there."
        )
    return f"- Registration: the cover lies {shift} of the scenes; too little or too unsure to correct."


def _model(ranking: Ranking, width: Sharpness | None, estimated: bool) -> str:
    model = ranking.model
    lines = [
        "## What makes the surface hot, as learnt here",
        "",
        "Additive basis functions averaged over a Gaussian footprint (full width at half maximum "
        f"{model.footprint.fwhm_m:g} m), with one ring outside it ({model.footprint.ring_m[0]:g}–"
        f"{model.footprint.ring_m[1]:g} m). Kelvin against sealed ground, for a whole footprint "
        f"of each; signs are "
        "constrained (greening never heats), so they are no evidence of skill.",
        "",
        "| term | K | bootstrap SD |",
        "|---|---:|---:|",
    ]
    tree = [term.name for term in model.terms].index(tree_term(model.curvature).name)
    alike = model.draws[model.draws[:, tree] != 0]  # rounds that chose the same canopy response
    spread = alike.std(axis=0) if len(alike) else model.draws.std(axis=0)
    lines += [
        f"| {term.name} | {value:+.2f} | {sd:.2f} |"
        for term, value, sd in zip(model.terms, model.whole.coefficients, spread, strict=True)
        if value or not term.name.startswith("tree")
    ]
    lines += [
        "",
        f"{len(alike)} of {len(model.draws)} rounds chose the same canopy response, k = "
        f"{model.curvature:g} in (1 − exp(−k·f)) / (1 − exp(−k)).",
        "",
        "A yard's effect is the additive model's, times a town-wide level "
        f"({ranking.effects.level:.2f}) that splits the difference with monotone gradient "
        f"boosting on the same "
        f"features (weight {BOOSTED_SHARE:g}): the first credits a yard with cooling that spreads "
        f"around it, the "
        "second cannot go beyond the compositions that footprints show.",
    ]
    if width is not None and not estimated:
        lines += ["", _width(width)]
    return "\n".join(lines)


def _width(width: Sharpness) -> str:
    if not np.isfinite(width.apparent_m):
        return "The cover explains too little of the heat map to tell how wide its footprint is."
    said = f"The heat map's apparent footprint is {width.apparent_m:.0f} m wide"
    if width.usual:
        return f"{said}, as a 100 m sensor over a real surface gives ({USUAL_M[0]:g}–{USUAL_M[1]:g} m)."
    return (
        f"**{said}, outside {USUAL_M[0]:g}–{USUAL_M[1]:g} m: the sensor's blur is not the one "
        f"assumed, and effects are "
        "over- or understated accordingly.**"
    )


def _validation(ranking: Ranking) -> str:
    blocks, found = ranking.model.blocks, ranking.model.residuals
    lines = [
        "## On ground it had not seen",
        "",
        f"Residuals correlate up to {found.range_m:g} m; {blocks.count} spatial blocks of "
        f"{blocks.size_m:g} m, dealt to "
        f"{int(blocks.fold.max()) + 1} folds. Random folds stand beside them to show how much "
        f"they flatter.",
    ]
    if blocks.size_m < found.range_m:
        lines.append(
            f"**The blocks are narrower than that range** ({blocks.size_m:g} m < "
            f"{found.range_m:g} m), because wider "
            "ones would be too few: the figures flatter."
        )
    lines += [
        "",
        "| predictor | R², blocks | RMSE, K | R², random | RMSE, K |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {s.name} | {s.spatial_r2:.3f} | {s.spatial_rmse_k:.2f} | {s.random_r2:.3f} | "
        f"{s.random_rmse_k:.2f} |"
        for s in ranking.skills
    ]
    r2 = {s.name: s.spatial_r2 for s in ranking.skills}
    gap = r2.get("boosted trees", 0.0) - r2.get("additive", 0.0)
    if gap > NOT_ADDITIVE:
        lines += [
            "",
            f"**Boosted trees predict footprints better by {gap:.2f} of R².** What makes this surface hot is "
            "not a sum of its covers as they are known here, and effects drawn from such a sum are weaker "
            "evidence than the intervals say.",
        ]
    lines += [
        "",
        "This is skill at predicting the heat of 100 m footprints. It is not skill at predicting "
        "what a yard's "
        "conversion does: no converted yards exist to test that on.",
    ]
    return "\n".join(lines)


def _baselines(ranking: Ranking) -> str:
    effects = ranking.effects
    area = np.array([max(a, 0.0) for a in ranking.areas_m2])
    lines = [
        "## Against plain rules",
        "",
        "Kendall's τ between the cooling estimated here and the order a plain rule would give. "
        "Agreement, not skill: "
        "the truth is not known.",
        "",
        "| rule | τ |",
        "|---|---:|",
    ]
    rules = {
        "by temperature": effects.anomaly_k,
        "by sealed share": effects.sealed_share,
        "by sealed m²": effects.sealed_share * area,
    }
    for name, values in rules.items():
        known = np.isfinite(values)
        if known.sum() < 3 or np.ptp(values[known]) == 0:
            lines.append(f"| {name} | – |")
            continue
        tau = kendalltau(values[known], effects.effect_k[known]).statistic
        lines.append(f"| {name} | {tau:.2f} |")
    return "\n".join(lines)


def _reach(ranking: Ranking) -> str:
    outside = int((~ranking.effects.inside).sum())
    extreme = ranking.effects.change.converted[:, TREE].max()
    highest = _highest_footprint_canopy(ranking)
    return "\n".join(
        [
            "## Where it applies",
            "",
            f"{outside} of {len(ranking.effects.inside)} yards lie in surroundings unlike any the "
            f"model has seen "
            "(dissimilarity index after Meyer & Pebesma 2021, simplified); they are marked. Of "
            "the footprints it "
            f"learnt from, one in a hundred has more than {highest:.0%} canopy; the designs reach "
            f"{extreme:.0%}.",
        ]
    )


def _highest_footprint_canopy(ranking: Ranking) -> float:
    table = ranking.model.table
    tree = next(i for i, term in enumerate(table.terms) if term.name.startswith("tree"))
    return float(np.quantile(table.features[:, tree], 0.99))


def _intervals(ranking: Ranking, calibration: Calibration) -> str:
    effects = ranking.effects
    width = float(np.median(effects.high_k - effects.low_k))
    nothing = int((effects.low_k <= 0).sum())
    return "\n".join(
        [
            "## Intervals",
            "",
            f"90 % intervals are conditional on simulation: calibrated on {calibration.towns} "
            f"simulated towns of varied "
            f"truths (seeds {calibration.seeds}, {calibration.yards} yards, "
            f"{calibration.computed_on}), where estimate ÷ "
            f"truth had a median of {calibration.median_ratio:.2f}. Their median width here is "
            f"{width:.1f} K; "
            f"{nothing} of {len(effects.low_k)} include no cooling at all.",
        ]
    )


def _limits(facts: CardFacts) -> str:
    lines = [
        "## What it cannot say",
        "",
        "- Late-morning overpass; temperature of surfaces, not of the air; nothing of nights or "
        "of comfort.",
        "- The sensor sees 100 m: a 50 m yard is under a fifth of one measurement. Effects at "
        "yard scale are the "
        "model's; what the satellite could confirm is the footprint-scale figure beside each.",
        "- Not validated on the ground in this town.",
        "- Associations over space, read as effects of conversion: watering, soil, species and "
        "shade by buildings are "
        "not seen.",
    ]
    n = len(facts.scenes)
    if n == 1:
        lines.append(
            "- **A single scene**: one morning's weather and sun. It shows which places were hot "
            "that day; it cannot "
            "tell place from weather, gives no error of its own, and the intervals, calibrated on "
            "twelve-scene "
            "summers, are too narrow for it."
        )
    elif n < FEW_SCENES:
        lines.append(
            f"- **Only {n} scenes**: below the rule of {FEW_SCENES} clear ones in a cell; weather "
            f"may pass for place."
        )
    if "outside" in facts.season:
        lines.append(
            "- **Outside summer**: a low sun, long shadows and leaves about to fall understate "
            "what canopy does in a "
            "heatwave."
        )
    if facts.left_out:
        lines += ["", "## Yards left out", ""] + [f"- {text}" for text in facts.left_out]
    return "\n".join(lines)
