"""The programme's figures, its dashboard and the pages where its work is planned and done, all through the door."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Point
from django.test import Client
from django.utils import timezone

from greening import indicators
from greening.models import (
    Campaign,
    CampaignTarget,
    CareTask,
    Event,
    GuaranteeClaim,
    Inspection,
    NurseryOrder,
    PlantingSite,
    SurvivalCheck,
    Tree,
    WateringRound,
)
from greening.roles import Role
from tests.factories import (
    TOWN_HALL,
    CampaignFactory,
    CareTaskFactory,
    CommuneFactory,
    CrewFactory,
    GreenRoofFactory,
    NurseryOrderFactory,
    PlantingSiteFactory,
    QuarterFactory,
    ReceptionFactory,
    SpeciesFactory,
    SurvivalCheckFactory,
    TreeFactory,
    WateringRoundFactory,
    square,
)
from tests.greening.people import signed_in

pytestmark = pytest.mark.django_db
SEASON = "2025-2026"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def town() -> Any:
    return CommuneFactory.create()


def page(client: Client, address: str) -> str:
    answer = client.get(address, headers=ENGLISH)
    assert answer.status_code == 200, answer.content[:300]
    return answer.content.decode()


def words(html: str) -> str:
    plain = re.sub(
        r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html[html.index("<body") :], flags=re.S
    )
    return re.sub(r"\s+", " ", plain.replace("\xa0", " ").replace("&#x27;", "'"))


def post(client: Client, address: str, **values: Any) -> Any:
    """Sends a form of the page, with the identifiers that its newest rendering carries."""
    return client.post(address, values, headers=ENGLISH)


def numbers_of(client: Client, address: str) -> set[int]:
    html = page(client, address)
    return {int(found) for found in re.findall(r'data-row="\w+/(\d+)"', html)}


# --- the counters ---------------------------------------------------------------------------------


def test_the_public_page_counts_the_programme_and_opens_its_rows(client: Client) -> None:
    CampaignFactory(season=SEASON)
    TreeFactory.create_batch(3, site__campaign=SEASON)
    lost = TreeFactory(site__campaign=SEASON, state=Tree.State.DEAD)
    PlantingSiteFactory(campaign=SEASON, state="ready")
    TreeFactory()  # an old street tree: not of the programme
    html = page(client, "/")
    said = words(html)
    assert "3 living trees of the 6,000 promised" in said
    assert "4 planted 1 planned 3 alive 1 lost" in said
    links = dict(re.findall(r'href="(/list/[^"]+counter=(\w+))"', html))
    assert len(links) == 4
    address = next(link for link in links if "trees_lost" in link).replace("&amp;", "&")
    assert numbers_of(client, address) == {lost.pk}


def test_a_planting_logged_on_the_web_shows_in_the_counters_within_five_seconds() -> None:
    CampaignFactory(season=SEASON, starts_on=dt.date(2025, 7, 1), ends_on=dt.date(2100, 1, 1))
    site = PlantingSiteFactory(
        campaign=SEASON, state="ready", networks_cleared_on=dt.date(2025, 9, 1)
    )
    crew = signed_in(Role.CREW)
    first = crew.get("/programme/indicators.json")
    assert first.json()["values"]["trees_alive"] == 0
    answer = post(
        crew, f"/list/sites/{site.pk}/", do="make:plant", **{"plant-planted_on": "2025-11-20"}
    )
    assert answer.status_code == 302
    tree = Tree.objects.get(site=site)
    assert (tree.state, tree.planted_on) == ("planted", dt.date(2025, 11, 20))
    assert PlantingSite.objects.get(pk=site.pk).state == "occupied"
    # The server speaks as of two seconds ago at most, and pages ask every three: five in all.
    indicators._held["programme"] = (
        indicators._held["programme"][0] - 2.0,
        indicators._held["programme"][1],
    )
    now = crew.get("/programme/indicators.json", headers={"If-None-Match": first["ETag"]})
    assert now.status_code == 200
    assert now.json()["values"]["trees_alive"] == 1


def test_counters_that_did_not_change_are_not_sent_again(client: Client) -> None:
    first = client.get("/programme/indicators.json")
    assert first.json()["values"]["trees_target"] == 6000
    again = client.get("/programme/indicators.json", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["X-As-Of"]


def test_many_visitors_ask_the_database_once_in_two_seconds(
    client: Client, django_assert_num_queries: Any
) -> None:
    client.get("/programme/indicators.json")
    with django_assert_num_queries(0):
        for _visitor in range(5):
            client.get("/programme/indicators.json")


# --- the dashboard --------------------------------------------------------------------------------


def test_the_dashboard_is_open_to_all_but_work_and_contractors(client: Client) -> None:
    CampaignFactory(season=SEASON)
    today = timezone.localdate()
    planted = dt.date(today.year - 1, 11, 20)
    tree = TreeFactory(site__campaign=SEASON, contractor="Arbres et Rues", planted_on=planted)
    CareTaskFactory(tree=tree, due_from=today, due_until=today)
    GreenRoofFactory()
    public, planner = (
        words(page(client, "/programme/")),
        words(page(signed_in(Role.PLANNER), "/programme/")),
    )
    for section in ("Campaigns", "Survival by species", "Green roofs", "By quarter"):
        assert section in public
    for private in ("Arbres et Rues", "Work due", "Guarantees that end"):
        assert private not in public
        assert private in planner


def test_a_campaign_is_told_by_species_manager_and_quarter_against_its_targets(
    client: Client,
) -> None:
    campaign = CampaignFactory(season=SEASON)
    lime = SpeciesFactory()
    QuarterFactory(name="Centre", geom=MultiPolygon(square(*TOWN_HALL)))
    CampaignTarget.objects.create(campaign=campaign, species=lime, trees=40)
    tree = TreeFactory(site__campaign=SEASON, species=lime, site__manager="gpso")
    site = PlantingSiteFactory(campaign=SEASON, state="ready", target_species=lime)
    html = page(client, f"/programme/campaigns/{SEASON}/")
    assert "Tilia cordata 40 1 1" in words(html)
    assert "Centre – 1 1" in words(html)
    links = [
        link.replace("&amp;", "&") for link in re.findall(r'href="(/list/\?layer=[^"]+)"', html)
    ]
    for part, layer, row in (
        ("species=Tilia", "trees", tree.pk),
        ("species=Tilia", "sites", site.pk),
        ("quarter=Centre", "trees", tree.pk),
        ("manager=gpso", "trees", tree.pk),
    ):
        address = next(link for link in links if part in link and f"layer={layer}" in link)
        assert numbers_of(client, address) == {row}, address


def test_every_number_of_the_dashboard_opens_as_many_rows() -> None:
    today = timezone.localdate()
    autumn = today.year if today.month >= 8 else today.year - 1
    planted = dt.date(autumn - 1, 11, 20)
    CampaignFactory(season=f"{autumn - 1}-{autumn}")
    facts = {
        "site__campaign": f"{autumn - 1}-{autumn}",
        "planted_on": planted,
        "lot": "L1",
        "contractor": "Vert",
    }
    trees = TreeFactory.create_batch(4, **facts, guarantee_until=today + dt.timedelta(days=20))
    unnamed = TreeFactory(**{**facts, "lot": "", "species": None})
    checked_on = max(dt.date(autumn, 8, 1), planted)
    for tree, found in zip(trees, ("alive", "alive", "dead", "outside"), strict=False):
        SurvivalCheckFactory(tree=tree, autumn=autumn, found=found, checked_on=checked_on)
    Tree.objects.filter(pk=trees[2].pk).update(state="dead")
    CareTaskFactory(tree=trees[0], due_from=today, due_until=today)
    CareTaskFactory(
        tree=unnamed, due_from=today - dt.timedelta(days=9), due_until=today - dt.timedelta(days=2)
    )
    GreenRoofFactory.create_batch(2)
    client = signed_in(Role.PLANNER)
    html = page(client, "/programme/")
    found = re.findall(r'<td class="num"><a href="([^"]+)">([\d,]+)</a></td>', html)
    assert len(found) > 20
    for link, number in found:
        rows = numbers_of(client, link.replace("&amp;", "&"))
        assert len(rows) == int(number.replace(",", "")), link


def test_without_a_campaign_or_a_town_the_dashboard_says_what_to_do(client: Client) -> None:
    assert "No campaign is set up yet" in words(page(client, "/programme/"))
    from greening.models import Commune

    Commune.objects.all().delete()
    assert "manage.py import_commune FILE" in words(page(client, "/programme/"))


def test_the_dashboard_asks_the_same_number_of_queries_however_much_there_is(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    CampaignFactory(season=SEASON)
    TreeFactory.create_batch(15, site__campaign=SEASON)
    GreenRoofFactory.create_batch(3)
    with django_assert_max_num_queries(45):
        client.get("/programme/")


# --- moves on an object's page --------------------------------------------------------------------


def test_the_next_legal_moves_are_offered_to_those_who_may(client: Client) -> None:
    site = PlantingSiteFactory(state="proposed")
    address = f"/list/sites/{site.pk}/"
    assert "What comes next" not in page(client, address)
    assert "What comes next" not in page(signed_in(Role.RESIDENT), address)
    moves = re.findall(r'value="move:(\w+)"', page(signed_in(Role.CREW), address))
    assert moves == ["surveyed"]
    site.state = "surveyed"
    site.save()
    assert re.findall(r'value="move:(\w+)"', page(signed_in(Role.PLANNER), address)) == [
        "approved",
        "refused",
    ]


def test_a_move_goes_through_the_door_with_who_made_it_and_from_what() -> None:
    site = PlantingSiteFactory(state="proposed", rev=0)
    planner = signed_in(Role.PLANNER)
    answer = post(planner, f"/list/sites/{site.pk}/", do="move:surveyed", rev="0")
    assert answer.status_code == 302
    event = Event.objects.get()
    assert (event.status, event.source, event.actor) == ("applied", "web", planner.user)  # type: ignore[attr-defined]
    assert event.device == "Firefox, Linux"
    assert event.patch == {"state": "surveyed"}


def test_a_refused_move_shows_the_doors_sentence_beside_its_form() -> None:
    site = PlantingSiteFactory(state="scheduled", campaign=SEASON)
    planner = signed_in(Role.PLANNER)
    answer = post(
        planner, f"/list/sites/{site.pk}/", do="move:ready", **{"to-ready-networks_cleared_on": ""}
    )
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Tick the network clearance (DT-DICT) with its date" in html
    assert '<details class="move" open>' in html
    assert PlantingSite.objects.get(pk=site.pk).state == "scheduled"
    assert 'name="override"' not in html  # a planner gives no override to sites


def test_a_lead_passes_a_rule_with_a_reason() -> None:
    site = PlantingSiteFactory(state="scheduled", campaign=SEASON)
    lead = signed_in(Role.CREW_LEAD)
    assert 'name="override"' in page(lead, f"/list/sites/{site.pk}/")
    values = {
        "to-ready-networks_cleared_on": "",
        "override": "travaux en cours, réseau vu à ciel ouvert",
    }
    assert post(lead, f"/list/sites/{site.pk}/", do="move:ready", **values).status_code == 302
    assert PlantingSite.objects.get(pk=site.pk).state == "ready"
    assert Event.objects.get(rev__isnull=False).override.startswith("travaux")


def test_the_same_form_sent_twice_lands_once() -> None:
    site = PlantingSiteFactory(campaign=SEASON, state="ready")
    crew = signed_in(Role.CREW)
    change = re.findall(r'name="change" value="([^"]+)"', page(crew, f"/list/sites/{site.pk}/"))[0]
    for _time in range(2):
        post(
            crew,
            f"/list/sites/{site.pk}/",
            do="make:plant",
            change=change,
            **{"plant-planted_on": "2025-11-20"},
        )
    assert Tree.objects.filter(site=site).count() == 1


def test_a_form_over_an_older_version_is_kept_for_a_person() -> None:
    tree = TreeFactory(rev=0)
    planner = signed_in(Role.PLANNER)
    post(planner, f"/list/trees/{tree.pk}/", do="edit", rev="0", **{"edit-girth_m": "0.2"})
    answer = post(planner, f"/list/trees/{tree.pk}/", do="edit", rev="0", **{"edit-girth_m": "0.3"})
    assert answer.status_code == 409
    assert "Someone changed the same in the meantime" in answer.content.decode()


def test_nobody_moves_what_their_role_does_not_allow(client: Client) -> None:
    site = PlantingSiteFactory(state="surveyed")
    address = f"/list/sites/{site.pk}/"
    assert post(client, address, do="move:approved")["Location"].startswith("/account/login/")
    assert post(signed_in(Role.CREW), address, do="move:approved").status_code == 409
    assert PlantingSite.objects.get(pk=site.pk).state == "surveyed"
    assert post(signed_in(Role.PLANNER), address, do="dance").status_code == 404


def test_an_emptied_field_travels_as_an_explicit_null() -> None:
    tree = TreeFactory(girth_m=0.2, note="à revoir")
    planner = signed_in(Role.PLANNER)
    known = {
        "edit-planted_on": "2025-11-20",
        "edit-species": "Tilia cordata",
        "edit-girth_m": "",
        "edit-note": "",
    }
    assert post(planner, f"/list/trees/{tree.pk}/", do="edit", **known).status_code == 302
    tree.refresh_from_db()
    assert (tree.girth_m, tree.note) == (None, "")
    assert Event.objects.get().patch == {"girth_m": None, "note": ""}


def test_a_crew_is_offered_no_correction_that_the_door_refuses_it() -> None:
    tree = TreeFactory(contractor="Vert")
    for role, offered in ((Role.CREW, False), (Role.CREW_LEAD, True)):
        html = page(signed_in(role), f"/list/trees/{tree.pk}/")
        assert 'name="edit-note"' in html
        assert ('name="edit-contractor"' in html) is offered


def test_an_unknown_species_is_refused_beside_its_field() -> None:
    site = PlantingSiteFactory(campaign=SEASON, state="ready")
    values = {"plant-planted_on": "2025-11-20", "plant-species": "arbre à chats"}
    answer = post(signed_in(Role.CREW), f"/list/sites/{site.pk}/", do="make:plant", **values)
    assert answer.status_code == 409
    assert "The catalogue has no species of that name." in answer.content.decode()


# --- what an object's page tells ------------------------------------------------------------------


def test_a_site_tells_the_history_of_its_trees(client: Client) -> None:
    site = PlantingSiteFactory(state="occupied")
    TreeFactory(site=site, state=Tree.State.FELLED, planted_on=dt.date(1990, 3, 1))
    TreeFactory(site=site, planted_on=dt.date(2025, 11, 20))
    said = words(page(client, f"/list/sites/{site.pk}/"))
    assert re.search(r"Trees of this site.*planted Nov. 20, 2025.*felled March 1, 1990", said)


def test_a_tree_tells_its_life_and_its_guarantee() -> None:
    tree = TreeFactory(
        state="planted", guarantee_until=timezone.localdate() + dt.timedelta(days=30)
    )
    planner = signed_in(Role.PLANNER)
    post(planner, f"/list/trees/{tree.pk}/", do="move:establishing")
    said = words(page(planner, f"/list/trees/{tree.pk}/"))
    assert re.search(r"Its life planted Nov. 20, 2025 establishing", said)
    assert "30 days left" in said
    public = words(page(Client(), f"/list/trees/{tree.pk}/"))
    assert "planner" not in public
    assert "Inspections" not in public


# --- work -----------------------------------------------------------------------------------------


def test_a_planner_sets_up_a_campaign_and_its_targets(client: Client) -> None:
    assert client.get("/programme/campaigns/new/").status_code == 302
    crew = signed_in(Role.CREW)
    assert crew.get("/programme/campaigns/new/").status_code == 403
    planner = signed_in(Role.PLANNER)
    SpeciesFactory()
    assert post(planner, "/programme/campaigns/new/", season="2027-2028").status_code == 302
    address = "/programme/campaigns/2027-2028/"
    added = post(planner, address, do="add", trees="60", species="Tilia cordata", manager="town")
    assert added.status_code == 302
    target = CampaignTarget.objects.get()
    assert (target.trees, str(target.species), target.manager) == (60, "Tilia cordata", "town")
    assert post(planner, address, do="targets", **{f"trees-{target.pk}": "80"}).status_code == 302
    assert CampaignTarget.objects.get().trees == 80
    assert post(planner, address, do="targets", **{f"trees-{target.pk}": "-3"}).status_code == 400
    post(planner, address, do="targets", **{f"trees-{target.pk}": "0"})
    assert not CampaignTarget.objects.exists()
    assert post(crew, address, do="add", trees="9").status_code == 403
    assert post(planner, "/programme/campaigns/new/", season="2027-2029").status_code == 200
    assert Campaign.objects.count() == 1


def test_waterings_of_a_list_become_a_round_in_order() -> None:
    crew = CrewFactory()
    lon, lat = TOWN_HALL
    near, far, other = (
        CareTaskFactory(tree__site__geom=Point(lon + step, lat), due_until=dt.date(2026, 7, 15))
        for step in (0.0, 0.002, 0.001)
    )
    lead = signed_in(Role.CREW_LEAD)
    html = page(lead, "/programme/rounds/plan/?until_before=2026-07-31")
    assert html.count('name="task"') == 3
    values = {"day": "2026-07-02", "crew": crew.pk, "tank_litres": "1000", "litres_per_tree": "80"}
    answer = lead.post(
        "/programme/rounds/plan/", {**values, "task": [near.pk, far.pk, other.pk]}, headers=ENGLISH
    )
    tour = WateringRound.objects.get()
    assert answer["Location"] == f"/list/rounds/{tour.pk}/"
    assert [task.pk for task in tour.stops] == [near.pk, other.pk, far.pk]
    said = words(page(lead, f"/list/rounds/{tour.pk}/"))
    assert "0 of 3 settled · 240 litres in all · 1 fillings of the tank" in said
    assert post(lead, "/programme/rounds/plan/", **values).status_code == 400  # no watering chosen


def test_a_crew_settles_the_stops_of_its_round() -> None:
    tour = WateringRoundFactory()
    done, dry, rained = (
        CareTaskFactory(round=tour, stop=number, state="assigned", crew=tour.crew, litres=80)
        for number in (1, 2, 3)
    )
    crew = signed_in(Role.CREW)
    address = f"/list/rounds/{tour.pk}/"
    assert post(crew, address, do=f"stop:{done.pk}", state="done", litres="75,5").status_code == 302
    refused = post(crew, address, do=f"stop:{dry.pk}", state="not_done")
    assert (refused.status_code, "Say why it was not done." in refused.content.decode()) == (
        409,
        True,
    )
    assert (
        post(crew, address, do=f"stop:{dry.pk}", state="not_done", reason="access").status_code
        == 302
    )
    refused = post(crew, address, do=f"stop:{rained.pk}", state="not_done", reason="rain")
    assert "how many millimetres of rain" in refused.content.decode()
    post(crew, address, do=f"stop:{rained.pk}", state="not_done", reason="rain", rain_mm="22")
    states = CareTask.objects.order_by("stop").values_list(
        "state", "litres_given", "reason", "rain_mm"
    )
    assert list(states) == [
        ("done", 75.5, "", None),
        ("not_done", None, "access", None),
        ("not_done", None, "rain", 22.0),
    ]
    other = CareTaskFactory()
    assert post(crew, address, do=f"stop:{other.pk}", state="done").status_code == 404


def test_a_round_is_skipped_for_rain_with_the_value_used() -> None:
    tour = WateringRoundFactory()
    task = CareTaskFactory(round=tour, state="assigned", crew=tour.crew)
    lead = signed_in(Role.CREW_LEAD)
    values = {"to-skipped-skip_reason": "rain", "to-skipped-rain_mm": "21.5"}
    assert post(lead, f"/list/rounds/{tour.pk}/", do="move:skipped", **values).status_code == 302
    task.refresh_from_db()
    assert (task.state, task.reason, task.rain_mm) == ("not_done", "rain", 21.5)


def autumn() -> int:
    today = timezone.localdate()
    return today.year if today.month >= 8 else today.year - 1


def test_an_autumns_checks_are_recorded_a_page_at_a_time() -> None:
    planted = dt.date(autumn() - 1, 11, 20)
    alive, dead, gone, left = (
        TreeFactory(planted_on=planted, guarantee_until=dt.date(autumn() + 2, 1, 1))
        for _ in range(4)
    )
    crew = signed_in(Role.CREW)
    html = page(crew, "/programme/survival/")
    assert "4 trees to check of 4" in words(html)
    change = re.search(r'name="change" value="([^"]+)"', html)
    assert change
    values = {
        "change": change[1],
        "checked_on": dt.date(autumn(), 8, 20).isoformat(),
        "tree": [alive.pk, dead.pk, gone.pk, left.pk],
        f"found-{alive.pk}": "alive",
        f"found-{dead.pk}": "dead",
        f"found-{gone.pk}": "outside",
        f"cause-{gone.pk}": "véhicule",
        f"gone-{gone.pk}": "on",
    }
    for _twice in range(2):
        assert crew.post("/programme/survival/", values, headers=ENGLISH).status_code == 302
    assert SurvivalCheck.objects.count() == 3
    states = {tree.pk: tree.state for tree in Tree.objects.all()}
    assert states == {alive.pk: "planted", dead.pk: "dead", gone.pk: "missing", left.pk: "planted"}
    assert GuaranteeClaim.objects.get().tree_id == dead.pk
    assert "1 tree to check of 4" in words(page(crew, "/programme/survival/"))


def test_a_refused_check_stays_on_the_page_with_its_sentence() -> None:
    tree = TreeFactory(planted_on=dt.date(autumn() - 1, 11, 20))
    crew = signed_in(Role.CREW)
    values = {"tree": tree.pk, f"found-{tree.pk}": "alive", f"gone-{tree.pk}": "on"}
    values["checked_on"] = dt.date(autumn(), 8, 20).isoformat()
    answer = crew.post("/programme/survival/", values, headers=ENGLISH)
    assert answer.status_code == 409
    assert "A tree that is gone cannot be found alive." in answer.content.decode()
    assert not SurvivalCheck.objects.exists()


def test_an_inspection_is_recorded_with_its_scores_and_sets_the_next() -> None:
    tree = TreeFactory(state="mature")
    lead = signed_in(Role.CREW_LEAD)
    scores = {f"inspect-{part}": "1" for part in ("crown", "trunk", "roots")}
    values = {**scores, "inspect-overall": "3", "inspect-inspected_on": "2026-05-10"}
    answer = post(lead, f"/list/trees/{tree.pk}/", do="make:inspect", **values)
    assert answer.status_code == 302
    seen = Inspection.objects.get()
    assert (seen.overall, seen.next_due) == (3, dt.date(2026, 11, 10))
    assert Tree.objects.get(pk=tree.pk).under_watch
    said = words(page(lead, f"/list/trees/{tree.pk}/"))
    assert "make the place safe and tell the crew lead today" in said
    values["inspect-crown"] = "9"
    assert post(lead, f"/list/trees/{tree.pk}/", do="make:inspect", **values).status_code == 409


def test_an_order_is_placed_received_and_planted_out() -> None:
    SpeciesFactory()
    planner = signed_in(Role.PLANNER)
    values = {"nursery": "Pépinière du Val", "species": "Tilia cordata", "ordered_count": "20"}
    answer = post(planner, "/list/orders/new/", **values)
    order = NurseryOrder.objects.get()
    assert answer["Location"] == f"/list/orders/{order.pk}/"
    missing = post(
        planner, "/list/orders/new/", species="Tilia cordata", ordered_count="20", nursery=""
    )
    assert missing.status_code == 409
    address = f"/list/orders/{order.pk}/"
    refused = post(
        planner, address, do="move:received", **{"to-received-received_on": "2025-11-05"}
    )
    assert "Name the lot, so that its survival can be told." in refused.content.decode()
    delivered = {
        "to-received-received_on": "2025-11-05", "to-received-lot": "L7", "to-received-received_count": "20",
        "to-received-refused_count": "2", "to-received-refusal_reason": "mottes sèches",
    }  # fmt: skip
    assert post(planner, address, do="move:received", **delivered).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.lot, order.accepted_count) == ("received", "L7", 18)


def test_a_reception_puts_a_contractors_season_under_guarantee() -> None:
    tree = TreeFactory(contractor="Arbres et Rues", planted_on=dt.date(2025, 11, 20))
    reception = ReceptionFactory()
    planner = signed_in(Role.PLANNER)
    address = f"/list/receptions/{reception.pk}/"
    assert "Trees that this reception puts under guarantee" in page(planner, address)
    values = {"to-pronounced-received_on": "2026-03-01", "to-pronounced-guarantee_months": "24"}
    assert post(planner, address, do="move:pronounced", **values).status_code == 302
    tree.refresh_from_db()
    assert tree.guarantee_until == dt.date(2028, 3, 1)


def test_every_kind_of_object_has_a_page_for_the_towns_people() -> None:
    check = SurvivalCheckFactory()
    order = NurseryOrderFactory(campaign=CampaignFactory(), lot="L1")
    claims = GuaranteeClaim.objects.create(
        tree=check.tree, defect="dead", noted_on=dt.date(2026, 1, 1)
    )
    client = signed_in(Role.PLANNER)
    for layer, number in (("checks", check.pk), ("orders", order.pk), ("claims", claims.pk)):
        assert "Its life" in page(client, f"/list/{layer}/{number}/")
    assert client.get(f"/list/campaigns/{order.campaign_id}/")["Location"].startswith(
        "/programme/campaigns/"
    )
    assert client.get("/list/checks/999999/").status_code == 404
