"""Fixtures shared by all four floors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: What pytest-django gives to a test that asks the database anything.
ASKING = {"db", "transactional_db", "django_db_setup", "live_server", "admin_client"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what asks no database: on a second engine it would be the same test again",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--database-only"):
        return
    kept, left = [], []
    for item in items:
        asks = item.get_closest_marker("django_db") or ASKING & set(
            getattr(item, "fixturenames", ())
        )
        (kept if asks else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout: skipped where absent, but never silently in CI."""
    folder = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        message = (
            f"the real data are not here: put them in {folder} or name their folder in SHARED_DATA"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """Every test has a data directory of its own: no test sees another's scenes, maps or photos."""
    folder = tmp_path / "town"
    folder.mkdir()
    settings.DATA_DIR = folder
    settings.MEDIA_ROOT = folder / "media"
    return folder
