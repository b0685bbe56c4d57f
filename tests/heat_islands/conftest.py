"""Towns for the tests of this floor: one whose scenes take a tenth of a second, one ranked once a module."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from greening.models import Commune
from heat_islands.models import Cover, HeatMap, RankingRun
from heat_islands.ranking import rank_courtyards
from heat_islands.science.grid import Grid
from parcels.models import Courtyard, School
from tests.factories import CommuneFactory
from tests.heat_islands import ranked_town as simulated


@pytest.fixture
def small_town(db: None, monkeypatch: pytest.MonkeyPatch) -> Commune:
    """The town of CommuneFactory on a grid of 3.5 × 3.5 km instead of 20 × 20."""
    monkeypatch.setitem(Grid.around.__func__.__kwdefaults__, "min_side", 3500.0)  # type: ignore[attr-defined]
    return CommuneFactory()


@pytest.fixture(scope="module")
def town_on_disk(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The folder of a town ranked once; its rows are committed, and deleted after the module's last test."""
    folder = tmp_path_factory.mktemp("ranked") / "town"
    folder.mkdir()
    try:
        with django_db_blocker.unblock(), override_settings(DATA_DIR=folder):
            simulated.town()
            rank_courtyards(rounds=10)
        yield folder
    finally:
        with django_db_blocker.unblock():
            for model in (RankingRun, HeatMap, Cover, Courtyard, School, Commune):
                model._default_manager.all().delete()


@pytest.fixture
def ranked_town(town_on_disk: Path, data_dir: Path, db: None) -> RankingRun:
    """The run of a town of eight yards, 10 rounds, seed 0; what a test changes is its own."""
    shutil.copytree(town_on_disk, data_dir, dirs_exist_ok=True)
    return RankingRun.objects.get()
