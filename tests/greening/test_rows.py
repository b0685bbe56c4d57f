"""Rows written in bulk by `events.rows.insert` are those that Django's `bulk_create` writes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.events.rows import LEAST, insert
from greening.models import Event, PlantingSite, Species, Tree
from greening.models.base import new_uuid
from tests.factories import PlantingSiteFactory

pytestmark = pytest.mark.django_db
MANY = LEAST + 5
NOW = timezone.now()


def sites() -> list[PlantingSite]:
    return [
        PlantingSite(
            geom=Point(2.25 + number * 1e-4, 48.82, srid=4326), matricule=f"R{number}", state=PlantingSite.State.READY,
            pit_volume_m3=None if number % 2 else 3.25, in_alignment=bool(number % 3),
            networks_cleared_on=dt.date(2026, 1, 2),
        )
        for number in range(MANY)
    ]  # fmt: skip


def events() -> list[Event]:
    return [
        Event(
            digest="0" * 64, kind="tree", object_uuid=new_uuid(), patch={"é": [1, None, "x"]}, server_time=NOW,
            source=Event.Source.PHONE, status=Event.Status.REJECTED, message=_("tree"), warnings=["w"],  # type: ignore[misc]
            position=Point(2.2, 48.8, srid=4326) if number % 2 else None, accuracy_m=4.5, device_time=NOW,
            sequence=2**40 + number,
        )
        for number in range(MANY)
    ]  # fmt: skip


def facts(obj: Any) -> dict[str, Any]:
    left_out = {"id", "uuid", "object_uuid", "created_at", "updated_at"}
    values = {field.attname: getattr(obj, field.attname) for field in obj._meta.concrete_fields}
    shapes = {name: value.ewkt for name, value in values.items() if hasattr(value, "ewkt")}
    return {name: value for name, value in {**values, **shapes}.items() if name not in left_out}


@pytest.mark.parametrize("count", [2, MANY])
@pytest.mark.parametrize(("model", "made"), [(PlantingSite, sites), (Event, events)])
def test_the_same_rows_as_bulk_create(model: Any, made: Any, count: int) -> None:
    ours, theirs = made()[:count], made()[:count]
    insert(model, ours)
    model.objects.bulk_create(theirs)
    assert len({obj.pk for obj in (*ours, *theirs)}) == 2 * count
    assert not any(obj._state.adding for obj in ours)
    stored = model.objects.in_bulk([obj.pk for obj in (*ours, *theirs)])
    for one, other in zip(ours, theirs, strict=True):
        assert facts(stored[one.pk]) == facts(stored[other.pk])
        assert stored[one.pk].uuid == one.uuid
    if model is PlantingSite:
        assert all(abs(stored[obj.pk].created_at - NOW) < dt.timedelta(hours=1) for obj in ours)
        near = PlantingSite.objects.within_box((2.24995, 48.81, 2.25005, 48.83))
        assert {site.pk for site in near} == {ours[0].pk, theirs[0].pk}  # the index follows


def test_a_place_in_another_system_is_put_into_ours() -> None:
    made = [
        PlantingSite(geom=Point(647_000.0, 6_858_000.0 + number, srid=2154))
        for number in range(MANY)
    ]
    insert(PlantingSite, made)
    stored = PlantingSite.objects.get(pk=made[0].pk).geom
    assert (stored.srid, round(stored.x, 2), round(stored.y, 2)) == (4326, 2.28, 48.82)


def test_numbers_go_on_after_rows_that_went() -> None:
    first = sites()
    insert(PlantingSite, first)
    highest = max(site.pk for site in first)
    PlantingSite.objects.filter(pk=highest).delete()
    second = sites()
    insert(PlantingSite, second)
    assert min(site.pk for site in second) > highest
    assert PlantingSiteFactory.create().pk > max(site.pk for site in second)


def test_what_a_constraint_refuses_leaves_nothing() -> None:
    site = PlantingSiteFactory.create()
    trees = [Tree(site=site, geom=site.geom, state="mature") for _ in range(MANY)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Tree, trees)
    assert not Tree.objects.exists()


def test_an_object_just_saved_is_pointed_to() -> None:
    species = Species(genus="Acer", species="rubrum")
    trees = [
        Tree(site=PlantingSiteFactory.create(), geom=Point(2.2, 48.8, srid=4326), species=species, state="mature")
        for _ in range(MANY)
    ]  # fmt: skip
    species.save()
    insert(Tree, trees)
    assert set(Tree.objects.values_list("species", flat=True)) == {species.pk}


def test_few_rows_get_their_numbers_one_by_one() -> None:
    made = sites()[:2]
    insert(PlantingSite, made)
    assert [site.pk for site in PlantingSite.objects.order_by("pk")] == [site.pk for site in made]
    assert PlantingSiteFactory.create().pk > made[1].pk
