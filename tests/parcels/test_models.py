"""The shared land's nouns: what the database itself refuses, and the questions that rows answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from parcels.models import Courtyard
from tests.factories import (
    BuildingFactory,
    CourtyardFactory,
    ParcelFactory,
    PlotFactory,
    SchoolFactory,
    SharedGardenFactory,
)

pytestmark = pytest.mark.django_db

CROSSING = Polygon(((2.27, 48.82), (2.28, 48.83), (2.28, 48.82), (2.27, 48.83), (2.27, 48.82)))


@pytest.mark.parametrize(
    ("make", "geom"),
    [
        (ParcelFactory, MultiPolygon(CROSSING)),
        (BuildingFactory, MultiPolygon(CROSSING)),
        (CourtyardFactory, MultiPolygon(CROSSING)),
        (SharedGardenFactory, MultiPolygon(CROSSING)),
        (PlotFactory, CROSSING),
    ],
)
def test_the_database_refuses_an_outline_that_crosses_itself(make: Any, geom: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make(geom=geom)


def test_a_yard_is_used_by_its_own_pupils_else_by_the_schools() -> None:
    assert CourtyardFactory(pupils=90, school__pupils=240).children == 90
    assert CourtyardFactory(pupils=None, school__pupils=240).children == 240
    assert CourtyardFactory(pupils=0, school__pupils=240).children == 0  # zero is a figure
    assert CourtyardFactory(pupils=None, school=None, name="Cour").children is None


@pytest.mark.parametrize("share", [-0.1, 1.1, 40])
@pytest.mark.parametrize("name", ["design_canopy", "design_permeable"])
def test_a_designs_shares_lie_between_0_and_1(name: str, share: float) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CourtyardFactory(**{name: share})
    yard = CourtyardFactory()
    setattr(yard, name, share)
    with pytest.raises(ValidationError):
        yard.full_clean()


def test_a_yard_survives_its_school() -> None:
    yard = CourtyardFactory()
    yard.school.delete()
    assert Courtyard.objects.get().school is None


def test_a_plot_number_is_given_once_in_a_garden() -> None:
    garden = SharedGardenFactory()
    PlotFactory(garden=garden, number="7")
    PlotFactory(number="7")  # another garden
    with pytest.raises(IntegrityError), transaction.atomic():
        PlotFactory(garden=garden, number="7")


def test_a_garden_with_plots_is_not_deleted() -> None:
    plot = PlotFactory()
    with pytest.raises(ProtectedError):
        plot.garden.delete()


@pytest.mark.parametrize(
    ("uai", "good"), [("0921234A", True), ("921234A", False), ("0921234a", False)]
)
def test_a_uai_has_seven_digits_and_a_letter(uai: str, good: bool) -> None:
    school = SchoolFactory.build(uai=uai)
    if good:
        school.clean_fields(exclude=["geom"])
    else:
        with pytest.raises(ValidationError):
            school.clean_fields(exclude=["geom"])
