"""The desk's permits and gardeners: a request answered, an adoption handed over, kept or ended; and who is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from greening.models import Notice, PlantingSite
from greening.models.notice import Appointment
from greening.roles import Role
from parcels.adopting import add_co_gardener, give_notice
from parcels.models import Adoption, Resident
from parcels.residents import erase, export
from tests import factories as make
from tests.greening.people import signed_in
from tests.parcels.gardeners import account, neighbour

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def town() -> None:
    make.CommuneFactory()


@pytest.fixture
def manager() -> Client:
    return signed_in(Role.GARDEN_MANAGER)


@pytest.fixture
def pit() -> PlantingSite:
    made: PlantingSite = make.PlantingSiteFactory(state="occupied", manager="gpso")
    return made


def browser(resident: Resident) -> Client:
    client = Client()
    client.force_login(account(resident), backend="django.contrib.auth.backends.ModelBackend")
    return client


def get(client: Client, where: str, /, *args: Any, **query: str) -> str:
    answer = client.get(reverse(where, args=args), query, headers=ENGLISH)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def post(client: Client, where: str, /, *args: Any, **fields: Any) -> Any:
    return client.post(reverse(where, args=args), fields, follow=True, headers=ENGLISH)


def told(resident: Resident) -> list[str]:
    rows = Notice.objects.filter(person=account(resident)).order_by("pk")
    return list(rows.values_list("what", flat=True))


def ask(pit: PlantingSite, resident: Resident) -> None:
    """At the resident's own page."""
    form = {
        "name": resident.name,
        "address": "3 rue du Pré",
        "postcode": "92130",
        "consent": "on",
    }
    post(browser(resident), "adopt", "sites", pit.pk, **form)


def asked_for(pit: PlantingSite, resident: Resident) -> Adoption:
    ask(pit, resident)
    return Adoption.objects.get(site=pit)


# --- permits ----------------------------------------------------------------------------------------
def test_a_permit_is_asked_for_and_given_by_the_body_that_manages_the_pit(
    manager: Client, pit: PlantingSite
) -> None:
    zoe = neighbour("zoe")
    made = asked_for(pit, zoe)
    assert made.state == "requested"
    listed = get(manager, "garden-desk-permits")
    assert "Zoe" in listed
    assert "Grand Paris Seine Ouest" in listed
    # The town's own agreement is not that of the body that manages this pit.
    wrong = post(manager, "garden-desk-permit", made.pk, do="agree", agreed_by="town")
    assert "Grand Paris Seine Ouest" in wrong.content.decode()
    assert Adoption.objects.get(pk=made.pk).state == "requested"
    nobody = post(manager, "garden-desk-permit", made.pk, do="agree", agreed_by="")
    assert nobody.status_code == 409
    fields = {"do": "agree", "agreed_by": "gpso", "permit_reference": "GPSO 12"}
    post(manager, "garden-desk-permit", made.pk, **fields)
    made.refresh_from_db()
    assert (made.state, made.agreed_by, made.permit_reference) == ("active", "gpso", "GPSO 12")
    assert told(zoe)[-1] == "permit-agreed"
    assert "No tree pit is asked for." in get(manager, "garden-desk-permits")


def test_a_permit_refused_says_why_to_who_asked_and_frees_the_pit(
    manager: Client, pit: PlantingSite
) -> None:
    zoe = neighbour("zoe")
    made = asked_for(pit, zoe)
    assert post(manager, "garden-desk-permit", made.pk, do="disagree").status_code == 409
    fields = {"do": "disagree", "answer": "A water main is laid here in May."}
    post(manager, "garden-desk-permit", made.pk, **fields)
    made.refresh_from_db()
    assert made.state == "refused"
    assert told(zoe)[-1] == "permit-refused"
    assert "A water main is laid here in May." in get(browser(zoe), "my-adoption", made.pk)
    # … and somebody else may ask now; the words go with the person.
    sam = neighbour("sam")
    ask(pit, sam)
    assert Adoption.objects.filter(site=pit, state="requested", resident=sam).exists()
    assert export(account(zoe))["adoptions"][0]["answer"] == "A water main is laid here in May."
    erase(account(zoe))
    assert Adoption.objects.get(pk=made.pk).answer == ""


def test_a_request_is_answered_once(manager: Client, pit: PlantingSite) -> None:
    made = asked_for(pit, neighbour("zoe"))
    post(manager, "garden-desk-permit", made.pk, do="disagree", answer="No.")
    page = post(manager, "garden-desk-permit", made.pk, do="agree", agreed_by="gpso")
    assert "cannot become" in page.content.decode()
    assert Adoption.objects.get(pk=made.pk).state == "refused"
    assert post(manager, "garden-desk-permit", made.pk, do="nonsense").status_code == 404


