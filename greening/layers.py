"""The layers of the town's map: one registry for tiles, lists, cards and legends.

Upper floors add theirs in `apps.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.functional import Promise

from greening.models.base import Living
from greening.spatial import SpatialQuerySet

Text = str | Promise
#: One line of a card: what it is, its value (None: unknown, shown as such), and its unit.
Fact = tuple[Text, Text | int | float | date | bool | None, str]


@dataclass(frozen=True)
class Group:
    """States that a reader need not tell apart: one symbol, one line of the legend.

    `symbol` is a shape that page and canvas both draw (`frontend/src/canvas/symbols.ts` and
    `frontend/templates/frontend/symbols.svg`), `tone` the name of a colour token (`--tone-…`).
    """

    name: str
    label: Text
    states: tuple[str, ...]
    symbol: str
    tone: str


@dataclass(frozen=True)
class MapLayer:
    """One layer: where its rows come from and what of them travels in a tile.

    `columns` are the model's own columns that a tile carries beside the id. Tiles exist from `min_zoom`
    on; below `single_from` points are summed up by cell and state (`count` says how many).
    """

    name: str
    title: Text
    about: Text
    rows: Callable[[], SpatialQuerySet[Any]]
    columns: tuple[str, ...] = ()
    min_zoom: int = 10
    single_from: int = 0
    groups: tuple[Group, ...] = ()
    #: The column that grows with every change of a row; "" where rows are only added and removed.
    changed: str = "updated_at"
    related: tuple[str, ...] = ()
    facts: Callable[[Any], Iterable[Fact]] = field(default=lambda row: ())
    #: The fabric that carries the map where there is no base map: no list, no card.
    ground: bool = False
    #: Layers of a higher order lie on top of the others, and stand before them in the panel.
    order: int = 50
    #: Whether the layer is drawn before the reader asks for it.
    shown: bool = True

    def drawn(self) -> SpatialQuerySet[Any]:
        """The rows that a map shows: an object that vanished from its source is kept, and no longer drawn."""
        rows = self.rows()
        return rows.filter(archived_at=None) if issubclass(rows.model, Living) else rows

    def states(self) -> Mapping[str, Text]:
        """State → label, in the order of the model; empty for a layer without states."""
        choices = getattr(self.rows().model, "State", None)
        return dict(choices.choices) if choices else {}

    def group_of(self, state: str) -> Group | None:
        return next(
            (group for group in self.groups if not group.states or state in group.states), None
        )

    def states_named(self, names: Iterable[str]) -> tuple[str, ...]:
        """The states meant by state or group names; names that are neither are left out."""
        known, groups = self.states(), {group.name: group for group in self.groups}
        wanted: list[str] = []
        for name in names:
            if name in groups:
                wanted.extend(groups[name].states)
            elif name in known:
                wanted.append(name)
        return tuple(dict.fromkeys(wanted))


#: Layers by name.
LAYERS: dict[str, MapLayer] = {}


def register(*layers: MapLayer) -> None:
    """Adds layers; the same name again replaces the layer, so that `ready()` may run twice."""
    for layer in layers:
        for group in layer.groups:
            # A group may share its name with a state only if it is that state: filters take either.
            if group.name in layer.states() and group.states != (group.name,):
                raise ValueError(f"layer {layer.name}: group {group.name} bears a state's name")
        LAYERS[layer.name] = layer


def ground_layers() -> list[MapLayer]:
    """The town's fabric, in drawing order."""
    return [layer for layer in _in_order() if layer.ground]


def object_layers() -> list[MapLayer]:
    """Layers of things with a card and a list, in drawing order."""
    return [layer for layer in _in_order() if not layer.ground]


def _in_order() -> list[MapLayer]:
    return sorted(LAYERS.values(), key=lambda layer: layer.order)
