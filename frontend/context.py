"""What every page of the product knows: the town, and whether what it shows is made up."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from greening.models import Commune


def town(request: HttpRequest) -> dict[str, Any]:
    """Lazy, so that a page which names no town (an error's) asks the database nothing."""
    commune = SimpleLazyObject(lambda: Commune.objects.order_by("id").defer("geom").first())
    return {
        "commune": commune,
        "synthetic": SimpleLazyObject(lambda: bool(commune and commune.synthetic)),
        "base_map": {"url": settings.BASE_MAP_URL, "attribution": settings.BASE_MAP_ATTRIBUTION},
    }
