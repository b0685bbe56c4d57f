"""/heat/: the newest ranking of the courtyards, for those who plan, with what it rests on."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from frontend.charts import Axis, Part, Whisker, effect_axis, parts_of
from frontend.factors import factor_label, remark_label
from frontend.heat import CAVEATS, heat_choices, heat_notes
from frontend.markdown import as_html
from frontend.outline import polygons_of
from frontend.templatetags.figures import number
from frontend.views.map_page import map_settings
from frontend.views.ranks import newest_run
from greening.models import Commune
from heat_islands.models import HeatMap, HeatMapScene, RankedCourtyard, RankingRun, Scene
from heat_islands.notes import refusal
from heat_islands.ranking_notes import OUTSIDE, why_left_out

TOP_K = 5  # heat_islands.models.RankedCourtyard.top_k_probability speaks of the first five


@dataclass(frozen=True)
class YardLine:
    """A ranked yard as the page shows it: the row, its two whiskers, its reasons."""

    yard: RankedCourtyard
    rank: Whisker
    effect: Whisker
    reasons: list[Part]
    remarks: list[str]
    rank_said: str
    effect_said: str

    @property
    def probability(self) -> float:
        return 100 * self.yard.top_k_probability

    @property
    def sealed(self) -> float | None:
        return None if self.yard.sealed_share is None else 100 * self.yard.sealed_share


@require_safe
def heat_page(request: HttpRequest) -> HttpResponse:
    commune = Commune.objects.order_by("id").first()
    run = newest_run()
    heat_map = run.heat_map if run else HeatMap.objects.newest()
    yards = _yards(run)
    axis_rank = Axis(1, max(len(yards), 2))
    axis_effect = effect_axis(
        [yard.effect_low_k for yard in yards] or [0.0],
        [yard.effect_high_k for yard in yards] or [1.0],
    )
    return render(
        request,
        "frontend/heat.html",
        {
            "run": run,
            "heat_map": heat_map,
            "lines": [_line(yard, axis_rank, axis_effect) for yard in yards],
            "axis_rank": axis_rank,
            "axis_effect": axis_effect,
            "axis_zero": axis_effect.at(0.0),
            "axis_decimals": 0
            if all(value == round(value) for value, _at in axis_effect.ticks)
            else 1,
            "left_out": [why_left_out(left) for left in run.left_out] if run else [],
            "heat_choices": heat_choices(heat_map),
            "caveats": CAVEATS,
            "notes": heat_notes(heat_map),
            "scene_terms": _scene_lines(heat_map),
            "scenes_waiting": 0 if heat_map else Scene.objects.current().count(),
            "map_settings": {
                **map_settings(commune, heat_map),
                "yards": [_feature(yard) for yard in yards],
            },
        },
    )


@require_safe
def model_card(request: HttpRequest) -> HttpResponse:
    """The newest run's model card in the reader's language, if the run was written in it."""
    run = newest_run()
    if run is None:
        raise Http404(_("There is no ranking yet, so there is no model card."))
    text, language = run.card_in(get_language() or settings.LANGUAGE_CODE)
    return render(
        request,
        "frontend/model_card.html",
        {"run": run, "card": as_html(text), "card_language": language},
    )


@require_safe
def ranking_csv(request: HttpRequest) -> HttpResponse:
    """The newest ranking as CSV: one line a yard, names of columns with their units."""
    rows = _export()
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="courtyards.csv"'
    columns = [name for name in rows[0] if name not in {"reasons", "flags"}] if rows else []
    factors = list(dict.fromkeys(reason["factor"] for row in rows for reason in row["reasons"]))
    writer = csv.writer(response)
    writer.writerow([*columns, *(f"points_{factor}" for factor in factors), "flags"])
    for row in rows:
        points = {reason["factor"]: reason["points"] for reason in row["reasons"]}
        writer.writerow(
            [
                *(row[name] for name in columns),
                *(points.get(factor, "") for factor in factors),
                " | ".join(map(str, row["flags"])),
            ]
        )
    return response


@require_safe
def ranking_json(request: HttpRequest) -> JsonResponse:
    """The newest ranking as JSON, with the run it comes from."""
    run = newest_run()
    if run is None:
        raise Http404(_("There is no ranking yet."))
    return JsonResponse(
        {
            "run": str(run.uuid),
            "computed": run.created_at.isoformat().replace("+00:00", "Z"),
            "model_version": run.model_version,
            "heat_map": run.heat_map.slug,
            "heat_map_version": run.heat_map.version,
            "seed": run.seed,
            "weights": run.weights,
            "inputs": run.inputs,
            "synthetic": run.synthetic,
            "intervals": "90 %, conditional on simulation",
            "left_out": run.left_out,
            "yards": _export(run),
        },
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


def _export(run: RankingRun | None = None) -> list[dict[str, Any]]:
    yards = _yards(run or newest_run())
    if not yards:
        raise Http404(_("There is no ranking yet."))
    return [
        {
            "rank": yard.rank,
            "rank_low": yard.rank_low,
            "rank_high": yard.rank_high,
            "top_5_probability": yard.top_k_probability,
            "id": yard.courtyard_id,
            "uuid": str(yard.courtyard.uuid),
            "name": yard.courtyard.name,
            "school": yard.courtyard.school.name if yard.courtyard.school else "",
            "score": yard.score,
            "effect_k": yard.effect_k,
            "effect_low_k": yard.effect_low_k,
            "effect_high_k": yard.effect_high_k,
            "footprint_effect_k": yard.footprint_effect_k,
            "anomaly_k": yard.anomaly_k,
            "sealed_share": yard.sealed_share,
            "area_m2": yard.courtyard.area_m2,
            "pupils": yard.courtyard.children,
            "inside_applicability": yard.inside_applicability,
            "reasons": yard.reasons,
            "flags": yard.flags,
        }
        for yard in yards
    ]


def _yards(run: RankingRun | None) -> list[RankedCourtyard]:
    if run is None:
        return []
    return list(run.yards.select_related("courtyard__school").order_by("rank", "pk"))


def _line(yard: RankedCourtyard, axis_rank: Axis, axis_effect: Axis) -> YardLine:
    return YardLine(
        yard,
        axis_rank.whisker(yard.rank_low, yard.rank, yard.rank_high),
        axis_effect.whisker(yard.effect_low_k, yard.effect_k, yard.effect_high_k),
        parts_of([(factor_label(reason["factor"]), reason["points"]) for reason in yard.reasons]),
        # The page has a warning of its own for a yard outside the model's reach.
        [remark_label(flag) for flag in yard.flags if flag != OUTSIDE],
        _("Rank %(rank)s, plausibly %(low)s to %(high)s")
        % {"rank": yard.rank, "low": yard.rank_low, "high": yard.rank_high},
        _("Cooling %(effect)s °C, 90 %% interval %(low)s to %(high)s °C")
        % {
            "effect": number(yard.effect_k, 1),
            "low": number(yard.effect_low_k, 1),
            "high": number(yard.effect_high_k, 1),
        },
    )


def _feature(yard: RankedCourtyard) -> dict[str, Any]:
    shape = yard.courtyard.geom
    label = shape.point_on_surface
    return {
        "id": yard.courtyard_id,
        "rank": yard.rank,
        "name": yard.courtyard.name,
        "at": [round(label.x, 6), round(label.y, 6)],
        "shape": polygons_of(shape),
    }


@dataclass(frozen=True)
class SceneLine:
    """A scene's part in the heat map, as the page shows it."""

    term: HeatMapScene

    @property
    def clear(self) -> float:
        return 100 * self.term.clear_share

    @property
    def refused(self) -> str:
        """Why the scene is not part of the map; empty where it is."""
        return refusal(self.term.refused)

    @property
    def remarks(self) -> list[str]:
        """What the product came without."""
        scene = self.term.scene
        return [
            sentence
            for sentence, holds in (
                (_("no quality band"), not scene.has_qa),
                (_("no uncertainty band"), not scene.has_st_qa),
                (_("no metadata file"), not scene.has_metadata),
                (_("simulated"), scene.synthetic),
            )
            if holds
        ]


def _scene_lines(heat_map: HeatMap | None) -> list[SceneLine]:
    if heat_map is None:
        return []
    terms = heat_map.scene_terms.select_related("scene").order_by("scene__acquired_at")
    return [SceneLine(term) for term in terms]
