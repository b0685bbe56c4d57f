"""The demo's objects enter as a town's do: as events through the only door, in batches."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from greening.errors import TownError
from greening.events import Change, apply

BATCH = 1_000


def land(changes: Iterable[Change]) -> int:
    """Applies every change, a batch at a time; how many there were. The demo's own must all be welcome."""
    waiting = iter(changes)
    count = 0
    while batch := list(islice(waiting, BATCH)):
        for change, verdict in zip(batch, apply(batch), strict=True):
            if not verdict.landed:
                raise TownError(
                    f"The demo town contradicts the rules: {change.kind} {dict(change.patch)} was "
                    f"{verdict.status} ({verdict.code}). {verdict.message}"
                )
        count += len(batch)
    return count


def wire(shape: Point | Polygon | MultiPolygon) -> dict[str, Any]:
    """A point's or an area's GeoJSON geometry, without the detour over GDAL that `.geojson` takes."""
    return {"type": shape.geom_type, "coordinates": shape.coords}
