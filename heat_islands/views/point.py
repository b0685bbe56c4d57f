"""What the map says at a place."""

from __future__ import annotations

import math

from django.http import HttpRequest, JsonResponse
from django.utils.formats import number_format
from django.utils.translation import get_language_from_request, ngettext, override
from django.utils.translation import gettext as _

from greening.crs import WGS84, transformer
from greening.problem import Problem, speaks_problems
from heat_islands import published
from heat_islands.analysis import read_cell
from heat_islands.models import HeatMap
from heat_islands.palettes import FEW_SCENES, LARGE_SIGMA_K, PALETTES
from heat_islands.science.grid import Grid
from heat_islands.views.tiles import ASK_AGAIN, SPOKEN, facts, layers_of


@speaks_problems("GET", "HEAD")
def point(request: HttpRequest, slug: str) -> JsonResponse:
    """Every layer's value in the cell under a place (`lon`, `lat`), with its σ and n, and a sentence."""
    with override(get_language_from_request(request)):
        lon, lat = _coordinate(request, "lon", 180), _coordinate(request, "lat", 90)
        heat_map = published.find(slug, request.GET.get("v", ""))
        values = _cell(heat_map, lon, lat)
        layers = {
            name: {
                "title": str(PALETTES[name].title),
                "value": values[name],
                "unit": PALETTES[name].unit,
                "label": None if values[name] is None else _label(name, values[name]),
            }
            for name in layers_of(heat_map)
        }
        content = {
            "lon": lon,
            "lat": lat,
            "layers": layers,
            "uncertain": _uncertain(values),
            "sentence": _sentence(values, heat_map),
            "heat_map": facts(heat_map),
        }
    return JsonResponse(
        content,
        headers=SPOKEN | {"Cache-Control": ASK_AGAIN},
        json_dumps_params={"ensure_ascii": False},
    )


def _coordinate(request: HttpRequest, name: str, limit: float) -> float:
    try:
        value = float(request.GET.get(name, "")[:40])
    except ValueError:
        value = math.nan
    if not abs(value) <= limit:
        raise Problem(
            400,
            _("Give lon and lat in degrees of WGS 84, as in ?lon=2.2737&lat=48.8238."),
        )
    return value


def _cell(heat_map: HeatMap, lon: float, lat: float) -> dict[str, float | None]:
    """The unscaled value of every layer in the cell that holds a place; temperature in °C."""
    grid = Grid(**heat_map.grid)
    x, y = transformer(WGS84, grid.srid).transform(lon, lat)
    inside = math.isfinite(x) and math.isfinite(y)
    col = math.floor((x - grid.left) / grid.resolution) if inside else -1
    row = math.floor((grid.top - y) / grid.resolution) if inside else -1
    if not (0 <= col < grid.width and 0 <= row < grid.height):
        left, bottom, right, top = heat_map.bounds.extent
        raise Problem(
            404,
            _(
                "This place lies outside the heat map, which reaches "
                "from %(left)s, %(bottom)s to %(right)s, %(top)s."
            )
            % {
                name: f"{edge:.3f}"
                for name, edge in zip(
                    ("left", "bottom", "right", "top"), (left, bottom, right, top), strict=True
                )
            },
        )
    return read_cell(heat_map, row, col)


def _label(layer: str, value: float | None) -> str:
    palette = PALETTES[layer]
    decimals = {"n": 0, "ndvi": 2, "albedo": 2}.get(layer, 1)
    number = number_format(round(abs(value or 0.0), decimals), decimals)
    sign = "−" if (value or 0) < 0 else "+" if palette.signed and value else ""
    return f"{sign}{number} {palette.unit}".rstrip()


def _uncertain(values: dict[str, float | None]) -> bool:
    n, sigma = values["n"], values["sigma"]
    return (n is not None and n < FEW_SCENES) or (sigma is not None and sigma > LARGE_SIGMA_K)


def _sentence(values: dict[str, float | None], heat_map: HeatMap) -> str:
    """One sentence for the person who clicked: how hot, how sure, and what kind of temperature it is."""
    anomaly, se, n = values["anomaly"], values["se"], values["n"]
    if anomaly is None:
        return _(
            "No measurement here: too few scenes showed this place without clouds (%(least)d are needed)."
        ) % {"least": heat_map.min_scenes}
    scenes = round(n or 0)
    known = {
        "degrees": number_format(round(abs(anomaly), 1), 1),
        "error": number_format(round(se or 0.0, 1), 1),
        "scenes": scenes,
    }
    if se is not None and abs(anomaly) < se:
        text = ngettext(
            "As warm as the town's average, within ±%(error)s °C (%(scenes)d clear scene).",
            "As warm as the town's average, within ±%(error)s °C (%(scenes)d clear scenes).",
            scenes,
        )
    elif anomaly > 0:
        text = ngettext(
            "%(degrees)s °C warmer than the town's average, ±%(error)s °C (%(scenes)d clear scene).",
            "%(degrees)s °C warmer than the town's average, ±%(error)s °C (%(scenes)d clear scenes).",
            scenes,
        )
    else:
        text = ngettext(
            "%(degrees)s °C cooler than the town's average, ±%(error)s °C (%(scenes)d clear scene).",
            "%(degrees)s °C cooler than the town's average, ±%(error)s °C (%(scenes)d clear scenes).",
            scenes,
        )
    return f"{text % known} {_('Surface, not air, on clear late mornings in summer.')}"
