"""The land's map layers: parcels and buildings as fabric; gardens, plots and courtyards as objects."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from greening.layers import Fact, Group, MapLayer
from parcels.models import Building, Courtyard, Parcel, Plot, SharedGarden


def _garden(garden: SharedGarden) -> Iterable[Fact]:
    yield _("state"), garden.get_state_display(), ""
    yield _("area"), garden.area_m2, "m²"
    yield _("address"), garden.address or None, ""
    yield _("plots"), garden.plots.count(), ""


def _plot(plot: Plot) -> Iterable[Fact]:
    yield _("garden"), plot.garden.name, ""
    yield _("state"), plot.get_state_display(), ""
    yield _("area"), plot.area_m2, "m²"
    yield _("wheelchair accessible"), plot.accessible, ""


def _courtyard(yard: Courtyard) -> Iterable[Fact]:
    yield _("school"), yard.school.name if yard.school else None, ""
    yield _("state"), yard.get_state_display(), ""
    yield _("area"), yard.area_m2, "m²"
    yield _("pupils"), yard.children, ""
    yield _("canopy in the design"), round(100 * yard.design_canopy), "%"
    yield _("permeable ground in the design"), round(100 * yard.design_permeable), "%"
    yield _("cost class"), yard.get_cost_class_display(), ""


PARCELS = MapLayer(
    name="parcels",
    order=1,
    title=_("Parcels"),
    about=_("Cadastral parcels."),
    rows=Parcel.objects.all,
    columns=("reference", "area_m2"),
    min_zoom=15,
    changed="",
    ground=True,
)

BUILDINGS = MapLayer(
    name="buildings",
    order=3,
    title=_("Buildings"),
    about=_("Footprints of buildings."),
    rows=Building.objects.all,
    columns=("height_m",),
    min_zoom=13,
    changed="",
    ground=True,
)

COURTYARDS = MapLayer(
    name="courtyards",
    order=20,
    title=_("School courtyards"),
    about=_("Yards of the town's schools, ranked by what their conversion would cool."),
    rows=Courtyard.objects.all,
    columns=("state", "name", "area_m2"),
    groups=(
        Group("yard", _("as it is"), ("baseline", "scored", "shortlisted"), "area", "yard"),
        Group(
            "converting",
            _("conversion under way"),
            ("codesign", "funded", "works"),
            "area-dashed",
            "yard",
        ),
        Group("converted", _("converted"), ("delivered", "monitored"), "area-striped", "yard"),
    ),
    related=("school",),
    facts=_courtyard,
)

GARDENS = MapLayer(
    name="gardens",
    order=30,
    title=_("Shared gardens"),
    about=_("Gardens that residents tend together."),
    rows=SharedGarden.objects.all,
    columns=("state", "name", "area_m2"),
    groups=(
        Group("welcoming", _("open"), ("open",), "area", "garden"),
        Group("full", _("full"), ("full",), "area-striped", "garden"),
        Group(
            "shut",
            _("draft, paused or closed"),
            ("draft", "paused", "closed"),
            "area-dashed",
            "garden",
        ),
    ),
    facts=_garden,
)

PLOTS = MapLayer(
    name="plots",
    order=40,
    title=_("Garden plots"),
    about=_("Plots of the shared gardens."),
    rows=Plot.objects.all,
    columns=("state", "number", "accessible"),
    min_zoom=15,
    groups=(
        Group("free", _("free"), ("available",), "area", "plot"),
        Group(
            "taken",
            _("taken or offered"),
            ("offered", "occupied", "notice"),
            "area-striped",
            "plot",
        ),
        Group("idle", _("resting or withdrawn"), ("resting", "withdrawn"), "area-dashed", "plot"),
    ),
    related=("garden",),
    facts=_plot,
)
