"""Where a plot may lie: inside its garden and over no other plot, measured in metres the same way on both engines.

Whoever draws changes a garden's plots one after the other: the door locks the garden's row with each plot, so that
two people who draw the same ground at the same instant queue, and the second is told.
"""

from __future__ import annotations

import uuid as uuid_module
from typing import Any

import numpy as np
import shapely
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from greening.crs import LAMBERT_93, WGS84, transformer
from greening.lifecycle import Refusal, Situation, World
from greening.models import Commune
from parcels.models.garden import Plot, SharedGarden

#: Outlines drawn by hand on one line miss each other by so much; what is no wider is no overlap.
TOLERANCE_M = 0.2
SMALLEST_M2 = 1.0


def wider_than(shape: BaseGeometry, metres: float) -> bool:
    """Whether a shape in metres is anywhere wider than this; a sliver along a line is not.

    >>> wider_than(shapely.box(0, 0, 5, 0.1), 0.2), wider_than(shapely.box(0, 0, 5, 0.3), 0.2)
    (False, True)
    """
    return not shape.buffer(-metres / 2).is_empty


def in_metres(geom: Any, srid: int) -> BaseGeometry:
    """A GEOS geometry in WGS 84 as a shapely one in the metric CRS."""
    move = transformer(WGS84, srid).transform
    shape = shapely.from_wkb(bytes(geom.wkb))
    return shapely.transform(shape, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))


def _srid(world: World) -> int:
    """The territory's metric CRS, asked once a batch."""
    if "metric_srid" not in world:
        known = Commune.objects.order_by("id").values_list("metric_srid", flat=True).first()
        world["metric_srid"] = known or LAMBERT_93
    return int(world["metric_srid"])


def _garden_in_metres(world: World, garden: SharedGarden) -> BaseGeometry:
    """A garden's outline, projected once for all its plots of a batch."""
    kept: dict[tuple[uuid_module.UUID, int], BaseGeometry] = world.setdefault("garden_shapes", {})
    key = (garden.uuid, garden.rev)
    if key not in kept:
        shape = in_metres(garden.geom, _srid(world))
        shapely.prepare(shape)
        kept[key] = shape
    return kept[key]


def lies_on_the_ground(plot: Plot) -> bool:
    return plot.archived_at is None and plot.state != Plot.State.WITHDRAWN


def is_drawn_anew(situation: Situation) -> bool:
    """Whether the change lays the plot on other ground, or back on the ground it had."""
    brought_back = "archived_at" in situation.patch and situation.before.get("archived_at")
    return situation.created or bool(brought_back or situation.patch.keys() & {"geom", "garden"})


def lies_where_it_may(situation: Situation) -> Refusal | None:
    """A guard of plots: large enough, inside the garden's outline, over no other plot."""
    plot: Any = situation.obj
    if not is_drawn_anew(situation) or not lies_on_the_ground(plot):
        return None
    world = situation.world
    shape = in_metres(plot.geom, _srid(world))
    if shape.area < SMALLEST_M2:
        return Refusal(
            "plot_too_small",
            _("This plot has less than %(area)s m²: draw it larger.") % {"area": _m(SMALLEST_M2)},
        )
    outside = shapely.difference(shape, _garden_in_metres(world, plot.garden))
    if wider_than(outside, TOLERANCE_M):
        return Refusal(
            "outside_garden",
            _(
                "This plot reaches beyond the outline of “%(garden)s” with %(area)s m²: draw it inside."
            )
            % {"garden": plot.garden, "area": _m(outside.area)},
        )
    for other in _neighbours(situation, plot):
        common = shapely.intersection(shape, in_metres(other.geom, _srid(world)))
        if wider_than(common, TOLERANCE_M):
            return Refusal(
                "plots_overlap",
                _("This plot overlaps plot %(number)s by %(area)s m²: move its corners apart.")
                % {"number": other.number, "area": _m(common.area)},
            )
    return None


def _neighbours(situation: Situation, plot: Plot) -> list[Plot]:
    """Plots whose boxes meet this one's, as the batch has them by now."""
    around = plot.geom.extent
    rows = Plot.objects.proposed(around).filter(archived_at=None)
    found = {row.uuid: row for row in rows.only("uuid", "number", "geom", "state", "archived_at")}
    for obj in situation.world["objects"].values():
        if type(obj) is Plot:
            found[obj.uuid] = obj
    found.pop(plot.uuid, None)
    near = (other for other in found.values() if lies_on_the_ground(other))
    return sorted(
        (other for other in near if _boxes_meet(around, other.geom.extent)),
        key=lambda other: other.number,
    )


def _boxes_meet(one: Any, other: Any) -> bool:
    return bool(
        one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
    )


def keeps_its_plots_inside(situation: Situation) -> Refusal | None:
    """A guard of gardens: a new outline leaves no plot outside."""
    garden: Any = situation.obj
    if situation.created or "geom" not in situation.patch:
        return None
    srid = _srid(situation.world)
    shape = in_metres(garden.geom, srid)
    shapely.prepare(shape)
    rows = Plot.objects.filter(garden_id=garden.pk, archived_at=None).order_by("number")
    left_out = [
        row.number
        for row in rows
        if lies_on_the_ground(row)
        and wider_than(shapely.difference(in_metres(row.geom, srid), shape), TOLERANCE_M)
    ]
    if not left_out:
        return None
    return Refusal(
        "plots_left_outside",
        _(
            "This outline leaves plots outside (%(numbers)s): keep them inside, or withdraw them first."
        )
        % {"numbers": ", ".join(left_out[:10]) + ("…" if len(left_out) > 10 else "")},
    )


def _m(value: float) -> str:
    return str(number_format(round(value, 1), use_l10n=True))
