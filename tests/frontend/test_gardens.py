"""Residents' pages: gardens with what is free, applying, a place with its reasons, offers and what they cost."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from parcels.allocation_rules import DEFAULT
from parcels.applying import apply_for, check
from parcels.decisions import contest
from parcels.forgetting import KEPT_DAYS
from parcels.models import (
    Adoption,
    AllocationRules,
    Application,
    Contest,
    Decision,
    GardenNews,
    GardenReferent,
    OpenDay,
    Plot,
    Resident,
    SharedGarden,
)
from parcels.offering import offer_next
from tests.factories import (
    AllocationRulesFactory,
    ApplicationFactory,
    CommuneFactory,
    PlotFactory,
    SharedGardenFactory,
)
from tests.frontend.test_pages import text_of
from tests.greening.people import PASSWORD
from tests.parcels.gardeners import account, manager, neighbour

pytestmark = pytest.mark.django_db
DETAILS = {
    "name": "Alix Exemple",
    "address": "3 rue du Levant",
    "door": "B 2",
    "postcode": "92130",
    "phone": "",
    "declares_adult": "on",
    "declares_resident": "on",
    "declares_no_own_garden": "on",
    "consent": "on",
}


@pytest.fixture(autouse=True)
def rules() -> AllocationRules:
    return AllocationRulesFactory.create(commune=CommuneFactory.create())


def browser(resident: Resident) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(account(resident), backend="django.contrib.auth.backends.ModelBackend")
    return client


def stranger_browser(**facts: Any) -> Client:
    return browser(neighbour("stranger", **facts))


def offered(resident: Resident, garden: SharedGarden) -> Application:
    """An application that waits alone, and a plot offered to it."""
    made = check(apply_for(resident, garden, by=account(resident)), by=manager())
    offer_next(PlotFactory(garden=garden, number="7"), by=None)
    made.refresh_from_db()
    assert made.state == "offered"
    return made


# --- what everybody sees ----------------------------------------------------------------------------
def test_each_garden_says_what_is_free_and_how_many_wait(client: Client) -> None:
    garden = SharedGardenFactory(name="Jardin des Prés")
    PlotFactory.create_batch(2, garden=garden)
    PlotFactory(garden=garden, state="occupied", accessible=True)
    PlotFactory(garden=garden, state="withdrawn")
    ApplicationFactory.create_batch(3, garden=garden)
    ApplicationFactory(garden=garden, state="withdrawn")
    page = text_of(client, "/gardens/")
    assert "2 free plots in 1 garden" in page
    assert "Jardin des Prés open: apply for a plot" in page
    assert "2 free plots 3 people waiting 1 accessible plot" in page


def test_a_garden_in_preparation_or_closed_is_not_listed(client: Client) -> None:
    draft = SharedGardenFactory(name="Brouillon", state="draft")
    closed = SharedGardenFactory(name="Fermé", state="closed")
    page = text_of(client, "/gardens/")
    assert "Brouillon" not in page
    assert "Fermé" not in page
    assert client.get(f"/gardens/{draft.pk}/").status_code == 404
    assert "takes no applications" in text_of(client, f"/gardens/{closed.pk}/")


def test_the_filter_works_without_a_script(client: Client) -> None:
    PlotFactory(garden=SharedGardenFactory(name="Jardin plein"), state="occupied", accessible=True)
    PlotFactory(garden=SharedGardenFactory(name="Jardin libre"))
    assert "Jardin plein" not in text_of(client, "/gardens/?free=1")
    assert "Jardin libre" not in text_of(client, "/gardens/?accessible=1")
    assert "No garden has such a plot" in text_of(client, "/gardens/?accessible=1&free=1")


def test_an_empty_town_says_so(client: Client) -> None:
    assert "has not opened a shared garden" in text_of(client, "/gardens/")


def test_the_list_asks_the_same_number_of_queries_however_many_gardens(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    for _garden in range(12):
        PlotFactory.create_batch(3, garden=SharedGardenFactory())
    with django_assert_max_num_queries(6):
        client.get("/gardens/")


def test_a_garden_page_says_the_rules_in_plain_words_in_both_languages(client: Client) -> None:
    plot = PlotFactory(number="12", area_m2=24.0)
    page = text_of(client, f"/gardens/{plot.garden.pk}/")
    assert "You have 7 days to accept or decline." in page
    assert "The 1st time: nothing, you keep your place." in page
    assert "The 2nd time: you move back by 6 months in the order." in page
    assert "From the 4th time on: your application ends." in page
    assert "L311-3-1" in page
    assert "12 free 24 m² no" in page
    assert "Vous avez 7 jours" in text_of(client, f"/gardens/{plot.garden.pk}/", "fr")


def test_a_garden_page_says_whom_to_ask_when_the_gate_is_open_and_what_is_new(
    client: Client,
) -> None:
    garden = SharedGardenFactory(rules_en="No <b>fires</b>.", rules_fr="Pas de feu.")
    GardenReferent.objects.create(garden=garden, name="Camille", email="camille@example.fr")
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    for day, note in ((tomorrow, "Bring gloves"), (tomorrow - dt.timedelta(days=9), "Long gone")):
        OpenDay.objects.create(
            garden=garden, day=day, starts=dt.time(10), ends=dt.time(12), note=note
        )
    GardenNews.objects.create(garden=garden, title="Compost", body="*New* heap<script>")
    later = timezone.now() + dt.timedelta(days=2)
    GardenNews.objects.create(garden=garden, title="Not yet", body="…", published_at=later)
    html = client.get(f"/gardens/{garden.pk}/", headers={"Accept-Language": "en"}).content.decode()
    for said in (
        "mailto:camille@example.fr",
        "Bring gloves",
        "Compost",
        "<em>New</em> heap&lt;script&gt;",
        "No &lt;b&gt;fires&lt;/b&gt;.",
    ):
        assert said in html
    assert "Long gone" not in html
    assert "Not yet" not in html


def test_the_words_follow_the_rules_as_they_are(client: Client, rules: AllocationRules) -> None:
    changed = {**DEFAULT, "answer_days": 10, "refusal_costs": [{"cost": "end_of_list"}]}
    AllocationRules.objects.filter(pk=rules.pk).update(rules=changed | {"unanswered": "nothing"})
    page = text_of(client, f"/gardens/{SharedGardenFactory().pk}/")
    assert "You have 10 days" in page
    assert "Each time: you go to the end of the list." in page
    assert "No answer costs you nothing" in page


def test_without_rules_nobody_is_asked_to_apply(client: Client, rules: AllocationRules) -> None:
    AllocationRules.objects.all().update(valid_from=timezone.localdate() + dt.timedelta(days=9))
    garden = SharedGardenFactory()
    page = text_of(client, f"/gardens/{garden.pk}/")
    assert "has not published its rules yet" in page
    assert "Apply for a plot" not in page
    alix = browser(neighbour("alix"))
    assert alix.get(f"/gardens/{garden.pk}/apply/").url == f"/gardens/{garden.pk}/"


def test_the_rules_page_publishes_hashes_before_and_seeds_after_the_draw(client: Client) -> None:
    alix = neighbour("alix")
    made = offered(alix, SharedGardenFactory(name="Jardin des Prés"))
    draw = made.garden.draws.get()
    page = text_of(client, "/gardens/rules/")
    assert draw.commitment in page
    assert draw.sealed not in page
    draw.revealed_at = timezone.now()
    draw.save()
    assert draw.sealed in text_of(client, "/gardens/rules/")


def test_a_garden_named_like_a_script_stays_a_name(client: Client) -> None:
    name = "<script>alert(1)</script>"
    garden = SharedGardenFactory(name=name, address='"><img src=x onerror=alert(1)>')
    alix = neighbour("alix")
    made = offered(alix, garden)
    mine = browser(alix)
    for address in (
        "/gardens/",
        f"/gardens/{garden.pk}/",
        f"/gardens/applications/{made.pk}/",
        f"/gardens/decisions/{Decision.objects.get(what='offered').pk}/",
        "/gardens/mine/",
    ):
        html = mine.get(address).content.decode()
        assert name not in html, address
        assert "<img" not in html, address
        assert "&lt;script&gt;alert(1)" in html, address


# --- applying ---------------------------------------------------------------------------------------
def test_a_visitor_signs_in_and_comes_back_to_the_form(client: Client) -> None:
    garden = SharedGardenFactory()
    answer = client.get(f"/gardens/{garden.pk}/apply/")
    assert answer.url == f"/account/login/?next=/gardens/{garden.pk}/apply/"


def test_a_resident_applies_and_reads_what_comes_next() -> None:
    garden = SharedGardenFactory(name="Jardin des Prés")
    mine = stranger_browser()
    asked = mine.get(f"/gardens/{garden.pk}/apply/").content.decode()
    assert f"as long as you wait or garden, and {KEPT_DAYS} days more" in asked
    answer = mine.post(f"/gardens/{garden.pk}/apply/", DETAILS, follow=True)
    made = Application.objects.get()
    assert answer.redirect_chain[-1][0] == f"/gardens/applications/{made.pk}/"
    said = answer.content.decode()
    assert "Your application is made." in said
    assert "The garden managers look at your application" in said
    assert made.resident.consent_version.startswith("gardens-")
    assert made.resident.consent_at is not None


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_kept() -> None:
    garden = SharedGardenFactory()
    user = neighbour("avant")
    told = {**DETAILS, "address": " ", "consent": ""}
    del told["declares_adult"]
    answer = browser(user).post(f"/gardens/{garden.pk}/apply/", told)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "3 answers are missing" in html
    for field in ("address", "consent", "declares_adult"):
        assert f'aria-describedby="id_{field}' in html
        assert f'id="id_{field}_error"' in html
    assert "Plots are for adults" in html
    assert not Application.objects.exists()
    user.refresh_from_db()
    assert user.name == "Avant"


def test_a_declaration_the_rules_do_not_ask_for_is_not_asked(rules: AllocationRules) -> None:
    who = {"resident": True, "adult": True, "no_own_garden": False}
    AllocationRules.objects.filter(pk=rules.pk).update(rules={**DEFAULT, "who": who})
    page = stranger_browser().get(f"/gardens/{SharedGardenFactory().pk}/apply/")
    assert b"declares_no_own_garden" not in page.content
    assert b"declares_adult" in page.content


def test_a_second_application_of_the_household_is_refused_in_a_sentence() -> None:
    garden = SharedGardenFactory()
    mine = stranger_browser()
    mine.post(f"/gardens/{garden.pk}/apply/", DETAILS)
    # Of the same person, the same garden: their application's page.
    assert mine.get(f"/gardens/{garden.pk}/apply/").status_code == 302
    robin = browser(neighbour("robin"))
    answer = robin.post(f"/gardens/{garden.pk}/apply/", {**DETAILS, "name": "Robin"})
    assert answer.status_code == 409
    assert "This household has an open application already." in answer.content.decode()
    assert Application.objects.count() == 1
    assert not Resident.objects.filter(name="Robin", address=DETAILS["address"]).exists()


def test_posting_more_than_is_asked_changes_nothing_more() -> None:
    garden, other = SharedGardenFactory(), SharedGardenFactory()
    victim = neighbour("victim")
    more = {
        "state": "waiting",
        "order_key": "2000-01-01",
        "submitted_at": "2000-01-01T00:00",
        "refusals": "0",
        "claim": "mine",
        "garden": str(other.uuid),
        "resident": str(victim.uuid),
        "user": str(account(victim).pk),
        "household": str(victim.household.uuid) if victim.household else "",
        "consent_version": "none",
        "erased_at": "2020-01-01",
    }
    stranger_browser().post(f"/gardens/{garden.pk}/apply/", DETAILS | more)
    made = Application.objects.get()
    assert (made.state, made.order_key) == ("submitted", timezone.localdate().isoformat())
    assert made.garden == garden
    assert made.resident.user == account(Resident.objects.get(name=DETAILS["name"]))
    assert made.resident.household != victim.household
    assert made.resident.consent_version.startswith("gardens-")
    assert made.resident.erased_at is None
    # Nor do the forms of the application's own page take more than what they are for.
    mine = browser(made.resident)
    for extra in ({"order_key": "2000-01-01"}, {"state": "offered"}):
        mine.post(f"/gardens/applications/{made.pk}/", {"do": "reconfirm", **extra})
    made.refresh_from_db()
    assert (made.state, made.order_key) == ("submitted", timezone.localdate().isoformat())


def test_every_form_asks_for_its_token() -> None:
    alix = neighbour("alix")
    made = offered(alix, SharedGardenFactory())
    entry = Decision.objects.get(what="offered")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(account(alix), backend="django.contrib.auth.backends.ModelBackend")
    for address, told in (
        (f"/gardens/{SharedGardenFactory().pk}/apply/", DETAILS),
        (f"/gardens/applications/{made.pk}/", {"do": "accept"}),
        (f"/gardens/decisions/{entry.pk}/", {"do": "contest", "text": "Why?"}),
    ):
        assert strict.post(address, told).status_code == 403, address
    made.refresh_from_db()
    assert made.state == "offered"
    assert not Contest.objects.exists()


def test_who_waited_for_a_garden_that_closed_keeps_their_day_in_another() -> None:
    alix = neighbour("alix")
    day = dt.date(2026, 2, 2)
    gone = ApplicationFactory(resident=alix, state="closed", day=day, garden__name="Jardin fermé")
    mine, garden = browser(alix), SharedGardenFactory()
    address = f"/gardens/{garden.pk}/apply/"
    assert "Jardin fermé was closed: this application keeps your day" in text_of(mine, address)
    mine.post(address, DETAILS)
    made = Application.objects.get(garden=garden)
    assert (made.moved_from, made.submitted_at) == (gone, gone.submitted_at)


# --- my application ---------------------------------------------------------------------------------
def test_nobody_is_said_to_have_applied_later_who_was_put_back_by_refusals() -> None:
    """Somebody applied the day before and still waits, half a year behind."""
    garden, alix = SharedGardenFactory(), neighbour("alix")
    ApplicationFactory(garden=garden, day=dt.date(2026, 1, 5), refusals=2, delay_months=6)
    mine = ApplicationFactory(garden=garden, resident=alix, day=dt.date(2026, 1, 6))
    page = text_of(browser(alix), f"/gardens/applications/{mine.pk}/")
    assert "You are 1st of 2" in page
    assert "You applied on Jan. 6, 2026, and nobody who waits stands at an earlier day." in page


def test_the_place_is_said_with_its_reasons_in_words() -> None:
    garden = SharedGardenFactory()
    ApplicationFactory.create_batch(11, garden=garden, day=dt.date(2026, 1, 5))
    alix = neighbour("alix")
    mine = ApplicationFactory(garden=garden, resident=alix, day=dt.date(2026, 1, 6))
    ApplicationFactory.create_batch(51, garden=garden, day=dt.date(2026, 1, 7))
    address = f"/gardens/applications/{mine.pk}/"
    page = text_of(browser(alix), address)
    assert "You are 12th of 63 for this garden , because:" in page
    assert "You applied on Jan. 6, 2026; 11 people stand at an earlier day." in page
    french = text_of(browser(alix), address, "fr")
    assert "Vous êtes à la 12e place sur 63 pour ce jardin" in french
    assert "11 personnes sont placées à un jour plus tôt" in french


def test_a_draw_to_come_is_said_as_a_range() -> None:
    garden, alix = SharedGardenFactory(), neighbour("alix")
    day = dt.date(2026, 1, 5)
    mine = ApplicationFactory(garden=garden, resident=alix, day=day)
    ApplicationFactory.create_batch(3, garden=garden, day=day)
    page = text_of(browser(alix), f"/gardens/applications/{mine.pk}/")
    assert "You are between the 1st and the 4th place of 4" in page
    assert "4 people applied on that day: a draw will order you" in page


def test_the_offer_says_what_a_refusal_costs_before_the_click_and_after() -> None:
    alix, garden = neighbour("alix"), SharedGardenFactory()
    made = offered(alix, garden)
    Application.objects.filter(pk=made.pk).update(refusals=1)
    mine = browser(alix)
    page = text_of(mine, f"/gardens/applications/{made.pk}/")
    cost = "you move back by 6 months in the order."
    assert f"It is your refusal number 2. What it costs: {cost}" in page
    assert page.index(cost) < page.index("Decline the plot")
    assert "If you do not answer until" in page
    answer = mine.post(f"/gardens/applications/{made.pk}/", {"do": "decline"}, follow=True)
    assert f"You declined the plot. What it costs: {cost}" in answer.content.decode()
    made.refresh_from_db()
    assert (made.state, made.refusals, made.delay_months) == ("waiting", 2, 6)
    assert "put you back by 6 months" in answer.content.decode()


def test_an_offer_stands_first_among_my_next_steps_and_is_accepted() -> None:
    alix, garden = neighbour("alix"), SharedGardenFactory(name="Jardin des Prés")
    made = offered(alix, garden)
    mine = browser(alix)
    page = text_of(mine, "/gardens/")
    assert page.index("Plot 7 of Jardin des Prés is offered to you: answer until") < page.index(
        "free plots"
    )
    assert "7 days left" in page
    answer = mine.post(f"/gardens/applications/{made.pk}/", {"do": "accept"}, follow=True)
    adoption = Adoption.objects.get()
    assert answer.redirect_chain[-1][0] == f"/gardens/adoptions/{adoption.pk}/"
    assert "The plot is yours" in answer.content.decode()
    assert Plot.objects.get(number="7").state == "occupied"


def test_an_answer_to_another_plot_than_the_one_on_offer_is_refused() -> None:
    """The page stood open while that offer lapsed and another one came."""
    alix, garden = neighbour("alix"), SharedGardenFactory()
    made, other = offered(alix, garden), PlotFactory(garden=garden)
    for answer in ("accept", "decline"):
        said = browser(alix).post(
            f"/gardens/applications/{made.pk}/", {"do": answer, "plot": other.pk}
        )
        assert said.status_code == 409
        assert "This offer is over: look at your page again." in said.content.decode()
    assert Application.objects.get().state == "offered"


def test_an_offer_that_is_over_is_refused_in_a_sentence() -> None:
    alix = neighbour("alix")
    made = offered(alix, SharedGardenFactory())
    gone = timezone.localdate() - dt.timedelta(days=1)
    Application.objects.filter(pk=made.pk).update(offer_until=gone)
    answer = browser(alix).post(f"/gardens/applications/{made.pk}/", {"do": "accept"})
    assert answer.status_code == 409
    assert "the plot goes to the next person" in answer.content.decode()


def test_a_year_later_the_place_is_kept_on_asking() -> None:
    alix = neighbour("alix")
    day = timezone.localdate() - dt.timedelta(days=370)
    made = ApplicationFactory(resident=alix, day=day)
    mine = browser(alix)
    assert "Do you still want a plot of" in text_of(mine, "/gardens/")
    answer = mine.post(f"/gardens/applications/{made.pk}/", {"do": "reconfirm"}, follow=True)
    assert "Your place is kept for another year." in answer.content.decode()
    made.refresh_from_db()
    assert made.reconfirmed_on == timezone.localdate()
    assert "Nothing is due from you" in text_of(mine, "/gardens/")


def test_withdrawn_is_over_and_may_be_made_again() -> None:
    alix = neighbour("alix")
    made = ApplicationFactory(resident=alix)
    mine = browser(alix)
    answer = mine.post(f"/gardens/applications/{made.pk}/", {"do": "withdraw"}, follow=True)
    assert "Your application is withdrawn." in answer.content.decode()
    assert mine.get(f"/gardens/{made.garden.pk}/apply/").status_code == 200


def test_a_form_the_page_does_not_have_is_not_there() -> None:
    alix = neighbour("alix")
    made = ApplicationFactory(resident=alix)
    answer = browser(alix).post(f"/gardens/applications/{made.pk}/", {"do": "offer"})
    assert answer.status_code == 404


# --- decisions --------------------------------------------------------------------------------------
def test_a_decision_is_explained_computed_again_contested_and_answered() -> None:
    from parcels.decisions import answer as settle

    alix = neighbour("alix")
    offered(alix, SharedGardenFactory())
    entry = Decision.objects.get(what="offered")
    address, mine = f"/gardens/decisions/{entry.pk}/", browser(alix)
    page = text_of(mine, address)
    assert "You are 1st of 1 for this garden" in page
    assert "computed again now the same result" in page
    assert "L311-3-1" in page
    empty = mine.post(address, {"do": "contest", "text": "  "})
    assert empty.status_code == 422
    assert "Say what you contest" in empty.content.decode()
    said = mine.post(address, {"do": "contest", "text": "Too <b>small</b>"}, follow=True)
    assert "Your objection is received." in said.content.decode()
    assert "Too &lt;b&gt;small&lt;/b&gt;" in said.content.decode()
    settle(Contest.objects.get(), "We measured it again.", upheld=False, by=manager_again())
    page = text_of(mine, address)
    assert "The town's answer: We measured it again." in page.replace("&#x27;", "'")


def manager_again() -> Any:
    from django.contrib.auth.models import User

    return User.objects.get(email="manager@example.fr")


def test_an_objection_is_taken_back() -> None:
    alix = neighbour("alix")
    offered(alix, SharedGardenFactory())
    entry = Decision.objects.get(what="offered")
    contest(entry, alix, "Why?", by=account(alix))
    browser(alix).post(f"/gardens/decisions/{entry.pk}/", {"do": "take_back"})
    assert Contest.objects.get().state == "withdrawn"


# --- nobody else's ----------------------------------------------------------------------------------
def test_somebody_elses_number_leads_nowhere() -> None:
    alix = neighbour("alix")
    made = offered(alix, SharedGardenFactory())
    entry = Decision.objects.get(what="offered")
    thief = stranger_browser()
    for address, told in (
        (f"/gardens/applications/{made.pk}/", {"do": "accept"}),
        (f"/gardens/applications/{made.pk}/", {"do": "withdraw"}),
        (f"/gardens/decisions/{entry.pk}/", {"do": "contest", "text": "Mine!"}),
    ):
        assert thief.get(address).status_code == 404, address
        assert thief.post(address, told).status_code == 404, address
    made.refresh_from_db()
    assert made.state == "offered"
    assert not Contest.objects.exists()
    assert "is offered to you" not in text_of(thief, "/gardens/")


def test_the_town_itself_reads_no_resident_page() -> None:
    made = offered(neighbour("alix"), SharedGardenFactory())
    client = Client()
    assert client.login(username="manager@example.fr", password=PASSWORD)
    assert client.get(f"/gardens/applications/{made.pk}/").status_code == 404


def test_no_public_page_says_a_name_or_an_address() -> None:
    alix = neighbour("alix", phone="0611223344")
    garden = SharedGardenFactory()
    made = offered(alix, garden)
    browser(alix).post(f"/gardens/applications/{made.pk}/", {"do": "accept"})
    other = stranger_browser()
    for address in ("/gardens/", f"/gardens/{garden.pk}/", "/gardens/rules/"):
        html = other.get(address).content.decode() + Client().get(address).content.decode()
        for secret in (alix.name, alix.address, "0611223344", "alix@example.fr"):
            assert secret not in html, address
        assert not re.search(str(alix.uuid), html)


def test_a_number_beyond_all_rows_is_not_found(client: Client) -> None:
    huge = 10**25
    assert client.get(f"/gardens/{huge}/").status_code == 404
    assert stranger_browser().get(f"/gardens/applications/{huge}/").status_code == 404
