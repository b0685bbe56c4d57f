"""The programme in a browser: live figures that open their rows, lists as maps, work done without a script."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    OpenPage,
    errors_of,
    map_is_ready,
    painted,
    run,
    serve,
    stop,
)

SEASON = "2026-2027"
EMAIL, PASSWORD = "planner@example.fr", "une phrase assez longue"


def build() -> None:
    """Makes the small town's trees a programme: one campaign with a target, a planner, a crew, work to do."""
    import datetime as dt

    from greening.models import CampaignTarget, CareTask, PlantingSite, Tree
    from greening.roles import Role
    from tests import factories as make
    from tests.greening.people import person

    campaign = make.CampaignFactory(season=SEASON)
    PlantingSite.objects.update(campaign=SEASON)
    Tree.objects.update(planted_on=dt.date(2026, 7, 20), contractor="Arbres et Rues", lot="L1")
    lime = make.SpeciesFactory()
    CampaignTarget.objects.create(campaign=campaign, species=lime, trees=50)
    person(Role.PLANNER, Role.CREW_LEAD, email=EMAIL)
    crew = make.CrewFactory(name="Équipe Nord")
    tour = make.WateringRoundFactory(crew=crew)
    for number, tree in enumerate(Tree.objects.filter(state="establishing")[:3], 1):
        facts = {"round": tour, "crew": crew, "stop": number, "litres": 80, "state": "assigned"}
        make.CareTaskFactory(tree=tree, **facts)
    make.CareTaskFactory(tree=Tree.objects.filter(state="planted")[0], action=CareTask.Action.MULCH)


@pytest.fixture(scope="module")
def programme_data(town_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("programme")
    shutil.copytree(town_data, data, dirs_exist_ok=True)
    run("-m", "tests.browser.test_programme", data=data)
    return data


@pytest.fixture(scope="module")
def programme(programme_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, address = serve(programme_data, tmp_path_factory.mktemp("log") / "programme.log")
    yield address
    stop(process)


def signed_in(page: Page, address: str, there: str) -> Page:
    page.goto(f"{address}/account/login/?next={quote(there)}")
    page.locator("[name=login]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.main").click()
    page.wait_for_url(f"{address}{there}")
    return page


def test_a_figure_opens_its_very_rows(visit: OpenPage, programme: str) -> None:
    page = visit(programme)
    map_is_ready(page)
    link = page.locator(".figures a", has_text="perdus")
    number = int(link.locator("strong").inner_text())
    assert number > 0
    link.click()
    expect(page.locator("[data-row]")).to_have_count(number)
    assert urlsplit(page.url).query == "layer=trees&counter=trees_lost"
    expect(page.locator("main")).to_contain_text("Les lignes comptées comme « perdus ».")


def test_the_map_of_a_list_draws_its_rows_and_opens_them(visit: OpenPage, programme: str) -> None:
    page = visit(f"{programme}/list/?layer=trees&state=lost")
    number = int(page.locator(".count strong").inner_text())
    page.get_by_role("navigation", name="Cette liste en").get_by_role("link", name="Carte").click()
    map_is_ready(page)
    expect(page.locator("[data-drawn]").first).to_contain_text(f"{number} lignes dessinées")
    page.wait_for_timeout(400)
    assert painted(page, "objects") > 0
    row = page.locator("[data-row]").first
    row.hover()
    expect(page.locator(".leaflet-marks-pane path").first).to_be_attached()
    row.get_by_role("link").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    expect(page).to_have_url(re.compile(r"on=trees/\d+"))
    assert errors_of(page) == []


def test_filters_stay_in_the_address_bar_and_empty_ones_do_not(
    visit: OpenPage, programme: str
) -> None:
    page = visit(f"{programme}/list/?layer=trees")
    page.get_by_label("État").select_option("dead")
    page.get_by_role("button", name="Filtrer").click()
    page.wait_for_url(re.compile("state=dead"))
    assert urlsplit(page.url).query == "layer=trees&state=dead"
    page.get_by_label("Liste", exact=True).select_option("roofs")
    page.wait_for_url(re.compile("layer=roofs$"))


def test_a_planting_shows_on_an_open_page_without_reloading(
    visit: OpenPage, programme: str, programme_data: Path
) -> None:
    page = visit(f"{programme}/programme/")
    planted = page.locator("[data-indicator=trees_planted]")
    before = int(planted.inner_text())
    page.evaluate("window.kept = true")
    run("-m", "tests.browser.test_programme", "plant", data=programme_data)
    expect(planted).to_have_text(str(before + 1))
    assert page.evaluate("window.kept")  # the very same page
    assert page.locator("[data-as-of]").inner_text()
    assert errors_of(page) == []


def test_a_hidden_page_asks_for_nothing(visit: OpenPage, programme: str) -> None:
    page = visit(f"{programme}/programme/")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        """() => { Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true });
        document.dispatchEvent(new Event('visibilitychange')); }"""
    )
    asked.clear()
    page.wait_for_timeout(7000)
    assert asked == []


def test_a_move_is_refused_beside_its_form_and_then_made_without_scripts(
    visit: OpenPage, programme: str, programme_data: Path
) -> None:
    page = visit(f"{programme}/account/login/", java_script_enabled=False)
    run("-m", "tests.browser.test_programme", "schedule", data=programme_data)
    signed_in(page, programme, "/list/?layer=sites&state=scheduled")
    page.locator("[data-row] a").first.click()
    page.locator("summary", has_text="prêt").click()
    form = page.locator("details.move[open] form")
    form.get_by_label(re.compile("DT-DICT")).fill("")
    form.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("DT-DICT"))
    form = page.locator("details.move[open] form")
    form.get_by_label(re.compile("DT-DICT")).fill("2026-07-01")
    form.get_by_role("button").click()
    expect(page.locator(".messages")).to_be_visible()
    expect(page.locator(".tag").first).to_contain_text("prêt")


