"""A heat map's files themselves, in parts too: GDAL reads a COG on another machine by byte ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from greening.problem import Problem, speaks_problems
from heat_islands.models import HeatMap
from heat_islands.views.tiles import FOR_GOOD

TYPES = {
    "analysis.tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    "display.tif": "image/tiff; application=geotiff; profile=cloud-optimized",
}
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
CHUNK = 256 * 1024


@speaks_problems("GET", "HEAD")
def file(request: HttpRequest, slug: str, version: str, name: str) -> HttpResponseBase:
    """The whole of a version's COG, or the one range that was asked for (RFC 9110 §14)."""
    heat_map = HeatMap.objects.filter(slug=slug, version=version).first()
    path = heat_map.path / name if heat_map and name in TYPES else None
    if path is None or not path.exists():
        raise Problem(404, _("There is no such file: a heat map has analysis.tif and display.tif."))
    size = path.stat().st_size
    etag = f'"{version}/{name}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": FOR_GOOD,
        "ETag": etag,
    }
    asked = RANGE.fullmatch(request.META.get("HTTP_RANGE", ""))
    if request.META.get("HTTP_IF_RANGE", etag) != etag:
        asked = None  # the client holds part of something else
    first, last = _bounds(asked, size) if asked else (0, size - 1)
    if first > last:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Length"] = str(last - first + 1)
    if asked:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    body = iter(()) if request.method == "HEAD" else _part(path, first, last)
    return StreamingHttpResponse(
        body, status=206 if asked else 200, content_type=TYPES[name], headers=headers
    )


def _bounds(asked: re.Match[str], size: int) -> tuple[int, int]:
    """First and last byte of a range; first > last where it lies beyond the file or says nothing."""
    start, end = asked.groups()
    if not start:  # the last so many bytes
        return (max(0, size - int(end)), size - 1) if end and int(end) else (1, 0)
    return int(start), min(int(end), size - 1) if end else size - 1


def _part(path: Path, first: int, last: int) -> Iterator[bytes]:
    with path.open("rb") as content:
        content.seek(first)
        left = last - first + 1
        while left > 0 and (chunk := content.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
