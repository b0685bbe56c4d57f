"""What people agree to, what they ask about their data, and the desk of who answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from greening.accounts import documents
from greening.accounts.consents import asked_of
from greening.accounts.documents import NAMES, OWN, document
from greening.errors import TownError
from greening.models import Consent, PrivacyRequest
from greening.roles import Role
from tests.greening.people import person, prove_again, signed_in
from tests.greening.test_accounts import sign_in, words

pytestmark = pytest.mark.django_db
#: A changed text needs a new version (people are asked anew) and then its sum here.
SUMS = {
    "privacy.en.md": "73b6ec8af2e716b6",
    "privacy.fr.md": "a8b744caa28d4108",
}


@pytest.fixture(autouse=True)
def _nobody_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def town_says(data_dir: Path, name: str, text: str) -> None:
    (data_dir / "texts").mkdir(exist_ok=True)
    (data_dir / "texts" / name).write_text(text)


# --- consent ----------------------------------------------------------------------------------------


def test_a_changed_text_carries_a_new_version() -> None:
    sums = {name: hashlib.sha256((OWN / name).read_bytes()).hexdigest()[:16] for name in SUMS}
    assert sums == SUMS, "put a new version on the first line of both, then their sums here"


def test_a_resident_is_asked_at_sign_in_until_they_agree(client: Client, data_dir: Path) -> None:
    user = person(Role.RESIDENT, email="ana@example.fr")
    answer = sign_in(client, "ana@example.fr", next="/heat/?layer=anomaly")
    assert answer.url == "/account/consent/?next=%2Fheat%2F%3Flayer%3Danomaly"
    page = client.get(answer.url)
    assert "Comment la ville garde vos données" in words(page)
    assert client.post(reverse("consent"), {"next": "/heat/"}).context["form"].errors
    assert not Consent.objects.exists()
    there = client.post(answer.url, {"agreed": "on", "next": "/heat/?layer=anomaly"})
    assert there.url == "/heat/?layer=anomaly"
    client.post(answer.url, {"agreed": "on"})
    assert [one.version for one in user.consents.all()] == ["2026-12-01"]  # type: ignore[attr-defined]
    assert sign_in(Client(), "ana@example.fr").url == "/"
    # The town changes its text: whoever agreed to the old one is asked again, and both stand on record.
    town_says(data_dir, "privacy.fr.md", "version: 2027-03\n\n# Autre chose\n")
    again = Client()
    assert sign_in(again, "ana@example.fr").url.startswith("/account/consent/")
    assert "Autre chose" in words(again.get(reverse("consent")))
    again.post(reverse("consent"), {"agreed": "on"})
    assert {one.version for one in user.consents.all()} == {"2026-12-01", "2027-03"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_agreeing_leads_to_no_other_host(there: str) -> None:
    client = signed_in(Role.RESIDENT)
    assert client.post(reverse("consent"), {"agreed": "on", "next": there}).url == "/"


def test_the_towns_people_are_not_asked() -> None:
    assert asked_of(person(Role.RESIDENT))
    assert not asked_of(person(Role.PLANNER))


# --- texts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_each_text_stands_in_both_languages_in_one_version(name: str) -> None:
    french, english = document(name, "fr"), document(name, "en")
    assert french.version == english.version
    assert french.title != english.title
    shape = [
        len(re.findall(mark, one.markdown, re.M))
        for one in (french, english)
        for mark in (r"^#", r"^\|")
    ]
    assert shape[:2] == shape[2:]


def test_a_towns_own_text_stands_in_place_of_ours(data_dir: Path, client: Client) -> None:
    town_says(
        data_dir, "retention.fr.md", "version: 7\n\n# Nos durées\n\n<script>alert(1)</script>\n"
    )
    page = client.get(reverse("privacy-text", args=["retention"])).content.decode()
    assert "Nos durées" in page
    assert "<script>alert" not in page


def test_a_text_without_a_version_says_what_to_do(data_dir: Path) -> None:
    town_says(data_dir, "privacy.fr.md", "# No version\n")
    with pytest.raises(TownError, match="begin it with"):
        document("privacy", "fr")
    with pytest.raises(TownError, match="There is no text"):
        document("../../settings")


def test_the_public_reads_two_texts_and_the_desk_all(client: Client) -> None:
    desk = signed_in(Role.DPO)
    for name in NAMES:
        public = client.get(reverse("privacy-text", args=[name])).status_code
        assert public == (200 if name in ("privacy", "retention") else 404)
        assert desk.get(reverse("privacy-document", args=[name])).status_code == 200
        assert client.get(reverse("privacy-document", args=[name])).status_code == 302
    assert desk.get(reverse("privacy-document", args=["settings"])).status_code == 404


def test_the_retention_table_says_what_the_code_does(settings: Any) -> None:
    from greening.accounts import expired
    from greening.notices import feeds

    said = document("retention", "en").markdown
    for days in (expired.UNCONFIRMED_DAYS, expired.TRACE_DAYS, expired.NOTICE_DAYS):
        assert f"{days} days" in said
    assert f"unused for {settings.ACCOUNT_YEARS} years" in said
    assert expired.ANSWERED_DAYS == 365
    assert "1 year after the answer" in said
    assert f"{settings.REPORT_KEEP_DAYS} days after its end" in said
    assert f"{settings.NOTICE_DAYS} days once read" in said
    assert f"{2 * settings.NOTICE_DAYS} days unread" in said
    assert f"{feeds.KEPT.days} days after they passed" in said
    assert "made again after a restore" not in said  # nothing does that


# --- questions --------------------------------------------------------------------------------------


def test_a_question_is_answered_and_only_its_asker_reads_it(settings: Any) -> None:
    ana, bo, dpo = (
        signed_in(Role.RESIDENT, email="ana@example.fr"),
        signed_in(Role.RESIDENT, email="bo@example.fr"),
        signed_in(Role.DPO),
    )
    ana.post(
        reverse("privacy-questions"),
        {
            "what": "rectify",
            "message": "<b>my</b> name",
            "person": "1",
            "answer": "yes",
            "answered_at": "2020-01-01",
        },
    )
    question = PrivacyRequest.objects.get()
    assert (question.person, question.answer, question.answered_at) == (ana.user, "", None)  # type: ignore[attr-defined]
    desk = dpo.get(reverse("privacy-desk"))
    assert "ana@example.fr" in words(desk)
    assert "<b>my</b>" not in desk.content.decode()
    dpo.post(reverse("privacy-answer", args=[question.pk]), {f"q{question.pk}-answer": ""})
    question.refresh_from_db()
    assert question.answered_at is None
    answer = {f"q{question.pk}-answer": "It is put right."}
    dpo.post(reverse("privacy-answer", args=[question.pk]), answer)
    assert [letter.to for letter in mail.outbox] == [["ana@example.fr"]]
    assert "It is put right." not in mail.outbox[0].body
    assert "It is put right." in words(ana.get(reverse("privacy-questions")))
    assert "It is put right." not in words(bo.get(reverse("privacy-questions")))
    assert dpo.post(reverse("privacy-answer", args=[question.pk]), answer).status_code == 404


def test_one_person_does_not_fill_the_desk() -> None:
    client = signed_in(Role.RESIDENT)
    for _n in range(7):
        client.post(reverse("privacy-questions"), {"what": "access"})
    assert PrivacyRequest.objects.count() == 5


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DPO])
def test_the_desk_is_for_who_answers_for_data(role: Role) -> None:
    ana = person(email="ana@example.fr")
    question = PrivacyRequest.objects.create(person=ana, what="access")
    client = signed_in(role)
    prove_again(client)
    client.post(reverse("privacy-answer", args=[question.pk]), {f"q{question.pk}-answer": "x"})
    assert client.post(reverse("desk-export", args=[ana.pk])).status_code == 403
    form = {"address": "ana@example.fr", "understood": "on"}
    assert client.post(reverse("desk-erase", args=[ana.pk]), form).status_code == 403
    assert User.objects.filter(pk=ana.pk).exists()
    question.refresh_from_db()
    assert question.answered_at is None


def test_the_desk_exports_and_erases_on_request_and_leaves_a_trace_without_a_name() -> None:
    ana, dpo = person(email="ana@example.fr"), signed_in(Role.DPO)
    number = ana.pk
    assert dpo.post(reverse("desk-export", args=[number])).url.startswith("/account/reauth")
    prove_again(dpo)
    assert "ana@example.fr" in words(dpo.get(reverse("privacy-desk"), {"q": "ana@"}))
    export = b"".join(dpo.post(reverse("desk-export", args=[number])).streaming_content)  # type: ignore[attr-defined]
    assert export[:2] == b"PK"
    there = reverse("desk-erase", args=[number])
    assert dpo.post(there, {"address": "bo@example.fr", "understood": "on"}).status_code == 200
    dpo.post(there, {"address": "ana@example.fr", "understood": "on"})
    assert not User.objects.filter(pk=number).exists()
    traces = LogEntry.objects.filter(object_id=str(number))
    assert {(trace.object_repr, trace.change_message) for trace in traces} == {
        (f"account {number}", "erased on request")
    }


def test_the_desk_erases_neither_itself_nor_the_first_administrator() -> None:
    dpo = signed_in(Role.DPO)
    prove_again(dpo)
    first = User.objects.create_superuser("first", "first@example.fr")
    User.objects.create_superuser("second", "second@example.fr")
    for user in (first, dpo.user):  # type: ignore[attr-defined]
        dpo.post(reverse("desk-erase", args=[user.pk]), {"address": user.email, "understood": "on"})
        assert User.objects.filter(pk=user.pk).exists()


def test_documents_module_names_only_files_that_are_there() -> None:
    assert {path.name for path in documents.OWN.glob("*.md")} == {
        f"{name}.{tongue}.md" for name in NAMES for tongue in ("fr", "en")
    }
