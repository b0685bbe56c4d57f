"""The first administrator, roles at the terminal, and accounts of a demonstration town."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from greening.accounts.expired import forget_sessions
from greening.roles import Role
from tests.factories import CommuneFactory
from tests.greening.people import PASSWORD, person

pytestmark = pytest.mark.django_db


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_the_first_administrator_signs_in_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    said("createsuperuser", "--noinput", "--username", "chef", "--email", "chef@example.fr")
    form = {"login": "chef@example.fr", "password": PASSWORD, "next": reverse("admin:index")}
    client.post(reverse("account_login"), form)
    assert client.get(reverse("admin:index")).status_code == 200


def test_an_administrator_without_an_address_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="e-mail"):
        said("createsuperuser", "--noinput", "--username", "chef", "--email", "")
    assert not User.objects.exists()


def test_roles_are_given_and_taken_at_the_terminal() -> None:
    ana = person(Role.RESIDENT, email="ana@example.fr")
    assert (
        said("set_role", "ANA@example.fr", "crew", "planner") == "ana@example.fr: crew, planner\n"
    )
    assert set(ana.groups.values_list("name", flat=True)) == {"crew", "planner"}
    said("set_role", "ana@example.fr")
    assert not ana.groups.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nobody@example.fr", "crew"), "Nobody here has the address"),
        (("ana@example.fr", "king"), "There is no role king; the roles are resident, crew"),
    ],
)
def test_a_role_given_in_vain_says_why(arguments: Any, reason: str) -> None:
    person(email="ana@example.fr")
    with pytest.raises(CommandError, match=reason):
        said("set_role", *arguments)


def test_a_demonstration_account_has_a_random_password_that_works_once_told(client: Client) -> None:
    CommuneFactory(synthetic=True)
    first = said("demo_account", "crew_lead").split()
    email, password = said("demo_account", "crew_lead").split()
    assert first[0] == email
    assert first[1] != password
    client.post(reverse("account_login"), {"login": email, "password": password})
    assert client.get(reverse("to-settle")).status_code == 200
    assert User.objects.count() == 1


def test_sessions_that_ran_out_are_forgotten() -> None:
    now = timezone.now()
    for name, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=name, expire_date=now + dt.timedelta(days=days))
    assert forget_sessions(now.date()) == "1 expired sessions forgotten"
    assert [session.session_key for session in Session.objects.all()] == ["new"]


@pytest.mark.parametrize("synthetic", [False, None])
def test_a_real_town_gets_no_demonstration_account(synthetic: bool | None) -> None:
    if synthetic is not None:
        CommuneFactory(synthetic=synthetic)
    with pytest.raises(CommandError, match="demonstration town only"):
        said("demo_account", "planner")
    assert not User.objects.exists()
