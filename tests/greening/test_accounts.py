"""Signing up, in and out; what a stranger learns of who has an account (nothing); what a mail server receives."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from greening.accounts.forms import SignUpForm
from greening.models import Consent
from greening.roles import Role, roles_of
from tests.conftest import ROOT
from tests.factories import CommuneFactory
from tests.greening.people import PASSWORD, person, seal, signed_in

pytestmark = pytest.mark.django_db
FORM = {
    "email": "ana@example.fr",
    "password1": PASSWORD,
    "password2": PASSWORD,
    "consent": "on",
}


def filled(**more: str) -> dict[str, str]:
    """The sign-up form as a person sends it: shown some seconds ago, sealed once."""
    return FORM | {"seal": seal(SignUpForm, ago=10)} | more


@pytest.fixture(autouse=True)
def _nobody_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def words(page: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", page.content.decode())
    return re.sub(r"\s+", " ", text.replace("&#x27;", "'"))


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password, **more})


def link_in(message: Any) -> str:
    found = re.search(r"http://testserver(/\S+)", message.body)
    assert found, message.body
    return found[1]


# --- a resident's way in ----------------------------------------------------------------------------


def test_a_resident_signs_up_confirms_signs_in_and_out(client: Client) -> None:
    CommuneFactory(name="Issy")
    assert client.post(reverse("account_signup"), filled()).url == reverse(
        "account_email_verification_sent"
    )
    user = User.objects.get(email="ana@example.fr")
    assert roles_of(user) == {"resident"}
    assert [(one.text, one.version) for one in Consent.objects.filter(user=user)] == [
        ("privacy", "2026-12-01")
    ]
    assert not user.is_staff
    assert sign_in(client, "ana@example.fr").url == reverse("account_email_verification_sent")

    (message,) = mail.outbox[:1]
    assert message.to == ["ana@example.fr"]
    assert message.subject == "[Issy] Confirmez votre adresse"
    page = client.get(link_in(message))
    assert "_auth_user_id" not in client.session  # a link that a mail filter opens confirms nothing
    assert not user.emailaddress_set.get().verified
    client.post(page.context["request"].path)
    assert user.emailaddress_set.get().verified

    assert sign_in(client, "ANA@example.fr").url == "/"
    assert client.session["_auth_user_id"] == str(user.pk)
    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session  # a mere link signs nobody out
    assert client.post(reverse("account_logout")).url == "/"
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(client: Client) -> None:
    user = person(email="ana@example.fr")
    client.post(reverse("account_reset_password"), {"email": "ana@example.fr"})
    there = client.get(link_in(mail.outbox[0]), follow=True)
    form = {"password1": "une tout autre phrase", "password2": "une tout autre phrase"}
    client.post(there.request["PATH_INFO"], form)
    user.refresh_from_db()
    assert user.check_password("une tout autre phrase")
    again = Client().get(link_in(mail.outbox[0]), follow=True)
    assert "déjà servi" in words(again)


def test_a_password_is_changed_by_who_knows_it(client: Client) -> None:
    user = person(email="ana@example.fr")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    form = {"oldpassword": "wrong", "password1": "une tout autre phrase"}
    form["password2"] = form["password1"]
    client.post(reverse("account_change_password"), form)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    client.post(reverse("account_change_password"), form | {"oldpassword": PASSWORD})
    user.refresh_from_db()
    assert user.check_password("une tout autre phrase")
    assert [message.to for message in mail.outbox] == [["ana@example.fr"]]  # its owner is told


@pytest.mark.parametrize(
    "weak", ["court", "123456789012345", "motdepasse", "ana@example.fr", "password1234"]
)
def test_a_weak_password_is_refused_beside_its_field(client: Client, weak: str) -> None:
    page = client.post(reverse("account_signup"), filled(password1=weak, password2=weak))
    assert page.status_code == 200
    assert page.context["form"].errors["password1"]
    assert not User.objects.exists()


def test_a_town_may_close_its_sign_up(client: Client, settings: Any) -> None:
    settings.SIGN_UP = False
    assert "ne s’ouvre" in words(client.post(reverse("account_signup"), filled())).replace("'", "’")
    assert not User.objects.exists()
    assert reverse("account_signup") not in client.get(reverse("account_login")).content.decode()


def test_a_code_by_mail_can_be_offered_in_place_of_the_password() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "shell", "-v", "0", "-c",
         "from django.urls import reverse; print(reverse('account_request_login_code'))"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "SECRET_KEY": "x", "LOGIN_BY_CODE": "true"},
    )  # fmt: skip
    assert done.stdout.strip() == "/account/login/code/", done.stderr


# --- what a stranger learns -------------------------------------------------------------------------


def test_nobody_learns_who_has_an_account(client: Client) -> None:
    person(email="ana@example.fr")
    for address in ("account_signup", "account_reset_password"):
        known = client.post(reverse(address), filled())
        unknown = Client().post(reverse(address), filled(email="bo@example.fr"))
        assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    known = sign_in(Client(), "ana@example.fr", "wrong but long enough")
    unknown = sign_in(Client(), "nobody@example.fr", "wrong but long enough")
    assert known.context["form"].errors == unknown.context["form"].errors
    assert User.objects.filter(email="ana@example.fr").count() == 1
    # Each owner of an address is told what happened, in a message of its own.
    assert {tuple(message.to) for message in mail.outbox} == {
        ("ana@example.fr",),
        ("bo@example.fr",),
    }


def test_guessing_a_password_is_stopped_even_for_the_right_one(client: Client) -> None:
    person(email="ana@example.fr")
    for _attempt in range(5):
        sign_in(client, "ana@example.fr", "wrong but long enough")
    page = sign_in(client, "ana@example.fr")
    assert "_auth_user_id" not in client.session
    assert "Trop de tentatives" in words(page)


def test_the_owner_elsewhere_is_not_shut_out_by_a_strangers_guesses(client: Client) -> None:
    person(email="ana@example.fr")
    for _attempt in range(6):
        sign_in(client, "ana@example.fr", "wrong but long enough")
    home = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(home, "ana@example.fr").url == "/"
    assert "_auth_user_id" in home.session


def test_a_crowd_of_machines_guesses_no_faster() -> None:
    person(email="ana@example.fr")
    for place in range(60):
        bot = Client(REMOTE_ADDR=f"198.51.100.{place}")
        sign_in(bot, "ana@example.fr", "wrong but long enough")
    fresh = Client(REMOTE_ADDR="203.0.113.9")
    assert "Trop de tentatives" in words(sign_in(fresh, "ana@example.fr"))


def test_asking_for_new_passwords_over_and_over_is_stopped(client: Client) -> None:
    person(email="ana@example.fr")
    for _attempt in range(5):
        client.post(reverse("account_reset_password"), {"email": "ana@example.fr"})
    page = client.post(reverse("account_reset_password"), {"email": "ana@example.fr"})
    assert page.status_code == 429
    assert len(mail.outbox) == 5


@pytest.mark.parametrize(
    "more",
    [
        {"is_staff": "on", "is_superuser": "1"},
        {"groups": "1", "roles": "administrator"},
        {"is_active": "", "username": "chef", "id": "1", "user": "1"},
    ],
)
def test_a_right_that_is_posted_along_is_nobodys_field(
    client: Client, more: dict[str, str]
) -> None:
    client.post(reverse("account_signup"), filled(**more))
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert (user.username, roles_of(user)) == ("ana", {"resident"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.post(reverse("account"), {"first_name": "Ana", "last_name": "Petit", **more})
    user.refresh_from_db()
    assert (user.first_name, user.is_staff, user.is_superuser) == ("Ana", False, False)
    assert user.username == "ana"
    assert set(user.groups.values_list("name", flat=True)) == {"resident"}


def test_a_name_is_text_and_never_markup() -> None:
    client = signed_in(Role.RESIDENT)
    client.post(reverse("account"), {"first_name": "<script>alert(1)</script>", "last_name": "x"})
    page = client.get(reverse("account")).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_mass_sign_up_from_one_place_is_stopped(client: Client) -> None:
    answers = [
        client.post(reverse("account_signup"), filled(email=f"bot{n}@example.fr"))
        for n in range(21)
    ]
    assert answers[-1].status_code == 429
    assert "Trop d" in words(answers[-1])


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "https:evil.example", "javascript:x"]
)
def test_signing_in_leads_to_no_other_host(client: Client, there: str) -> None:
    person(email="ana@example.fr")
    assert sign_in(client, "ana@example.fr", next=there).url == "/"


def test_signing_in_leads_back_to_where_one_was(client: Client) -> None:
    person(email="ana@example.fr")
    assert sign_in(client, "ana@example.fr", next="/heat/?layer=anomaly").url == (
        "/heat/?layer=anomaly"
    )


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_logout", "account"])
def test_no_form_is_taken_without_its_token(name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    user = person(Role.RESIDENT)
    if name in ("account_logout", "account"):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse(name), {}).status_code == 403


def test_a_closed_account_is_out_at_once() -> None:
    client = signed_in(Role.PLANNER)
    assert client.get(reverse("admin:index")).status_code == 200
    User.objects.update(is_active=False)
    assert client.get(reverse("admin:index")).status_code == 302


# --- pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [("fr", "Mot de passe"), ("en", "Password")])
def test_the_pages_speak_both_languages_and_keep_the_policy(
    client: Client, language: str, word: str
) -> None:
    for name in ("account_login", "account_signup", "account_reset_password"):
        page = client.get(reverse(name), headers={"accept-language": language})
        assert "script-src 'self' 'nonce-" in page.headers["Content-Security-Policy"]
        scripts = re.findall(r"<script(?![^>]*(?:nonce|src))[^>]*>", page.content.decode())
        assert scripts == []
    page = client.get(reverse("account_login"), headers={"accept-language": language})
    assert word in words(page)


def test_who_is_not_signed_in_costs_no_question(
    client: Client, django_assert_num_queries: Any
) -> None:
    CommuneFactory()
    with django_assert_num_queries(1):  # the town's name
        client.get(reverse("account_login"))


def test_the_menu_offers_each_role_its_rooms() -> None:
    rooms = {
        Role.RESIDENT: set(),
        Role.CREW: set(),
        Role.CREW_LEAD: {"admin:index", "to-settle"},
        Role.GARDEN_MANAGER: {"admin:index"},
        Role.PLANNER: {"admin:index", "to-settle", "journal"},
        Role.ADMINISTRATOR: {"admin:index", "to-settle", "journal", "people"},
        Role.CONTRACTOR: set(),
        Role.INSPECTOR: set(),
        Role.GARDEN_REFERENT: set(),
        Role.ELECTED_READER: {"journal"},
        Role.PUBLISHER: {"field-photo-desk"},
        Role.DPO: {"privacy-desk"},
    }
    assert set(rooms) == set(Role)
    every = set().union(*rooms.values())
    for role, open_to in rooms.items():
        html = signed_in(role).get(reverse("account")).content.decode()
        for name in every:
            assert (f'href="{reverse(name)}"' in html) == (name in open_to), (role, name)


def test_one_gives_the_name_that_colleagues_read() -> None:
    client = signed_in(Role.CREW)
    client.post(reverse("account"), {"first_name": "Ana", "last_name": "Petit"})
    assert "Ana Petit" in words(client.get(reverse("account")))


# --- mail -------------------------------------------------------------------------------------------


class Letterbox(Message):
    """Keeps what a mail server was given."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.letters.append(message)


