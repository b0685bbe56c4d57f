"""Who sees which page and finds which button, by role; and who gives roles."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from greening.roles import Role
from tests.greening.people import person, signed_in
from tests.greening.test_permissions import HEAD

pytestmark = pytest.mark.django_db

#: Who may open which page; "in" is 200, "out" 403, "who" asks to sign in first.
PAGES = """
                 anonymous  resident  crew  crew_lead  garden_manager  planner  administrator  contractor
admin:index      who        out       out   in         in              in       in             out
journal          who        out       out   out        out             in       in             out
to-settle        who        out       out   in         out             in       in             out
people           who        out       out   out        out             out      in             out
account          who        in        in    in         in              in       in             in
notices          who        in        in    in         in              in       in             in
notice-topics    who        in        in    in         in              in       in             in
mail-desk        who        out       out   out        out             out      in             out
"""


@pytest.mark.parametrize("line", PAGES.strip().splitlines()[1:])
def test_a_page_opens_to_whom_the_table_says(line: str) -> None:
    name, *cells = line.split()
    said = {}
    for who in HEAD:
        client = Client() if who == "anonymous" else signed_in(Role(who))
        answer = client.get(reverse(name), follow=name == "admin:index")
        code = answer.status_code
        asks = code == 302 or (answer.redirect_chain if name == "admin:index" else []) != []
        said[who] = "in" if code == 200 and not asks else "who" if code in (200, 302) else "out"
    assert said == dict(zip(HEAD, cells, strict=True))


OFFICE_READS = {"crew_lead", "garden_manager", "planner", "administrator"}
#: Who finds a button to add a row in the back office, by table.
ADDS = {
    "greening_plantingsite": {"crew_lead", "planner", "administrator"},
    "greening_tree": {"crew_lead", "planner", "administrator"},
    "greening_nurseryorder": {"planner", "administrator"},
    "greening_guaranteeclaim": {"crew_lead", "planner", "administrator"},
    "greening_observation": {"crew_lead", "planner", "administrator"},
    "greening_species": {"planner", "administrator"},
    "greening_crew": {"crew_lead", "planner", "administrator"},
    "greening_campaign": {"planner", "administrator"},
    "greening_commune": {"administrator"},
    "greening_event": set(),
    "greening_contractor": {"planner", "administrator"},
    "greening_sector": {"crew_lead", "planner", "administrator"},
    "greening_device": set(),
    "greening_photo": set(),
    "parcels_plot": {"garden_manager", "administrator"},
    "parcels_courtyard": {"planner", "administrator"},
    "parcels_school": {"planner", "administrator"},
    "heat_islands_heatmap": set(),
    "auth_user": set(),
    "auth_group": set(),
}


@pytest.mark.parametrize("table", ADDS)
def test_the_back_office_offers_each_role_what_it_may(table: str) -> None:
    journal_only = {"greening_event", "greening_device", "greening_photo"}
    for role in Role:
        client = signed_in(role)
        listed = client.get(reverse(f"admin:{table}_changelist")).status_code == 200
        reads = OFFICE_READS & (
            {"planner", "administrator"} if table in journal_only else set(Role)
        )
        assert listed == (role.value in reads and not table.startswith("auth_")), role
        try:
            added = client.get(reverse(f"admin:{table}_add")).status_code == 200
        except KeyError:
            added = False
        assert added == (role.value in ADDS[table]), role


def test_an_administrator_gives_roles_and_leaves_a_trace() -> None:
    client, ana = signed_in(Role.ADMINISTRATOR), person(Role.RESIDENT, email="ana@example.fr")
    address = reverse("person", args=[ana.pk])
    client.post(address, {"roles": ["crew", "planner"], "active": "on"})
    assert set(ana.groups.values_list("name", flat=True)) == {"crew", "planner"}
    page = client.get(address).content.decode()
    assert "administrator@example.fr" in page
    assert "resident → crew, planner" in page


def test_nobody_takes_the_administration_from_themselves_nor_touches_the_first_one() -> None:
    client = signed_in(Role.ADMINISTRATOR)
    me = client.user  # type: ignore[attr-defined]
    client.post(reverse("person", args=[me.pk]), {"roles": ["resident"], "active": "on"})
    client.post(reverse("person", args=[me.pk]), {"roles": ["administrator"]})
    me.refresh_from_db()
    assert (set(me.groups.values_list("name", flat=True)), me.is_active) == (
        {"administrator"},
        True,
    )
    first = User.objects.create_superuser("first", "first@example.fr")
    client.post(reverse("person", args=[first.pk]), {"roles": []})
    first.refresh_from_db()
    assert first.is_active


def test_people_are_searched_and_paged(django_assert_max_num_queries: Any) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    for number in range(60):
        person(Role.RESIDENT, email=f"r{number}@example.fr")
    with django_assert_max_num_queries(8):
        page = client.get(reverse("people"))
    assert len(page.context["people"]) == 50
    rest = client.get(reverse("people"), {"page": page.context["page"].next})
    assert len(rest.context["people"]) == 11
    found = client.get(reverse("people"), {"q": "r59@"}).context["people"]
    assert [user.email for user, _labels in found] == ["r59@example.fr"]
    leads = client.get(reverse("people"), {"role": "administrator"}).context["people"]
    assert len(leads) == 1
    assert client.get(reverse("people"), {"page": "nonsense"}).status_code == 404
