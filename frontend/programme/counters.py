"""/programme/indicators.json: the counters as they stand, small enough to be asked every few seconds."""

from __future__ import annotations

import hashlib
import json

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from frontend.progress import FAMILY, MAX_AGE_S, progress
from greening.indicators import read


@require_safe
def indicators_json(request: HttpRequest) -> HttpResponse:
    """Values by name (null: not known) and the stretches of the progress line; 304 while no number changed."""
    readings = read(FAMILY, max_age_s=MAX_AGE_S)
    line = progress(readings)
    said = {
        "values": {name: reading.value for name, reading in readings.items()},
        "line": {part.name: [part.start, part.width] for part in line.segments},
    }
    tag = f'"{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:20]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "no-cache",
        "X-As-Of": line.as_of.isoformat(timespec="seconds"),
    }
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers=headers)
    body = json.dumps(said | {"as_of": line.as_of.isoformat(timespec="seconds")})
    return HttpResponse(body, content_type="application/json", headers=headers)
