"""The planner's statistics follow a migrate and an import."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from greening.row_statistics import after_migrate, nightly, renew
from tests.factories import TreeFactory


def known_trees() -> int | None:
    """Trees that the planner believes there are; None where nobody ever counted."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stat FROM sqlite_stat1 WHERE idx = 'tree_site_archived'"
            if sqlite
            else "SELECT reltuples::int FROM pg_class WHERE relname = 'greening_tree'"
        )
        row = cursor.fetchone()
    return None if row is None else int(str(row[0]).split()[0])


@pytest.fixture
def forgotten_after() -> Iterator[None]:
    """What is counted of a test's few rows must not plan the questions of the tests after it."""
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_schema")


@pytest.mark.django_db(transaction=True)
def test_the_planner_knows_how_many_trees_there_are(forgotten_after: None) -> None:
    TreeFactory.create_batch(7)
    renew()
    assert known_trees() == 7
    TreeFactory.create_batch(2)
    after_migrate(using="default", plan=[])
    with transaction.atomic():
        renew()
    assert known_trees() == 7  # nothing was migrated; nothing is counted within a transaction
    after_migrate(using="default", plan=[("a migration", False)])
    assert known_trees() == 9
    TreeFactory.create()
    nightly(dt.date(2026, 1, 1))
    assert known_trees() == 10
