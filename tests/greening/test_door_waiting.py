"""Changes that wait: none for ever, none blamed on another, none with the rights of an account that is gone."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from greening import lifecycle
from greening.due import waiting_changes
from greening.events import Change, Verdict, apply
from greening.lifecycle import Situation
from greening.models import Event, PlantingSite
from greening.roles import Role
from tests.factories import TOWN_HALL, PlantingSiteFactory
from tests.greening.people import person

POINT = {"type": "Point", "coordinates": list(TOWN_HALL)}
PATIENCE_S = 20


def one(change: Change) -> Verdict:
    (verdict,) = apply(change)
    return verdict


def creation(site: uuid.UUID) -> Change:
    return Change("planting_site", site, {"geom": POINT, "state": "proposed"}, create=True)


def edit(site: uuid.UUID, **more: Any) -> Change:
    return Change("planting_site", site, {"soil": "clay"}, **more)


def status_of(change: Change) -> str:
    return Event.objects.get(uuid=change.uuid).status


@pytest.mark.django_db
def test_sent_again_after_its_object_came_it_waits_no_more() -> None:
    """The object came while nobody looked: in another transaction, say, that asked too early."""
    site = uuid.uuid4()
    change = edit(site)
    assert one(change).status == "waiting"
    PlantingSiteFactory(uuid=site)
    verdict = one(change)
    assert (verdict.status, verdict.rev) == ("applied", 1)
    assert (Event.objects.get(uuid=change.uuid).rev, PlantingSite.objects.get().soil) == (1, "clay")
    assert one(change).status == "duplicate"


@pytest.mark.django_db
def test_the_night_looks_again_at_what_waits() -> None:
    site = uuid.uuid4()
    come, missing = edit(site), edit(uuid.uuid4())
    apply([come, missing])
    PlantingSiteFactory(uuid=site)
    assert waiting_changes(None) == "1 wait no more"  # type: ignore[arg-type]  # the day does not matter
    assert (status_of(come), status_of(missing)) == ("applied", "waiting")


@pytest.mark.django_db
def test_what_waits_for_an_erased_account_is_not_done_in_the_name_of_the_system() -> None:
    lead = person(Role.CREW_LEAD)
    site = uuid.uuid4()
    change = edit(site, actor=lead, source=Event.Source.PHONE, override="I saw it")
    assert one(change).status == "waiting"
    lead.delete()
    apply(creation(site))
    row = Event.objects.get(uuid=change.uuid)
    assert (row.status, row.code) == ("rejected", "forbidden")
    assert PlantingSite.objects.get().soil == ""


@pytest.fixture
def fault() -> Iterator[None]:
    """A fault of ours in what follows from one change."""

    def follower(situation: Situation) -> list[Any]:
        if situation.patch.get("soil") == "clay":
            raise ValueError("a fault")
        return []

    lifecycle.follow("planting_site", follower)
    yield
    lifecycle._followers["planting_site"].remove(follower)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fault")
def test_a_fault_in_what_waited_is_not_blamed_on_what_it_waited_for() -> None:
    site = uuid.uuid4()
    change = edit(site)
    assert one(change).status == "waiting"
    assert one(creation(site)).status == "applied"
    row = Event.objects.get(uuid=change.uuid)
    assert (row.status, row.code) == ("rejected", "fault")
    assert PlantingSite.objects.get().soil == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer at a time: none misses another"
)
@pytest.mark.parametrize("first", ["what was waited for", "what waits"])
def test_of_two_transactions_that_miss_each_other_the_later_wakes_what_waits(first: str) -> None:
    """One makes a site, the other builds on it; each has asked before the other is committed."""
    site = uuid.uuid4()
    made, built = creation(site), edit(site)
    asked, go = {"made": threading.Event(), "built": threading.Event()}, threading.Barrier(2)

    def send(name: str, change: Change, after: threading.Event | None) -> None:
        with transaction.atomic():
            apply(change)
            asked[name].set()
            go.wait(PATIENCE_S)
            if after is not None:
                assert after.wait(PATIENCE_S)
        done[name].set()
        connection.close()

    done = {"made": threading.Event(), "built": threading.Event()}
    late = "built" if first == "what was waited for" else "made"
    threads = [
        threading.Thread(target=send, args=("made", made, done["built"] if late == "made" else None)),
        threading.Thread(target=send, args=("built", built, done["made"] if late == "built" else None)),
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert (status_of(made), status_of(built)) == ("applied", "applied")
    assert PlantingSite.objects.get().soil == "clay"
