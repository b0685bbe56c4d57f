"""The territory's grid: one per commune, snapped, in its metric CRS."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon

from heat_islands.territory import territory_grid
from tests.factories import CommuneFactory


def test_the_grid_is_20_km_wide_snapped_to_10_m_and_centred_on_the_commune() -> None:
    grid = territory_grid(CommuneFactory.build())
    assert grid.srid == 2154
    assert grid.resolution == 10.0
    assert 2000 <= grid.width <= 2002
    assert 2000 <= grid.height <= 2002
    assert grid.left % 10 == 0
    assert grid.top % 10 == 0
    left, bottom, right, top = grid.bounds
    assert (left + right) / 2 == pytest.approx(
        646_200, abs=400
    )  # 0.733° west of the 3° E meridian, 73 km a degree
    assert (bottom + top) / 2 == pytest.approx(6_858_800, abs=400)


@pytest.mark.django_db
def test_the_grid_is_the_same_before_and_after_a_trip_through_the_database() -> None:
    commune = CommuneFactory.create()
    before = territory_grid(commune)
    commune.refresh_from_db()
    assert territory_grid(commune) == before
    assert commune.geom.srid == 4326, "the commune's own geometry must not be reprojected in place"


def test_another_metric_crs_gives_a_grid_in_that_crs() -> None:
    muenster = CommuneFactory.build(
        metric_srid=32632,
        geom=MultiPolygon(Polygon.from_bbox((7.55, 51.90, 7.70, 52.00)), srid=4326),
    )
    grid = territory_grid(muenster)
    assert grid.srid == 32632
    assert 390_000 < grid.left < 405_000
