"""The crew leads' desk and a contractor's lots, in a real browser: open to all, live, and nobody sees too much."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import field_town as field
from tests.browser.conftest import SIZES, OpenPage, errors_of
from tests.browser.field_town import FieldTown, all_sent, opened, save, sign_in
from tests.browser.test_access import serious

field_town, phone = field.field_town, field.phone


def signed_in(visit: OpenPage, town: FieldTown, who: str, path: str, size: str = "desktop") -> Page:
    page = visit(f"{town.address}/account/login/?next={path}", size=size)
    page.locator("input[name=login]").fill(who)
    page.locator("input[name=password]").fill(field.PASSWORD)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(f"**{path}")
    return page


@pytest.mark.parametrize("size", SIZES)
def test_the_desk_is_open_to_all(visit: OpenPage, field_town: FieldTown, size: str) -> None:
    page = signed_in(visit, field_town, field.LEAD, "/field/desk/", size)
    names = [link.get_attribute("href") or "" for link in page.locator(".desk-nav a").all()]
    assert len(names) >= 5
    for path in names:
        page.goto(f"{field_town.address}{path}")
        page.wait_for_load_state("networkidle")
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert errors_of(page) == []


def test_a_stop_done_on_a_phone_shows_on_the_desk_by_itself(
    visit: OpenPage, phone: BrowserContext, field_town: FieldTown
) -> None:
    desk = signed_in(visit, field_town, field.LEAD, "/field/desk/")
    done = desk.locator("[data-of=done]").first
    expect(done).to_have_text("0")
    page = opened(phone, field_town)
    sign_in(page, field_town)
    page.evaluate(field.STOPWATCH)
    page.locator(".stops .stop.next").click()
    page.get_by_role("link", name="Arroser").click()
    save(page)
    page.locator("[data-tab=outbox]").click()
    all_sent(page)
    expect(done).to_have_text("1")


def test_a_sector_is_given_to_a_crew(visit: OpenPage, field_town: FieldTown) -> None:
    page = signed_in(visit, field_town, field.LEAD, "/field/desk/")
    sectors = page.locator("fieldset", has_text="Équipe Levant")
    sectors.get_by_label("Centre").check()
    sectors.get_by_role("button", name=re.compile("Enregistrer")).click()
    page.wait_for_load_state("load")
    expect(
        page.locator("fieldset", has_text="Équipe Levant").get_by_label("Centre")
    ).to_be_checked()
    held = field_town.ask("list(m.Crew.objects.values_list('sectors__quarter__name', flat=True))")
    assert held == ["Centre"]


@pytest.mark.parametrize("size", SIZES)
def test_a_contractor_sees_its_own_lots_only(
    visit: OpenPage, field_town: FieldTown, size: str
) -> None:
    page = signed_in(visit, field_town, field.FIRM, "/field/desk/lots/", size)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    own, others = field_town.ask(
        "[list(m.Tree.objects.filter(contractor='Vert').values_list('pk', flat=True)),"
        " list(m.Tree.objects.exclude(contractor='Vert').values_list('pk', flat=True))]"
    )
    shown = {int(found) for found in re.findall(r"/list/trees/(\d+)/", page.content())}
    assert shown == set(own)
    assert shown.isdisjoint(others)
    assert page.goto(f"{field_town.address}/field/desk/").status == 403  # type: ignore[union-attr]


def test_a_crew_finds_the_app_in_its_menu(
    chromium: Browser, visit: OpenPage, field_town: FieldTown
) -> None:
    page = signed_in(visit, field_town, field.CREW, "/programme/", "phone")
    page.locator("[data-menu] summary").click()
    page.get_by_role("link", name="Application de terrain").click()
    page.wait_for_url("**/field/**")
    field.ready(page)
