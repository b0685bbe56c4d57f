"""Which sites lie in a quarter: asked of the outlines once, then kept until something in the town changes."""

from __future__ import annotations

import time
from collections import OrderedDict
from itertools import chain
from typing import Any

import numpy as np
import shapely
from django.db.models import Field, Func, Max
from numpy.typing import NDArray

from frontend.programme.names import NONE, Among
from greening.models import Event, PlantingSite, Quarter

#: An event may be committed after a later one: what was found is looked at anew after so many seconds.
KEPT_S = 60
KEPT = 32
_kept: OrderedDict[Any, list[int]] = OrderedDict()


def in_quarter(rows: Any, name: str, path: str = "pk") -> Any:
    """Rows whose site (its number under `path`) lies in the quarter of that name.

    Each site counts for one quarter, as `quarter_of` has it: on a common border, for the one that came first.
    """
    return rows.filter(Among(path, sites_of_quarter(name)))


def sites_of_quarter(name: str) -> list[int]:
    """Numbers of the sites in a quarter: counting, paging and drawing then go by number.

    Whatever changes a site leaves an event, so the newest event says whether what is kept still holds.
    """
    quarters = list(Quarter.objects.order_by("pk"))
    newest = (
        Event.objects.aggregate(newest=Max("pk")),
        PlantingSite.objects.aggregate(newest=Max("pk")),
    )
    outlines = tuple((quarter.name, bytes(quarter.geom.wkb)) for quarter in quarters)
    key = (name, str(newest), hash(outlines), time.monotonic() // KEPT_S)
    if key not in _kept:
        _kept[key] = _found(name, quarters)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return _kept[key]


def forget_quarters() -> None:
    """Ask the outlines again: for tests, whose towns come and go without events."""
    _kept.clear()


def _found(name: str, quarters: list[Quarter]) -> list[int]:
    """A town's outlines have 10,000 corners and its sites are points, which a prepared shape sorts at some millions
    a second; the spatial index proposes them."""
    chosen = next((quarter for quarter in quarters if quarter.name == name), None)
    sites = PlantingSite.objects.all()
    if chosen is None and name != NONE:
        return []
    if chosen is not None:
        sites = sites.proposed(chosen.geom.extent)
        quarters = quarters[: quarters.index(chosen)]
    places = sites.order_by().annotate(_x=_degrees("X"), _y=_degrees("Y"))
    rows = places.values_list("pk", "_x", "_y").iterator(chunk_size=10_000)
    found = np.fromiter(chain.from_iterable(rows), dtype=float).reshape(-1, 3)
    inside = np.ones(len(found), dtype=bool) if chosen is None else _meets(chosen, found)
    for other in quarters:
        inside &= ~_meets(other, found)
    numbers: list[int] = found[inside, 0].astype(int).tolist()
    return numbers


def _degrees(axis: str) -> Func:
    """A coordinate as the database gives it: a float field would pass each of some 10,000 through Python once more."""
    return Func("geom", function=f"ST_{axis}", output_field=Field())


def _meets(quarter: Quarter, found: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the places (number, longitude, latitude) an outline holds, its edge included."""
    shape = shapely.from_wkb(bytes(quarter.geom.wkb))
    shapely.prepare(shape)
    held: NDArray[np.bool_] = shapely.intersects_xy(shape, found[:, 1], found[:, 2])
    return held
