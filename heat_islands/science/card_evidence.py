"""The model card's middle: what the model learnt, how well it predicts, and how sure its effects are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from scipy.stats import kendalltau

from heat_islands.science.calibration import Calibration
from heat_islands.science.effects import BOOSTED_SHARE
from heat_islands.science.language import Language
from heat_islands.science.ranking import Ranking
from heat_islands.science.sharpness import USUAL_M, Sharpness
from heat_islands.science.surface_basis import TREE, tree_term

NOT_ADDITIVE = (
    0.05  # of R²: beyond it the additive form is visibly too simple (on demo towns it is ahead)
)


def model(ranking: Ranking, width: Sharpness | None, estimated: bool, language: Language) -> str:
    """The coefficients with their spread, and how a yard's effect is drawn from them."""
    _, number = language.gettext, language.number
    learnt = ranking.model
    footprint = learnt.footprint
    tree = [term.name for term in learnt.terms].index(tree_term(learnt.curvature).name)
    alike = learnt.draws[learnt.draws[:, tree] != 0]  # rounds that chose the same canopy response
    spread = alike.std(axis=0) if len(alike) else learnt.draws.std(axis=0)
    lines = [
        "## " + _("What makes the surface hot, as learnt here"),
        "",
        _(
            "Additive basis functions averaged over a Gaussian footprint (full width at half maximum "
            "%(fwhm)s m), with one ring outside it (%(inner)s–%(outer)s m). Kelvin against sealed "
            "ground, for a whole footprint of each; signs are constrained (greening never heats), so "
            "they are no evidence of skill."
        )
        % {
            "fwhm": number(footprint.fwhm_m, "g"),
            "inner": number(footprint.ring_m[0], "g"),
            "outer": number(footprint.ring_m[1], "g"),
        },
        "",
        *_table_head([_("term"), "K", _("bootstrap SD")]),
        *(
            f"| {_term(term.name, language)} | {number(value, '+z.2f')} | {number(sd, '.2f')} |"
            for term, value, sd in zip(learnt.terms, learnt.whole.coefficients, spread, strict=True)
            if value or not term.name.startswith("tree")
        ),
        "",
        _(
            "%(alike)d of %(all)d rounds chose the same canopy response, k = %(k)s in "
            "(1 − exp(−k·f)) / (1 − exp(−k))."
        )
        % {"alike": len(alike), "all": len(learnt.draws), "k": number(learnt.curvature, "g")},
        "",
        _(
            "A yard's effect is the additive model's, times a town-wide level (%(level)s) that splits "
            "the difference with monotone gradient boosting on the same features (weight %(weight)s): "
            "the first credits a yard with cooling that spreads around it, the second cannot go beyond "
            "the compositions that footprints show."
        )
        % {
            "level": number(ranking.effects.level, ".2f"),
            "weight": number(BOOSTED_SHARE, "g"),
        },
    ]
    if width is not None and not estimated:
        lines += ["", _width(width, language)]
    return "\n".join(lines)


def _term(name: str, language: Language) -> str:
    """A term of the model by its name in heat_islands.science.surface_basis; one not known here as it is."""
    pgettext = language.pgettext
    kind, _, curvature = name.partition(", k=")
    if kind == "tree":
        k = language.number(float(curvature), "g")
        return pgettext("land cover", "tree, k=%(k)s") % {"k": k}
    names = {
        "grass": pgettext("land cover", "grass"),
        "soil": pgettext("land cover", "soil"),
        "water": pgettext("land cover", "water"),
        "roof": pgettext("land cover", "roof"),
        "ring green": pgettext("land cover", "ring green"),
        "ring roof": pgettext("land cover", "ring roof"),
        "ring water": pgettext("land cover", "ring water"),
        "albedo beyond its cover's": pgettext("land cover", "albedo beyond its cover's"),
    }
    return names.get(name, name)


def _width(width: Sharpness, language: Language) -> str:
    _, number = language.gettext, language.number
    if not np.isfinite(width.apparent_m):
        return _("The cover explains too little of the heat map to tell how wide its footprint is.")
    said = (
        _(
            "The heat map's apparent footprint is %(width)s m wide, as a 100 m sensor over a real "
            "surface gives (%(low)s–%(high)s m)."
        )
        if width.usual
        else _(
            "**The heat map's apparent footprint is %(width)s m wide, outside %(low)s–%(high)s m: the "
            "sensor's blur is not the one assumed, and effects are over- or understated accordingly.**"
        )
    )
    return said % {
        "width": number(width.apparent_m),
        "low": number(USUAL_M[0], "g"),
        "high": number(USUAL_M[1], "g"),
    }


