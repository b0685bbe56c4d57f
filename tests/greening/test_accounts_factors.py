"""Second factors: an app, codes on paper, keys; enciphered, told to their owner, asked of the office where so set."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from greening.accounts.second_factor import TownFactors
from greening.roles import Role
from tests.factories import CommuneFactory
from tests.greening.people import PASSWORD, person, prove_again, signed_in
from tests.greening.test_accounts import sign_in, words

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _nobody_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def digits(secret: str = SECRET, *, steps: int = 0) -> str:
    """What an app shows now, or `steps` half-minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def with_app(user: User) -> User:
    TOTP.activate(user, SECRET)
    return user


def test_an_app_is_added_by_its_code_and_codes_on_paper_come_with_it(
    django_capture_on_commit_callbacks: Any,
) -> None:
    CommuneFactory(name="Issy")
    client = signed_in(Role.RESIDENT)
    assert client.get(reverse("mfa_activate_totp")).url.startswith("/account/reauthenticate/")
    prove_again(client)
    page = client.get(reverse("mfa_activate_totp"))
    assert "issuer=Issy" in page.context["totp_url"]
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert wrong.context["form"].errors["code"]
    secret = client.session["mfa.totp.secret"]
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("mfa_activate_totp"), {"code": digits(secret)})
    assert answer.url == reverse("mfa_view_recovery_codes")
    codes = re.findall(r"<code>(\d{8})</code>", client.get(answer.url).content.decode())
    assert len(codes) == 10
    assert "ajoutée à votre compte" in mail.outbox[0].body
    for name in ("mfa_index", "mfa_deactivate_totp", "mfa_generate_recovery_codes"):
        assert client.get(reverse(name)).status_code == 200, name


def test_the_password_alone_does_not_sign_in_any_more(client: Client) -> None:
    with_app(person(email="ana@example.fr"))
    assert sign_in(client, "ana@example.fr").url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get(reverse("account")).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "_auth_user_id" not in client.session
    code = digits()
    assert client.post(reverse("mfa_authenticate"), {"code": code}).url == "/"
    assert "_auth_user_id" in client.session
    # Whoever looked over the shoulder cannot use the same code.
    other = Client()
    sign_in(other, "ana@example.fr")
    other.post(reverse("mfa_authenticate"), {"code": code})
    assert "_auth_user_id" not in other.session


def test_a_code_on_paper_works_once(client: Client) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    user = with_app(person(email="ana@example.fr"))
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    for place, expected in ((client, True), (Client(), False)):
        sign_in(place, "ana@example.fr")
        place.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in place.session) == expected


def test_guessing_the_six_digits_is_stopped(client: Client) -> None:
    with_app(person(email="ana@example.fr"))
    sign_in(client, "ana@example.fr")
    for _attempt in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    page = client.post(reverse("mfa_authenticate"), {"code": digits()})
    assert "_auth_user_id" not in client.session
    assert "Trop de tentatives" in words(page)


def test_a_new_password_by_mail_does_not_go_around_the_factor(client: Client) -> None:
    with_app(person(email="ana@example.fr"))
    client.post(reverse("account_reset_password"), {"email": "ana@example.fr"})
    link = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)
    assert link
    there = client.get(link[1], follow=True).request["PATH_INFO"]
    form = {"password1": "une tout autre phrase", "password2": "une tout autre phrase"}
    client.post(there, form, follow=True)
    assert "_auth_user_id" not in client.session
    answer = sign_in(client, "ana@example.fr", "une tout autre phrase")
    assert answer.url == reverse("mfa_authenticate")


def test_a_secret_cannot_be_read_from_the_database(settings: Any) -> None:
    user = with_app(person())
    stored = Authenticator.objects.get(user=user).data["secret"]
    assert SECRET not in stored
    assert TownFactors().decrypt(stored) == SECRET
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key since then"
    assert TownFactors().decrypt(stored) == SECRET
    # With the key lost no code fits; above all the secret is not an empty one, whose codes anybody can reckon.
    settings.SECRET_KEY_FALLBACKS = []
    first, second = TownFactors().decrypt(stored), TownFactors().decrypt(stored)
    assert len(first) == 32
    assert first != second != SECRET


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        (Role.ADMINISTRATOR, True),
        (Role.PLANNER, True),
        (Role.DPO, True),
        (Role.CREW, False),
        (Role.RESIDENT, False),
    ],
)
def test_the_office_is_asked_for_a_second_factor_where_the_town_says_so(
    settings: Any, role: Role, asked: bool
) -> None:
    client = signed_in(role)
    assert client.get(reverse("survival-checks")).status_code in (200, 403)
    settings.SECOND_FACTOR = "required"
    answer = client.get(reverse("survival-checks"))
    assert (answer.status_code == 302 and answer.url == reverse("mfa_index")) == asked
    assert client.get(reverse("account")).status_code == 200  # where one is chosen stays open
    api = client.get("/api/field/session")
    assert (api.status_code == 403 and api.json().get("code") == "second_factor") == asked
    with_app(client.user)  # type: ignore[attr-defined]
    assert client.get(reverse("survival-checks")).status_code in (200, 403)


