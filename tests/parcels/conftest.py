"""Fixtures of the second floor's tests: sentences in English, and a town with its rules where one is needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from parcels.models import AllocationRules
from tests.factories import AllocationRulesFactory


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def rules() -> AllocationRules:
    """The product's own rules, in force for years."""
    return AllocationRulesFactory()
