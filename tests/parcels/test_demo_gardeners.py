"""The demo's gardeners: as many as the plots that are taken, lists by the rules, no real person, no mail."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

import pytest
from django.contrib.auth.models import User

from greening.demo.ground import Ground, build_ground
from greening.demo.load import load_ground
from greening.demo.registry import DemoRun
from greening.demo.sites import build_sites
from parcels.applying import standing
from parcels.decisions import verify
from parcels.demo.gardeners import add_gardeners, is_done
from parcels.demo.land import build_land
from parcels.demo.load import load_land
from parcels.demo.plans import Land
from parcels.models import Adoption, Application, Draw, Plot, Resident, SharedGarden

DAY = dt.date(2026, 11, 27)
SEED = 5


@pytest.fixture(scope="module")
def ground() -> Ground:
    bare = build_ground(SEED, programme=False)
    return replace(bare, sites=build_sites(SEED, bare.outline, bare.streets, bare.parks, 400))


@pytest.fixture(scope="module")
def land(ground: Ground) -> Land:
    whole = build_land(ground)
    return replace(whole, parcels=whole.parcels[:10], buildings=whole.buildings[:10])


@pytest.fixture
def town(ground: Ground, land: Land) -> float:
    """The seconds its gardeners took."""
    load_ground(ground)
    load_land(land)
    begun = time.perf_counter()
    add_gardeners(SEED, DAY)
    return time.perf_counter() - begun


def what_stands() -> list[tuple[object, ...]]:
    return [
        *Application.objects.order_by("uuid").values_list("uuid", "state", "order_key", "refusals"),
        *Adoption.objects.order_by("uuid").values_list("uuid", "state", "since", "until"),
        *Resident.objects.order_by("uuid").values_list("uuid", "name", "address", "door"),
        *Draw.objects.order_by("garden__source_id", "key").values_list("key", "sealed"),
    ]


@pytest.mark.django_db
def test_every_plot_that_is_taken_has_one_gardener_and_every_offer_its_applicant(
    town: float,
) -> None:
    taken = Plot.objects.filter(state__in=("occupied", "notice"))
    assert set(taken.values_list("pk", flat=True)) == set(
        Adoption.objects.running().filter(plot__isnull=False).values_list("plot", flat=True)
    )
    assert (
        Adoption.objects.filter(state="notice").count()
        == Plot.objects.filter(state="notice").count()
    )
    offered = Plot.objects.filter(state="offered")
    assert offered.exists()
    assert set(offered.values_list("pk", flat=True)) == set(
        Application.objects.filter(state="offered").values_list("offered_plot", flat=True)
    )
    assert Adoption.objects.running().filter(tree__isnull=False).exists()
    assert is_done(DemoRun(SEED))
    assert town < 6  # 1.5 s on the reference machine


@pytest.mark.django_db
def test_its_lists_follow_the_rules_and_its_log_can_be_checked(town: float) -> None:
    for garden in SharedGarden.objects.all():
        assert verify(garden) == []
    assert not Application.objects.filter(garden__state="draft").exists()
    made = Application.objects.waiting().filter(garden__source_id="demo-garden-1").first()
    assert made is not None
    place = standing(made, DAY).place
    assert place is not None
    assert place.of > 40
    assert place.settled


@pytest.mark.django_db
def test_nobody_in_it_is_real_or_written_to(town: float) -> None:
    assert not Resident.objects.filter(synthetic=False).exists()
    assert not Application.objects.filter(synthetic=False).exists()
    assert not Resident.objects.exclude(postcode="00000").exists()
    assert not Resident.objects.exclude(phone="").exists()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_same_town_has_the_same_people(ground: Ground, land: Land) -> None:
    from django.db import transaction

    load_ground(ground)
    load_land(land)
    stood = []
    for _again in range(2):
        with transaction.atomic():
            add_gardeners(SEED, DAY)
            stood.append(what_stands())
            transaction.set_rollback(True)
    # Trees and plots get their identifiers anew with each town; here it is the same one.
    assert stood[0] == stood[1]
