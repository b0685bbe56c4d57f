"""A resident signs up and in by a real message; an administrator moves a tree in the back office and finds it told."""

from __future__ import annotations

import re
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from greening.accounts.bots import LEAST_SECONDS
from tests.browser.conftest import ROOT, OpenPage, environment, errors_of
from tests.browser.test_access import SMALL_TARGETS, serious, settled

PASSWORD = "une phrase assez longue"


def letters_to(data: Path, address: str) -> list[str]:
    """What was written to this address, the newest last, from the files that stand for a mail server."""
    said = []
    for file in sorted((data / "mail").glob("*.log"), key=lambda each: each.stat().st_mtime_ns):
        for raw in file.read_bytes().split(b"-" * 79):
            message = message_from_bytes(raw.lstrip())
            if message["To"] == address:
                payload = message.get_payload(decode=True)
                assert isinstance(payload, bytes)
                said.append(payload.decode())
    return said


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Adresse de courriel").fill(email)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.locator("main").get_by_role("button", name="Se connecter").click()
    page.wait_for_load_state("networkidle")


def account_of(town_data: Path, role: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "demo_account", role],
        cwd=ROOT, env=environment(town_data), capture_output=True, text=True, check=True,
    )  # fmt: skip
    email, password = done.stdout.split()
    return email, password


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_resident_signs_up_confirms_signs_in_and_out(
    visit: OpenPage, town: str, town_data: Path, size: str
) -> None:
    email = f"ana-{size}@example.fr"
    page = visit(town, size)
    page.get_by_role("link", name="Se connecter").click()
    assert serious(settled(page)) == []
    page.get_by_role("link", name="Ouvrir un compte").click()
    assert serious(settled(page)) == []
    if size == "phone":
        assert page.evaluate(SMALL_TARGETS) == []
    page.get_by_label("Adresse de courriel").fill(email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_label("Mot de passe, encore une fois").fill("autre chose de long")
    page.get_by_label("J’ai lu comment la ville garde mes données").check()
    page.wait_for_timeout(LEAST_SECONDS * 1_000)
    page.get_by_role("button", name="Ouvrir le compte").click()
    assert serious(settled(page)) == []
    expect(page.locator(".field.wrong")).to_contain_text("Mot de passe, encore une fois")

    for label in ("Mot de passe", "Mot de passe, encore une fois"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Ouvrir le compte").click()
    expect(page.get_by_role("heading", name="Confirmez votre adresse")).to_be_visible()
    expect(page.get_by_text("EMAIL_URL")).to_be_visible()
    assert serious(settled(page)) == []

    link = re.search(r"http://\S+/account/confirm-email/\S+", letters_to(town_data, email)[-1])
    assert link
    page.goto(link[0])
    assert serious(settled(page)) == []
    page.get_by_role("button", name="Oui").click()
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
    sign_in(page, email, PASSWORD)

    page.locator("[data-menu] summary").click()
    assert serious(settled(page)) == []
    page.get_by_role("link", name="Mon compte").click()
    expect(page.get_by_text("habitant", exact=True)).to_be_visible()
    assert serious(settled(page)) == []
    page.locator("[data-menu] summary").click()
    page.locator("[data-menu]").get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("link", name="Se connecter")).to_be_visible()
    assert errors_of(page) == []


def test_an_administrator_moves_a_tree_in_the_back_office_and_finds_it_in_its_history(
    visit: OpenPage, town: str, town_data: Path
) -> None:
    email, password = account_of(town_data, "administrator")
    page = visit(f"{town}/admin/greening/tree/?state__exact=establishing")
    sign_in(page, email, password)  # the back office has no sign-in of its own
    expect(page).to_have_url(re.compile(r"/admin/greening/tree/\?state__exact=establishing"))
    page.locator("#result_list tbody th a").first.click()
    expect(page).to_have_url(re.compile(r"/tree/\d+/change/"))
    number = re.search(r"/tree/(\d+)/", page.url)
    assert number
    state = page.get_by_label("État")
    expect(state.locator("option")).to_have_text(
        ["en reprise", "installé", "mort", "disparu", "abattu", "transplanté"]
    )
    assert serious(settled(page)) == []
    # The marker stands on its map, from our own files.
    page.wait_for_function(
        "() => { const pin = document.querySelector('.leaflet-marker-icon'); return pin && pin.naturalWidth > 0 }"
    )
    state.select_option("felled")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    refused = page.locator(".field-state .errorlist")
    expect(refused).to_contain_text("à abattre")  # the door's own sentence, beside the field
    state.select_option("established")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()

    page.goto(f"{town}/history/tree/{number[1]}/")
    entry = page.locator(".happened > li").first
    expect(entry).to_contain_text(email)
    expect(entry).to_contain_text("Chrome, Linux")
    expect(entry).to_contain_text("installé")
    expect(page.locator(".happened > li").nth(1)).to_contain_text("à abattre")
    assert serious(settled(page)) == []

    stranger = visit(f"{town}/history/tree/{number[1]}/")
    expect(stranger.locator(".happened > li")).to_have_count(1)
    expect(stranger.locator("main")).not_to_contain_text(email)
    assert serious(settled(stranger)) == []


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_pages_of_those_who_lead_are_open_to_all(
    visit: OpenPage, town: str, town_data: Path, size: str
) -> None:
    email, password = account_of(town_data, "administrator")
    page = visit(f"{town}/account/login/", size)
    sign_in(page, email, password)
    for address in (
        "/account/",
        "/account/people/",
        "/account/people/?q=administrator@demo.invalid",
        "/account/email/",
        "/account/password/change/",
        "/programme/journal/",
        "/programme/journal/to-settle/",
    ):
        page.goto(town + address)
        assert serious(settled(page)) == [], address
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        if size == "phone":
            assert page.evaluate(SMALL_TARGETS) == [], address
    page.goto(f"{town}/account/people/?q={email}")
    page.get_by_role("link", name=email).click()
    expect(page.get_by_role("heading", name=email)).to_be_visible()
    assert serious(settled(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert errors_of(page) == []
