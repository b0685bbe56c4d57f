"""The maps of residents' pages: the town's own map with one subject on it, and the sentences its script says."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from frontend.views.map_page import map_settings
from greening.models import Commune


def residents_map(*layers: str, place: Any = None) -> dict[str, Any]:
    """Settings of a map with these layers; `place` is a geometry to outline and to start at."""
    told = map_settings(Commune.objects.order_by("id").first(), None)
    told["layers"] = [
        {**layer, "shown": True} for layer in told["layers"] if layer["name"] in layers
    ]
    told["texts"] |= _texts()
    if place is not None:
        told["place"] = json.loads(place.geojson)
    return told


def _texts() -> dict[str, str]:
    return {
        "freePlots": _("{name}: free plots {n}"),
        "awayMetres": _("{n} m from you"),
        "awayKilometres": _("{n} km from you"),
        "locating": _("Looking for your position…"),
        "located": _("The nearest garden stands first. Your position stays in this browser."),
        "notLocated": _("Your position could not be found; the list stays as it was."),
    }
