"""A writer waits for another as long as the settings say, though SpatiaLite would have it otherwise."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

pytestmark = pytest.mark.django_db


def waits_ms() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return int(cursor.fetchone()[0])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL waits without being told")
def test_every_new_connection_waits_as_long_as_the_settings_say() -> None:
    expected = int(connection.settings_dict["OPTIONS"]["timeout"]) * 1000
    assert waits_ms() == expected == 20_000
    found: list[int] = []

    def ask() -> None:
        found.append(waits_ms())
        connections.close_all()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [expected]
