"""The lives of shared land: states, moves and rights of gardens, plots and school courtyards (domain.md)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from greening.history import publish
from greening.lifecycle import Kind, Move, Refusal, Situation, register
from greening.roles import REFERENCE, WRITE, Role, grant


def garden_is_not_closed(situation: Situation) -> Refusal | None:
    """A plot of a closed garden is given to nobody any more."""
    plot: Any = situation.obj
    if plot.garden.state != "closed":
        return None
    return Refusal("garden_closed", _("This garden is closed: none of its plots can be given."))


GARDEN = Kind(
    name="shared_garden",
    model="parcels.SharedGarden",
    starts=("draft", "open", "full", "paused"),
    moves=(
        Move("draft", "open"),
        Move("open", "full", "paused", "closed"),
        Move("full", "open", "paused", "closed"),
        Move("paused", "open", "closed"),
    ),
    fields=(
        "name",
        "geom",
        "area_m2",
        "address",
        "source",
        "source_id",
        "synthetic",
        "archived_at",
    ),
    soft=("address",),
    order=10,
)

PLOT = Kind(
    name="plot",
    model="parcels.Plot",
    starts=("available", "occupied", "resting"),  # an inventory of gardens has plots in use already
    moves=(
        Move("available", "offered", guards=[garden_is_not_closed]),
        Move("available", "resting", "withdrawn"),
        Move("offered", "occupied", guards=[garden_is_not_closed]),
        Move("offered", "available"),
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

COURTYARD = Kind(
    name="courtyard",
    model="parcels.Courtyard",
    # A town starts with yards at every stage; the programme moves them on from there.
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
        Move("shortlisted", "codesign"),
        Move("codesign", "funded"),
        Move("funded", "works"),
        Move("works", "delivered"),
        Move("delivered", "monitored"),
    ),
    fields=(
        "name",
        "school",
        "geom",
        "area_m2",
        "pupils",
        "design_canopy",
        "design_permeable",
        "cost_class",
        "vulnerability",
        "source",
        "source_id",
        "synthetic",
        "archived_at",
    ),
    order=10,
)


def declare() -> None:
    """Register the kinds of shared land, who may change them, and what everybody may read of their history."""
    register(GARDEN, PLOT, COURTYARD)
    grant(Role.GARDEN_MANAGER, ("shared_garden", "plot"), {*WRITE, "override"})
    grant(Role.PLANNER, ("courtyard",), WRITE)
    grant(Role.PLANNER, ("parcel", "building", "school"), REFERENCE)
    publish("shared_garden", "state", "name", "geom", "area_m2", "address", "archived_at")
    publish("plot", "state", "garden", "number", "geom", "area_m2", "accessible", "archived_at")
    publish("courtyard", "state", "name", "school", "geom", "area_m2", "archived_at")
