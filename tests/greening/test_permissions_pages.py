"""Who sees which page and finds which button, by role; and who gives roles."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from greening.roles import Role
from tests.greening.people import person, signed_in
from tests.greening.test_permissions import HEAD, cells_of

pytestmark = pytest.mark.django_db

#: Who may open which page; "in" is 200, "out" 403, "who" asks to sign in first.
PAGES = """
                  anonymous  resident  crew  crew_lead  garden_manager  planner  administrator  contractor
admin:index       who        out       out   in         in              in       in             out
journal           who        out       out   out        out             in       in             out
to-settle         who        out       out   in         out             in       in             out
people            who        out       out   out        out             out      in             out
account           who        in        in    in         in              in       in             in
notices           who        in        in    in         in              in       in             in
notice-topics     who        in        in    in         in              in       in             in
mail-desk         who        out       out   out        out             out      in             out
sign-ins          who        in        in    in         in              in       in             in
privacy           in         in        in    in         in              in       in             in
privacy-questions who        in        in    in         in              in       in             in
privacy-desk      who        out       out   out        out             out      out            out
field-desk        who        out       out   in         out             in       in             out
field-photo-desk  who        out       out   in         out             in       in             out
survival-checks   who        out       in    in         out             in       in             out
garden-desk       who        out       out   out        in              out      in             out
garden-desk-permits   who    out       out   out        in              out      in             out
garden-desk-gardeners who    out       out   out        in              out      in             out
my-details        who        in        in    in         in              in       in             in
"""
#: The same pages for the roles that came later.
MORE_PAGES = """
                  inspector  garden_referent  elected_reader  publisher  dpo
admin:index       out        out              out             out        out
journal           out        out              in              out        out
to-settle         out        out              out             out        out
people            out        out              out             out        out
account           in         in               in              in         in
notices           in         in               in              in         in
notice-topics     in         in               in              in         in
mail-desk         out        out              out             out        out
sign-ins          in         in               in              in         in
privacy           in         in               in              in         in
privacy-questions in         in               in              in         in
privacy-desk      out        out              out             out        in
field-desk        out        out              out             out        out
field-photo-desk  out        out              out             in         out
survival-checks   in         out              out             out        out
garden-desk       out        in               out             out        out
garden-desk-permits   out    out              out             out        out
garden-desk-gardeners out    out              out             out        out
my-details        in         in               in              in         in
"""
MAY_OPEN = cells_of(PAGES)[1] | cells_of(MORE_PAGES)[1]


@pytest.mark.parametrize("name", sorted({page for page, _who in MAY_OPEN}))
def test_a_page_opens_to_whom_the_table_says(name: str) -> None:
    said = {}
    for who in HEAD:
        client = Client() if who == "anonymous" else signed_in(Role(who))
        answer = client.get(reverse(name), follow=name == "admin:index")
        code = answer.status_code
        asks = code == 302 or (answer.redirect_chain if name == "admin:index" else []) != []
        said[who] = "in" if code == 200 and not asks else "who" if code in (200, 302) else "out"
    assert said == {who: MAY_OPEN[name, who] for who in HEAD}


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
    "greening_duemark": set(),
    "django_tasks_database_dbtaskresult": set(),
    "parcels_plot": {"garden_manager", "administrator"},
    "parcels_courtyard": {"planner", "administrator"},
    "parcels_school": {"planner", "administrator"},
    "heat_islands_heatmap": set(),
    "auth_user": set(),
    "auth_group": set(),
}


@pytest.mark.parametrize("table", ADDS)
def test_the_back_office_offers_each_role_what_it_may(table: str) -> None:
    journal_only = {
        "greening_event",
        "greening_device",
        "greening_photo",
        "greening_duemark",
        "django_tasks_database_dbtaskresult",
    }
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
