"""Pages by key: from a row to the next ones, however many rows stand before it, without ever counting them.

A page is asked for with the token of its neighbour. Rows that come or go meanwhile shift nothing: none is shown
twice, none is left out.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.sql.where import WhereNode

from greening.errors import BadInput

Row = TypeVar("Row", bound=models.Model)
MAX_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in order, and the tokens of the pages beside them; None where there is none."""

    rows: Sequence[Row]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """A row's place in the order: its sort value and its id; and which way to go from there."""

    value: Any
    pk: int
    back: bool


def page(
    rows: QuerySet[Row], sort: str = "id", *, size: int = 50, token: str | None = None
) -> Page[Row]:
    """The page of `rows` that `token` names, or the first.

    `sort` is a field, an annotation or a path (`species__genus`), with `-` for the greatest first; rows without
    a value come last either way, and the id settles ties, in the same direction. The numbers of a page's rows
    take one or two queries, ordered as an index on (sort, id) is; the rows themselves, with what they are joined
    to, are fetched by number. So where no index gives the order, it is numbers that are sorted, not whole rows.
    A path must not multiply rows. Raises BadInput for a token of another order.
    """
    if not 1 <= size <= MAX_SIZE:
        raise BadInput(f"A page has 1 to {MAX_SIZE} rows, not {size}.")
    order = _Order(rows, sort)
    place = None if token is None else order.read(token)
    back = place is not None and place.back
    numbers = order.numbers_from(place, size + 1)
    more = len(numbers) > size
    del numbers[size:]
    if back:
        numbers.reverse()
    by_number = order.by_number(numbers)
    # A row that went between the two questions is left out.
    found = [by_number[number] for number in numbers if number in by_number]
    # Where a page was reached from a neighbour, that neighbour is known to exist.
    has_next = more if not back else True
    has_previous = more if back else place is not None
    return Page(
        found,
        order.token(found[-1], back=False) if found and has_next else None,
        order.token(found[0], back=True) if found and has_previous else None,
    )


class _Order:
    """One way to sort a queryset: by a key, rows without one last, ties by id."""

    def __init__(self, rows: QuerySet[Row], sort: str) -> None:
        self.sort = sort
        self.name = sort.removeprefix("-")
        self.descending = sort.startswith("-")
        self.by_id = self.name in ("id", "pk")
        self.field, self.nullable = _field(rows, self.name)
        self.rows = rows if self.by_id else rows.annotate(_sort_key=F(self.name))

    def numbers_from(self, place: _Place | None, count: int) -> list[int]:
        """Up to `count` rows' ids after (or, going back, before) `place`, in the order of the walk.

        The rows with a key and those without are two ranges of an index, walked one after the other.
        """
        back = place is not None and place.back
        found: list[int] = []
        for empty in (True, False) if back else (False, True):
            if empty and not self.nullable:
                continue
            if place is not None and not self.by_id:
                from_empty = place.value is None
                if from_empty and not empty and not back:
                    continue  # past the rows with a key
                if not from_empty and empty and back:
                    continue  # before the rows without one
            here = place if place is not None and (place.value is None) == empty else None
            if self.by_id:
                here = place
            rows = self._range(here, empty, back).values_list("pk", flat=True)
            found += rows[: count - len(found)]
            if len(found) >= count:
                break
        return found

    def by_number(self, numbers: list[int]) -> dict[int, Any]:
        """The rows of these ids as the list has them: joined and annotated, not filtered once more.

        Beside an id, a filter only tempts a planner to begin with it: 2.6 s for fifty trees of a manager.
        """
        rows = self.rows.all()
        rows.query.where = WhereNode()
        return rows.in_bulk(numbers) if numbers else {}

    def _range(self, place: _Place | None, empty: bool, back: bool) -> QuerySet[Any]:
        rising = self.descending == back
        if self.by_id:
            rows = self.rows.order_by("id" if rising else "-id")
            return rows if place is None else rows.filter(_beyond("id", place.pk, rising))
        by_pk = "pk" if rising else "-pk"  # ties go the way of the key: one index walked one way
        if empty:
            rows = self.rows.filter(_sort_key__isnull=True).order_by(by_pk)
            return rows if place is None else rows.filter(_beyond("pk", place.pk, rising))
        rows = self.rows.order_by(f"{'' if rising else '-'}_sort_key", by_pk)
        if self.nullable:
            rows = rows.filter(_sort_key__isnull=False)
        if place is None:
            return rows
        # The first condition alone is what an index walks; the second drops ties that came before.
        at_or_beyond = Q(**{f"_sort_key__{'gte' if rising else 'lte'}": place.value})
        beyond = _beyond("_sort_key", place.value, rising) | _beyond("pk", place.pk, rising)
        return rows.filter(at_or_beyond & beyond)

    # --- tokens -----------------------------------------------------------------------------------

    def token(self, row: Any, *, back: bool) -> str:
        value = None if self.by_id else _to_json(row._sort_key)
        text = json.dumps([self.sort, int(back), value, row.pk], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    def read(self, token: str) -> _Place:
        try:
            padded = token.encode() + b"=" * (-len(token) % 4)
            sort, back, value, pk = json.loads(base64.urlsafe_b64decode(padded))
            if sort == self.sort and back in (0, 1) and type(pk) is int and abs(pk) < 2**63:
                if value is not None:
                    value = None if self.by_id else self.field.to_python(value)
                return _Place(value, pk, bool(back))
        except (ValueError, TypeError, binascii.Error, ValidationError, RecursionError):
            pass
        raise BadInput(
            "This page's address is not one of this list in this order: start at the first page."
        )


def _beyond(name: str, value: Any, rising: bool) -> Q:
    return Q(**{f"{name}__{'gt' if rising else 'lt'}": value})


def _to_json(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID | Decimal):
        return str(value)
    return value


def _field(rows: QuerySet[Any], name: str) -> tuple[models.Field[Any, Any], bool]:
    """The field behind a sort key, and whether rows may be without a value."""
    if name == "pk":
        name = "id"
    annotation = rows.query.annotations.get(name)
    if annotation is not None:
        return annotation.output_field, True
    opts, nullable = rows.model._meta, False
    field: Any = None
    try:
        for part in name.split("__"):
            field = opts.get_field(part)
            nullable = nullable or bool(field.null)
            if field.is_relation:
                if field.one_to_many or field.many_to_many:
                    raise FieldError(name)
                opts = field.related_model._meta
    except (FieldDoesNotExist, FieldError):
        raise BadInput(f"This list cannot be sorted by {name}.") from None
    if field.is_relation:
        raise BadInput(f"This list cannot be sorted by {name}: name one of its fields.")
    return field, nullable
