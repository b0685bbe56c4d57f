"""/healthz tells a machine whether the town's service is well, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from greening.views import health
from tests.factories import CommuneFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _static_folder(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path


def test_a_town_in_good_health(client: Client) -> None:
    CommuneFactory()
    answer = client.get("/healthz")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "ok"
    assert told["database"] == {"ok": True, "engine": connection.vendor, "communes": 1}
    assert told["storage"]["free_mb"] > 0
    assert "no-cache" in answer.headers["Cache-Control"]


def test_an_empty_town_is_well_too(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["database"]["communes"] == 0


def test_a_data_directory_that_is_gone_is_told(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path / "unmounted"
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["storage"] == {
        "ok": False,
        "error": "the data directory cannot be written to",
    }


def test_a_database_without_its_tables_is_told_and_nothing_else_asked(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE greening_commune RENAME TO greening_commune_gone")
    answer = client.get("/healthz")
    told = answer.json()
    assert answer.status_code == 503
    assert told["status"] == "failing"
    assert "greening_commune" in told["database"]["error"]
    assert told["storage"]["ok"] is True


def test_upper_floors_add_checks_of_their_own(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(health.CHECKS, "cellar", lambda: (False, {"error": "flooded"}))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["cellar"] == {"ok": False, "error": "flooded"}


def test_only_reading_is_answered(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.head("/healthz").status_code == 200
