"""Notices on their reader's pages: unread first, read by opening, nobody else's; the way out; calendar; desk."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from greening.models import Appointment, CalendarFeed, Notice, Preference
from greening.notices import CalendarEntry, feeds, unsubscribing
from greening.notices.people import language_of, silenced
from greening.notices.views import NOTICES_A_PAGE
from greening.roles import Role
from tests.greening.notices_told import UNTIL, _test_kinds, resident, tell
from tests.greening.people import PASSWORD, signed_in

__all__ = ["_test_kinds"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def lea() -> Any:
    """A browser in which a resident is signed in."""
    return signed_in(Role.RESIDENT, email="lea@example.fr")


def titles(client: Client, address: str) -> list[str]:
    page = client.get(address, headers={"Accept-Language": "en"}).content.decode()
    return re.findall(r'/account/notices/[0-9a-f-]{36}/">([^<]+)</a>', page)


def test_unread_notices_come_first_and_a_page_at_a_time(lea: Any) -> None:
    for n in range(NOTICES_A_PAGE + 5):
        tell(lea.user, f"k{n}", facts={"garden": f"G{n}", "until": UNTIL})
    Notice.objects.filter(key__in=["k29", "k28"]).update(read_at=timezone.now())
    first = titles(lea, "/account/notices/")
    assert first[:2] == ["A plot in G27", "A plot in G26"]
    assert len(first) == NOTICES_A_PAGE
    page = lea.get("/account/notices/").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    rest = titles(lea, "/account/notices/" + following[1].replace("&amp;", "&"))
    assert rest == [
        "A plot in G2",
        "A plot in G1",
        "A plot in G0",
        "A plot in G29",
        "A plot in G28",
    ]
    assert lea.get("/account/notices/?page=nonsense").status_code == 404


def test_opening_one_reads_it_and_the_header_counts_the_rest(lea: Any) -> None:
    tell(lea.user, "a")
    tell(lea.user, "b")
    english = {"Accept-Language": "en"}
    assert "2 new notices" in lea.get("/account/", headers=english).content.decode()
    opened = lea.get(f"/account/notices/{Notice.objects.get(key='a').uuid}/", headers=english)
    assert "Answer by May 1, 2027." in opened.content.decode()
    assert 'href="/gardens/3/"' in opened.content.decode()
    assert "1 new notice" in lea.get("/account/", headers=english).content.decode()
    lea.post("/account/notices/read/")
    assert "new notice" not in lea.get("/account/", headers=english).content.decode()


def test_nobody_reads_or_marks_another_persons_notices(lea: Any) -> None:
    tell(lea.user)
    notice = Notice.objects.get()
    for who in (signed_in(Role.RESIDENT, email="tom@example.fr"), signed_in(Role.ADMINISTRATOR)):
        assert who.get(f"/account/notices/{notice.uuid}/").status_code == 404
        assert titles(who, "/account/notices/") == []
        who.post("/account/notices/read/")
    assert Client().get(f"/account/notices/{notice.uuid}/").status_code == 302
    notice.refresh_from_db()
    assert notice.read_at is None


def test_facts_are_text_on_the_page_whatever_they_hold(lea: Any) -> None:
    tell(lea.user, facts={"garden": "<script>alert(1)</script>", "until": "<b>now</b>"})
    for address in ("/account/notices/", f"/account/notices/{Notice.objects.get().uuid}/"):
        page = lea.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<b>now" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_topic_is_switched_off_and_on_again_for_mail_only(lea: Any) -> None:
    page = lea.get("/account/notices/topics/").content.decode()
    assert re.search(r'value="test-offers" checked', page)
    assert 'value="town"' not in page  # an administrator's own
    lea.post("/account/notices/topics/", {"topic": ["town"]})
    assert "test-offers" in silenced(lea.user)
    assert "town" not in silenced(lea.user)
    tell(lea.user)
    assert Notice.objects.get().mail == "none"
    assert len(titles(lea, "/account/notices/")) == 1
    lea.post("/account/notices/topics/", {"topic": ["test-offers", "made-up"]})
    assert not {"test-offers", "made-up"} & silenced(lea.user)
    boss = signed_in(Role.ADMINISTRATOR)
    assert 'value="town" checked' in boss.get("/account/notices/topics/").content.decode()


def test_one_click_without_signing_in_ends_the_mail_about_a_topic() -> None:
    lea, tom = resident(), resident("tom@example.fr")
    address = unsubscribing.path(lea, "test-offers")
    stranger = Client(enforce_csrf_checks=True)
    shown = stranger.get(address)
    assert "offers of a plot" in shown.content.decode()
    assert silenced(lea) == set()  # a program that only looks at links changes nothing
    assert stranger.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert (silenced(lea), silenced(tom)) == ({"test-offers"}, set())
    lea.delete()
    assert stranger.post(address).status_code == 200  # and says nothing of who had an account


@pytest.mark.parametrize("token", ["x", "WzEsInQiXQ.x", Signer(sep=".").sign_object([1, "town"])])
def test_a_way_out_that_we_did_not_sign_leads_nowhere(token: str) -> None:
    assert Client().post(f"/account/notices/unsubscribe/{token}/").status_code == 404


def feed_of(client: Any) -> str:
    client.post("/account/calendar/")
    page = client.get("/account/notices/topics/").content.decode()
    found = re.search(r'value="http[^"]+(/account/calendar/[^"]+\.ics)"', page)
    assert found is not None
    return found[1]


def test_a_calendar_subscribes_to_its_persons_dates(lea: Any) -> None:
    now = timezone.now().replace(microsecond=0)
    tell(lea.user, "a", calendar=CalendarEntry("offer", UNTIL))
    open_day = CalendarEntry("open-day", now, now + dt.timedelta(hours=3), place="12 rue X")
    tell(lea.user, "b", calendar=open_day)
    tell(lea.user, "c", calendar=CalendarEntry("offer", dt.date(2027, 5, 8)))
    tell(lea.user, "d", calendar=CalendarEntry("gone", dt.date(2020, 5, 8)))
    tell(resident("tom@example.fr"), "e", calendar=CalendarEntry("of-tom", UNTIL))
    answer = Client().get(feed_of(lea))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    events = {event["uid"]: event for event in calendar.walk("VEVENT")}
    assert len(events) == 2
    offer = events[str(Appointment.objects.get(key="offer", person=lea.user).uuid)]
    assert (offer["sequence"], offer.decoded("dtstart")) == (1, dt.date(2027, 5, 8))
    assert offer["summary"] == "Répondre : Jardin des Épinettes"
    visit = events[str(Appointment.objects.get(key="open-day").uuid)]
    assert visit.decoded("dtstart") == now
    assert visit.decoded("dtend") == now + dt.timedelta(hours=3)
    assert visit["location"] == "12 rue X"


def test_a_calendars_address_can_be_replaced_and_taken_away(lea: Any) -> None:
    first = feed_of(lea)
    second = feed_of(lea)
    stranger = Client()
    assert first != second
    assert stranger.get(first).status_code == 404
    assert stranger.get(second).status_code == 200
    # The table alone gives nobody the address.
    secret = CalendarFeed.objects.get().secret
    assert stranger.get(f"/account/calendar/{secret.hex}.ics").status_code == 404
    lea.post("/account/calendar/", {"do": "revoke"})
    assert stranger.get(second).status_code == 404
    assert feeds.address_of(lea.user) == ""


def test_the_language_switched_to_is_the_language_written_in(lea: Any) -> None:
    assert language_of(lea.user) == "fr"
    lea.post("/i18n/setlang/", {"language": "en"})
    assert language_of(lea.user) == "en"
    lea.post("/i18n/setlang/", {"language": "kl"})
    assert language_of(lea.user) == "en"
    assert Client().post("/i18n/setlang/", {"language": "en"}).status_code in (204, 302)


def test_the_language_of_the_sign_in_page_is_kept_until_another_is_chosen() -> None:
    tom = resident("tom@example.fr")
    sign_in = {"login": "tom@example.fr", "password": PASSWORD}
    Client().post("/account/login/", sign_in, headers={"Accept-Language": "en"})
    assert Preference.objects.get(person=tom).language == "en"
    # A borrowed browser that speaks French by itself changes nothing; one switched to French does.
    Client().post("/account/login/", sign_in, headers={"Accept-Language": "fr"})
    assert language_of(tom) == "en"
    switched = Client()
    switched.post("/i18n/setlang/", {"language": "fr"})
    switched.post("/account/login/", sign_in)
    assert language_of(tom) == "fr"


def test_the_mail_desk_counts_and_settles(lea: Any) -> None:
    for state in ("waiting", "uncertain", "failed", "sent"):
        tell(lea.user, state)
        Notice.objects.filter(key=state).update(mail=state, error="a line that broke")
    boss = signed_in(Role.ADMINISTRATOR)
    page = boss.get(reverse("mail-desk"), headers={"Accept-Language": "en"}).content.decode()
    assert re.findall(r"<dd>(\d+)", page) == ["1", "1", "1"]
    assert "a line that broke" in page
    assert "Épinettes" not in page  # what it says is its reader's own
    uncertain, failed, sent = (Notice.objects.get(key=k) for k in ("uncertain", "failed", "sent"))
    boss.post(reverse("mail-settle", args=[uncertain.pk]), {"do": "again"})
    boss.post(reverse("mail-settle", args=[failed.pk]), {"do": "let-be"})
    boss.post(reverse("mail-settle", args=[sent.pk]), {"do": "again"})
    states = dict(Notice.objects.values_list("key", "mail"))
    assert states == {
        "waiting": "waiting",
        "uncertain": "waiting",
        "failed": "none",
        "sent": "sent",
    }
    assert lea.post(reverse("mail-settle", args=[failed.pk]), {"do": "again"}).status_code == 403


def test_the_state_of_mail_is_not_told_to_the_public(client: Client) -> None:
    tell(resident())
    assert "mail" not in client.get("/healthz").content.decode()
    assert client.get(reverse("mail-desk")).status_code == 302
