"""The one list engine: from an address to its filtered rows, their number, a page, and the addresses beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from frontend.programme.kinds import Column, ListKind, list_kind
from greening import paging
from greening.errors import BadInput
from greening.indicators import Indicator, indicator

ROWS = 50  # of a page
#: Parameters of the page itself, beside the filters of its kind.
OWN = ("counter", "sort", "page", "view")


def cleaned(kind: ListKind, query: QueryDict) -> dict[str, str]:
    """What the address says that this kind understands: empty values dropped, repeated ones joined by commas."""
    known = (*kind.filters.base_filters, *OWN)
    values = {name: ",".join(filter(None, query.getlist(name))) for name in known}
    return {name: value for name, value in values.items() if value}


class Listing:
    """One kind's rows as an address asks for them. Filters that cannot be read leave no rows and say why."""

    def __init__(self, kind: ListKind, values: Mapping[str, str]) -> None:
        self.kind = kind
        self.values = dict(values)
        self.counter: Indicator | None = None
        base = kind.rows()
        if "counter" in values:
            self.counter = indicator(values["counter"])
            counted = self.counter.rows() if self.counter.rows else None
            if counted is None or counted.model is not base.model:
                raise BadInput(f"{self.counter.name} does not count rows of this list.")
            base = counted
        elif kind.archives and "archived" not in values:
            base = base.filter(archived_at__isnull=True)
        # Its base is a QueryDict because django-filter's widgets may ask for lists.
        data = QueryDict(urlencode(self.filter_values))
        self.filters = kind.filters(kind, data, base)
        self.form = self.filters.form
        self.is_valid = bool(self.form.is_valid())
        self.rows = self.filters.qs if self.is_valid else base.none()

    @classmethod
    def of(cls, query: QueryDict) -> Listing:
        kind = list_kind(query.get("layer") or "trees")
        return cls(kind, cleaned(kind, query))

    @property
    def filter_values(self) -> dict[str, str]:
        return {name: value for name, value in self.values.items() if name not in OWN}

    @cached_property
    def total(self) -> int:
        """How many rows there are, counted once."""
        return int(self.rows.order_by().count()) if self.is_valid else 0

    # --- order and pages --------------------------------------------------------------------------

    @property
    def sort(self) -> str:
        """The order asked for, if a column offers it; else the kind's own."""
        asked = self.values.get("sort", "")
        offered = {column.sort for column in self.kind.columns if column.sort}
        return asked if asked.removeprefix("-") in offered else self.kind.sort

    def page(self) -> paging.Page[Any]:
        rows = self.rows.select_related(*self.kind.related)
        return paging.page(rows, self.sort, size=ROWS, token=self.values.get("page") or None)

    # --- addresses --------------------------------------------------------------------------------

    def query(self, **changes: str | None) -> str:
        """This list's query string with changes; None takes a parameter out."""
        values: dict[str, str | None] = {"layer": self.kind.name, **self.values, "page": None}
        values.update(changes)
        return urlencode({name: value for name, value in values.items() if value}, safe=",")

    def url(self, name: str = "list", **changes: str | None) -> str:
        return f"{reverse(name)}?{self.query(**changes)}"

    def headings(self) -> list[dict[str, Any]]:
        """The table's head: each column with the address that sorts by it and how it is sorted now."""
        return [self._heading(column) for column in self.kind.columns]

    def _heading(self, column: Column) -> dict[str, Any]:
        now = self.sort
        sorted_by = bool(column.sort) and now.removeprefix("-") == column.sort
        falling = sorted_by and now.startswith("-")
        turned = column.sort if not sorted_by or falling else f"-{column.sort}"
        return {
            "label": column.label,
            "unit": column.unit,
            "url": self.url(sort=turned) if column.sort else "",
            "aria": ("descending" if falling else "ascending") if sorted_by else "",
        }

    def file_url(self, suffix: str) -> str:
        return f"{reverse('list-file', args=(suffix,))}?{self.query(view=None, sort=None)}"

    @property
    def filter_query(self) -> str:
        return urlencode(self.filter_values, safe=",")

    @property
    def has_map(self) -> bool:
        return self.kind.place is not None

    @property
    def only_states(self) -> bool:
        """Whether vector tiles with a filter by state show these very rows: no other filter, nothing hidden."""
        return self.kind.place == "" and set(self.filter_values) <= {"state"} and not self.counter


def address(layer: str, **values: object) -> str:
    """The address of a list, for a number that opens its rows."""
    given = {name: str(value) for name, value in values.items() if value not in (None, "")}
    return f"{reverse('list')}?{urlencode({'layer': layer, **given}, safe=',')}"
