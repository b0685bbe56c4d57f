"""The order of a round's stops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greening.errors import BadInput
from greening.models import WateringRound
from greening.rounds import MAX_STOPS, length_m, order_stops

METRES = st.tuples(st.integers(0, 2000), st.integers(0, 2000))


def test_a_street_is_driven_from_end_to_end() -> None:
    points = [(30, 0), (0, 0), (20, 0), (10, 0)]
    order = order_stops(points)
    assert order == [1, 3, 2, 0]
    assert length_m(points, order) == 30


def test_the_truck_starts_at_its_depot() -> None:
    points = [(0, 0), (10, 0), (20, 0)]
    assert order_stops(points, start_m=(25, 0)) == [2, 1, 0]
    assert length_m(points, [2, 1, 0], start_m=(25, 0)) == 25


def test_a_crossing_is_undone() -> None:
    """Nearest neighbour from (0, 0) leaves (-3, 0) for the end; going there first is shorter."""
    points = [(2, 0), (-3, 0), (7, 0)]
    order = order_stops(points, start_m=(0, 0))
    assert length_m(points, order, (0, 0)) == 13  # 3 + 5 + 5, against 2 + 5 + 10


@settings(max_examples=60, deadline=None)
@given(points=st.lists(METRES, max_size=7), start=METRES)
def test_every_stop_once_and_never_twice_the_shortest(
    points: list[tuple[int, int]], start: tuple[int, int]
) -> None:
    order = order_stops(points, start)
    assert sorted(order) == list(range(len(points)))
    shortest = min(
        length_m(points, list(way), start) for way in itertools.permutations(range(len(points)))
    )
    assert length_m(points, order, start) <= 2 * shortest + 1e-6


def test_a_day_of_two_hundred_trees_is_shorter_than_as_they_come() -> None:
    rng = np.random.default_rng(7)
    points = rng.uniform(0, 2500, (200, 2))
    order = order_stops(points)
    # Beardwood, Halton & Hammersley (1959): the best tour is near 0.7124·√(n·area), 25.2 km here.
    assert length_m(points, order) < 1.15 * 0.7124 * np.sqrt(200) * 2500
    assert sorted(order) == list(range(200))


def test_no_stops_and_stops_at_one_place() -> None:
    assert order_stops([]) == []
    assert sorted(order_stops([(1, 1)] * 5)) == [0, 1, 2, 3, 4]


def test_a_stop_without_a_position_or_too_many_are_refused() -> None:
    with pytest.raises(BadInput):
        order_stops([(0, 0), (float("nan"), 1)])
    with pytest.raises(BadInput, match="split"):
        order_stops(np.zeros((MAX_STOPS + 1, 2)))


def test_a_tank_serves_whole_trees_only() -> None:
    tour = WateringRound(tank_litres=1000, litres_per_tree=300)
    assert (tour.trees_per_tank, tour.tanks_for(3), tour.tanks_for(4)) == (3, 1, 2)
