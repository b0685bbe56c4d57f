"""A notice is told once, in the transaction of what it tells of, in its reader's language."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.utils.translation import gettext_lazy, override
from django_tasks_db.models import DBTaskResult

from greening.errors import TownError
from greening.models import Appointment, Notice
from greening.notices import CalendarEntry, NoticeKind, kinds, notify
from greening.notices.people import remember_language, set_mailed_topics
from greening.notices.words import body, subject
from tests.greening.notices_told import UNTIL, _test_kinds, resident, tell

__all__ = ["_test_kinds"]
pytestmark = pytest.mark.django_db


def test_a_notice_is_told_once_under_its_key() -> None:
    lea = resident()
    assert [tell(lea), tell(lea), tell(lea, "offer-2")] == [True, False, True]
    assert Notice.objects.count() == 2
    assert DBTaskResult.objects.count() == 2


def test_what_is_taken_back_was_not_told() -> None:
    lea = resident()
    with transaction.atomic():
        tell(lea)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not DBTaskResult.objects.exists()
    assert not Appointment.objects.exists()
    assert tell(lea)


@pytest.mark.django_db(transaction=True)
def test_eight_processes_that_tell_the_same_thing_tell_it_once() -> None:
    lea = resident()
    together = threading.Barrier(8, timeout=60)
    answers: list[Any] = []

    def run() -> None:
        try:
            together.wait()
            answers.append(tell(lea))
        except BaseException as error:  # noqa: BLE001 — told to the test's own thread
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [False] * 7 + [True]
    assert (Notice.objects.count(), DBTaskResult.objects.count()) == (1, 1)
    assert Appointment.objects.get().sequence == 0


def test_each_reads_it_in_their_language() -> None:
    lea, tom = resident(), resident("tom@example.fr")
    remember_language(tom, "en")
    for who in (lea, tom):
        tell(who, f"offer-{who.pk}", facts={"garden": "Épinettes", "until": UNTIL})
    of_tom = Notice.objects.get(person=tom)
    with override("en"):
        assert (subject(of_tom), body(of_tom)) == ("A plot in Épinettes", "Answer by May 1, 2027.")
    with override("fr"):
        assert body(of_tom) == "Répondez avant le 1 mai 2027."


def test_words_from_the_catalogue_take_their_facts() -> None:
    kinds.register(
        NoticeKind("test-lazy", "test-offers", gettext_lazy("Language"), "Since {moment}, {share}")
    )
    moment = dt.datetime(2026, 7, 1, 10, 30, tzinfo=dt.UTC)
    notify(resident(), "test-lazy", key="k", facts={"moment": moment, "share": 0.5})
    notice = Notice.objects.get()
    with override("fr"):
        assert subject(notice) == "Langue"
        assert body(notice) == "Since 1 juillet 2026 12:30, 0,5"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"facts": {"garden": "Épinettes"}}, "without the fact"),
        ({"facts": {"garden": object(), "until": UNTIL}}, "give text, a number"),
        ({"link": "https://elsewhere.example/"}, "a path of this site"),
        ({"link": "//elsewhere.example/"}, "a path of this site"),
        ({"link": "javascript:alert(1)"}, "a path of this site"),
        ({"key": ""}, "1 to 200 characters"),
        ({"calendar": CalendarEntry("k", dt.datetime(2027, 1, 1))}, "no time zone"),
        ({"calendar": CalendarEntry("k", UNTIL, dt.date(2027, 4, 1))}, "ends before it starts"),
    ],
)
def test_what_cannot_be_told_is_refused_where_it_is_written(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TownError, match=sentence):
        tell(resident(), **changes)
    assert not Notice.objects.exists()


def test_a_kind_that_nobody_registered_is_refused_in_one_sentence() -> None:
    with pytest.raises(TownError, match="no notice named unheard-of"):
        notify(resident(), "unheard-of", key="k", facts={})
    with pytest.raises(TownError, match="register it first"):
        kinds.register(NoticeKind("lost", "nowhere", "", ""))


def test_no_mail_where_none_is_wanted_or_nobody_confirmed_the_address() -> None:
    quiet, unconfirmed, gone = (resident(f"{n}@example.fr") for n in ("quiet", "new", "gone"))
    set_mailed_topics(quiet, [])
    EmailAddress.objects.filter(user=unconfirmed).update(verified=False)
    gone.is_active = False
    gone.save()
    for who in (quiet, unconfirmed, gone):
        assert tell(who, f"offer-{who.pk}")
    assert set(Notice.objects.values_list("mail", flat=True)) == {"none"}
    assert not DBTaskResult.objects.exists()


def test_a_date_told_again_is_the_same_date_changed() -> None:
    lea = resident()
    tell(lea)
    first = Appointment.objects.get()
    tell(lea, "offer-again")  # nothing of it changed
    assert Appointment.objects.get().sequence == 0
    later = dt.date(2027, 5, 8)
    tell(lea, "offer-later", calendar=CalendarEntry("offer", later))
    tell(lea, "offer-off", calendar=CalendarEntry("offer", later, cancelled=True))
    last = Appointment.objects.get()
    assert (last.uuid, last.sequence, last.last_day) == (first.uuid, 2, later)
    assert last.cancelled
