"""RGAA 4.1, level AA, on residents' pages: the criteria that a machine can check, each with its number and its check.

The rest (whether a sentence is clear, whether an alternative says the same) is for a person: the accessibility page
says what was audited by hand.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage, errors_of, run, serve, stop
from tests.browser.garden_town import SACHA
from tests.browser.test_access import SMALL_TARGETS, serious, settled
from tests.browser.test_residents import signed_in

#: The criteria with their checks (1.2, 5.7, 6.2, 7.1, 8.3, 8.6, 9.1, 9.2, 10.7, 11.1, 11.10, 11.13, 12.7, 12.8, 13.8).
#: In this file besides: 3.2 and 3.3 (contrast, by axe), 10.11 (320 px), 10.12 (spacing). In test_residents.py: 7.3
#: and 12.9 (keyboard), 7.5 (what changed is said). 13.1 asks nothing of us: no page runs out, offers have days.
RGAA = Path(__file__).with_name("rgaa.js").read_text()


@pytest.fixture(scope="module")
def gardens(town_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("gardens-access")
    shutil.copytree(town_data, data, dirs_exist_ok=True)
    run("-m", "tests.browser.garden_town", data=data)
    process, address = serve(data, tmp_path_factory.mktemp("log") / "gardens.log")
    yield address
    stop(process)


@pytest.fixture(scope="module")
def sachas(chromium: Any, gardens: str) -> Any:
    """Sacha's session, and the addresses of what is theirs."""
    context = chromium.new_context(locale="fr-FR")
    page = signed_in(context.new_page(), gardens, SACHA, "/gardens/mine/")
    links = page.evaluate(
        "[...document.querySelectorAll('main .plain-list a')].map(e => e.pathname)"
    )
    page.goto(gardens + next(link for link in links if "applications" in link))
    links += page.evaluate("[...document.querySelectorAll('.decisions a')].map(e => e.pathname)")
    state = context.storage_state()
    context.close()
    return state, links


def pages(links: list[str]) -> list[str]:
    return [
        "/gardens/",
        "/gardens/1/",
        "/gardens/rules/",
        "/gardens/mine/",
        *links,
        "/gardens/adopt/trees/5/",
    ]


def broken(page: Page) -> list[str]:
    return list(page.evaluate(RGAA))


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_page_of_residents_meets_the_criteria(
    visit: OpenPage, gardens: str, sachas: Any, size: str
) -> None:
    state, links = sachas
    assert len(links) == 3  # an adoption, an application, the decision about it
    page = visit(gardens + "/gardens/", size, storage_state=state)
    for address in pages(links):
        page.goto(gardens + address)
        settled(page)
        assert serious(page) == [], address
        assert broken(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        if size == "phone":
            assert page.evaluate(SMALL_TARGETS) == [], address
    assert errors_of(page) == []


def test_every_page_of_residents_is_open_to_all_in_the_dark(
    visit: OpenPage, gardens: str, sachas: Any
) -> None:
    state, links = sachas
    page = visit(gardens + "/gardens/", dark=True, storage_state=state)
    for address in pages(links):
        page.goto(gardens + address)
        assert serious(settled(page)) == [], address


def test_a_form_that_was_filled_in_wrongly_is_open_to_all(
    visit: OpenPage, gardens: str, sachas: Any
) -> None:
    state, _links = sachas
    page = visit(gardens + "/gardens/adopt/trees/5/", "phone", storage_state=state)
    page.locator("#id_address").fill("")
    page.locator("#id_consent").uncheck()
    page.get_by_role("button", name="Aider cet arbre").click()
    page.wait_for_selector("[aria-invalid=true]")
    assert page.locator("[aria-invalid=true]").count() == 2
    assert serious(settled(page)) == []
    assert broken(page) == []


@pytest.mark.parametrize("width", [390, 360, 320])
def test_header_and_pages_fit_a_narrow_phone(
    visit: OpenPage, gardens: str, sachas: Any, width: int
) -> None:
    state, links = sachas
    page = visit(gardens + "/gardens/", "phone", storage_state=state)
    page.set_viewport_size({"width": width, "height": 640})
    for address in pages(links):
        page.goto(gardens + address)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
    # The places are whole, and as large as a finger.
    cut = page.evaluate(
        "(() => { const nav = document.querySelector('.places'); const box = nav.getBoundingClientRect();"
        " return [...nav.children].filter(e => { const r = e.getBoundingClientRect();"
        " return r.left < box.left - 1 || r.right > box.right + 1 || r.width < 44 || r.height < 44 })"
        ".map(e => e.innerText) })()"
    )
    assert cut == []
    # The leaf alone stands for the town; its name is there for who hears the page. Where there is no room for it,
    # the map's own place leads to the same page.
    if width < 350:
        return
    brand = page.get_by_role("link", name="Petiteville")
    box = brand.bounding_box()
    assert box is not None
    assert box["width"] >= 44
    assert brand.locator("svg").is_visible()


def test_wider_spacing_of_letters_and_lines_hides_nothing(
    visit: OpenPage, gardens: str, sachas: Any
) -> None:
    """RGAA 10.12: line height 1.5, letters 0.12 em, words 0.16 em, paragraphs 2 em apart."""
    state, links = sachas
    page = visit(gardens + "/gardens/", "phone", storage_state=state)
    for address in pages(links):
        page.goto(gardens + address)
        page.add_style_tag(
            content="main * { line-height: 1.5 !important; letter-spacing: .12em !important;"
            " word-spacing: .16em !important } main p { margin-block-end: 2em !important }"
        )
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
