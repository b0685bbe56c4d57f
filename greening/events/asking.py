"""Which of these identifiers are there: the door's commonest question, mostly answered "none".

Django takes longer to build such a question than the database to answer it, and an event alone asks it three times;
so the few lines of SQL stand here.
"""

from __future__ import annotations

import uuid as uuid_module
from collections.abc import Collection
from itertools import islice
from typing import Any

from django.db import connections, models, router

#: Far below the limit of either engine on the parameters of a question.
AT_ONCE = 5_000


def present(
    model: type[models.Model],
    column: str,
    identifiers: Collection[uuid_module.UUID],
    *,
    among: tuple[str, str] | None = None,
) -> set[uuid_module.UUID]:
    """Those of `identifiers` that stand in `column`, a UUID field; `among` = (column, value) narrows the rows."""
    if not identifiers:
        return set()
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    field: Any = model._meta.get_field(column)
    narrowed = f" AND {quote(among[0])} = %s" if among else ""
    extra = [among[1]] if among else []
    found: set[uuid_module.UUID] = set()
    waiting = iter(identifiers)
    with connection.cursor() as cursor:
        while some := list(islice(waiting, AT_ONCE)):
            marks = ", ".join(["%s"] * len(some))
            cursor.execute(
                f"SELECT {quote(field.column)} FROM {quote(model._meta.db_table)}"  # noqa: S608 — our own names
                f" WHERE {quote(field.column)} IN ({marks}){narrowed}",
                [*(field.get_db_prep_value(one, connection) for one in some), *extra],
            )
            # SQLite keeps a UUID as text.
            found.update(
                value if isinstance(value, uuid_module.UUID) else uuid_module.UUID(value)
                for (value,) in cursor.fetchall()
            )
    return found
