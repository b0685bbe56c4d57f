"""Who neither waits nor gardens any more is forgotten in time, as they were promised, and nobody sooner."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import Model
from django.utils import timezone

from greening import due
from greening.accounts.documents import document
from parcels.applying import withdraw
from parcels.forgetting import KEPT_DAYS, forget_idle
from parcels.models import Adoption, Application, CoGardener, Contest, Household, Resident
from tests.factories import (
    AdoptionFactory,
    ApplicationFactory,
    CoGardenerFactory,
    ContestFactory,
    ResidentFactory,
)
from tests.parcels.gardeners import account, neighbour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
TODAY = dt.date(2026, 11, 1)
LIVES: tuple[type[Model], ...] = (Application, Adoption, CoGardener, Contest)


def pass_days(days: int) -> None:
    """Everything that stands happened so long ago."""
    then = timezone.now() - dt.timedelta(days=days)
    Resident.objects.update(created_at=then, consent_at=then)
    for kind in LIVES:
        kind._default_manager.update(updated_at=then)


def forgotten() -> set[Resident]:
    said = forget_idle(TODAY)
    gone = set(Resident.objects.exclude(erased_at=None))
    assert said == f"{len(gone)} people who neither wait nor garden forgotten"
    return gone


def test_who_left_is_forgotten_after_the_days_that_were_promised() -> None:
    alix, robin = neighbour("alix", phone="0612345678"), neighbour("robin")
    user, home = account(alix), alix.household
    withdraw(ApplicationFactory(resident=alix), by=user)
    ApplicationFactory(resident=robin, state="refused", reason="other")
    pass_days(KEPT_DAYS - 1)
    assert forgotten() == set()
    pass_days(KEPT_DAYS + 1)
    Application.objects.filter(resident=robin).update(updated_at=timezone.now())
    assert forgotten() == {alix}
    alix.refresh_from_db()
    assert (alix.name, alix.address, alix.phone, alix.user) == ("", "", "", None)
    assert home is not None
    assert not Household.objects.filter(pk=home.pk).exists()
    user.refresh_from_db()  # the account is another matter
    assert user.email == "alix@example.fr"
    assert forget_idle(TODAY).startswith("0 people")


def test_details_that_led_to_nothing_go_too_and_invented_people_stay() -> None:
    alone = ResidentFactory()
    ResidentFactory(synthetic=True)
    pass_days(KEPT_DAYS + 1)
    assert forgotten() == {alone}


@pytest.mark.parametrize("state", ["submitted", "checked", "waiting"])
def test_who_waits_stays_however_long(state: str) -> None:
    ApplicationFactory(state=state)
    pass_days(5_000)
    assert forgotten() == set()


@pytest.mark.parametrize("state", ["active", "renewal_due", "notice"])
def test_who_gardens_alone_or_with_another_stays(state: str) -> None:
    ends_on = TODAY if state == "notice" else None
    with_them = CoGardenerFactory(adoption=AdoptionFactory(state=state, ends_on=ends_on))
    pass_days(5_000)
    assert forgotten() == set()
    # Over for both: the holder's end is the helper's too, whatever their own row says.
    Adoption.objects.update(
        state="ended", ended_because="notice", updated_at=timezone.now() - dt.timedelta(days=5_000)
    )
    assert forgotten() == {with_them.resident, with_them.adoption.resident}


def test_an_objection_waits_for_its_answer_first() -> None:
    objection = ContestFactory()
    pass_days(5_000)
    assert forgotten() == set()
    Contest.objects.update(state="dismissed", answer="No, because.")
    assert forgotten() == {objection.resident}
    objection.refresh_from_db()
    assert (objection.text, objection.answer) == ("", "")


def test_it_is_done_each_night_and_said_where_people_read_it() -> None:
    assert {work.name: work.every_days for work in due.works()}["former gardeners"] == 1
    assert f"garden, and {KEPT_DAYS} days more" in document("retention", "en").markdown
    assert f"jardinez, et {KEPT_DAYS} jours de plus" in document("retention", "fr").markdown
