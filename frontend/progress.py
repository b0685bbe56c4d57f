"""The first figure of the product: how far the town has come with the trees it promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from greening.layers import Group, MapLayer
from greening.models import PlantingSite, Tree
from greening.models.tree import LIVING_STATES

LOST = (Tree.State.DEAD, Tree.State.MISSING, Tree.State.FELLED)
#: Sites whose tree is decided and not yet in the ground.
PLANNED = (PlantingSite.State.APPROVED, PlantingSite.State.SCHEDULED, PlantingSite.State.READY)

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Figure:
    """A number, what it counts, and the list it is counted from."""

    name: str
    label: str | Promise
    explained: str | Promise
    count: int
    layer: str
    states: tuple[str, ...]

    @property
    def query(self) -> str:
        """The query string of the list that shows the rows behind the number."""
        return "&".join([f"layer={self.layer}", *(f"state={state}" for state in self.states)])


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
    target: int
    planted: Figure
    planned: Figure
    alive: Figure
    lost: Figure

    @property
    def figures(self) -> tuple[Figure, ...]:
        return (self.planted, self.planned, self.alive, self.lost)

    @property
    def remaining(self) -> int:
        """Trees promised that are neither alive nor planned: a lost tree does not keep the promise."""
        return max(0, self.target - self.alive.count - self.planned.count)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Alive, lost and planned, side by side; the line is the target, or all of it if that is more."""
        whole = max(self.target, self.alive.count + self.planned.count + self.lost.count, 1)
        at, parts = 0.0, []
        for figure in (self.alive, self.lost, self.planned):
            width = 100 * figure.count / whole
            parts.append(Segment(figure.name, round(at, 3), round(width, 3)))
            at += width
        return tuple(parts)

    @property
    def share_alive(self) -> float:
        """Living trees in per cent of the target."""
        return 100 * self.alive.count / self.target if self.target else 0.0


def progress(target: int, trees: Counts, sites: Counts) -> Progress:
    """The progress line from counts by state."""
    in_ground = tuple(state for state in Tree.State.values if state != Tree.State.RESERVED)

    def figure(
        name: str,
        label: str | Promise,
        explained: str | Promise,
        layer: str,
        states: tuple[str, ...],
    ) -> Figure:
        counts = trees if layer == "trees" else sites
        count = sum(counts.get(state, 0) for state in states)
        return Figure(name, label, explained, count, layer, states)

    return Progress(
        target=target,
        planted=figure(
            "planted",
            pgettext_lazy("trees", "planted"),
            _("Trees put in the ground, whatever became of them since: alive, lost or moved."),
            "trees",
            in_ground,
        ),
        planned=figure(
            "planned",
            _("planned"),
            _("Sites approved, scheduled or ready, whose tree is not in the ground yet."),
            "sites",
            PLANNED,
        ),
        alive=figure(
            "alive", _("alive"), _("Planted trees that are living today."), "trees", LIVING_STATES
        ),
        lost=figure(
            "lost",
            _("lost"),
            _(
                "Planted trees found dead or missing, or felled. They do not count towards the promise."
            ),
            "trees",
            LOST,
        ),
    )


def counts_by_state(layer: MapLayer) -> dict[str, int]:
    """State → number of rows, in one query."""
    rows = layer.rows().order_by().values("state").annotate(n=Count("pk"))
    return dict(rows.values_list("state", "n"))


def count_of(group: Group, counts: Counts) -> int:
    return sum(counts.get(state, 0) for state in group.states)
