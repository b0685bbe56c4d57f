"""An import that is killed leaves whole batches, and run again it completes: with a real process and SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from greening.exchange.trees.run import BATCH
from greening.models import Event, PlantingSite, Tree
from tests.greening.inventories import counts, imported, table, town, tree_row

ROWS = 4_500


def address() -> str:
    """This test's own database, for another process."""
    kept: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"spatialite:///{kept['NAME']}"
    return f"postgis://{kept['USER']}@{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_instant_whole_batches_are_in_and_the_same_again_completes(
    tmp_path: Path, data_dir: Path
) -> None:
    town()
    rows = [tree_row(n, espece="Tilia cordata", circonference=80) for n in range(1, ROWS + 1)]
    file = table(tmp_path / "trees.csv", *rows)
    environment = {
        **os.environ,
        "DATABASE_URL": address(),
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    command = [sys.executable, "-m", "django", "import_trees", str(file), "--source", "town"]
    log = (tmp_path / "log").open("w")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while (
            Tree.objects.count() < BATCH and time.monotonic() < deadline and process.poll() is None
        ):
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        log.close()
    here = Tree.objects.count()
    assert 0 < here < ROWS, (tmp_path / "log").read_text()
    assert here % BATCH == 0
    assert PlantingSite.objects.count() == here
    assert Event.objects.count() == 2 * here
    said = imported(file, "--source", "town")
    assert counts(said) == {"new": ROWS - here, "updated": 0, "unchanged": here, "refused": 0}
    assert Tree.objects.count() == PlantingSite.objects.count() == ROWS
    assert Event.objects.count() == 2 * ROWS
