"""A territory small enough that a scene of it takes a tenth of a second."""

from __future__ import annotations

import pytest

from greening.models import Commune
from heat_islands.science.grid import Grid
from tests.factories import CommuneFactory


@pytest.fixture
def small_town(db: None, monkeypatch: pytest.MonkeyPatch) -> Commune:
    """The town of CommuneFactory on a grid of 3.5 × 3.5 km instead of 20 × 20."""
    monkeypatch.setitem(Grid.around.__func__.__kwdefaults__, "min_side", 3500.0)  # type: ignore[attr-defined]
    return CommuneFactory()
