"""Many rows into their table at once: what `bulk_create` writes, in less than half its time.

Django asks a field three questions for each cell. Here each column has one writer, chosen once a model, and most
cells pass as they are; PostgreSQL takes the rows by COPY, SQLite by one prepared statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from typing import Any

from django.contrib.gis.db.models.fields import BaseSpatialField
from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

#: Fewer rows than this are not worth a question for their numbers: each gets its own with its insert.
LEAST = 20
#: Types of Python that both drivers write as they are; enumerations, which are strings too, are none of them.
AS_THEY_ARE = (str, int, float, bool, type(None))
PLAIN_FIELDS = (
    models.CharField, models.TextField, models.BooleanField, models.IntegerField, models.FloatField,
    models.ForeignKey,
)  # fmt: skip
Writer = Callable[[Any], Any]


def insert(model: type[models.Model], objs: Sequence[Any]) -> None:
    """Insert new objects and give them their numbers, within the transaction at hand; no signals, as `bulk_create`.

    Raises django.db.IntegrityError where a constraint refuses one of them: then none is in.
    """
    alias = router.db_for_write(model)
    if any(field.has_db_default() for field in model._meta.concrete_fields):
        model._default_manager.bulk_create(objs, batch_size=1000)
        return
    connection: Any = connections[alias]
    for obj in objs:
        obj._prepare_related_fields_for_save(operation_name="bulk_create")
    fields, writers = _columns(model, connection.vendor)
    if len(objs) < LEAST:
        _one_by_one(connection, model, fields, writers, objs)
    else:
        numbers = _numbers(connection, model, len(objs))
        for obj, number in zip(objs, numbers, strict=True):
            obj.pk = number
        rows = [[write(obj) for write in writers] for obj in objs]
        (_copy if connection.vendor == "postgresql" else _execute)(connection, model, fields, rows)
    for obj in objs:
        obj._state.adding, obj._state.db = False, alias


# --- a column's writer ------------------------------------------------------------------------------


@cache
def _columns(model: Any, vendor: str) -> tuple[tuple[Any, ...], tuple[Writer, ...]]:
    fields = tuple(field for field in model._meta.concrete_fields if not field.generated)
    connection = connections[router.db_for_write(model)]
    return fields, tuple(_writer(field, vendor, connection) for field in fields)


def _writer(field: Any, vendor: str, connection: Any) -> Writer:
    name = field.attname
    if isinstance(field, BaseSpatialField):
        return _shape_writer(field, hexed=vendor == "postgresql")
    prepared = field.get_db_prep_save
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return lambda obj: prepared(field.pre_save(obj, add=True), connection)
    if isinstance(field, PLAIN_FIELDS) or field.primary_key:

        def plain(obj: Any) -> Any:
            value = getattr(obj, name)
            return value if type(value) in AS_THEY_ARE else prepared(value, connection)

        return plain
    if isinstance(field, models.UUIDField):
        if vendor == "postgresql":
            return lambda obj: getattr(obj, name)
        return lambda obj: None if getattr(obj, name) is None else getattr(obj, name).hex

    def any_other(obj: Any) -> Any:
        value = getattr(obj, name)
        return None if value is None else prepared(value, connection)

    return any_other


def _shape_writer(field: Any, *, hexed: bool) -> Writer:
    name, srid = field.attname, field.srid

    def shape(obj: Any) -> Any:
        value = getattr(obj, name)
        if value is None:
            return None
        if value.srid not in (None, srid):
            value = value.transform(srid, clone=True)
        if not hexed:
            return bytes(value.wkb)
        if value.srid is None:
            value = value.clone()
            value.srid = srid
        return value.hexewkb.decode()

    return shape


# --- into the table ---------------------------------------------------------------------------------


def _numbers(connection: BaseDatabaseWrapper, model: Any, wanted: int) -> list[int]:
    """The next numbers of the table's key. SQLite's writer is alone with its table, PostgreSQL's sequence is shared."""
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                (connection.ops.quote_name(table), key, wanted),
            )
            return [number for (number,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", (table,))
        found = cursor.fetchone()
    numbers = count((found[0] if found else 0) + 1)
    return [next(numbers) for _ in range(wanted)]


def _named(connection: BaseDatabaseWrapper, model: Any, fields: Sequence[Any]) -> tuple[str, str]:
    quote = connection.ops.quote_name
    return quote(model._meta.db_table), ", ".join(quote(field.column) for field in fields)


def _copy(connection: Any, model: Any, fields: Sequence[Any], rows: list[list[Any]]) -> None:
    table, columns = _named(connection, model, fields)
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _execute(connection: Any, model: Any, fields: Sequence[Any], rows: list[list[Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_statement(connection, model, fields), rows)


def _one_by_one(
    connection: Any,
    model: Any,
    fields: Sequence[Any],
    writers: Sequence[Writer],
    objs: Sequence[Any],
) -> None:
    numbered = [at for at, field in enumerate(fields) if not field.primary_key]
    fields, writers = [fields[at] for at in numbered], [writers[at] for at in numbered]
    statement = _statement(connection, model, fields)
    key = connection.ops.quote_name(model._meta.pk.column)
    with connection.cursor() as cursor:
        for obj in objs:
            cursor.execute(f"{statement} RETURNING {key}", [write(obj) for write in writers])
            (obj.pk,) = cursor.fetchone()


def _statement(connection: Any, model: Any, fields: Sequence[Any]) -> str:
    table, columns = _named(connection, model, fields)
    shape = "%s::geometry" if connection.vendor == "postgresql" else "GeomFromWKB(%s, {srid})"
    places = ", ".join(
        shape.format(srid=field.srid) if isinstance(field, BaseSpatialField) else "%s"
        for field in fields
    )
    return f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 — our own names
