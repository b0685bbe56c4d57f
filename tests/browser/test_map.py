"""The public map in a browser: what it draws, what it says, and that list and map are one thing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, errors_of, map_is_ready, painted
from tests.browser.small_town import LONE_TREE, NOWHERE_NEAR


def centre_of_map(page: Page) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def view_at(place: tuple[float, float], zoom: int = 19) -> str:
    return f"#{zoom}/{place[1]}/{place[0]}"


def test_the_first_look_shows_town_things_and_heat(visit: OpenPage, town: str) -> None:
    page = visit(town)
    map_is_ready(page)
    assert painted(page, "ground") > 10_000
    assert painted(page, "objects") > 1_000
    heat = page.locator(".heat-tiles img.leaflet-tile-loaded")
    assert heat.count() >= 4
    expect(page.get_by_role("heading", name="Écart de chaleur (°C)")).to_be_visible()
    legend = page.locator("[data-legend]").inner_text()
    for words in ("−6", "+6", "Surface, pas l’air", "12 scènes", "moins de 5 images"):
        assert words in legend
    expect(page.get_by_role("note")).to_contain_text("Données de démonstration")
    assert errors_of(page) == []


def test_nothing_covers_the_legend_the_attribution_or_the_zoom(visit: OpenPage, town: str) -> None:
    for size in ("phone", "desktop"):
        page = visit(town, size)
        map_is_ready(page)
        for selector in (
            "[data-legend] h2",
            ".leaflet-control-attribution",
            ".leaflet-control-zoom-in",
        ):
            assert page.locator(selector).first.evaluate(
                """element => {
                  const box = element.getBoundingClientRect();
                  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                  return element.contains(top) || top.contains(element);
                }"""
            ), f"{selector} is covered on the {size}"


def test_without_its_base_map_the_towns_own_fabric_carries_the_map(
    visit: OpenPage, town_without_base_map: str
) -> None:
    page = visit(town_without_base_map)
    map_is_ready(page)
    assert painted(page, "ground") > 10_000
    assert painted(page, "objects") > 1_000
    # After a few tiles that never came, the base map is let go.
    expect(page.locator(".leaflet-base-pane img")).to_have_count(0)
    assert all("ERR_" in error for error in errors_of(page)), errors_of(page)


def test_a_layer_switched_off_leaves_the_map_and_the_address_knows(
    visit: OpenPage, town: str
) -> None:
    page = visit(town)
    map_is_ready(page)
    before = painted(page, "objects")
    page.get_by_role("checkbox", name=re.compile("^Arbres")).uncheck()
    expect(page).to_have_url(re.compile("layers="))
    page.wait_for_timeout(300)
    assert painted(page, "objects") < before
    assert "trees" not in page.evaluate("location.hash")
    page.reload()
    map_is_ready(page)
    expect(page.get_by_role("checkbox", name=re.compile("^Arbres"))).not_to_be_checked()
    expect(page.get_by_role("checkbox", name=re.compile("^Jardins"))).to_be_checked()


def test_a_link_shows_what_its_sender_saw(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/#17/48.8215/2.2705&layers=roofs&heat=temperature&opacity=40")
    map_is_ready(page)
    expect(page.get_by_role("heading", name="Température de surface (°C)")).to_be_visible()
    assert page.locator(".heat-tiles").evaluate("element => element.style.opacity") == "0.4"
    expect(page.get_by_role("checkbox", name=re.compile("^Toitures"))).to_be_checked()
    expect(page.get_by_role("checkbox", name=re.compile("^Arbres"))).not_to_be_checked()
    page.get_by_role("button", name="Zoomer", exact=True).click()
    expect(page).to_have_url(re.compile("#18/"))


def test_the_heat_can_be_faded_and_switched_off(visit: OpenPage, town: str) -> None:
    page = visit(town)
    map_is_ready(page)
    page.get_by_label("Opacité").fill("20")
    assert page.locator(".heat-tiles").evaluate("element => element.style.opacity") == "0.2"
    page.get_by_role("checkbox", name="Chaleur des surfaces").uncheck()
    expect(page.locator(".heat-tiles")).to_have_count(0)
    expect(page.locator("[data-legend]")).to_be_hidden()


def test_a_click_on_the_ground_says_its_heat_with_its_doubt(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/{view_at(NOWHERE_NEAR)}")
    map_is_ready(page)
    page.mouse.click(*centre_of_map(page))
    popup = page.locator(".leaflet-popup-content")
    expect(popup).to_contain_text("°C")
    expect(popup).to_contain_text("8 images dégagées")
    expect(popup).to_contain_text("±0,4 °C")
    expect(popup).to_contain_text("(σ)")


def test_a_click_on_a_tree_opens_its_card(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/{view_at(LONE_TREE)}")
    map_is_ready(page)
    page.mouse.click(*centre_of_map(page))
    card = page.get_by_role("article", name=re.compile("Ginkgo biloba"))
    expect(card).to_be_visible()
    expect(card).to_contain_text("20 novembre 2025")
    assert page.locator(".leaflet-marks-pane path").count() == 1
    expect(page).to_have_url(re.compile("on=trees/"))
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(page).not_to_have_url(re.compile("on="))


def test_a_row_of_the_list_opens_its_place_on_the_map(visit: OpenPage, town: str) -> None:
    page = visit(town)
    map_is_ready(page)
    page.get_by_role("tab", name="Liste").click()
    row = page.locator("[data-row]").first
    row.hover()
    expect(page.locator(".leaflet-marks-pane path")).to_have_count(1)
    row.get_by_role("link").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    expect(page).to_have_url(re.compile("#18/"))
    page.get_by_role("button", name="Fermer").click()
    expect(page.locator("[data-row]").first).to_be_visible()


def test_a_filter_of_the_list_is_one_of_the_map(visit: OpenPage, town: str) -> None:
    page = visit(town)
    map_is_ready(page)
    before = painted(page, "objects")
    page.get_by_role("tab", name="Liste").click()
    page.get_by_label("État").select_option("lost")
    expect(page.locator("[data-row]").first).to_contain_text("mort")
    page.wait_for_timeout(400)
    assert painted(page, "objects") < before
    assert "lost" in page.get_by_label("État").input_value()


def test_a_link_to_a_thing_opens_it(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/list/?layer=roofs")
    page.get_by_role("link", name="Médiathèque sur la carte").click()
    map_is_ready(page)
    expect(page.get_by_role("article", name="Médiathèque")).to_be_visible()


def test_the_language_changes_and_the_view_stays(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/#17/48.8215/2.2705&layers=roofs")
    map_is_ready(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Heat", exact=True)).to_be_visible()
    map_is_ready(page)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("location.hash").startswith("#17/48.8215/2.2705")
    expect(page.get_by_role("checkbox", name=re.compile("^Trees"))).not_to_be_checked()
    expect(page.get_by_role("note")).to_contain_text("Demonstration data")


def test_the_keyboard_reaches_everything(visit: OpenPage, town: str) -> None:
    page = visit(town)
    map_is_ready(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    reached: set[str] = set()
    for _step in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => { const e = document.activeElement;
                  return e.id || e.dataset.layer || e.dataset.heatLayer !== undefined && 'heat-layer'
                    || e.getAttribute('aria-label') || e.textContent.trim().slice(0, 30) }"""
            )
            or ""
        )
    assert {
        "Carte",
        "Chaleur",
        "EN English",
        "tab-layers",
        "heat-layer",
        "trees",
        "map",
        "Zoomer",
    } <= reached
    page.get_by_role("tab", name="Couches").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Liste")).to_be_focused()
    link = page.locator("[data-row] a").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_be_focused()
    page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_on_a_phone_the_sheet_opens_with_a_tap_and_a_card_opens_it(
    visit: OpenPage, town: str
) -> None:
    page = visit(f"{town}/{view_at(LONE_TREE)}", "phone")
    map_is_ready(page)
    handle = page.locator("[data-sheet-handle]")
    expect(handle).to_have_attribute("aria-expanded", "false")
    handle.tap()
    expect(page.locator("[data-panel]")).to_have_attribute("data-sheet", "half")
    handle.tap()
    handle.tap()
    expect(handle).to_have_attribute("aria-expanded", "false")
    page.touchscreen.tap(*centre_of_map(page))
    expect(page.get_by_role("article", name=re.compile("Ginkgo"))).to_be_visible()
    expect(page.locator("[data-panel]")).to_have_attribute("data-sheet", "half")


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_without_scripts_the_list_says_what_the_map_shows(
    visit: OpenPage, town: str, size: str
) -> None:
    page = visit(town, size, java_script_enabled=False)
    expect(page.get_by_text("La carte a besoin de scripts")).to_be_visible()
    page.get_by_role("link", name="Tout ce que montre la carte, en liste").click()
    page.get_by_label("Liste", exact=True).select_option("roofs")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_role("heading", name="Toitures végétalisées")).to_be_visible()
    page.get_by_role("link", name="1, Médiathèque", exact=True).click()
    expect(page.get_by_role("heading", name="Médiathèque")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Show on the map")).to_be_visible()


def test_panning_asks_for_what_is_new_and_nothing_twice(visit: OpenPage, town: str) -> None:
    page = visit(f"{town}/#17/48.8235/2.2720&heat=")
    map_is_ready(page)
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/tiles/" in request.url else None
    )
    page.locator("#map").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        page.wait_for_timeout(400)
    page.wait_for_load_state("networkidle")
    assert len(asked) == len(set(asked))
    assert errors_of(page) == []
