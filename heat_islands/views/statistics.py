"""Coverage-weighted statistics of a layer inside posted polygons."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import shapely
from django.http import HttpRequest, JsonResponse
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from numpy.typing import NDArray

from greening.crs import WGS84, transformer
from greening.problem import Problem, speaks_problems
from heat_islands import published
from heat_islands.analysis import read
from heat_islands.models import HeatMap
from heat_islands.palettes import PALETTES
from heat_islands.science.grid import Grid
from heat_islands.views.tiles import SPOKEN, facts, layer_of

MAX_BODY = 1_000_000  # bytes; a commune's outline is 10 kB
MAX_POLYGONS = 500
MAX_VERTICES = 50_000
MAX_AREA_KM2 = 100
#: Landsat senses heat at 100 m: under twelve 30 m pixels, a parcel mostly shows its neighbours.
OWN_HEAT_M2 = 12 * 30.0**2


@csrf_exempt  # nothing is changed by it, and whoever posts needs no session
@speaks_problems("POST")
def statistics(request: HttpRequest, slug: str) -> JsonResponse:
    """Coverage-weighted statistics of a layer inside each polygon of the posted GeoJSON.

    A Feature or FeatureCollection comes back with `statistics` added to its properties; a bare
    geometry comes back as a Feature. `se` is an upper bound of the mean's standard error: errors of cells
    within one footprint of the satellite do not average out.
    """
    with override(get_language_from_request(request)):
        heat_map = published.find(slug, request.GET.get("v", ""))
        layer = layer_of(request, heat_map)
        features, wrap = _features(request)
        shapes = _shapes([feature["geometry"] for feature in features], heat_map)
        answers = _statistics(shapes, heat_map, layer)
        for feature, answer in zip(features, answers, strict=True):
            feature["properties"] = {**(feature.get("properties") or {}), "statistics": answer}
        content: dict[str, Any] = (
            {"type": "FeatureCollection", "features": features} if wrap else features[0]
        )
        content["heat_map"] = facts(heat_map)
    return JsonResponse(content, headers=SPOKEN, json_dumps_params={"ensure_ascii": False})


def _features(request: HttpRequest) -> tuple[list[dict[str, Any]], bool]:
    """The posted features, and whether they came as a collection; a problem in one sentence otherwise."""
    too_large = Problem(
        413,
        _("The GeoJSON is too large: send at most 1 MB, %(most)d polygons.")
        % {"most": MAX_POLYGONS},
    )
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        raise too_large
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise too_large
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, _("The request's body is not JSON: send a GeoJSON polygon.")) from None
    kind = content.get("type") if isinstance(content, dict) else None
    if kind in ("Polygon", "MultiPolygon"):
        return [{"type": "Feature", "properties": {}, "geometry": content}], False
    found = content.get("features") if kind == "FeatureCollection" else [content]
    if kind not in ("Feature", "FeatureCollection") or not isinstance(found, list) or not found:
        raise Problem(
            400,
            _("Send a GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection of polygons."),
        )
    if len(found) > MAX_POLYGONS:
        raise too_large
    for feature in found:
        properties = feature.get("properties") if isinstance(feature, dict) else 0
        if not isinstance(properties, dict | None) or not isinstance(feature.get("geometry"), dict):
            raise Problem(400, _("Each feature needs a polygon as its geometry."))
    return found, kind == "FeatureCollection"


def _shapes(geometries: list[dict[str, Any]], heat_map: HeatMap) -> NDArray[np.object_]:
    """The polygons in the grid's CRS, within limits; a problem in one sentence otherwise."""
    try:
        shapes = shapely.from_geojson([json.dumps(geometry) for geometry in geometries])
    except (shapely.errors.GEOSException, ValueError, RecursionError):
        raise Problem(
            400, _("A geometry is not valid GeoJSON: each ring needs at least four positions.")
        ) from None
    if not all(
        shape is not None and shape.geom_type in ("Polygon", "MultiPolygon") for shape in shapes
    ):
        raise Problem(
            400, _("Only polygons can be measured: send Polygon or MultiPolygon geometries.")
        )
    if shapely.get_num_coordinates(shapes).sum() > MAX_VERTICES:
        raise Problem(
            413,
            _("The polygons have too many vertices: simplify them to %(most)d in all.")
            % {"most": MAX_VERTICES},
        )
    corners = shapely.get_coordinates(shapes)
    if not (np.abs(corners) <= (180, 90)).all():
        raise Problem(400, _("Coordinates must be longitude, latitude in degrees of WGS 84."))
    to_grid = transformer(WGS84, heat_map.grid["srid"])
    projected = shapely.transform(
        shapes, lambda xy: np.column_stack(to_grid.transform(xy[:, 0], xy[:, 1]))
    )
    from heat_islands.science import zonal  # scipy: half a second that only this view needs

    projected = zonal.checked(projected)
    if shapely.area(projected).sum() > MAX_AREA_KM2 * 1e6:
        raise Problem(
            413,
            _("The polygons cover too much: at most %(most)d km² in one request.")
            % {"most": MAX_AREA_KM2},
        )
    return projected


def _statistics(shapes: NDArray[np.object_], heat_map: HeatMap, layer: str) -> list[dict[str, Any]]:
    from heat_islands.science import zonal

    grid = Grid(**heat_map.grid)
    block = grid.block_around(tuple(shapely.total_bounds(shapes)))
    if block is None:
        raise Problem(404, _("The polygons lie outside the heat map."))
    piece = grid.crop(block)
    matrix = zonal.weights(shapes, piece)
    values, se, n = (read(heat_map, name, block) for name in (layer, "se", "n"))
    found = zonal.statistics(matrix, values, (0.5,))
    errors = zonal.means(matrix, se)
    counts = zonal.statistics(matrix, np.where(np.isfinite(values), n, np.nan))
    area = shapely.area(shapes)
    palette = PALETTES[layer]
    answers = []
    for i in range(len(shapes)):
        measured = float(found.count[i]) * grid.resolution**2
        answers.append(
            {
                "layer": layer,
                "unit": palette.unit,
                "mean": _rounded(found.mean[i]),
                "se": _rounded(errors.mean[i])
                if layer in ("anomaly", "temperature", "suhi")
                else None,
                "median": _rounded(found.quantiles[i, 0]),
                "std": _rounded(found.std[i]),
                "min": _rounded(found.minimum[i]),
                "max": _rounded(found.maximum[i]),
                "n": _rounded(counts.mean[i], 1),
                "n_min": _rounded(counts.minimum[i], 0),
                "area_m2": round(float(area[i]), 1),
                "no_data_share": round(max(0.0, 1 - measured / float(area[i])), 4),
                "notes": _notes(float(area[i]), measured, grid),
            }
        )
    return answers


def _notes(area_m2: float, measured_m2: float, grid: Grid) -> list[str]:
    notes = []
    if measured_m2 <= 0:
        notes.append(_("Nothing was measured inside this polygon."))
    elif area_m2 < grid.resolution**2:
        notes.append(
            _("This polygon is smaller than one cell of the map: the value is that of its cell.")
        )
    elif area_m2 < OWN_HEAT_M2:
        notes.append(
            _(
                "The satellite senses heat at 100 m: a polygon this small mostly shows its neighbours."
            )
        )
    return notes


def _rounded(value: float, digits: int = 3) -> float | None:
    return None if math.isnan(value) else round(float(value), digits)
