"""The garden managers' desk in a browser: a plot drawn with the mouse or the keyboard, gardens opened and closed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.conftest import OpenPage, errors_of, run, serve, stop
from tests.browser.desk_town import AWA, DRAFT, LEFT, MANAGER, REFERENT
from tests.browser.test_access import SMALL_TARGETS, serious, settled
from tests.browser.test_residents import signed_in
from tests.browser.test_residents_access import broken


@pytest.fixture(scope="module")
def desk(town_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("desk")
    shutil.copytree(town_data, data, dirs_exist_ok=True)
    run("-m", "tests.browser.desk_town", data=data)
    process, address = serve(data, tmp_path_factory.mktemp("log") / "desk.log")
    yield address
    stop(process)


def garden_on_screen(page: Page) -> FloatRect:
    """The garden's outline as a rectangle of pixels."""
    page.wait_for_selector("[data-garden-map][data-ready=true]")
    page.wait_for_timeout(300)
    box: FloatRect = page.evaluate(
        """() => { const all = [...document.querySelectorAll('.leaflet-overlay-pane path')]
          .map(path => path.getBoundingClientRect()).sort((a, b) => b.width * b.height - a.width * a.height);
          const { x, y, width, height } = all.find(each => each.height > 50 && each.width > 50);
          return { x, y, width, height } }"""
    )
    return box


def click_at(page: Page, garden: FloatRect, east: float, south: float) -> None:
    """A click at a share of the garden's width and height."""
    x, y = garden["x"] + east * garden["width"], garden["y"] + south * garden["height"]
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def draw_rectangle(page: Page, west: float, north: float, east: float, south: float) -> None:
    page.locator("[data-garden-map]").scroll_into_view_if_needed()
    garden = garden_on_screen(page)
    for corner in ((west, north), (east, north), (east, south), (west, south)):
        click_at(page, garden, *corner)


def test_the_manager_draws_plots_opens_the_garden_and_a_neighbour_finds_it(
    visit: OpenPage, desk: str
) -> None:
    page = signed_in(visit(f"{desk}/account/login/"), desk, MANAGER, "/gardens/desk/")
    page.get_by_role("link", name=DRAFT).first.click()
    page.get_by_role("link", name="Dessiner une parcelle").click()
    expect(page.locator("[data-said]")).to_contain_text("premier coin")
    draw_rectangle(page, 0.1, 0.1, 0.3, 0.35)
    expect(page.locator("[data-garden-map]")).to_have_attribute("data-corners", "4")
    page.get_by_role("button", name="Terminer le contour").click()
    expect(page.locator("[data-said]")).to_contain_text("m²")
    page.get_by_role("button", name="Enregistrer et en dessiner une autre").click()
    expect(page.locator(".messages")).to_contain_text("La parcelle 01 est dessinée.")

    # The next one, over the first: one sentence says so, and nothing of the drawing is lost.
    draw_rectangle(page, 0.2, 0.1, 0.5, 0.35)
    page.get_by_role("button", name="Enregistrer la parcelle").click()
    expect(page.get_by_role("alert")).to_contain_text("chevauche la parcelle 01")
    expect(page.locator("[data-garden-map]")).to_have_attribute("data-corners", "4")

    # A corner dragged away from it with the mouse, another moved with the keyboard.
    page.wait_for_selector("[data-garden-map][data-ready=true]")
    before = page.locator("[data-outline]").input_value()
    corner = page.get_by_role("button", name="Coin 1 sur 4")
    corner.press("ArrowUp")
    assert page.locator("[data-outline]").input_value() != before
    expect(page.get_by_role("button", name="Coin 1 sur 4")).to_be_focused()
    garden = garden_on_screen(page)
    for name, south in (("Coin 1 sur 4", 0.1), ("Coin 4 sur 4", 0.35)):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(
            garden["x"] + 0.36 * garden["width"], garden["y"] + south * garden["height"], steps=8
        )
        page.mouse.up()
    page.get_by_role("button", name="Enregistrer la parcelle").click()
    expect(page.locator(".messages")).to_contain_text("La parcelle 02 est dessinée.")
    expect(page.locator("[data-plot]")).to_have_count(2)

    expect(
        page.get_by_text("Les habitants peuvent faire une demande dès maintenant")
    ).to_be_visible()
    page.get_by_role("button", name="Ouvrir ce jardin").click()
    expect(page.locator(".messages")).to_contain_text("ouvert")
    # The overlap was answered with 409, which a browser notes; nothing else went wrong.
    assert [text for text in errors_of(page) if "409" not in text] == []
    public = visit(f"{desk}/gardens/")
    expect(public.locator("main")).to_contain_text(DRAFT)


