"""/: the public map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from frontend.heat import CAVEATS, heat_choices, heat_settings
from frontend.outline import polygons_of
from frontend.progress import FAMILY, MAX_AGE_S, Counts, count_of, counts_by_state, progress
from frontend.texts import texts
from greening.indicators import read
from greening.layers import Group, MapLayer, ground_layers, object_layers
from greening.models import Commune
from greening.vector_tiles import MAX_ZOOM
from heat_islands.models import HeatMap

#: 1e-5° is under a metre: an outline to look at, not to measure by.
OUTLINE_STEP_DEG = 1e-5


@dataclass(frozen=True)
class LegendLayer:
    """A layer's place in the panel: its switch and its symbols with their counts."""

    layer: MapLayer
    counts: Counts

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def groups(self) -> list[tuple[Group, int]]:
        """Groups that are drawn, each with its count."""
        return [
            (group, count_of(group, self.counts))
            for group in self.layer.groups
            if group.symbol != "none"
        ]


@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """The map with its panel: progress, layers, heat."""
    commune = Commune.objects.order_by("id").first()
    legends = [LegendLayer(layer, counts_by_state(layer)) for layer in object_layers()]
    heat_map = HeatMap.objects.newest()
    return render(
        request,
        "frontend/map.html",
        {
            "progress": progress(read(FAMILY, MAX_AGE_S)) if commune else None,
            "legends": list(reversed(legends)),
            "heat_map": heat_map,
            "heat_choices": heat_choices(heat_map),
            "caveats": CAVEATS,
            "map_settings": map_settings(commune, heat_map),
        },
    )


def map_settings(commune: Commune | None, heat_map: HeatMap | None) -> dict[str, Any]:
    """What the scripts of any map page need, as JSON."""
    return {
        "language": get_language(),
        "town": _outline(commune),
        "baseMap": (
            {"url": settings.BASE_MAP_URL, "attribution": settings.BASE_MAP_ATTRIBUTION}
            if settings.BASE_MAP_URL
            else None
        ),
        "ground": [layer_settings(layer) for layer in ground_layers()],
        "layers": [layer_settings(layer) for layer in object_layers()],
        "tiles": reverse("vector-tile", args=("LAYERS", "Z", "X", "Y")),
        "tileMaxZoom": MAX_ZOOM,
        "listUrl": reverse("list"),
        "heat": heat_settings(heat_map),
        "texts": texts(),
    }


def layer_settings(layer: MapLayer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "title": str(layer.title),
        "minZoom": layer.min_zoom,
        "shown": layer.shown,
        "groups": [
            {
                "name": group.name,
                "label": str(group.label),
                "states": group.states,
                "symbol": group.symbol,
                "tone": group.tone,
            }
            for group in layer.groups
        ],
    }


def _outline(commune: Commune | None) -> dict[str, Any] | None:
    if commune is None:
        return None
    return {
        "name": commune.name,
        "bounds": [round(degree, 6) for degree in commune.geom.extent],
        "outline": polygons_of(commune.geom.simplify(OUTLINE_STEP_DEG, preserve_topology=True)),
    }
