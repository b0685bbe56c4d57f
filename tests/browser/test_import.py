"""A planner brings the town's own trees in the browser: a file looked at, imported, reported, taken back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, errors_of, run, serve, stop
from tests.browser.test_access import serious, settled
from tests.browser.test_programme import signed_in

IMPORTS = "/programme/import/"
#: As a town's office writes it: semicolons, decimal commas, Latin-1, and one row that cannot be.
TREES = """N°;Essence;Circonférence (cm);Hauteur (m);Année de plantation;Longitude;Latitude
A1;Tilia cordata;94;8,5;2004;2,27051;48,82151
A2;Platanus x hispanica;212;17,5;1968;2,27102;48,82203
A3;Ginkgo biloba;31;5,0;2031;2,27166;48,82244
"""


@pytest.fixture(scope="module")
def office(town_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("imports")
    shutil.copytree(town_data, data, dirs_exist_ok=True)
    run("-m", "tests.browser.test_programme", data=data)
    process, address = serve(data, tmp_path_factory.mktemp("log") / "imports.log")
    yield address
    stop(process)


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_town_brings_its_own_trees_and_takes_them_back(
    visit: OpenPage, office: str, size: str, tmp_path: Path
) -> None:
    file = tmp_path / f"arbres-{size}.csv"
    file.write_bytes(TREES.encode("latin-1"))
    page = signed_in(visit(office, size), office, IMPORTS)
    assert serious(settled(page)) == []
    page.get_by_label("Fichier d’arbres").set_input_files(file)
    page.get_by_role("button", name="Examiner le fichier").click()
    expect(page.get_by_role("heading", name=file.name)).to_be_visible()
    assert serious(settled(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator("button[name=do][value=import]").click()
    expect(page.get_by_role("heading", name="Annuler cet import")).to_be_visible()
    assert serious(settled(page)) == []
    expect(page.locator("main")).to_contain_text("2031")  # the year that cannot be is told
    page.get_by_role("button", name="Annuler", exact=False).last.click()
    expect(page.locator("h1 .tag")).to_contain_text("annulé")
    assert serious(settled(page)) == []
    assert errors_of(page) == []
