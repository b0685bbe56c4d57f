"""/tiles/: vector tiles and their TileJSON, public and read-only.

They take the short way through the middleware (`greening.middleware`).
"""

from __future__ import annotations

import gzip
import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from greening.errors import BadInput
from greening.layers import LAYERS
from greening.models import Commune
from greening.problem import problem
from greening.vector_tiles import MAX_ZOOM, Tile, data_version, tile_bytes, tile_json

MVT = "application/vnd.mapbox-vector-tile"
WORTH_ZIPPING = 1_000  # bytes: less fits one packet anyway


@require_safe
def vector_tile(request: HttpRequest, layer: str, z: str, x: str, y: str) -> HttpResponse:
    """One tile: 200, 304 where the reader's copy is good, 400 for an impossible address, 404 outside the zooms.

    `layer` may be several names with commas between: a map asks once for all it draws.
    """
    names = list(dict.fromkeys(layer.split(",")))
    for name in names:
        if name not in LAYERS:
            return _unknown(name)
    try:
        tile = Tile.at(*_numbers(z, x, y))
    except BadInput as error:
        return problem(400, str(error))
    wanted = [LAYERS[name] for name in names if LAYERS[name].min_zoom <= tile.z <= MAX_ZOOM]
    if not wanted:
        first = min(LAYERS[name].min_zoom for name in names)
        return problem(
            404,
            f"Tiles of {layer} exist from zoom {first} to {MAX_ZOOM}, not at {tile.z}.",
        )
    versions = {one.name: data_version(one) for one in wanted}
    etag = 'W/"' + "+".join(f"{name}-{version}" for name, version in versions.items()) + '"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
    else:
        # Layers of a tile are repeated fields of one message: tiles of one layer each, end to end, are a tile.
        parts = [tile_bytes(one, tile, versions[one.name]) for one in wanted]
        response = HttpResponse(b"".join(parts), content_type=MVT)
        _zip(request, response)
    response["ETag"] = etag
    response["Cache-Control"] = (
        "public, no-cache"  # kept, but asked for again: a planted tree shows at once
    )
    response["Access-Control-Allow-Origin"] = "*"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@require_safe
def vector_tile_json(request: HttpRequest, layer: str) -> HttpResponse:
    if layer not in LAYERS:
        return _unknown(layer)
    place = reverse("vector-tile", args=(layer, "0", "0", "0")).removesuffix("0/0/0.mvt")
    # No LocaleMiddleware on the short way: the town's own language, not the last reader's.
    with translation.override(settings.LANGUAGE_CODE):
        commune = Commune.objects.order_by("id").first()
        document = tile_json(
            LAYERS[layer],
            request.build_absolute_uri(place) + "{z}/{x}/{y}.mvt",
            commune.geom.extent if commune else None,
        )
    response = JsonResponse(document)
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _numbers(*texts: str) -> list[int]:
    for text in texts:
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise BadInput(f"A tile's address is three whole numbers z/x/y, not {text[:20]!r}.")
    return [int(text) for text in texts]


def _unknown(layer: str) -> HttpResponse:
    return problem(404, f"There is no layer {layer[:40]!r}; there are {', '.join(LAYERS)}.")


def _zip(request: HttpRequest, response: HttpResponse) -> None:
    accepted = request.headers.get("Accept-Encoding", "")
    if len(response.content) >= WORTH_ZIPPING and re.search(
        r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\b)", accepted
    ):
        response.content = gzip.compress(response.content, compresslevel=1, mtime=0)
        response["Content-Encoding"] = "gzip"