def test_a_round_is_settled_stop_by_stop_on_a_phone(visit: OpenPage, programme: str) -> None:
    page = signed_in(visit(f"{programme}/account/login/", "phone"), programme, "/list/rounds/1/")
    stop_one = page.locator(".stops > li").first
    stop_one.get_by_label("litres").fill("75")
    stop_one.get_by_role("button", name="Fait", exact=True).click()
    expect(page.locator(".stops > li").first).to_contain_text("75,0 l")
    expect(page.locator("main")).to_contain_text("1 sur 3 réglés")


OPEN_PAGES = (
    "/programme/",
    "/list/?layer=trees",
    "/list/?layer=trees&state=lost&view=map",
    "/list/sites/1/",
)
OWN_PAGES = (
    "/programme/",
    f"/programme/campaigns/{SEASON}/",
    "/programme/campaigns/new/",
    "/programme/survival/",
    "/programme/rounds/plan/",
    "/list/?layer=tasks",
    "/list/?layer=trees&box=nonsense",
    "/list/orders/new/",
    "/list/rounds/1/",
    "/list/trees/1/",
)


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_pages_are_open_to_all(visit: OpenPage, programme: str, size: str) -> None:
    from tests.browser.test_access import SMALL_TARGETS, serious, settled

    page = visit(f"{programme}/programme/", size)
    for there in OPEN_PAGES:
        page.goto(programme + there)
        settled(page)
        assert serious(page) == [], there
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, there
        if size == "phone":
            assert page.evaluate(SMALL_TARGETS) == [], there
    signed_in(page, programme, "/programme/")
    for there in OWN_PAGES:
        page.goto(programme + there)
        settled(page)
        page.evaluate(
            "document.querySelectorAll('main details').forEach(each => { each.open = true })"
        )
        assert serious(page) == [], there
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, there
        if size == "phone":
            assert page.evaluate(SMALL_TARGETS) == [], there


def test_the_dashboard_is_open_to_all_in_the_dark(visit: OpenPage, programme: str) -> None:
    from tests.browser.test_access import serious, settled

    assert serious(settled(visit(f"{programme}/programme/", dark=True))) == []


# --- What happens meanwhile, in a process of its own ------------------------------------------------


def schedule() -> None:
    """A site that waits for its networks to be cleared."""
    from greening.models import PlantingSite

    site = PlantingSite.objects.filter(state="ready").order_by("pk")[0]
    PlantingSite.objects.filter(pk=site.pk).update(state="scheduled")


def plant() -> None:
    """Somebody logs a planting through the door."""
    from greening.events import Change, apply
    from greening.events.values import to_wire
    from greening.models import PlantingSite
    from greening.models.base import new_uuid

    site = PlantingSite.objects.filter(state="ready").order_by("-pk")[0]
    patch = {
        "site": str(site.uuid),
        "geom": to_wire(site.geom),
        "state": "planted",
        "planted_on": "2026-11-20",
    }
    (verdict,) = apply(Change("tree", new_uuid(), patch, create=True))
    assert verdict.landed, verdict


if __name__ == "__main__":
    import sys

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greening.settings")
    import django

    django.setup()
    {"plant": plant, "schedule": schedule}.get(sys.argv[-1], build)()
