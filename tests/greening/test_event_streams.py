"""Property: any interleaving, repetition or reordering of changes ends in a legal state."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.greening.event_streams import check, clear, deliver_badly, stream

pytestmark = pytest.mark.django_db
STREAMS = 200


@settings(
    max_examples=STREAMS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32), devices=st.integers(1, 4), length=st.integers(1, 10))
def test_badly_delivered_streams_end_legally(seed: int, devices: int, length: int) -> None:
    clear()
    changes = stream(seed, devices=devices, length=length)
    check(changes, deliver_badly(changes, seed))
