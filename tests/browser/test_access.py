"""Every page, on phone and desk, light and dark: no serious finding of axe, no error, no sideways scroll."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ROOT, OpenPage, errors_of

AXE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text()
PAGES = (
    "/",
    "/heat/",
    "/heat/model-card/",
    "/list/",
    "/list/?layer=roofs&state=nothing&after=999",
    "/list/courtyards/1/",
    "/list/trees/1/",
)
SMALL_TARGETS = """() => [...document.querySelectorAll(
    'button, select, input, a.button, .bar a, .leaflet-bar a, summary'
  )].filter(e => {
    const box = (e.closest('label') || e).getBoundingClientRect();
    return box.width && box.height && getComputedStyle(e).visibility !== 'hidden'
      && Math.max(box.width, box.height) < 44;
  }).map(e => e.outerHTML.slice(0, 90))"""


def serious(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]} — {node['failureSummary'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"][:4]
    ]


def settled(page: Page) -> Page:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)
    return page


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_open_to_all(visit: OpenPage, town: str, address: str, size: str) -> None:
    page = settled(visit(town + address, size))
    assert serious(page) == []
    assert errors_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if size == "phone":
        assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("address", ["/", "/heat/", "/list/"])
def test_a_page_is_open_to_all_in_the_dark(visit: OpenPage, town: str, address: str) -> None:
    assert serious(settled(visit(town + address, dark=True))) == []


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("address", ["/", "/heat/", "/list/"])
def test_an_empty_installation_is_open_to_all(
    visit: OpenPage, empty_town: str, address: str, size: str
) -> None:
    page = settled(visit(empty_town + address, size))
    assert serious(page) == []
    assert errors_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_missing_page_is_open_to_all(visit: OpenPage, town: str) -> None:
    page = settled(visit(f"{town}/nothing/"))
    assert serious(page) == []
    assert page.get_by_role("link", name="Vers la carte").is_visible()


@pytest.mark.parametrize("address", ["/", "/heat/"])
def test_an_opened_panel_is_open_to_all(visit: OpenPage, town: str, address: str) -> None:
    page = settled(visit(town + address, "phone"))
    page.locator("[data-sheet-handle]").click()
    page.locator("[data-sheet-handle]").click()
    if address == "/":
        page.get_by_role("tab", name="Liste").click()
        page.wait_for_selector("[data-row]")
    else:
        page.locator("[data-yard-head]").first.click()
    settled(page)
    assert serious(page) == []
    assert page.evaluate(SMALL_TARGETS) == []
