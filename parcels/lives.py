"""The lives of shared land: school courtyards, shared gardens and their plots (domain.md)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from greening.lifecycle import Kind, Move, Refusal, Situation, register
from greening.roles import WRITE, Role, grant
from parcels.models import Plot

TAKEN = ("offered", "occupied", "notice")


def nobody_gardens_there(situation: Situation) -> Refusal | None:
    """A garden closes only when its last gardener has left."""
    garden: Any = situation.obj
    if not garden.pk or not Plot.objects.filter(garden=garden, state__in=TAKEN).exists():
        return None
    return Refusal(
        "plots_taken",
        _("Plots of this garden are offered or occupied: end these first, then close it."),
    )


COURTYARD = Kind(
    name="courtyard",
    model="parcels.Courtyard",
    # An import records yards at whatever stage they are: a town's programme did not start with this inventory.
    starts=(
        "baseline",
        "scored",
        "shortlisted",
        "codesign",
        "funded",
        "works",
        "delivered",
        "monitored",
    ),
    moves=(
        Move("baseline", "scored"),
        Move("scored", "shortlisted"),
        Move("shortlisted", "codesign", "scored"),
        Move("codesign", "funded", "shortlisted"),
        Move("funded", "works"),
        Move("works", "delivered"),
        Move("delivered", "monitored"),
    ),
    fields=(
        "name",
        "source_id",
        "school",
        "geom",
        "area_m2",
        "pupils",
        "design_canopy",
        "design_permeable",
        "cost_class",
        "vulnerability",
        "source",
        "synthetic",
        "archived_at",
    ),
    order=10,
)

GARDEN = Kind(
    name="shared_garden",
    model="parcels.SharedGarden",
    starts=("draft", "open", "full", "paused"),
    moves=(
        Move("draft", "open"),
        Move("open", "full", "paused"),
        Move("full", "open", "paused"),
        Move("paused", "open", "full"),
        Move("draft", "closed"),
        Move("open", "closed", guards=[nobody_gardens_there]),
        Move("full", "closed", guards=[nobody_gardens_there]),
        Move("paused", "closed", guards=[nobody_gardens_there]),
    ),
    fields=(
        "name",
        "source_id",
        "geom",
        "area_m2",
        "address",
        "source",
        "synthetic",
        "archived_at",
    ),
    order=10,
)

PLOT = Kind(
    name="plot",
    model="parcels.Plot",
    starts=("available", "offered", "occupied", "notice", "resting", "withdrawn"),
    moves=(
        Move("available", "offered", "resting", "withdrawn"),
        Move("offered", "occupied", "available"),  # accepted; declined or expired
        Move("occupied", "notice"),
        Move("notice", "available", "resting", "withdrawn"),
        Move("resting", "available", "withdrawn"),
    ),
    fields=(
        "garden",
        "number",
        "geom",
        "area_m2",
        "accessible",
        "source",
        "synthetic",
        "archived_at",
    ),
    order=20,
)


def declare() -> None:
    """Register the kinds of shared land and who may change them."""
    register(COURTYARD, GARDEN, PLOT)
    grant(Role.PLANNER, ("courtyard", "shared_garden", "plot"), WRITE)
    grant(Role.GARDEN_MANAGER, ("shared_garden", "plot"), WRITE)
