"""The heat map for desktop GIS: an OGC WMTS 1.0.0 capabilities document over the same tiles."""

from __future__ import annotations

import math
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _

from greening.crs import WEB_MERCATOR, WGS84, transformer
from greening.problem import speaks_problems
from heat_islands import published
from heat_islands.display import HALF_WORLD_M
from heat_islands.models import HeatMap
from heat_islands.palettes import PALETTES, legend
from heat_islands.views.tiles import (
    ASK_AGAIN,
    MIN_ZOOM,
    SPOKEN,
    attribution,
    layers_of,
    native_zoom,
    tile_address,
)

#: Scale of zoom 0 of GoogleMapsCompatible, pixels of 0.28 mm [OGC 07-057r7, annex E.4].
SCALE_0 = 559_082_264.0287178


@speaks_problems("GET", "HEAD")
def capabilities(request: HttpRequest, slug: str) -> HttpResponse:
    """Every layer of the newest version, RESTful; its tiles' addresses name the version."""
    heat_map = published.find(slug, request.GET.get("v", ""))
    bounds = heat_map.bounds.extent
    with override(get_language_from_request(request)):
        content = {
            "title": heat_map.title,
            "abstract": " ".join(_(note) for note in heat_map.notes),
            "attribution": attribution(heat_map),
            "provider": _("The town's greening service"),
            "address": request.build_absolute_uri(request.path),
            "bounds": [f"{edge:.7f}" for edge in bounds],
            "layers": [_layer(request, heat_map, name) for name in layers_of(heat_map)],
            "matrices": [
                _matrix(zoom, bounds) for zoom in range(MIN_ZOOM, native_zoom(heat_map) + 1)
            ],
        }
        # Numbers in XML are not numbers on a page: no thousands separators, no decimal commas.
        with override(None):
            body = render_to_string("heat_islands/wmts.xml", content)
    return HttpResponse(
        body, content_type="application/xml", headers=SPOKEN | {"Cache-Control": ASK_AGAIN}
    )


def _layer(request: HttpRequest, heat_map: HeatMap, name: str) -> dict[str, str]:
    scale = legend(name)
    template = tile_address(request, heat_map, name)
    for part, matrix_part in (("{z}", "{TileMatrix}"), ("{x}", "{TileCol}"), ("{y}", "{TileRow}")):
        template = template.replace(part, matrix_part)
    return {
        "name": name,
        "title": str(PALETTES[name].title),
        "abstract": f"{scale['stops'][0]['label']} … {scale['stops'][-1]['label']}",
        "template": template,
    }


def _matrix(zoom: int, bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    """A zoom level: its scale, its size and the tiles of it that the map meets."""
    side = 1 << zoom
    left, bottom, right, top = transformer(WGS84, WEB_MERCATOR).transform_bounds(*bounds)
    span = 2 * HALF_WORLD_M / side
    return {
        "zoom": str(zoom),
        "side": str(side),
        "scale": f"{SCALE_0 / side:.10f}",
        "left": str(math.floor((left + HALF_WORLD_M) / span)),
        "right": str(math.floor((right + HALF_WORLD_M) / span)),
        "top": str(math.floor((HALF_WORLD_M - top) / span)),
        "bottom": str(math.floor((HALF_WORLD_M - bottom) / span)),
    }