def validation(ranking: Ranking, language: Language) -> str:
    """Skill on blocks the model has not seen, beside the baselines' and the flattering random folds'."""
    _, number = language.gettext, language.number
    blocks, found = ranking.model.blocks, ranking.model.residuals
    size, span = number(blocks.size_m, "g"), number(found.range_m, "g")
    lines = [
        "## " + _("On ground it had not seen"),
        "",
        _(
            "Residuals correlate up to %(range)s m; %(blocks)d spatial blocks of %(size)s m, dealt to "
            "%(folds)d folds. Random folds stand beside them to show how much they flatter."
        )
        % {
            "range": span,
            "blocks": blocks.count,
            "size": size,
            "folds": int(blocks.fold.max()) + 1,
        },
    ]
    if blocks.size_m < found.range_m:
        lines.append(
            _(
                "**The blocks are narrower than that range** (%(size)s m < %(range)s m), because wider "
                "ones would be too few: the figures flatter."
            )
            % {"size": size, "range": span}
        )
    rmse = _("RMSE, K")
    lines += [
        "",
        *_table_head([_("predictor"), _("R², blocks"), rmse, _("R², random"), rmse]),
        *(
            f"| {_predictor(s.name, language)} | {number(s.spatial_r2, 'z.3f')} | "
            f"{number(s.spatial_rmse_k, '.2f')} | {number(s.random_r2, 'z.3f')} | "
            f"{number(s.random_rmse_k, '.2f')} |"
            for s in ranking.skills
        ),
    ]
    r2 = {s.name: s.spatial_r2 for s in ranking.skills}
    gap = r2.get("boosted trees", 0.0) - r2.get("additive", 0.0)
    if gap > NOT_ADDITIVE:
        lines += [
            "",
            _(
                "**Boosted trees predict footprints better by %(gap)s of R².** What makes this surface "
                "hot is not a sum of its covers as they are known here, and effects drawn from such a "
                "sum are weaker evidence than the intervals say."
            )
            % {"gap": number(gap, ".2f")},
        ]
    lines += [
        "",
        _(
            "This is skill at predicting the heat of 100 m footprints. It is not skill at predicting "
            "what a yard's conversion does: no converted yards exist to test that on."
        ),
    ]
    return "\n".join(lines)


def _predictor(name: str, language: Language) -> str:
    """A predictor by its name in heat_islands.science.validation; one not known here as it is."""
    pgettext = language.pgettext
    names = {
        "mean": pgettext("predictor", "mean"),
        "NDVI alone": pgettext("predictor", "NDVI alone"),
        "linear": pgettext("predictor", "linear"),
        "additive": pgettext("predictor", "additive"),
        "boosted trees": pgettext("predictor", "boosted trees"),
    }
    return names.get(name, name)


def baselines(ranking: Ranking, language: Language) -> str:
    """How far the order of cooling agrees with plain rules'."""
    _ = language.gettext
    effects = ranking.effects
    area = np.array([max(a, 0.0) for a in ranking.areas_m2])
    lines = [
        "## " + _("Against plain rules"),
        "",
        _(
            "Kendall's τ between the cooling estimated here and the order a plain rule would give. "
            "Agreement, not skill: the truth is not known."
        ),
        "",
        *_table_head([_("rule"), "τ"]),
    ]
    rules = {
        _("by temperature"): effects.anomaly_k,
        _("by sealed share"): effects.sealed_share,
        _("by sealed m²"): effects.sealed_share * area,
    }
    for name, values in rules.items():
        known = np.isfinite(values)
        if known.sum() < 3 or np.ptp(values[known]) == 0:
            lines.append(f"| {name} | – |")
            continue
        tau = kendalltau(values[known], effects.effect_k[known]).statistic
        lines.append(f"| {name} | {language.number(tau, 'z.2f')} |")
    return "\n".join(lines)


def reach(ranking: Ranking, language: Language) -> str:
    """How many yards lie where the model has seen nothing alike."""
    _, ngettext, share = language.gettext, language.ngettext, language.share
    outside = int((~ranking.effects.inside).sum())
    unlike = ngettext(
        "%(n)d of %(all)d yards lies in surroundings unlike any the model has seen (dissimilarity index "
        "after Meyer & Pebesma 2021, simplified); it is marked.",
        "%(n)d of %(all)d yards lie in surroundings unlike any the model has seen (dissimilarity index "
        "after Meyer & Pebesma 2021, simplified); they are marked.",
        outside,
    ) % {"n": outside, "all": len(ranking.effects.inside)}
    canopy = _(
        "Of the footprints it learnt from, one in a hundred has more than %(highest)s canopy; the "
        "designs reach %(extreme)s."
    ) % {
        "highest": share(_highest_footprint_canopy(ranking)),
        "extreme": share(ranking.effects.change.converted[:, TREE].max()),
    }
    return "\n".join(["## " + _("Where it applies"), "", f"{unlike} {canopy}"])


def _highest_footprint_canopy(ranking: Ranking) -> float:
    table = ranking.model.table
    tree = next(i for i, term in enumerate(table.terms) if term.name.startswith("tree"))
    return float(np.quantile(table.features[:, tree], 0.99))


def intervals(ranking: Ranking, calibration: Calibration, language: Language) -> str:
    """What the intervals are conditional on, and how wide they are here."""
    _, number = language.gettext, language.number
    effects = ranking.effects
    said = _(
        "90 %% intervals are conditional on simulation: calibrated on %(towns)d simulated towns of varied "
        "truths (seeds %(seeds)s, %(yards)d yards, %(date)s), where estimate ÷ truth had a median of "
        "%(ratio)s. Their median width here is %(width)s K; %(nothing)d of %(all)d include no cooling at "
        "all."
    ) % {
        "towns": calibration.towns,
        "seeds": calibration.seeds,
        "yards": calibration.yards,
        "date": _day(calibration.computed_on, language),
        "ratio": number(calibration.median_ratio, ".2f"),
        "width": number(float(np.median(effects.high_k - effects.low_k)), ".1f"),
        "nothing": int((effects.low_k <= 0).sum()),
        "all": len(effects.low_k),
    }
    return "\n".join(["## " + _("Intervals"), "", said])


def _day(iso: str, language: Language) -> str:
    """A day as the calibration keeps it; empty before any calibration."""
    return language.date(dt.date.fromisoformat(iso)) if iso else ""


def _table_head(titles: Sequence[str]) -> list[str]:
    """A Markdown table's first two lines: words on the left, figures on the right."""
    return ["| " + " | ".join(titles) + " |", "|---|" + "---:|" * (len(titles) - 1)]
