"""The planners' page in a browser: a line opens its yard, a yard its line."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, errors_of, map_is_ready


def test_a_line_opens_its_yard_on_the_map(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/")
    map_is_ready(page)
    expect(page.locator("[data-yard]")).to_have_count(6)
    line = page.locator("[data-yard]").nth(2)
    expect(line.locator("[data-yard-more]")).to_be_hidden()
    line.locator("[data-yard-head]").click()
    expect(line.locator("[data-yard-head]")).to_have_attribute("aria-expanded", "true")
    expect(line.locator("[data-yard-more]")).to_contain_text("Pourquoi : une note de 30,0")
    expect(page).to_have_url(re.compile("on=courtyards/"))
    assert page.locator(".number-mark.chosen").inner_text() == "3"
    assert errors_of(page) == []


def test_a_yard_on_the_map_opens_its_line(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/")
    map_is_ready(page)
    page.get_by_role("button", name=re.compile("^Rang 4 ·")).click()
    line = page.locator("[data-yard]").nth(3)
    expect(line.locator("[data-yard-more]")).to_be_visible()
    expect(line).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(line.locator("[data-yard-more]")).to_be_hidden()


def test_a_yard_on_the_map_opens_with_the_keyboard(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/")
    map_is_ready(page)
    page.get_by_role("button", name=re.compile("^Rang 1 ·")).focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-yard]").first.locator("[data-yard-more]")).to_be_visible()


def test_pointing_at_a_line_lights_its_yard(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/")
    map_is_ready(page)
    page.locator("[data-yard]").nth(1).hover()
    assert page.locator(".number-mark.lit").inner_text() == "2"


def test_a_yards_page_leads_back_to_its_reasons(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/")
    map_is_ready(page)
    page.locator("[data-yard-head]").nth(1).click()
    page.locator("[data-yard]").nth(1).get_by_role("link", name="La page de la cour").click()
    page.get_by_role("link", name="Pourquoi").click()
    map_is_ready(page)
    expect(page.locator("[data-yard]").nth(1).locator("[data-yard-more]")).to_be_visible()


def test_on_a_phone_a_line_opens_the_sheet(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/", "phone")
    map_is_ready(page)
    page.locator("[data-sheet-handle]").tap()
    page.locator("[data-yard-head]").first.tap()
    expect(page.locator("[data-panel]")).to_have_attribute("data-sheet", "half")
    expect(page.locator("[data-yard-more]").first).to_be_visible()
    assert page.locator("[data-panel]").evaluate("panel => panel.offsetHeight / innerHeight") > 0.45


def test_the_model_card_is_one_click_away(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/")
    page.get_by_role("link", name="Fiche du modèle").click()
    expect(page.get_by_role("heading", name="Fiche du modèle")).to_be_visible()
    assert errors_of(page) == []


def test_on_a_phone_no_word_of_the_model_card_leaves_it(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/model-card/", "phone")
    beyond = page.locator("article.prose").evaluate(
        """card => {
          const edge = card.getBoundingClientRect().right
          return [...card.querySelectorAll("*")]
            .filter(part => part.getBoundingClientRect().right > edge)
            .map(part => part.textContent)
        }"""
    )
    assert beyond == []


def test_the_ranking_can_be_taken_away(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.path().read_text().startswith("rank,rank_low,rank_high,")


def test_without_scripts_every_reason_is_on_the_page(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/heat/", java_script_enabled=False)
    expect(page.locator("[data-yard-more]").first).to_be_visible()
    expect(page.locator("[data-yard-more]").last).to_be_visible()
