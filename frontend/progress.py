"""The first figure of the product: how far the town has come with the trees it promised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import Promise

from frontend.programme.kinds import kind_of_model
from greening.indicators import Reading
from greening.layers import Group, MapLayer

Counts = Mapping[str, int]
#: As of how long ago a public page may speak: a planting shows within 5 s, whatever the number of visitors.
MAX_AGE_S = 2.0
FAMILY = "programme"


@dataclass(frozen=True)
class Figure:
    """A number, what it counts, and the list that shows its very rows."""

    name: str
    label: str | Promise
    explained: str | Promise
    count: int
    url: str

    @property
    def short(self) -> str:
        """The name of its stretch of the line: alive, lost, planned."""
        return self.name.removeprefix("trees_")


@dataclass(frozen=True)
class Segment:
    """A stretch of the progress line, in per cent of its length."""

    name: str
    start: float
    width: float

    @property
    def style(self) -> str:
        return f"left:{self.start}%;width:{self.width}%"


@dataclass(frozen=True)
class Progress:
    """The promise and where it stands; `target` is None where the town has set none."""

    target: int | None
    planted: Figure
    planned: Figure
    alive: Figure
    lost: Figure
    as_of: dt.datetime

    @property
    def figures(self) -> tuple[Figure, ...]:
        return (self.planted, self.planned, self.alive, self.lost)

    @property
    def remaining(self) -> int:
        """Trees promised that are neither alive nor planned: a lost tree does not keep the promise."""
        return max(0, (self.target or 0) - self.alive.count - self.planned.count)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Alive, lost and planned, side by side; the line is the target, or all of it if that is more."""
        whole = max(self.target or 0, self.alive.count + self.planned.count + self.lost.count, 1)
        at, parts = 0.0, []
        for figure in (self.alive, self.lost, self.planned):
            width = 100 * figure.count / whole
            parts.append(Segment(figure.short, round(at, 3), round(width, 3)))
            at += width
        return tuple(parts)

    @property
    def share_alive(self) -> float:
        """Living trees in per cent of the target."""
        return 100 * self.alive.count / self.target if self.target else 0.0


def progress(readings: Mapping[str, Reading]) -> Progress:
    """The progress line from the programme's readings."""
    return Progress(
        target=None if (target := readings["trees_target"].value) is None else int(target),
        planted=figure(readings["trees_planted"]),
        planned=figure(readings["trees_planned"]),
        alive=figure(readings["trees_alive"]),
        lost=figure(readings["trees_lost"]),
        as_of=readings["trees_alive"].as_of,
    )


def figure(reading: Reading) -> Figure:
    """A reading with the address of its rows; `counter` in the address asks for the very rows it counted."""
    indicator = reading.indicator
    url = ""
    if indicator.rows is not None:
        kind = kind_of_model(indicator.rows().model)
        if kind is not None:
            query = urlencode({"layer": kind.name, "counter": indicator.name})
            url = f"{reverse('list')}?{query}"
    return Figure(indicator.name, indicator.label, indicator.source, int(reading.value or 0), url)


def counts_by_state(layer: MapLayer) -> dict[str, int]:
    """State → number of rows, in one query."""
    rows = layer.drawn().order_by().values("state").annotate(n=Count("pk"))
    return dict(rows.values_list("state", "n"))


def count_of(group: Group, counts: Counts) -> int:
    return sum(counts.get(state, 0) for state in group.states)
