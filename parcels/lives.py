"""The lives of shared land: school courtyards, shared gardens and their plots (domain.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from greening.guards import current
from greening.history import publish
from greening.lifecycle import Consequence, Kind, Move, Refusal, Situation, follow, register
from greening.roles import REFERENCE, WRITE, Role, grant
from parcels.models import Adoption, Application, Plot
from parcels.plot_shapes import keeps_its_plots_inside, lies_where_it_may

TAKEN = ("offered", "occupied", "notice")


def nobody_gardens_there(situation: Situation) -> Refusal | None:
    """A garden closes only when its last gardener has left and nobody has an offer to answer."""
    garden: Any = situation.obj
    if not garden.pk:
        return None
    taken = Plot.objects.filter(garden=garden, state__in=TAKEN).exists()
    if not taken and not Adoption.objects.running().filter(plot__garden=garden).exists():
        return None
    return Refusal(
        "plots_taken",
        _("Plots of this garden are offered or occupied: end these first, then close it."),
    )


def nobody_waits_there(situation: Situation) -> Refusal | None:
    """A list ends with everybody told and an entry in its log, which is the garden desk's to do: `close_garden`."""
    rows = Application.objects.open().filter(garden_id=situation.obj.pk)
    if not any(current(situation, row).is_open for row in rows):
        return None
    return Refusal(
        "list_open",
        _("People have applied here and must be told: close this garden at the garden desk."),
    )


def nobody_holds_it(situation: Situation) -> Refusal | None:
    """A plot follows its adoption: it is free when that has ended, not before."""
    rows = Adoption.objects.running().filter(plot_id=situation.obj.pk)
    if not any(current(situation, row).is_running for row in rows):
        return None
    return Refusal(
        "adopted", _("Somebody gardens this plot: end their adoption, the plot follows.")
    )


def nobody_has_it_on_offer(situation: Situation) -> Refusal | None:
    rows = Application.objects.filter(offered_plot_id=situation.obj.pk, state="offered")
    if not any(current(situation, row).state == "offered" for row in rows):
        return None
    return Refusal("on_offer", _("This plot is offered to somebody: their answer frees it."))


def garden_is_not_closed(situation: Situation) -> Refusal | None:
    """A plot of a closed garden is given to nobody any more."""
    plot: Any = situation.obj
    if plot.garden.state != "closed":
        return None
    return Refusal("garden_closed", _("This garden is closed: none of its plots can be given."))


def garden_follows_its_plots(situation: Situation) -> Iterator[Consequence]:
    """An open garden without an available plot is full, and open again with one; the other states are a person's."""
    plot: Any = situation.obj
    if situation.moved_to is None:
        return
    garden = plot.garden
    if plot.state == "available" and plot.archived_at is None:
        if garden.state == "full":
            yield Consequence("shared_garden", garden, {"state": "open"})
    elif not situation.created and garden.state == "open":
        rows = Plot.objects.filter(garden_id=garden.pk, archived_at=None).exclude(pk=plot.pk)
        known = {obj.pk: obj for obj in situation.world["objects"].values() if type(obj) is Plot}
        states = rows.values_list("pk", "state")
        left = (known[pk].state if pk in known else state for pk, state in states)
        if "available" not in left:
            yield Consequence("shared_garden", garden, {"state": "full"})


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
        Move("draft", "closed", guards=[nobody_waits_there]),
        Move("open", "closed", guards=[nobody_gardens_there, nobody_waits_there]),
        Move("full", "closed", guards=[nobody_gardens_there, nobody_waits_there]),
        Move("paused", "closed", guards=[nobody_gardens_there, nobody_waits_there]),
    ),
    fields=(
        "name",
        "source_id",
        "geom",
        "area_m2",
        "address",
        "rules_fr",
        "rules_en",
        "source",
        "synthetic",
        "archived_at",
    ),
    guards=(keeps_its_plots_inside,),
    order=10,
)

PLOT = Kind(
    name="plot",
    model="parcels.Plot",
    starts=("available", "offered", "occupied", "notice", "resting", "withdrawn"),
    moves=(
        Move("available", "offered", guards=[garden_is_not_closed]),
        Move("available", "resting", "withdrawn"),
        Move("offered", "occupied", guards=[garden_is_not_closed]),
        # Declined or expired.
        Move("offered", "available", guards=[nobody_has_it_on_offer]),
        Move("occupied", "notice"),
        Move("notice", "occupied"),  # notice taken back
        Move("notice", "available", "resting", "withdrawn", guards=[nobody_holds_it]),
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
    guards=(lies_where_it_may,),
    order=20,
)


def declare() -> None:
    """Register the kinds of shared land, who may change them, and what everybody may read of their history."""
    register(GARDEN, PLOT, COURTYARD)
    follow("plot", garden_follows_its_plots)
    grant(Role.GARDEN_MANAGER, ("shared_garden", "plot"), {*WRITE, "override"})
    grant(Role.PLANNER, ("courtyard",), WRITE)
    grant(Role.PLANNER, ("parcel", "building", "school"), REFERENCE)
    publish(
        "shared_garden",
        *("state", "name", "geom", "area_m2", "address", "rules_fr", "rules_en", "archived_at"),
    )
    publish("plot", "state", "garden", "number", "geom", "area_m2", "accessible", "archived_at")
    publish("courtyard", "state", "name", "school", "geom", "area_m2", "archived_at")
