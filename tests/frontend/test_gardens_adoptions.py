"""Residents' pages of what they tend: term, renewal, notice, waterings, neighbours, the way in from the map."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from frontend.residents.invitations import SALT, invitation_to
from greening.models import CareTask
from greening.notices.feeds import appointments_of
from greening.notices.ics import feed
from parcels.adopting import renewals
from parcels.models import Adoption, CoGardener, Watering
from tests.factories import (
    AdoptionFactory,
    AllocationRulesFactory,
    CareTaskFactory,
    CoGardenerFactory,
    CommuneFactory,
    PlantingSiteFactory,
    PlotFactory,
    SharedGardenFactory,
    TreeFactory,
)
from tests.frontend.test_gardens import DETAILS, browser, stranger_browser
from tests.frontend.test_pages import text_of
from tests.parcels.gardeners import account, neighbour

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rules() -> Any:
    return AllocationRulesFactory.create(commune=CommuneFactory.create())


def plot_of(resident: Any, **facts: Any) -> Adoption:
    garden = SharedGardenFactory(name="Jardin des Prés")
    plot = PlotFactory(garden=garden, number="7", state="occupied")
    adoption: Adoption = AdoptionFactory(tree=None, plot=plot, resident=resident, **facts)
    return adoption


def in_days(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


# --- my plot ----------------------------------------------------------------------------------------
def test_a_renewal_due_stands_first_and_is_made() -> None:
    alix = neighbour("alix")
    adoption = plot_of(alix, state="renewal_due", until=in_days(5))
    mine, address = browser(alix), f"/gardens/adoptions/{adoption.pk}/"
    first = text_of(mine, "/gardens/")
    assert "Plot 7, Jardin des Prés: renew until" in first
    assert "5 days left" in first
    assert "Renew until" in text_of(mine, address)
    answer = mine.post(address, {"do": "renew"}, follow=True)
    assert "Renewed until" in answer.content.decode()
    adoption.refresh_from_db()
    assert adoption.state == "active"
    assert adoption.until is not None
    assert adoption.until > in_days(360)


def test_a_renewal_that_is_not_due_is_refused_in_a_sentence() -> None:
    alix = neighbour("alix")
    adoption = plot_of(alix)
    answer = browser(alix).post(f"/gardens/adoptions/{adoption.pk}/", {"do": "renew"})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()


def test_notice_says_the_last_day_before_the_click_and_frees_the_plot_after() -> None:
    alix = neighbour("alix")
    adoption = plot_of(alix)
    mine, address = browser(alix), f"/gardens/adoptions/{adoption.pk}/"
    assert "Your last day is then" in text_of(mine, address)
    mine.post(address, {"do": "notice"})
    adoption.refresh_from_db()
    assert (adoption.state, adoption.ends_on) == ("notice", in_days(30))
    assert adoption.plot is not None
    assert adoption.plot.state == "notice"


def test_the_dates_are_a_calendar_that_does_not_double() -> None:
    alix = neighbour("alix")
    adoption = plot_of(alix, until=dt.date(2027, 3, 2))
    answer = browser(alix).get(f"/gardens/adoptions/{adoption.pk}/dates.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    body = answer.content.decode()
    assert "DTSTART;VALUE=DATE:20270302" in body
    assert "Plot 7" in body
    before = Calendar.from_ical(body).walk("VEVENT")[0]["UID"]
    renewals(dt.date(2027, 3, 1))  # told now, it stands in the calendar one subscribes to as well
    (subscribed,) = Calendar.from_ical(feed(appointments_of(account(alix)), "")).walk("VEVENT")
    again = browser(alix).get(f"/gardens/adoptions/{adoption.pk}/dates.ics").content.decode()
    (taken,) = Calendar.from_ical(again).walk("VEVENT")
    assert before == subscribed["UID"] == taken["UID"]
    assert subscribed["SEQUENCE"] == taken["SEQUENCE"]


# --- waterings --------------------------------------------------------------------------------------
def thirsty(resident: Any) -> Adoption:
    tree = TreeFactory(state="establishing", planted_on=in_days(-100))
    CareTaskFactory(
        tree=tree,
        action=CareTask.Action.WATER,
        due_from=in_days(-3),
        due_until=in_days(4),
        litres=30,
    )
    adoption: Adoption = AdoptionFactory(tree=tree, resident=resident)
    return adoption


def test_a_thirsty_tree_says_what_is_missing_until_it_has_it() -> None:
    alix = neighbour("alix")
    adoption = thirsty(alix)
    mine, address = browser(alix), f"/gardens/adoptions/{adoption.pk}/"
    assert "is thirsty: 30 L are missing until" in text_of(mine, "/gardens/")
    form = {"do": "water", "watering-litres": "10", "watering-day": in_days(0).isoformat()}
    change = re.search(r'name="change" value="([^"]+)"', mine.get(address).content.decode())
    assert change
    for _twice in range(2):
        mine.post(address, {**form, "change": change[1]})
    assert Watering.objects.get().litres == 10
    assert "20 L are missing" in text_of(mine, address)
    mine.post(address, {**form, "watering-litres": "20"})
    assert "thirsty" not in text_of(mine, address)
    assert CareTask.objects.get().state == "done"


def test_too_much_water_is_said_beside_the_field() -> None:
    alix = neighbour("alix")
    adoption = thirsty(alix)
    form = {"do": "water", "watering-litres": "900", "watering-day": in_days(0).isoformat()}
    answer = browser(alix).post(f"/gardens/adoptions/{adoption.pk}/", form)
    assert answer.status_code == 422
    assert "Between 1 and 200 litres" in answer.content.decode()
    assert 'id="id_watering-litres_error"' in answer.content.decode()
    assert not Watering.objects.exists()


# --- together ---------------------------------------------------------------------------------------
def test_an_invited_neighbour_joins_and_may_water_and_no_more() -> None:
    alix = neighbour("alix")
    adoption = plot_of(alix)
    html = browser(alix).get(f"/gardens/adoptions/{adoption.pk}/").content.decode()
    link = re.search(r'value="http://testserver(/gardens/invitations/[^"]+)"', html)
    assert link
    robin = neighbour("robin")
    theirs = browser(robin)
    assert "Alix invites you to tend with them: Plot 7" in text_of(theirs, link[1])
    told = {name: DETAILS[name] for name in ("name", "address", "door", "postcode", "consent")}
    answer = theirs.post(link[1], told, follow=True)
    assert "You tend it together from today." in answer.content.decode()
    address = f"/gardens/adoptions/{adoption.pk}/"
    water = {"do": "water", "watering-litres": "5", "watering-day": in_days(0).isoformat()}
    assert theirs.post(address, water).status_code == 302
    for asked in ("renew", "notice", "take_back"):
        assert theirs.post(address, {"do": asked}).status_code == 404, asked
    page = text_of(theirs, address)
    assert "Invite a neighbour" not in page
    with_me = CoGardener.objects.get()
    assert theirs.post(address, {"do": "remove", "gardener": with_me.pk}).url == "/gardens/"
    with_me.refresh_from_db()
    assert with_me.state == "left"
    assert theirs.get(address).status_code == 404


def test_an_invitation_is_worth_nothing_once_forged_old_or_handed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    adoption = plot_of(alix)
    link = invitation_to(adoption)
    theirs = browser(robin)
    assert theirs.get(link).status_code == 200
    assert theirs.get(link[:-3] + "xx/").status_code == 404
    forged = signing.dumps([str(adoption.uuid), str(robin.uuid)], salt=SALT)
    assert theirs.get(f"/gardens/invitations/{forged}/").status_code == 404
    monkeypatch.setattr("frontend.residents.invitations.VALID_DAYS", -1)
    assert theirs.get(link).status_code == 404
    monkeypatch.undo()
    Adoption.objects.filter(pk=adoption.pk).update(state="ended")
    assert theirs.get(link).status_code == 404


def test_the_holder_removes_a_co_gardener_and_nobody_else_does() -> None:
    alix, robin, kim = neighbour("alix"), neighbour("robin"), neighbour("kim")
    adoption = plot_of(alix)
    first = CoGardenerFactory(adoption=adoption, resident=robin)
    second = CoGardenerFactory(adoption=adoption, resident=kim)
    elsewhere = CoGardenerFactory()
    address = f"/gardens/adoptions/{adoption.pk}/"
    assert browser(kim).post(address, {"do": "remove", "gardener": first.pk}).status_code == 404
    mine = browser(alix)
    assert mine.post(address, {"do": "remove", "gardener": elsewhere.pk}).status_code == 404
    mine.post(address, {"do": "remove", "gardener": first.pk})
    assert [row.state for row in CoGardener.objects.order_by("pk")] == ["left", "active", "active"]
    assert second.state == "active"


# --- from the map -----------------------------------------------------------------------------------
def test_a_young_trees_card_offers_to_adopt_it_to_residents_only(client: Client) -> None:
    tree = TreeFactory(state="establishing")
    card = f"/list/trees/{tree.pk}/?fragment=1"
    link = f'href="/gardens/adopt/trees/{tree.pk}/"'
    assert link in stranger_browser().get(card).content.decode()
    assert link not in client.get(card).content.decode()
    old = TreeFactory(state="mature")
    page = browser(neighbour("alix")).get(f"/list/trees/{old.pk}/").content.decode()
    assert "/gardens/adopt/" not in page


def test_a_plots_card_leads_to_its_garden(client: Client) -> None:
    plot = PlotFactory()
    html = client.get(f"/list/plots/{plot.pk}/?fragment=1").content.decode()
    assert f'href="/gardens/{plot.garden.pk}/"' in html
    SharedGardenFactory(state="draft")
    draft = PlotFactory(garden__state="draft")
    html = client.get(f"/list/plots/{draft.pk}/?fragment=1").content.decode()
    assert "/gardens/" not in html


def test_a_young_tree_is_helped_at_once() -> None:
    tree = TreeFactory(state="establishing")
    mine = stranger_browser()
    answer = mine.post(f"/gardens/adopt/trees/{tree.pk}/", DETAILS, follow=True)
    adoption = Adoption.objects.get()
    assert (adoption.state, adoption.tree) == ("active", tree)
    assert "You help this tree from today." in answer.content.decode()
    # Again is the same.
    assert mine.get(f"/gardens/adopt/trees/{tree.pk}/").url == f"/gardens/adoptions/{adoption.pk}/"


def test_the_permit_of_a_pit_names_who_must_agree_and_waits_for_them() -> None:
    site = PlantingSiteFactory(state="vacant", manager="department")
    mine = stranger_browser()
    address = f"/gardens/adopt/sites/{site.pk}/"
    assert "managed by “Département”: they must agree" in text_of(mine, address)
    more = {"state": "active", "agreed_by": "department", "permit_reference": "X"}
    mine.post(address, DETAILS | more)
    adoption = Adoption.objects.get()
    assert (adoption.state, adoption.agreed_by, adoption.permit_reference) == ("requested", "", "")
    page = text_of(mine, f"/gardens/adoptions/{adoption.pk}/")
    assert "“Département” manages this pit and must agree" in page
    # Meanwhile nobody else asks for it.
    robin = browser(neighbour("robin"))
    assert "It cannot be adopted at present" in text_of(robin, address)
    assert robin.post(address, {**DETAILS, "door": "C"}).status_code == 409
    mine.post(f"/gardens/adoptions/{adoption.pk}/", {"do": "take_back"})
    adoption.refresh_from_db()
    assert adoption.state == "ended"


def test_nothing_else_can_be_adopted_by_its_address() -> None:
    plot = PlotFactory()
    mine = stranger_browser()
    for address in (
        f"/gardens/adopt/plots/{plot.pk}/",
        "/gardens/adopt/trees/999999/",
        f"/gardens/adopt/sites/{10**25}/",
    ):
        assert mine.get(address).status_code == 404
        assert mine.post(address, DETAILS).status_code == 404
    assert not Adoption.objects.exists()


# --- nobody else's ----------------------------------------------------------------------------------
def test_somebody_elses_adoption_is_not_there() -> None:
    adoption = plot_of(neighbour("alix"), state="renewal_due")
    address = f"/gardens/adoptions/{adoption.pk}/"
    for thief in (stranger_browser(), browser(neighbour("robin"))):
        assert thief.get(address).status_code == 404
        assert thief.get(f"{address}dates.ics").status_code == 404
        for asked in ("renew", "notice", "water", "remove"):
            assert thief.post(address, {"do": asked}).status_code == 404
    adoption.refresh_from_db()
    assert adoption.state == "renewal_due"


def test_more_than_a_form_is_for_is_not_taken() -> None:
    alix = neighbour("alix")
    adoption = plot_of(alix, state="renewal_due", until=in_days(5))
    more = {"until": "2099-01-01", "state": "ended", "rules": "", "ends_on": "2099-01-01"}
    browser(alix).post(f"/gardens/adoptions/{adoption.pk}/", {"do": "renew", **more})
    adoption.refresh_from_db()
    assert adoption.state == "active"
    assert adoption.until is not None
    assert adoption.until < in_days(400)