def test_the_back_office_works_behind_a_second_factor(settings: Any, client: Client) -> None:
    settings.SECOND_FACTOR = "required"
    with_app(person(Role.PLANNER, email="ana@example.fr"))
    there = reverse("admin:index")
    sign_in(client, "ana@example.fr", next=there)
    assert (
        client.post(f"{reverse('mfa_authenticate')}?next={there}", {"code": digits()}).url == there
    )
    assert client.get(there).status_code == 200


def test_the_last_factor_of_the_office_stays_where_one_is_required(settings: Any) -> None:
    client = signed_in(Role.PLANNER)
    user = with_app(client.user)  # type: ignore[attr-defined]
    settings.SECOND_FACTOR = "required"
    prove_again(client)
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=user, type="totp").exists()
    settings.SECOND_FACTOR = "optional"
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=user, type="totp").exists()


# --- whose factor it is -----------------------------------------------------------------------------


def test_nobody_touches_anothers_key() -> None:
    ana, mallory = person(email="ana@example.fr"), signed_in(Role.RESIDENT)
    key = WebAuthn.add(ana, "clé d’Ana", {"id": "x"}).instance
    prove_again(mallory)
    for name in ("mfa_remove_webauthn", "mfa_edit_webauthn"):
        address = reverse(name, args=[key.pk])
        assert mallory.get(address).status_code == 404
        assert mallory.post(address, {"name": "mine"}).status_code == 404
    key.refresh_from_db()
    assert key.data["name"] == "clé d’Ana"


def test_a_key_that_was_not_asked_for_is_not_added() -> None:
    client = signed_in(Role.RESIDENT)
    prove_again(client)
    for credential in ("{}", "[]", "not json", '{"id": "x", "response": {}}'):
        answer = client.post(reverse("mfa_add_webauthn"), {"name": "k", "credential": credential})
        assert answer.status_code == 200, credential
        assert answer.context["form"].errors
    assert not Authenticator.objects.exists()


def test_what_no_key_said_signs_nobody_in(client: Client) -> None:
    with_app(person(email="ana@example.fr"))
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    for credential in ("{}", "[]", '{"response": {"userHandle": null}}', '{"response": []}', "x"):
        answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
        assert answer.url == reverse("account_login"), credential
    sign_in(client, "ana@example.fr")
    for credential in ("{}", "[]", '{"id": "x", "response": {}}'):
        client.post(reverse("mfa_authenticate"), {"credential": credential})
    assert "_auth_user_id" not in client.session


def test_an_administrator_takes_a_lost_factor_off_and_its_owner_is_told(
    django_capture_on_commit_callbacks: Any,
) -> None:
    client, ana = signed_in(Role.ADMINISTRATOR), with_app(person(email="ana@example.fr"))
    assert "second facteur" in words(client.get(reverse("person", args=[ana.pk]))).lower()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("forget-factors", args=[ana.pk]))
    assert not Authenticator.objects.filter(user=ana).exists()
    assert [letter.to for letter in mail.outbox] == [["ana@example.fr"]]
    assert "second factor taken off" in words(client.get(reverse("person", args=[ana.pk])))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_takes_a_factor_off(role: Role) -> None:
    ana = with_app(person(email="ana@example.fr"))
    signed_in(role).post(reverse("forget-factors", args=[ana.pk]))
    assert Authenticator.objects.filter(user=ana).exists()


def test_an_administrator_takes_off_neither_the_own_factor_nor_the_first_ones() -> None:
    client = signed_in(Role.ADMINISTRATOR)
    me = with_app(client.user)  # type: ignore[attr-defined]
    first = with_app(User.objects.create_superuser("first", "first@example.fr", PASSWORD))
    for user in (me, first):
        client.post(reverse("forget-factors", args=[user.pk]))
        assert Authenticator.objects.filter(user=user).exists()


def test_the_office_cannot_look_into_factors_and_sign_ins() -> None:
    from django.contrib import admin

    names = {model.__name__ for model in admin.site._registry}
    assert not names & {"Authenticator", "UserSession", "EmailAddress"}


def test_the_pages_run_our_own_scripts_only(client: Client) -> None:
    with_app(person(email="ana@example.fr"))
    pages = [client.get(reverse("account_login"))]
    sign_in(client, "ana@example.fr")
    pages.append(client.get(reverse("mfa_authenticate")))
    mine = signed_in(Role.RESIDENT)
    prove_again(mine)
    pages += [mine.get(reverse(name)) for name in ("mfa_add_webauthn", "mfa_list_webauthn")]
    for page in pages:
        assert page.status_code == 200
        scripts = re.findall(r"<script\b([^>]*)>", page.content.decode())
        for attributes in scripts:
            ours = 'src="/static/app/' in attributes or "nonce=" in attributes
            assert ours or 'type="application/json"' in attributes, attributes
        assert " onclick=" not in page.content.decode()