def test_a_garden_with_waiting_people_closes_and_they_are_told(visit: OpenPage, desk: str) -> None:
    page = signed_in(visit(f"{desk}/account/login/"), desk, MANAGER, "/gardens/desk/")
    page.get_by_role("link", name=LEFT).first.click()
    page.get_by_role("link", name="Fermer ce jardin…").click()
    expect(page.locator("main")).to_contain_text("3 personnes ont fait une demande ici")
    expect(page.locator("main")).to_contain_text("garde le jour de sa demande")
    page.get_by_label("J’ai lu ce qui se passe.").check()
    page.get_by_role("button", name="Fermer le jardin").click()
    expect(page.locator(".messages")).to_contain_text("3 personnes")
    expect(page.locator("h1")).to_contain_text("fermé")
    hers = signed_in(visit(f"{desk}/account/login/"), desk, AWA, "/account/notices/")
    expect(hers.locator("main")).to_contain_text(LEFT)


def test_a_plot_is_drawn_from_text_without_scripts(visit: OpenPage, desk: str) -> None:
    page = visit(f"{desk}/account/login/", java_script_enabled=False)
    signed_in(page, desk, MANAGER, "/gardens/desk/")
    page.locator("main").get_by_role("link", name="Jardin des Petits Prés").first.click()
    page.get_by_role("link", name="Dessiner une parcelle").click()
    page.get_by_label("contour (GeoJSON)").fill("rien")
    page.get_by_role("button", name="Enregistrer la parcelle").click()
    expect(page.locator(".field .error")).to_contain_text("GeoJSON")
    west, south = 2.2690 + 2.7 * 0.002, 48.8205 + 0.5 * 0.002 + 1.5e-4
    ring = [[west, south], [west + 5e-5, south], [west + 5e-5, south + 5e-5], [west, south]]
    text = f'{{"type": "Polygon", "coordinates": [{ring}]}}'
    page.get_by_label("contour (GeoJSON)").fill(text)
    page.get_by_role("button", name="Enregistrer la parcelle").click()
    expect(page.locator(".messages")).to_contain_text("est dessinée")


def addresses(page: Page, desk: str) -> list[str]:
    """Every page of the desk, with the numbers that this town has."""
    page.goto(f"{desk}/gardens/desk/")
    garden = page.locator("main").get_by_role("link", name=LEFT).first.get_attribute("href")
    page.goto(f"{desk}{garden}")
    plot = page.locator("[data-plot] a").first.get_attribute("href")
    return [
        "/gardens/desk/",
        f"{garden}",
        f"{garden}page/",
        f"{garden}list/",
        f"{garden}close/",
        f"{garden}plots/new/",
        f"{plot}",
        "/gardens/desk/applications/",
        "/gardens/desk/applications/?state=offered",
        "/gardens/desk/applications/1/",
        "/gardens/desk/contests/",
        "/gardens/desk/contests/1/",
        "/gardens/desk/renewals/",
        "/gardens/desk/rules/",
        "/gardens/desk/rules/new/",
    ]


@pytest.fixture(scope="module")
def standing_desk(town_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same town, in which nothing was closed."""
    data = tmp_path_factory.mktemp("desk-access")
    shutil.copytree(town_data, data, dirs_exist_ok=True)
    run("-m", "tests.browser.desk_town", data=data)
    process, address = serve(data, tmp_path_factory.mktemp("log") / "desk.log")
    yield address
    stop(process)


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_page_of_the_desk_is_open_to_all(
    visit: OpenPage, standing_desk: str, size: str
) -> None:
    page = signed_in(
        visit(f"{standing_desk}/account/login/", size), standing_desk, MANAGER, "/gardens/desk/"
    )
    for there in addresses(page, standing_desk):
        page.goto(standing_desk + there)
        settled(page)
        page.evaluate(
            "document.querySelectorAll('main details').forEach(each => { each.open = true })"
        )
        assert serious(page) == [], there
        assert broken(page) == [], there
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, there
        if size == "phone":
            assert page.evaluate(SMALL_TARGETS) == [], there
    assert errors_of(page) == []


def test_the_desk_is_open_to_all_in_the_dark_and_to_a_referent(
    visit: OpenPage, standing_desk: str
) -> None:
    page = signed_in(
        visit(f"{standing_desk}/account/login/", dark=True),
        standing_desk,
        REFERENT,
        "/gardens/desk/",
    )
    assert serious(settled(page)) == []
    page.get_by_role("link", name=LEFT).first.click()
    assert serious(settled(page)) == []
    expect(page.locator("main")).not_to_contain_text("Awa")
    page.get_by_role("link", name="Nouvelles").click()
    assert serious(settled(page)) == []
    expect(page.get_by_role("button", name="Publier ce contact")).to_have_count(0)
