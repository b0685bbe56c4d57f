"""Plots lie inside their garden and over no other plot, on both engines; a garden's outline keeps them inside."""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from django.utils import timezone, translation

from greening.events import Change, Verdict, apply
from greening.events.values import to_wire
from parcels.models import Plot, SharedGarden
from tests import factories as make
from tests.factories import PARK, square

pytestmark = pytest.mark.django_db

#: One metre in degrees, here: of longitude and of latitude.
LON_M, LAT_M = 1 / 73_240, 1 / 111_200


def rectangle(west_m: float, south_m: float, width_m: float = 4, height_m: float = 5) -> Polygon:
    """A plot by metres from the park's corner stone."""
    lon, lat = PARK
    return Polygon.from_bbox(
        (
            lon + west_m * LON_M,
            lat + south_m * LAT_M,
            lon + (west_m + width_m) * LON_M,
            lat + (south_m + height_m) * LAT_M,
        )
    )


@pytest.fixture
def garden() -> SharedGarden:
    """A garden of 40 by 40 metres, with one plot at its south-west corner."""
    garden = make.SharedGardenFactory(
        geom=MultiPolygon(rectangle(0, 0, 40, 40)), name="Jardin d'en Haut"
    )
    make.PlotFactory(garden=garden, number="01", geom=rectangle(1, 1))
    return garden


def draw(garden: SharedGarden, shape: Polygon, **facts: Any) -> Verdict:
    patch = {
        "garden": str(garden.uuid),
        "number": "02",
        "geom": to_wire(shape),
        "state": "available",
    }
    with translation.override("en"):
        (verdict,) = apply(Change("plot", uuid.uuid4(), patch | facts, create=True))
    return verdict


def test_a_plot_beside_another_is_drawn(garden: SharedGarden) -> None:
    assert draw(garden, rectangle(6, 1)).landed


def test_a_plot_beyond_the_outline_is_refused_with_how_much(garden: SharedGarden) -> None:
    verdict = draw(garden, rectangle(38, 20))  # two metres of four, by five
    assert verdict.code == "outside_garden"
    assert "Jardin d'en Haut" in verdict.message
    assert "10.0 m²" in verdict.message
    assert not Plot.objects.filter(number="02").exists()


def test_a_plot_over_another_is_refused_with_its_number(garden: SharedGarden) -> None:
    verdict = draw(garden, rectangle(4, 1))  # one metre of four, by five
    assert verdict.code == "plots_overlap"
    assert "plot 01" in verdict.message
    assert "5.0 m²" in verdict.message


def test_a_hand_s_breadth_is_no_overlap_and_half_a_metre_is(garden: SharedGarden) -> None:
    assert draw(garden, rectangle(4.85, 1), number="02").landed
    assert draw(garden, rectangle(8.4, 1), number="03").code == "plots_overlap"


def test_a_dot_is_no_plot(garden: SharedGarden) -> None:
    assert draw(garden, rectangle(10, 10, 0.5, 0.5)).code == "plot_too_small"


def test_two_plots_of_one_batch_do_not_overlap_either(garden: SharedGarden) -> None:
    changes = [
        Change(
            "plot",
            uuid.uuid4(),
            {
                "garden": str(garden.uuid),
                "number": number,
                "geom": to_wire(rectangle(20, 20)),
                "state": "available",
            },
            create=True,
        )
        for number in ("07", "08")
    ]
    first, second = apply(changes)
    assert first.landed
    assert second.code == "plots_overlap"


def test_a_withdrawn_or_archived_plot_leaves_its_ground_to_the_next(garden: SharedGarden) -> None:
    old = Plot.objects.get(number="01")
    assert apply(Change("plot", old.uuid, {"archived_at": timezone.now().isoformat()}))[0].landed
    assert draw(garden, rectangle(1, 1)).landed
    # … and comes back only where its ground is free.
    assert apply(Change("plot", old.uuid, {"archived_at": None}))[0].code == "plots_overlap"


def test_a_plot_is_moved_over_no_other_and_other_changes_ask_nothing(garden: SharedGarden) -> None:
    assert draw(garden, rectangle(20, 20)).landed
    second = Plot.objects.get(number="02")
    moved = Change("plot", second.uuid, {"geom": to_wire(rectangle(2, 2))})
    assert apply(moved)[0].code == "plots_overlap"
    # An inventory may be crooked from the start: what is not redrawn can still be put right otherwise.
    Plot.objects.filter(pk=second.pk).update(geom=rectangle(2, 2))
    assert apply(Change("plot", second.uuid, {"accessible": True}))[0].landed
    assert apply(Change("plot", second.uuid, {"state": "resting"}))[0].landed


def test_a_garden_s_outline_leaves_no_plot_outside(garden: SharedGarden) -> None:
    narrow = {"geom": to_wire(MultiPolygon(rectangle(3, 0, 30, 40)))}
    with translation.override("en"):
        (verdict,) = apply(Change("shared_garden", garden.uuid, narrow))
    assert verdict.code == "plots_left_outside"
    assert "01" in verdict.message
    wide = {"geom": to_wire(MultiPolygon(rectangle(0, 0, 60, 40)))}
    assert apply(Change("shared_garden", garden.uuid, wide))[0].landed


def test_a_plot_larger_than_its_garden_is_refused(garden: SharedGarden) -> None:
    assert draw(garden, square(*PARK, side=0.01)).code == "outside_garden"


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_draw_the_same_ground_at_once_one_plot_is_left() -> None:
    garden = make.SharedGardenFactory(geom=MultiPolygon(rectangle(0, 0, 40, 40)))
    together = Barrier(10, timeout=60)

    def one(number: int) -> str:
        try:
            together.wait()
            verdict = draw(garden, rectangle(10 + number / 10, 10), number=f"{number:02d}")
        finally:
            connection.close()
        return "drawn" if verdict.landed else verdict.code

    with ThreadPoolExecutor(10) as pool:
        said = Counter(pool.map(one, range(10)))
    assert said == {"drawn": 1, "plots_overlap": 9}
    assert garden.plots.count() == 1
