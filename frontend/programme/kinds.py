"""What can be listed: one description a kind, from which table, map, file and page are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from greening.layers import LAYERS, Group, MapLayer, Text

if TYPE_CHECKING:
    from frontend.programme.filters import ListFilters


@dataclass(frozen=True)
class Column:
    """One column of the table. `sort` is what `greening.paging` orders by; "" cannot be ordered quickly."""

    name: str
    label: Text
    value: Callable[[Any], Any]
    sort: str = ""
    unit: str = ""


@dataclass(frozen=True)
class ListKind:
    """A kind of row: where the rows come from and how they are shown, filtered and written.

    `place` is the way to the geometry: "" on the row itself, else the relation that has it; None for no place.
    `export` are the value paths of a file's columns. Rows of a `staff` list are shown to the town's people only.
    """

    name: str
    title: Text
    about: Text
    rows: Callable[[], Any]
    filters: type[ListFilters]
    columns: tuple[Column, ...]
    export: tuple[str, ...]
    related: tuple[str, ...] = ()
    place: str | None = ""
    layer: str = ""  # the map layer whose symbols its rows are drawn with
    own_layer: MapLayer | None = None  # its own symbols, where the town's map has no layer of it
    sort: str = "id"
    staff: bool = False
    life: str = ""  # its name at the door of events
    archives: bool = True  # whether rows that vanished from their source are kept, hidden
    creates: str = ""  # the address where a new one is made
    facts: Callable[[Any], Any] = field(default=lambda row: ())

    @property
    def map_layer(self) -> MapLayer | None:
        return self.own_layer or LAYERS.get(self.layer)

    @property
    def groups(self) -> tuple[Group, ...]:
        layer = self.map_layer
        return layer.groups if layer is not None and self.place == "" else ()

    def states(self) -> dict[str, Text]:
        """State → label; empty for what has no states."""
        try:
            choices: Any = self.rows().model._meta.get_field("state").choices
        except FieldDoesNotExist:
            return {}
        return dict(choices or ())

    def states_named(self, names: list[str]) -> tuple[str, ...]:
        """The states meant by state names, group names, or “open”."""
        known, groups = self.states(), {group.name: group.states for group in self.groups}
        if self.name == "tasks":
            groups["open"] = ("planned", "assigned", "started")
        elif self.name == "observations":
            groups["open"] = ("received", "validated", "needs_info")
        wanted: list[str] = []
        for name in names:
            wanted.extend(groups.get(name, (name,) if name in known else ()))
        return tuple(dict.fromkeys(wanted))

    def group_of(self, row: Any) -> Group | None:
        layer = self.map_layer
        if layer is None:
            return None
        thing = getattr(row, self.place) if self.place else row
        return layer.group_of(thing.state)

    def geometry_of(self, row: Any) -> Any:
        if self.place is None:
            return None
        return (getattr(row, self.place) if self.place else row).geom

    def url_of(self, row: Any) -> str:
        return reverse("object", args=(self.name, row.pk))

    @property
    def url(self) -> str:
        return f"{reverse('list')}?layer={self.name}"


_kinds: dict[str, ListKind] = {}


def register(*kinds: ListKind) -> None:
    for kind in kinds:
        _kinds[kind.name] = kind


def list_kinds() -> Iterator[ListKind]:
    """The programme's own lists, then the map's other layers as plain lists."""
    from frontend.programme import catalogue

    yield from _kinds.values()
    for layer in sorted(LAYERS.values(), key=lambda each: -each.order):
        if not layer.ground and layer.name not in _kinds:
            yield catalogue.plain(layer)


def list_kind(name: str) -> ListKind:
    """The kind of that name, or 404."""
    for kind in list_kinds():
        if kind.name == name:
            return kind
    raise Http404(_("There is no list of that name."))


def kind_of_life(life: str) -> ListKind | None:
    """The list that shows the objects of a kind of life."""
    return next((kind for kind in list_kinds() if kind.life == life), None)


def kind_of_model(model: type[Any]) -> ListKind | None:
    return next((kind for kind in list_kinds() if kind.rows().model is model), None)
