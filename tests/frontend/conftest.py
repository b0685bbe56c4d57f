"""Pages in tests: static files by their plain names, so that nothing need be collected first."""

from __future__ import annotations

from typing import Any

import pytest

from frontend.programme.quarters import forget_quarters
from greening.indicators import forget_readings
from greening.vector_tiles import forget_tiles


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    forget_tiles()
    forget_quarters()
    forget_readings()
