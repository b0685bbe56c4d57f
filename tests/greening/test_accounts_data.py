"""What the town holds of a person: the download is whole, erasing leaves nothing, and each is the person's own."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from greening.accounts import own_data
from greening.accounts.account_data import SOMEBODY_WHO_LEFT
from greening.accounts.consents import agree
from greening.accounts.erasing import erase
from greening.accounts.own_data import OwnData
from greening.accounts.people import set_roles
from greening.errors import BadInput, TownError
from greening.events import Change, apply
from greening.models import Consent, Device, Event, Photo, PrivacyRequest
from greening.roles import Role
from tests import factories as make
from tests.greening.people import PASSWORD, person, prove_again, signed_in
from tests.greening.test_accounts import sign_in, words

pytestmark = pytest.mark.django_db
ADDRESS, FIRST, LAST = "ana.petitjean@example.fr", "Anaïs", "Petitjean"


@pytest.fixture(autouse=True)
def _nobody_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def somebody(client: Client, *roles: Role) -> User:
    """A person who left a trace wherever the ground floor lets people leave one."""
    user = person(
        *(roles or (Role.RESIDENT, Role.CREW)), email=ADDRESS, first_name=FIRST, last_name=LAST
    )
    agree(user)
    sign_in(client, ADDRESS)
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    boss = person(Role.ADMINISTRATOR, email="boss@example.fr")
    set_roles(user, [Role.RESIDENT, Role.CREW, Role.PLANNER], by=boss)
    set_roles(make_colleague(), [Role.CREW], by=user)
    PrivacyRequest.objects.create(person=user, what="access", message=f"I am {FIRST} {LAST}")
    phone = Device.objects.create(
        uuid=uuid.uuid4(), name=f"Phone of {FIRST} {LAST}", person=user, session_key="phone-key"
    )
    Session.objects.create(session_key="phone-key", expire_date=timezone.now())
    Photo.objects.create(
        sha256="a" * 64, length=1, received_at=timezone.now(), received_from=user, device=phone
    )
    crew = make.CrewFactory()
    crew.members.add(user)
    tree = make.TreeFactory()
    (verdict,) = apply(
        Change("tree", tree.uuid, {"note": "leans"}, actor=user, device=str(phone.uuid))
    )
    assert verdict.landed
    Event.objects.filter(actor=user).update(position=tree.geom, accuracy_m=4.0)
    return User.objects.get(pk=user.pk)


def make_colleague() -> User:
    return person(Role.RESIDENT, email="colleague@example.fr")


def where_found(*words: str) -> list[str]:
    """Every row of every table in which one of these words stands, in any column."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(
                ("spatial_ref", "geometry_columns", "spatialite", "sql_", "views_", "virts_")
            ):
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 — names from the database itself
            found += [
                f"{table}: {row}"
                for row in cursor.fetchall()
                if any(word.casefold() in str(row).casefold() for word in words)
            ]
    return found


# --- the download -----------------------------------------------------------------------------------


def unzipped(answer: Any) -> tuple[dict[str, Any], zipfile.ZipFile]:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    return json.loads(archive.read("data.json")), archive


def test_a_person_takes_everything_away_after_giving_the_password_once_more(
    client: Client,
) -> None:
    somebody(client)
    there = reverse("own-data")
    for answer in (client.get(there), client.post(there)):
        assert answer.url.startswith("/account/reauthenticate/")
    prove_again(client)
    assert "Télécharger" in words(client.get(there))
    answer = client.post(there)
    assert "no-store" in answer.headers["Cache-Control"]
    data, _archive = unzipped(answer)
    account = data["account"]
    assert (account["address"], account["first name"]) == (ADDRESS, FIRST)
    assert account["roles"] == ["crew", "planner", "resident"]
    assert [one["patch"] for one in account["changes"]] == [{"note": "leans"}]
    assert account["phones"][0]["name"] == f"Phone of {FIRST} {LAST}"
    assert account["photos"][0]["sha256"] == "a" * 64
    assert account["consents"][0]["version"] == "2026-12-01"
    assert account["questions"][0]["message"] == f"I am {FIRST} {LAST}"
    assert account["second factors"][0]["type"] == "totp"
    text = json.dumps(data)
    assert "JBSWY3" not in text
    assert "password" not in text


def test_the_download_is_of_who_asks_whatever_is_posted_along(client: Client) -> None:
    ana = somebody(client)
    mallory = signed_in(Role.RESIDENT, email="mallory@example.fr")
    prove_again(mallory)
    for name in ("user", "id", "number", "pk", "person"):
        answer = mallory.post(f"{reverse('own-data')}?{name}={ana.pk}", {name: ana.pk})
        data, _archive = unzipped(answer)
        assert data["account"]["address"] == "mallory@example.fr"
        assert ADDRESS not in json.dumps(data)


