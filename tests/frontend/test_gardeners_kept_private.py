"""What residents tell the gardens is read by the gardens' managers: no history, journal or desk shows it to others."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from greening.events import Change, apply
from greening.lifecycle import kind_of
from greening.models import Event
from greening.roles import Role
from tests import factories as make
from tests.greening.people import signed_in
from tests.parcels.gardeners import account, neighbour

pytestmark = pytest.mark.django_db

#: Residents agreed that these read what they tell.
MAY = (Role.GARDEN_MANAGER, Role.ADMINISTRATOR)


@pytest.fixture
def rows() -> list[Any]:
    """One row of each kind that says who wants, tends or contests what."""
    made = make.ApplicationFactory(resident=neighbour("zoe"))
    return [
        made,
        make.ContestFactory(resident=made.resident),
        make.AdoptionFactory(resident=made.resident),
        make.CoGardenerFactory(resident=neighbour("sam")),
    ]


def address_of(row: Any) -> str:
    return reverse("history", args=[kind_of(row).name, row.pk])


@pytest.mark.parametrize("role", list(Role))
def test_a_gardener_s_history_is_the_managers_alone(role: Role, rows: list[Any]) -> None:
    client = signed_in(role)
    for row in rows:
        expected = 200 if role in MAY else 403
        assert client.get(address_of(row)).status_code == expected, kind_of(row).name
        assert Client().get(address_of(row)).status_code == 302


def withdrawn(row: Any) -> Event:
    """A change that a resident made, with their name behind it; and one kept for a person."""
    zoe = account(row.resident)
    apply(Change("application", row.uuid, {"state": "withdrawn"}, actor=zoe, source="web"))
    return Event.objects.create(
        kind="application",
        object_uuid=row.uuid,
        digest="0",
        patch={"state": "waiting"},
        actor=zoe,
        source="web",
        server_time=timezone.now(),
        status=Event.Status.CONFLICT,
    )


@pytest.mark.parametrize("role", [Role.PLANNER, Role.ELECTED_READER, Role.ADMINISTRATOR])
def test_the_journal_leaves_gardeners_out_for_who_may_not_know(role: Role, rows: list[Any]) -> None:
    withdrawn(rows[0])
    apply(Change("tree", make.TreeFactory().uuid, {"height_m": 5.0}, source="import"))
    client = signed_in(role)
    for query in ({}, {"person": "zoe@"}, {"kind": "application"}):
        page = client.get(reverse("journal"), query)
        found = {entry.event.kind for entry in page.context["entries"]}
        assert ("application" in found) == (role in MAY), query
        assert (b"zoe@example.fr" in page.content) == (role in MAY), query
        assert page.context["open"] == (1 if role in MAY else 0)
    everything = client.get(reverse("journal")).context["entries"]
    assert "tree" in {entry.event.kind for entry in everything}
    offered = dict(client.get(reverse("journal")).context["form"].fields["kind"].choices)
    assert ("adoption" in offered, "plot" in offered) == (role in MAY, True)


@pytest.mark.parametrize("role", [Role.PLANNER, Role.CREW_LEAD, Role.ADMINISTRATOR])
def test_changes_to_settle_leave_gardeners_out_for_who_may_not_know(
    role: Role, rows: list[Any]
) -> None:
    kept = withdrawn(rows[0])
    client = signed_in(role)
    listed = client.get(reverse("to-settle"))
    assert [entry.event.pk for entry in listed.context["entries"]] == (
        [kept.pk] if role in MAY else []
    )
    settling = client.get(reverse("settle", args=[kept.pk])).status_code
    assert settling == (200 if role in MAY else 404)


def test_the_back_office_s_events_leave_gardeners_out_for_who_may_not_know(rows: list[Any]) -> None:
    kept = withdrawn(rows[0])
    listed, one = (
        reverse("admin:greening_event_changelist"),
        reverse("admin:greening_event_change", args=[kept.pk]),
    )
    for role in (Role.PLANNER, Role.ADMINISTRATOR):
        client = signed_in(role)
        assert (b"zoe@example.fr" in client.get(listed).content) == (role in MAY)
        assert (client.get(one).status_code == 200) == (role in MAY)
