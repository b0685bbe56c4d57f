"""What is forgotten of people in time, and nothing sooner."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone

from greening.accounts import expired, own_data
from greening.accounts.own_data import OwnData
from greening.models import PrivacyRequest, UnusedNotice
from greening.roles import Role
from tests.greening.people import person

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 12, 1)


def ago(**span: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**span)


def signed_up(email: str, *, days: int, verified: bool = False, **facts: Any) -> User:
    user = person(Role.RESIDENT, email=email)
    EmailAddress.objects.filter(user=user).update(verified=verified)
    User.objects.filter(pk=user.pk).update(date_joined=ago(days=days), **facts)
    return user


def test_a_sign_up_that_nobody_confirmed_goes_after_a_week() -> None:
    signed_up("old@example.fr", days=8)
    signed_up("new@example.fr", days=6)
    signed_up("confirmed@example.fr", days=8, verified=True)
    signed_up("came@example.fr", days=8, last_login=ago(days=1))
    User.objects.create_superuser("first", "first@example.fr")
    assert expired.forget_unconfirmed(TODAY) == "1 unconfirmed accounts erased"
    assert not User.objects.filter(email="old@example.fr").exists()
    assert User.objects.count() == 4
    assert mail.outbox == []


def test_an_unused_account_is_warned_once_and_erased_thirty_days_later(
    django_capture_on_commit_callbacks: Any,
) -> None:
    user = signed_up("ana@example.fr", days=2_000, verified=True, last_login=ago(days=1_200))
    signed_up("bo@example.fr", days=2_000, verified=True, last_login=ago(days=900))
    assert expired.forget_unused(TODAY) == "1 warned, 0 unused accounts erased"
    assert expired.forget_unused(TODAY) == "0 warned, 0 unused accounts erased"
    (letter,) = mail.outbox
    assert letter.to == ["ana@example.fr"]
    assert "Connectez-vous" in letter.body
    UnusedNotice.objects.update(sent_at=ago(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        assert expired.forget_unused(TODAY) == "0 warned, 1 unused accounts erased"
    assert not User.objects.filter(pk=user.pk).exists()
    assert [one.subject for one in mail.outbox[1:]] == ["Votre compte est effacé"]


def test_nobody_is_erased_whom_no_message_left_for(settings: Any) -> None:
    signed_up("ana@example.fr", days=2_000, verified=True, last_login=ago(days=1_200))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert expired.forget_unused(TODAY) == "0 warned, 0 unused accounts erased"
    assert not UnusedNotice.objects.exists()


def test_coming_back_voids_the_warning() -> None:
    user = signed_up("ana@example.fr", days=2_000, verified=True, last_login=ago(days=1_200))
    expired.forget_unused(TODAY)
    UnusedNotice.objects.update(sent_at=ago(days=31))
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    assert expired.forget_unused(TODAY) == "0 warned, 0 unused accounts erased"
    assert not UnusedNotice.objects.exists()


def test_administrators_and_who_still_gardens_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    boss = person(Role.ADMINISTRATOR)
    User.objects.filter(pk=boss.pk).update(last_login=ago(days=2_000))
    signed_up("ana@example.fr", days=2_000, verified=True)
    monkeypatch.setattr(own_data, "_parts", dict(own_data._parts))
    own_data.register(
        OwnData("plots", str, lambda _user: None, in_use=lambda user: user.email.startswith("ana"))
    )
    assert expired.forget_unused(TODAY) == "0 warned, 0 unused accounts erased"


def test_the_years_are_the_towns_choice(settings: Any) -> None:
    signed_up("ana@example.fr", days=2_000, verified=True, last_login=ago(days=400))
    assert expired.forget_unused(TODAY) == "0 warned, 0 unused accounts erased"
    settings.ACCOUNT_YEARS = 1
    assert expired.forget_unused(TODAY) == "1 warned, 0 unused accounts erased"


def test_traces_of_sign_ins_fade(data_dir: Path) -> None:
    user = person(Role.RESIDENT)
    for key, days in (("open-new", 1), ("open-old", 31), ("over", 1)):
        UserSession.objects.create(
            user=user, session_key=key, ip="192.0.2.7", user_agent="x", last_seen_at=ago(days=days)
        )
        if key != "over":
            Session.objects.create(session_key=key, expire_date=timezone.now())
    (data_dir / "mail").mkdir()
    for name, days in (("new", 1), ("old", 31)):
        letter = data_dir / "mail" / f"{name}.log"
        letter.write_text("To: ana@example.fr")
        os.utime(letter, (ago(days=days).timestamp(),) * 2)
    said = expired.forget_traces(TODAY)
    assert said == "1 ended sign-ins, 1 network addresses and 1 messages forgotten"
    assert dict(UserSession.objects.values_list("session_key", "ip")) == {
        "open-new": "192.0.2.7",
        "open-old": "0.0.0.0",  # noqa: S104
    }
    assert [path.name for path in (data_dir / "mail").iterdir()] == ["new.log"]


def test_an_answered_question_loses_its_words_after_a_year() -> None:
    for days in (400, 300):
        PrivacyRequest.objects.create(
            what="access", message="words", answer="answer", answered_at=ago(days=days)
        )
    PrivacyRequest.objects.create(what="access", message="open", asked_at=ago(days=400))
    assert expired.forget_answered(TODAY) == "1 answered questions lost their words"
    assert sorted(PrivacyRequest.objects.values_list("message", flat=True)) == ["", "open", "words"]


def test_the_work_is_done_each_night() -> None:
    from greening import due

    names = {work.name: work.every_days for work in due.works()}
    for name in (
        "traces of sign-ins",
        "unconfirmed accounts",
        "unused accounts",
        "answered questions",
    ):
        assert names[name] == 1
