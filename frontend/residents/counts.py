"""What a resident wants to know of each garden before anything else: what is free there, and how many wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from greening.layers import LAYERS, Group
from parcels.models import Application, Plot, SharedGarden

#: A draft is the manager's own business; a closed garden is found by its address only.
LISTED = ("open", "full", "paused")
#: States in which an application stands in the garden's list.
IN_LINE = ("submitted", "checked", "waiting", "offered")
#: A garden's state as a resident reads it.
STATES: dict[str, str | Promise] = {
    "open": _("open: apply for a plot"),
    "full": _("full: put your name on the list"),
    "paused": _("paused: no applications for now"),
    "closed": _("closed"),
    "draft": _("in preparation"),
}


@dataclass(frozen=True)
class GardenCount:
    """One garden with its figures."""

    garden: SharedGarden
    waiting: int = 0
    plots: int = 0
    free: int = 0
    accessible_plots: int = 0
    accessible_free: int = 0

    @property
    def state(self) -> str | Promise:
        return STATES[self.garden.state]

    @property
    def takes_applications(self) -> bool:
        return self.garden.state in ("open", "full")

    @property
    def group(self) -> Group | None:
        return LAYERS["gardens"].group_of(self.garden.state)

    @cached_property
    def at(self) -> str:
        """Longitude and latitude of a point in the garden, for the map's pins and a reader's distance."""
        point: Any = self.garden.geom.point_on_surface
        return f"{point.x:.6f},{point.y:.6f}"


def count(gardens: Iterable[SharedGarden]) -> list[GardenCount]:
    """The gardens with their figures, in the order given; two questions however many there are."""
    gardens = list(gardens)
    here = [garden.pk for garden in gardens]
    rows = (
        Plot.objects.filter(garden__in=here, archived_at=None)
        .exclude(state="withdrawn")
        .order_by("garden")
        .values_list("garden")
        .annotate(
            plots=Count("pk"),
            free=Count("pk", filter=Q(state="available")),
            accessible_plots=Count("pk", filter=Q(accessible=True)),
            accessible_free=Count("pk", filter=Q(accessible=True, state="available")),
        )
    )
    plots: dict[int, list[int]] = {garden: numbers for garden, *numbers in rows}
    waiting = Counter(
        Application.objects.filter(
            garden__in=here, state__in=IN_LINE, archived_at=None
        ).values_list("garden", flat=True)
    )
    return [
        GardenCount(
            garden,
            waiting[garden.pk],
            *plots.get(garden.pk, ()),
        )
        for garden in gardens
    ]


def listed() -> list[GardenCount]:
    """Every garden a resident may look at, those with free plots first."""
    rows = SharedGarden.objects.filter(state__in=LISTED, archived_at=None).order_by("name", "pk")
    return sorted(count(rows), key=lambda row: row.free == 0 or not row.takes_applications)
