"""A garden's map as its page hands it to the script: outline, plots, the streets around, what can be edited."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from frontend.outline import polygons_of
from greening.events.values import to_wire
from greening.models import Street
from greening.spatial import padded
from parcels.models import Plot, SharedGarden

#: So much of the town is drawn around a garden where there is no base map.
AROUND_M = 120.0


def map_data(
    garden: SharedGarden,
    plot: Plot | None = None,
    *,
    drawing: bool = False,
    conflict: bool = False,
    links: bool = True,
) -> dict[str, Any]:
    """`plot` is the one that is edited; in a conflict it is drawn as it stands now, beside the person's own."""
    rows = garden.plots.filter(archived_at=None).exclude(state="withdrawn").order_by("number")
    others = rows if plot is None else rows.exclude(pk=plot.pk)
    return {
        "garden": to_wire(garden.geom),
        "streets": [
            [[round(x, 6), round(y, 6)] for x, y, *_z in street.geom.coords]
            for street in Street.objects.proposed(padded(garden.geom.extent, AROUND_M))
        ],
        "plots": [_plot(row, links and not drawing) for row in others],
        "standing": polygons_of(plot.geom) if plot is not None and conflict else None,
        "drawing": drawing,
        "texts": _texts(),
    }


def _plot(plot: Plot, link: bool) -> dict[str, Any]:
    return {
        "id": plot.pk,
        "number": plot.number,
        "state": plot.state,
        "label": plot.get_state_display(),
        "shape": polygons_of(plot.geom),
        "url": reverse("garden-desk-plot", args=(plot.garden_id, plot.pk)) if link else "",
    }


def _texts() -> dict[str, str]:
    """What the drawing tool says; `{name}` marks what it fills in."""
    return {
        "corner": _("Corner {n} of {of}. Arrow keys move it by 10 centimetres, Delete removes it."),
        "between": _("Add a corner between {n} and {next}"),
        "start": _("Click the first corner of the plot on the map."),
        "more": _("Click the next corner: {n} so far, three at least."),
        "finish": _("{area} m². Click the next corner, or finish the outline."),
        "edit": _("{area} m². Drag a corner to move it; click a point between two to add one."),
        "unreadable": _("The outline below cannot be shown: correct its text, or draw it anew."),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
    }
