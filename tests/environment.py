"""The test run's environment, set before Django reads its settings (`-p tests.environment` in pyproject.toml).

Each run gets a data directory of its own, so two runs on one machine never meet.
"""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

os.environ.setdefault("SECRET_KEY", "only-for-tests")
_own = "DATA_DIR" not in os.environ
if _own:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="greening-test-")
os.environ["BASE_MAP_URL"] = ""


def pytest_unconfigure(config: pytest.Config) -> None:
    if _own and not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["DATA_DIR"], ignore_errors=True)