# --- gardeners --------------------------------------------------------------------------------------
@pytest.fixture
def plot_of_zoe() -> Adoption:
    plot = make.PlotFactory(state="occupied")
    until = timezone.localdate() + dt.timedelta(days=200)
    made: Adoption = make.AdoptionFactory(
        tree=None, plot=plot, resident=neighbour("zoe"), until=until
    )
    return made


def test_gardeners_are_found_by_name_and_state(manager: Client, plot_of_zoe: Adoption) -> None:
    make.AdoptionFactory(resident=neighbour("sam"))
    for query, names in (
        ({}, {"Zoe", "Sam"}),
        ({"name": "zo"}, {"Zoe"}),
        ({"state": "notice"}, set()),
    ):
        page = get(manager, "garden-desk-gardeners", **query)  # type: ignore[arg-type]
        assert {name for name in ("Zoe", "Sam") if f">{name}<" in page} == names, query


def test_a_plot_is_handed_to_who_helps_there_and_both_are_told(
    manager: Client, plot_of_zoe: Adoption
) -> None:
    sam = neighbour("sam")
    add_co_gardener(plot_of_zoe, sam, by=None)
    form = {"do": "hand_over", "gardener": str(sam.pk)}
    post(manager, "garden-desk-gardener", plot_of_zoe.pk, **form)
    plot_of_zoe.refresh_from_db()
    assert (plot_of_zoe.state, plot_of_zoe.ended_because) == ("ended", "handed_over")
    new = Adoption.objects.get(plot=plot_of_zoe.plot, state="active")
    assert new.resident == sam
    assert told(plot_of_zoe.resident) == ["adoption-handed-over"]
    assert told(sam) == ["adoption-taken-over"]


def test_a_plot_is_handed_to_an_address_that_the_gardens_know(
    manager: Client, plot_of_zoe: Adoption
) -> None:
    for form, sentence in (
        ({}, "Say to whom"),
        ({"email": "nobody@example.fr"}, "know nobody of that address"),
        ({"gardener": "7"}, "7"),
    ):
        page = post(manager, "garden-desk-gardener", plot_of_zoe.pk, do="hand_over", **form)
        assert page.status_code == 409
        assert sentence in page.content.decode()
    assert Adoption.objects.get(pk=plot_of_zoe.pk).state == "active"
    sam = neighbour("sam")
    form = {"do": "hand_over", "email": "SAM@example.fr"}
    post(manager, "garden-desk-gardener", plot_of_zoe.pk, **form)
    assert Adoption.objects.get(plot=plot_of_zoe.plot, state="active").resident == sam


def test_notice_taken_back_leaves_the_calendar(manager: Client, plot_of_zoe: Adoption) -> None:
    zoe = plot_of_zoe.resident
    give_notice(plot_of_zoe, by=account(zoe))
    dates = Appointment.objects.filter(person=account(zoe))
    assert [row.cancelled for row in dates] == [False]
    post(manager, "garden-desk-gardener", plot_of_zoe.pk, do="stay")
    plot_of_zoe.refresh_from_db()
    assert (plot_of_zoe.state, plot_of_zoe.ends_on) == ("active", None)
    assert told(zoe) == ["notice-received", "notice-taken-back"]
    assert [row.cancelled for row in dates.all()] == [True]


def test_the_town_ends_an_adoption_and_says_why(manager: Client, plot_of_zoe: Adoption) -> None:
    zoe = plot_of_zoe.resident
    assert post(manager, "garden-desk-gardener", plot_of_zoe.pk, do="end").status_code == 409
    assert Adoption.objects.get(pk=plot_of_zoe.pk).state == "active"
    form = {"do": "end", "answer": "Not tended since spring."}
    post(manager, "garden-desk-gardener", plot_of_zoe.pk, **form)
    plot_of_zoe.refresh_from_db()
    assert (plot_of_zoe.state, plot_of_zoe.ended_because) == ("ended", "by_town")
    assert plot_of_zoe.plot is not None
    plot_of_zoe.plot.refresh_from_db()
    assert plot_of_zoe.plot.state == "available"
    assert told(zoe) == ["adoption-ended-by-town"]
    assert "Not tended since spring." in get(browser(zoe), "my-adoption", plot_of_zoe.pk)
    # What is over is not on the desk any more.
    address = reverse("garden-desk-gardener", args=(plot_of_zoe.pk,))
    assert manager.get(address).status_code == 404
