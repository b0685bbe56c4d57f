"""What the gardens know of somebody is corrected by themselves, as the consent promises, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from greening.roles import Role
from parcels.models import Resident
from tests import factories as make
from tests.greening.people import signed_in
from tests.parcels.gardeners import account, neighbour

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


def browser(resident: Resident) -> Client:
    make.CommuneFactory()
    client = Client()
    client.force_login(account(resident), backend="django.contrib.auth.backends.ModelBackend")
    return client


def correct(client: Client, **changed: str) -> Any:
    form = {
        "name": "Zoé",
        "address": "9 rue Neuve",
        "postcode": "92130",
        "phone": "01 02 03 04 05",
        "consent": "on",
        **changed,
    }
    return client.post(reverse("my-details"), form, headers=ENGLISH)


def test_address_and_telephone_are_corrected_and_the_household_follows() -> None:
    zoe = neighbour("zoe", address="1 rue Vieille", postcode="92130")
    before = zoe.household_id
    client = browser(zoe)
    for page in ("account", "my-garden"):
        assert reverse("my-details") in client.get(reverse(page)).content.decode(), page
    assert "1 rue Vieille" in client.get(reverse("my-details")).content.decode()
    assert correct(client).status_code == 302
    zoe.refresh_from_db()
    assert (zoe.name, zoe.address, zoe.phone) == ("Zoé", "9 rue Neuve", "01 02 03 04 05")
    assert zoe.household_id not in (None, before)


def test_a_place_on_the_list_is_kept_when_somebody_moves() -> None:
    zoe = neighbour("zoe")
    made = make.ApplicationFactory(resident=zoe)
    order = (made.order_key, made.submitted_at)
    assert correct(browser(zoe)).status_code == 302
    made.refresh_from_db()
    assert (made.state, (made.order_key, made.submitted_at)) == ("waiting", order)


def test_what_is_missing_is_said_and_nothing_is_changed() -> None:
    zoe = neighbour("zoe", address="1 rue Vieille", phone="06")
    page = correct(browser(zoe), address="")
    assert page.status_code == 422
    assert "Please fill in this field." in page.content.decode()
    zoe.refresh_from_db()
    assert (zoe.address, zoe.phone) == ("1 rue Vieille", "06")


def test_who_told_nothing_reads_so_and_a_visitor_signs_in() -> None:
    make.CommuneFactory()
    client = signed_in(Role.RESIDENT)
    page = client.get(reverse("my-details"), headers=ENGLISH)
    assert "know nothing of you" in page.content.decode()
    assert correct(client).status_code == 404
    assert not Resident.objects.exists()
    assert Client().get(reverse("my-details")).status_code == 302


def test_the_form_says_truly_who_reads_an_address() -> None:
    page = browser(neighbour("zoe")).get(reverse("my-details"), headers=ENGLISH).content.decode()
    assert "Nobody sees it" not in page
    assert "Only the gardens&#x27; managers read it." in page
