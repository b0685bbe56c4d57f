"""Public forms slow robots down: the field nobody sees, the seal, the count that all workers share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from allauth.core.internal import ratelimit
from django import forms
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from greening.accounts.bots import SlowsBots, too_many
from greening.accounts.counting import CountingCache
from greening.accounts.forms import SignUpForm
from tests.greening.people import seal
from tests.greening.test_accounts import filled


class Note(SlowsBots, forms.Form):
    """Some public form."""

    text = forms.CharField()


class Other(SlowsBots, forms.Form):
    text = forms.CharField()


@pytest.fixture(autouse=True)
def _nobody_sent_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sent(**said: str) -> Note:
    return Note({"text": "A dry tree", **said})


def sentence(form: forms.Form) -> str:
    return " ".join(form.non_field_errors())


def test_a_person_takes_some_seconds_and_is_not_asked_anything() -> None:
    form = sent(seal=seal(Note, ago=5))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["text"] == "A dry tree"


def test_a_robot_fills_in_the_field_that_nobody_sees() -> None:
    assert "stop robots" in sentence(sent(seal=seal(Note, ago=5), website="http://x"))


def test_nobody_fills_in_a_form_in_a_second() -> None:
    form = sent(seal=seal(Note, ago=1))
    assert "very quick" in sentence(form)
    # The same page is sent again a moment later: its seal has grown old enough.
    assert form["seal"].value() == form.data["seal"]


@pytest.mark.parametrize("said", ["", "made:up:here", None])
def test_a_form_that_was_never_shown_is_not_taken(said: str | None) -> None:
    form = sent(seal=seal(Note, ago=90_000) if said is None else said)
    assert "open for too long" in sentence(form)
    # The page that says so carries a seal of its own, so that a person only has to send it once more.
    assert form["seal"].value() != (said or "")
    assert Note({"text": "x", "seal": form["seal"].value()}).non_field_errors() == [
        "That was very quick. Look at the form once more and send it."
    ]


def test_a_seal_is_good_for_its_own_form_only() -> None:
    assert "open for too long" in sentence(sent(seal=seal(Other, ago=5)))


def test_a_seal_sends_one_form_but_a_mistake_costs_none() -> None:
    one = seal(Note, ago=5)
    assert not Note({"text": "", "seal": one}).is_valid()
    assert sent(seal=one).is_valid()
    assert "sent already" in sentence(sent(seal=one))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"website": "http://x"}, {"seal": ""}, {"seal": "now"}, {"consent": ""}],
)
def test_the_sign_up_is_such_a_form(client: Client, wrong: dict[str, str]) -> None:
    if wrong.get("seal"):
        wrong = {"seal": seal(SignUpForm, ago=0)}
    page = client.post(reverse("account_signup"), filled(**wrong))
    assert page.status_code == 200
    assert page.context["form"].errors
    assert not User.objects.exists()
    page = client.get(reverse("account_signup")).content.decode()
    assert 'aria-hidden="true"><label for="id_website"' in page


def test_what_one_address_sends_is_counted() -> None:
    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    assert [too_many(request, "note", "2/h/ip") for _n in range(3)] == [False, False, True]
    elsewhere = RequestFactory().post("/", REMOTE_ADDR="192.0.2.2")
    assert not too_many(elsewhere, "note", "2/h/ip")


def test_attempts_sent_all_at_once_are_counted_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker has a cache object of its own over the same files; so has each thread here."""
    monkeypatch.setattr(ratelimit, "CACHE_LOCK_WAIT_TIMEOUT", 60)

    class PerThread:
        def __getattr__(self, name: str) -> Any:
            return getattr(CountingCache(str(tmp_path / "cache"), {}), name)

    monkeypatch.setattr(ratelimit, "cache", PerThread())
    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    with ThreadPoolExecutor(16) as pool:
        refused = list(pool.map(lambda _n: too_many(request, "note", "5/h/ip"), range(64)))
    assert refused.count(False) == 5


def test_the_product_counts_in_files_that_all_workers_share() -> None:
    from greening import settings as product

    assert product.CACHES["default"]["BACKEND"] == "greening.accounts.counting.CountingCache"


def test_of_many_who_add_one_key_one_wins(tmp_path: Path) -> None:
    def add(number: int) -> bool:
        return CountingCache(str(tmp_path / "cache"), {}).add("lock", number)

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(add, range(200)))
    assert won.count(True) == 1