def test_each_floor_adds_its_part_and_its_files(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(own_data, "_parts", dict(own_data._parts))
    picture = tmp_path / "one.jpg"
    picture.write_bytes(b"picture")
    erased: list[str] = []
    own_data.register(
        OwnData(
            "orchards",
            lambda user: {"of": user.email},
            lambda user: erased.append(user.email),
            files=lambda _user: [("one.jpg", picture), ("gone.jpg", tmp_path / "gone.jpg")],
        )
    )
    names = [part.name for part in own_data.parts()]
    assert names[-2:] == ["orchards", "account"]  # the account itself goes last
    with pytest.raises(TownError, match="Two parts"):
        own_data.register(OwnData("orchards", str, lambda _user: None))
    user = somebody(client)
    prove_again(client)
    data, archive = unzipped(client.post(reverse("own-data")))
    assert data["orchards"] == {"of": ADDRESS}
    assert archive.read("files/orchards/one.jpg") == b"picture"
    assert "files/orchards/gone.jpg" not in archive.namelist()
    erase(user)
    assert erased == [ADDRESS]


# --- erasing ----------------------------------------------------------------------------------------


def test_erasing_leaves_nothing_of_the_person_in_any_table(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    user = somebody(client)
    number = user.pk
    assert len({line.split(":")[0] for line in where_found(ADDRESS, LAST)}) >= 5
    prove_again(client)
    page = client.get(reverse("erase-account"))
    assert "Ce qui reste" in words(page)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            reverse("erase-account"), {"address": ADDRESS.upper(), "understood": "on"}
        )
    assert answer.url == "/account/erase/?erased"
    assert "effacé" in words(client.get(answer.url))
    assert where_found(ADDRESS, LAST, FIRST) == []
    assert not User.objects.filter(pk=number).exists()
    assert "_auth_user_id" not in client.session
    assert not Session.objects.filter(session_key="phone-key").exists()
    assert (Authenticator.objects.count(), Consent.objects.count()) == (0, 0)
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [
        ([ADDRESS], "Votre compte est effacé")
    ]
    assert sign_in(Client(), ADDRESS).status_code == 200


def test_history_stays_true_without_the_person(client: Client) -> None:
    user = somebody(client)
    tree = make.Tree.objects.get()
    erase(user)
    tree.refresh_from_db()
    assert tree.note == "leans"
    event = Event.objects.of(tree).get()
    assert (event.actor, event.position, event.accuracy_m) == (None, None, None)
    assert event.patch == {"note": "leans"}
    assert Photo.objects.get().received_from is None
    assert Device.objects.get().name == ""
    question = PrivacyRequest.objects.get()
    assert (question.person, question.message) == (None, "")
    # Who gave a colleague the role is not known any more, that it was given is.
    (entry,) = LogEntry.objects.filter(object_repr="colleague@example.fr")
    assert entry.user.username == SOMEBODY_WHO_LEFT
    assert not entry.user.is_active
    assert not entry.user.has_usable_password()


def test_nothing_is_erased_by_a_click_alone(client: Client) -> None:
    user = somebody(client)
    there = reverse("erase-account")
    good = {"address": ADDRESS, "understood": "on"}
    assert client.post(there, good).url.startswith("/account/reauthenticate/")
    prove_again(client)
    for wrong in ({**good, "address": "boss@example.fr"}, {"address": ADDRESS}):
        assert client.post(there, wrong).context["form"].errors
    assert client.get(there, good).status_code == 200
    assert User.objects.filter(pk=user.pk).exists()


def test_erasing_erases_who_asks_whatever_is_posted_along(client: Client) -> None:
    ana = somebody(client)
    mallory = signed_in(Role.RESIDENT, email="mallory@example.fr")
    prove_again(mallory)
    form = {"address": "mallory@example.fr", "understood": "on", "user": ana.pk, "pk": ana.pk}
    mallory.post(f"{reverse('erase-account')}?user={ana.pk}", form)
    assert User.objects.filter(pk=ana.pk).exists()
    assert not User.objects.filter(email="mallory@example.fr").exists()


def test_a_town_keeps_its_last_administrator() -> None:
    client = signed_in(Role.ADMINISTRATOR)
    prove_again(client)
    assert "dernier administrateur" in words(client.get(reverse("erase-account"))).lower()
    form = {"address": client.user.email, "understood": "on"}  # type: ignore[attr-defined]
    client.post(reverse("erase-account"), form)
    assert User.objects.count() == 1
    User.objects.create_superuser("second", "second@example.fr", PASSWORD)
    client.post(reverse("erase-account"), form)
    assert [user.username for user in User.objects.all()] == ["second"]


def test_a_part_that_fails_leaves_all_as_it_was(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_user: User) -> None:
        raise BadInput("Not now.")

    monkeypatch.setattr(own_data, "_parts", dict(own_data._parts))
    own_data.register(OwnData("a plot", lambda _user: None, fail))
    user = somebody(client)
    prove_again(client)
    page = client.post(reverse("erase-account"), {"address": ADDRESS, "understood": "on"})
    assert "Not now." in words(page)
    assert User.objects.filter(pk=user.pk).exists()
    assert Device.objects.get().name == f"Phone of {FIRST} {LAST}"


def test_a_second_click_finds_nobody(client: Client) -> None:
    user = somebody(client)
    erase(user)
    erase(user)
    assert not User.objects.filter(pk=user.pk).exists()
