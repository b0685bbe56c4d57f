"""Map tiles and their description (TileJSON)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from rasterio.errors import RasterioError

from greening.problem import Problem, speaks_problems
from heat_islands import palettes, published, tiles
from heat_islands.analysis import gone
from heat_islands.display import POOL, Tile
from heat_islands.models import HeatMap

DEFAULT_LAYER = "anomaly"
#: A version's tile in these colours never changes; an address without the palette's key means today's colours.
FOR_GOOD = "public, max-age=31536000, immutable"
#: The address may mean a newer version tomorrow: ask each time, which costs a 304.
ASK_AGAIN = "public, no-cache"
ATTRIBUTION = "Landsat: U.S. Geological Survey"
MIN_ZOOM = 8
#: Of every answer with words in it: anyone may read it, and it is in the reader's language.
SPOKEN = {"Access-Control-Allow-Origin": "*", "Vary": "Accept-Language, Cookie"}


@speaks_problems("GET", "HEAD")
def tile(request: HttpRequest, slug: str, z: str, x: str, y: str) -> HttpResponse:
    """A 256 px palette PNG of one layer; a 404 problem where the map does not reach."""
    address = Tile.parse(z, x, y)
    asked = request.GET.get("v", "")
    heat_map = published.find(slug, asked)
    layer = layer_of(request, heat_map)
    name = f"{heat_map.version}.{palettes.key()}/{layer}/{address.z}/{address.x}/{address.y}"
    immutable = asked == published.address_version(heat_map)
    headers = {
        "ETag": f'"{name}"',
        "Cache-Control": FOR_GOOD if immutable else ASK_AGAIN,
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
    }
    if _has(request.META.get("HTTP_IF_NONE_MATCH", ""), headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    body = _drawn(heat_map, name, layer, address)
    return HttpResponse(
        body, content_type="image/png", headers=headers | {"Content-Length": str(len(body))}
    )


@speaks_problems("GET", "HEAD")
def tilejson(request: HttpRequest, slug: str) -> JsonResponse:
    """TileJSON 3.0 of one layer, with the palette its tiles are drawn in."""
    heat_map = published.find(slug, request.GET.get("v", ""))
    layer = layer_of(request, heat_map)
    left, bottom, right, top = heat_map.bounds.extent
    with override(get_language_from_request(request)):
        scale = palettes.legend(layer)
        content: dict[str, Any] = {
            "tilejson": "3.0.0",
            "name": heat_map.title,
            "description": " ".join(_(note) for note in heat_map.notes),
            "version": "1.0.0",  # of this document, as the specification has it; the map's own is below
            "scheme": "xyz",
            "tiles": [tile_address(request, heat_map, layer)],
            "minzoom": MIN_ZOOM,
            "maxzoom": native_zoom(heat_map),
            "bounds": [left, bottom, right, top],
            "center": [(left + right) / 2, (bottom + top) / 2, 12],
            "attribution": attribution(heat_map),
            "legend": f"{scale['title']}: {scale['stops'][0]['label']} … {scale['stops'][-1]['label']}",
            "vector_layers": [],
            "palette": scale,
            "layers": {name: str(palettes.PALETTES[name].title) for name in layers_of(heat_map)},
            "heat_map": facts(heat_map),
        }
    return JsonResponse(
        content,
        headers=SPOKEN | {"Cache-Control": ASK_AGAIN},
        json_dumps_params={"ensure_ascii": False},
    )


def layers_of(heat_map: HeatMap) -> list[str]:
    """The layers this map has: a town without countryside in its scenes has no difference from it."""
    return [layer for layer in palettes.PALETTES if layer != "suhi" or heat_map.has_suhi]


def layer_of(request: HttpRequest, heat_map: HeatMap) -> str:
    layer = request.GET.get("layer", DEFAULT_LAYER)
    if layer not in layers_of(heat_map):
        raise Problem(
            400,
            _("This heat map has no layer “%(layer)s”: choose one of %(layers)s.")
            % {"layer": layer[:40], "layers": ", ".join(layers_of(heat_map))},
        )
    return layer


def tile_address(request: HttpRequest, heat_map: HeatMap, layer: str) -> str:
    """The tiles' address with {z}, {x} and {y} left open, absolute, naming the version."""
    path = reverse("heat-map-tile", args=[heat_map.slug, "{z}", "{x}", "{y}"])
    query = f"?layer={layer}&v={published.address_version(heat_map)}"
    return (
        request.build_absolute_uri("/")[:-1] + path.replace("%7B", "{").replace("%7D", "}") + query
    )


def attribution(heat_map: HeatMap) -> str:
    return _("Demonstration data") if heat_map.synthetic else ATTRIBUTION


def native_zoom(heat_map: HeatMap) -> int:
    """The zoom of the display raster's own pixels; beyond it, a client does as well to enlarge."""
    try:
        with POOL.lend(heat_map.display_path) as source:
            return source.zoom
    except RasterioError as error:
        raise gone(heat_map) from error


def facts(heat_map: HeatMap) -> dict[str, Any]:
    """What every answer about a map says of it."""
    return {
        "slug": heat_map.slug,
        "version": heat_map.version,
        "title": heat_map.title,
        "from": heat_map.date_from.isoformat(),
        "to": heat_map.date_to.isoformat(),
        "scenes": heat_map.scene_count,
        "min_scenes": heat_map.min_scenes,
        "notes": [_(note) for note in heat_map.notes],
        "synthetic": heat_map.synthetic,
    }


def _drawn(heat_map: HeatMap, name: str, layer: str, address: Tile) -> bytes:
    key = f"{heat_map.directory}/{name}"
    body = tiles.DRAWN.get(key)
    if body is None:
        try:
            body = tiles.draw(heat_map.display_path, layer, address)
        except RasterioError as error:
            raise gone(heat_map) from error
        if body is None:
            raise Problem(404, _("This tile lies outside the heat map."))
        tiles.DRAWN.put(key, body)
    return body


def _has(if_none_match: str, etag: str) -> bool:
    """Whether the tags a client holds include `etag`; weak comparison, as RFC 9110 §13.1.2 asks."""
    if not if_none_match:
        return False
    held = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return if_none_match.strip() == "*" or etag in held
