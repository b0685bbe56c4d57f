"""Where somebody is signed in, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from greening.roles import Role
from tests.greening.people import PASSWORD, person, signed_in
from tests.greening.test_accounts import sign_in, words

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (Linux; Android 15) Chrome/140.0"
DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"


@pytest.fixture(autouse=True)
def _nobody_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def at(agent: str, email: str = "ana@example.fr") -> Client:
    client = Client(headers={"User-Agent": agent})
    sign_in(client, email)
    return client


def signed(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def test_one_sees_where_one_is_signed_in_and_ends_it_from_elsewhere() -> None:
    person(email="ana@example.fr")
    phone, desk = at(PHONE), at(DESK)
    page = words(desk.get(reverse("sign-ins")))
    assert "Firefox, Linux cet appareil" in page
    assert "Chrome, Android" in page
    lost = next(one for one in desk.get(reverse("sign-ins")).context["sign_ins"] if not one.is_this)
    desk.post(reverse("end-sign-in", args=[lost.number]))
    assert not signed(phone)
    assert signed(desk)


def test_all_others_are_ended_at_once() -> None:
    person(email="ana@example.fr")
    phone, tablet, desk = at(PHONE), at(PHONE), at(DESK)
    desk.post(reverse("end-other-sign-ins"))
    assert [signed(phone), signed(tablet), signed(desk)] == [False, False, True]


def test_nobody_ends_anothers_sign_in() -> None:
    person(email="ana@example.fr")
    desk = at(DESK)
    number = UserSession.objects.get().pk
    mallory = signed_in(Role.ADMINISTRATOR)
    assert mallory.post(reverse("end-sign-in", args=[number])).status_code == 404
    mallory.post(reverse("end-other-sign-ins"))
    assert signed(desk)
    assert "Firefox, Linux cet" in words(mallory.get(reverse("sign-ins")))
    assert len(mallory.get(reverse("sign-ins")).context["sign_ins"]) == 1


def test_a_link_ends_nothing() -> None:
    client = signed_in(Role.RESIDENT)
    assert client.get(reverse("end-other-sign-ins")).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(
        person(email="bo@example.fr"), backend="django.contrib.auth.backends.ModelBackend"
    )
    for name in ("end-other-sign-ins", "own-data", "erase-account", "privacy-questions", "consent"):
        assert strict.post(reverse(name), {}).status_code == 403, name


def test_signing_in_makes_the_session_a_new_one(client: Client) -> None:
    """A session that somebody else planted beforehand opens nothing afterwards."""
    person(email="ana@example.fr")
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in(client, "ana@example.fr")
    after = client.session.session_key
    assert before != after
    assert not Session.objects.filter(session_key=before).exists()


def test_a_new_password_ends_the_other_sign_ins() -> None:
    person(email="ana@example.fr")
    phone, desk = at(PHONE), at(DESK)
    before = desk.session.session_key
    form = {"oldpassword": PASSWORD, "password1": "une tout autre phrase"}
    form["password2"] = form["password1"]
    desk.post(reverse("account_change_password"), form)
    assert signed(desk)
    assert desk.session.session_key != before
    assert not signed(phone)
    assert len(desk.get(reverse("sign-ins")).context["sign_ins"]) == 1
