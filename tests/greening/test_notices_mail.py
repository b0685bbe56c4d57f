"""Mail leaves once, through a real server: what it says, and what becomes of it when the server is difficult."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from icalendar import Calendar

from greening.models import Notice
from greening.notices import CalendarEntry, outbox
from greening.notices.people import remember_language, silence
from tests.factories import CommuneFactory
from tests.greening.mail_server import Postmaster, free_port, mail_server, send_through
from tests.greening.notices_told import _test_kinds, resident, tell

__all__ = ["_test_kinds"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def postmaster(settings: Any) -> Iterator[Postmaster]:
    settings.PUBLIC_URL = "https://arbres.example.fr"
    settings.DEFAULT_FROM_EMAIL = "Issy <arbres@example.fr>"
    with mail_server() as (postmaster, port):
        send_through(settings, port)
        yield postmaster


def work_off() -> None:
    call_command("run_due")


def notice() -> Notice:
    return Notice.objects.exclude(what="mail-held").get()


def make_due() -> None:
    """As if the time until the next try had passed."""
    Notice.objects.update(next_try_at=timezone.now())
    DBTaskResult.objects.update(run_after=timezone.now())


def lease_runs_out() -> None:
    Notice.objects.filter(leased_until__isnull=False).update(
        leased_until=timezone.now() - dt.timedelta(seconds=1)
    )


def test_a_mail_says_it_in_french_with_its_date_and_a_way_out(postmaster: Postmaster) -> None:
    CommuneFactory()
    lea = resident()
    tell(lea)
    work_off()
    [mail] = postmaster.taken
    assert mail["To"] == "lea@example.fr"
    assert mail["From"] == "Issy <arbres@example.fr>"
    assert mail["Subject"].strip() == "[Issy-les-Moulineaux] Une parcelle au Jardin des Épinettes"
    assert mail["Message-ID"] == f"<notice-{notice().uuid}@example.fr>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    way_out = mail["List-Unsubscribe"].strip()
    assert way_out.startswith("<https://arbres.example.fr/account/notices/unsubscribe/")
    text = mail.get_body(("plain",))
    assert text is not None
    said = text.get_content()
    assert said.startswith("Bonjour,")
    assert "Répondez avant le 1 mai 2027." in said
    assert "https://arbres.example.fr/gardens/3/" in said
    assert way_out.strip("<>") in said
    [date] = mail.iter_attachments()
    assert date.get_content_type() == "text/calendar"
    assert date.get_param("method") == "PUBLISH"
    [event] = Calendar.from_ical(date.get_content()).walk("VEVENT")
    assert (event["summary"], event["sequence"]) == ("Répondre : Jardin des Épinettes", 0)
    assert event.decoded("dtstart") == dt.date(2027, 5, 1)
    assert event.decoded("dtend") == dt.date(2027, 5, 2)
    assert event["url"] == "https://arbres.example.fr/gardens/3/"
    assert (notice().mail, notice().tries) == ("sent", 1)


def test_another_reader_has_it_in_english_and_a_cancelled_date(postmaster: Postmaster) -> None:
    tom = resident("tom@example.fr")
    remember_language(tom, "en")
    tell(tom, calendar=CalendarEntry("offer", dt.date(2027, 5, 1), cancelled=True))
    work_off()
    [mail] = postmaster.taken
    assert mail["Subject"] == "A plot in Jardin des Épinettes"
    [date] = mail.iter_attachments()
    assert date.get_param("method") == "CANCEL"
    [event] = Calendar.from_ical(date.get_content()).walk("VEVENT")
    assert event["status"] == "CANCELLED"


def test_nothing_that_is_sent_is_sent_again(postmaster: Postmaster) -> None:
    tell(resident())
    number = notice().pk
    for _ in range(3):
        outbox.deliver(number)
        outbox.sweep(late_by=dt.timedelta(days=-1))
        work_off()
    assert list(postmaster.by_id.values()) == [1]


def test_telling_waits_for_no_mail_server(postmaster: Postmaster) -> None:
    tell(resident())
    assert (postmaster.asked, notice().mail) == (0, "waiting")
    work_off()
    assert (postmaster.asked, notice().mail) == (1, "sent")


@pytest.mark.django_db(transaction=True)
def test_eight_workers_after_one_mail_send_it_once(postmaster: Postmaster) -> None:
    postmaster.slow_s = 0.05
    tell(resident())
    number = notice().pk
    together = threading.Barrier(8, timeout=60)
    said: list[object] = []

    def run() -> None:
        try:
            together.wait()
            said.append(outbox.deliver(number))
        except BaseException as error:  # noqa: BLE001 — told to the test's own thread
            said.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, said)) == ["nothing"] * 7 + ["sent"]
    assert list(postmaster.by_id.values()) == [1]


def test_facts_cannot_add_headers_or_recipients(postmaster: Postmaster) -> None:
    facts = {
        "garden": "X\r\nBcc: all@example.fr\n\nBuy",
        "until": "\r\n.\r\nMAIL FROM:<a@b.fr>\r\n",
    }
    tell(resident(), facts=facts)
    work_off()
    [mail] = postmaster.taken
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Une parcelle au X Bcc: all@example.fr Buy"


def test_a_server_that_is_down_is_asked_again_later_and_less_often(
    settings: Any, postmaster: Postmaster
) -> None:
    up = settings.EMAIL_PORT
    settings.EMAIL_PORT = free_port()
    tell(resident())
    waits = []
    for _ in range(6):
        work_off()
        work_off()  # not before its time
        assert notice().mail == "waiting"
        waits.append(round((notice().next_try_at - timezone.now()).total_seconds() / 60))
        make_due()
    assert waits == [1, 5, 15, 60, 240, 240]
    assert "ConnectionRefusedError" in notice().error
    settings.EMAIL_PORT = up
    work_off()
    assert (notice().mail, notice().error, len(postmaster.taken)) == ("sent", "", 1)


def test_after_five_days_it_is_given_up_and_administrators_are_told(settings: Any) -> None:
    from tests.greening.people import person

    boss = person(email="boss@example.fr", is_superuser=True)
    send_through(settings, free_port())
    tell(resident())
    Notice.objects.update(created_at=timezone.now() - dt.timedelta(days=5))
    work_off()
    assert notice().mail == "failed"
    call_command("run_due", "--day", str(timezone.localdate() + dt.timedelta(days=1)))
    assert Notice.objects.filter(person=boss, what="mail-held").count() == 1


def test_a_refusal_for_ever_is_not_repeated(postmaster: Postmaster) -> None:
    postmaster.to_recipient = "550 no such person"
    tell(resident())
    work_off()
    assert (notice().mail, notice().error) == ("failed", "550 no such person")


@pytest.mark.parametrize("step", ["to_recipient", "to_message"])
def test_a_refusal_for_now_is_tried_again(postmaster: Postmaster, step: str) -> None:
    setattr(postmaster, step, "451 try later")
    tell(resident())
    work_off()
    assert (notice().mail, notice().error) == ("waiting", "451 try later")
    setattr(postmaster, step, "250 OK")
    make_due()
    work_off()
    assert (notice().mail, len(postmaster.taken)) == ("sent", 1)


def test_a_line_that_breaks_after_the_text_leaves_doubt_which_a_person_settles(
    postmaster: Postmaster,
) -> None:
    postmaster.hangs_up = True
    tell(resident())
    for _ in range(3):
        work_off()
        make_due()
    assert (notice().mail, len(postmaster.taken)) == ("uncertain", 1)
    postmaster.hangs_up = False
    assert outbox.send_again(notice())
    assert not outbox.send_again(notice())
    work_off()
    assert notice().mail == "sent"
    # Sent twice because a person said so, and under one Message-ID.
    assert list(postmaster.by_id.values()) == [2]


def test_doubt_can_be_let_be(postmaster: Postmaster) -> None:
    postmaster.hangs_up = True
    tell(resident())
    work_off()
    assert outbox.let_be(notice())
    work_off()
    assert (notice().mail, len(postmaster.taken)) == ("none", 1)


def test_who_unsubscribed_meanwhile_gets_nothing(postmaster: Postmaster) -> None:
    lea = resident()
    tell(lea)
    silence(lea, "test-offers")
    work_off()
    assert (notice().mail, postmaster.taken) == ("none", [])


def test_a_notice_that_cannot_be_said_stops_no_other(
    postmaster: Postmaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = resident()
    tell(lea)
    tell(lea, "offer-2")
    Notice.objects.filter(key="offer-1").update(what="of-an-older-version")
    work_off()
    assert Notice.objects.get(key="offer-1").mail == "failed"
    assert Notice.objects.get(key="offer-2").mail == "sent"


def test_what_a_dead_worker_was_preparing_is_sent_by_another(postmaster: Postmaster) -> None:
    tell(resident())
    DBTaskResult.objects.all().delete()  # taken by the worker that died
    Notice.objects.update(
        mail="claimed", claim="01900000-0000-7000-8000-000000000000", leased_until=timezone.now()
    )
    Notice.objects.update(leased_until=timezone.now() + dt.timedelta(minutes=5))
    work_off()
    assert notice().mail == "claimed"
    lease_runs_out()
    work_off()
    assert (notice().mail, len(postmaster.taken)) == ("sent", 1)


def test_a_worker_that_was_slow_may_still_say_that_it_sent(postmaster: Postmaster) -> None:
    tell(resident())
    seen: list[str] = []

    class Slow(outbox.Carrier):
        """The lease runs out while the text is handed over."""

        def hand_over(self) -> None:
            super().hand_over()
            lease_runs_out()
            outbox.sweep()
            seen.append(notice().mail)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "Carrier", Slow)
        outbox.deliver(notice().pk)
    assert seen == ["uncertain"]
    assert (notice().mail, len(postmaster.taken)) == ("sent", 1)


def test_a_worker_whose_lease_was_given_away_hands_nothing_over(postmaster: Postmaster) -> None:
    tell(resident())

    class Stalled(outbox.Carrier):
        """It sleeps past its lease before it begins; another worker sends the mail meanwhile."""

        def offer(self) -> None:
            super().offer()
            lease_runs_out()
            patch.undo()
            outbox.sweep(late_by=dt.timedelta())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "Carrier", Stalled)
        assert outbox.deliver(notice().pk) == "nothing"
    assert (notice().mail, len(postmaster.taken)) == ("sent", 1)
