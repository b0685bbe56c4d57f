"""A courtyard's line in the newest ranking."""

from __future__ import annotations

from typing import Any

from heat_islands.models import RankedCourtyard, RankingRun
from parcels.models import Courtyard


def newest_run() -> RankingRun | None:
    return (
        RankingRun.objects.select_related("heat_map", "cover")
        .order_by("-created_at", "-id")
        .first()
    )


def rank_of(thing: Any) -> RankedCourtyard | None:
    """The thing's rank, if it is a courtyard and a ranking exists."""
    if not isinstance(thing, Courtyard):
        return None
    run = newest_run()
    return RankedCourtyard.objects.filter(courtyard=thing, run=run).first() if run else None
