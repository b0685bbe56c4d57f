"""The planner's statistics follow a migrate and an import."""

from __future__ import annotations

import pytest
from django.db import connection

from greening.row_statistics import after_migrate, renew
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


@pytest.mark.django_db
def test_the_planner_knows_how_many_trees_there_are() -> None:
    TreeFactory.create_batch(7)
    renew()
    assert known_trees() == 7
    TreeFactory.create_batch(2)
    after_migrate(using="default", plan=[])
    assert known_trees() == 7  # nothing was migrated
    after_migrate(using="default", plan=[("a migration", False)])
    assert known_trees() == 9