@pytest.fixture
def letterbox() -> Iterator[Any]:
    """A real SMTP server on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Letterbox()
    controller = Controller(handler, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    handler.port = port  # type: ignore[attr-defined]
    yield handler
    controller.stop()


def test_messages_leave_by_smtp(client: Client, settings: Any, letterbox: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", letterbox.port
    settings.EMAIL_URL = "smtp://there"
    settings.DEFAULT_FROM_EMAIL = "arbres@issy.example"
    client.post(reverse("account_signup"), filled())
    (letter,) = letterbox.letters
    assert (letter["To"], letter["From"]) == ("ana@example.fr", "arbres@issy.example")
    text = letter.get_payload(decode=True).decode()
    assert "/account/confirm-email/" in text
    page = client.get(reverse("account_email_verification_sent"))
    assert "EMAIL_URL" not in words(page)


def test_the_address_of_a_mail_server_is_read_from_the_environment(letterbox: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "sendtestemail", "ana@example.fr"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "SECRET_KEY": "x", "MAIL_FROM": "arbres@issy.example",
             "EMAIL_URL": f"smtp://127.0.0.1:{letterbox.port}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [letter["From"] for letter in letterbox.letters] == ["arbres@issy.example"]


def test_a_mail_server_that_is_down_breaks_no_page(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = client.post(reverse("account_signup"), filled(), follow=True)
    assert page.status_code == 200
    assert "n’a pas pu partir" in words(page)


def test_without_a_mail_server_messages_go_to_files_and_the_page_says_so(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_URL = ""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    page = client.post(reverse("account_signup"), filled(), follow=True)
    assert "EMAIL_URL" in words(page)
    (letter,) = (tmp_path / "mail").glob("*.log")
    assert "/account/confirm-email/" in letter.read_text()
