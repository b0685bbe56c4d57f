"""A resident adds an app and a passkey, signs in with it, takes the data away and erases the account; the desk."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from greening.accounts.bots import LEAST_SECONDS
from tests.browser.conftest import OpenPage, errors_of
from tests.browser.test_access import SMALL_TARGETS, serious, settled
from tests.browser.test_accounts import PASSWORD, account_of, letters_to, sign_in


def open_to_all(page: Page) -> None:
    """No serious finding, no sideways scroll, nothing too small for a finger."""
    assert serious(settled(page)) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, page.url
    assert page.evaluate(SMALL_TARGETS) == [], page.url


def digits(secret: str) -> str:
    """What an app shows for this secret."""
    import base64
    import hashlib
    import hmac
    import struct

    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def with_a_key(page: Page) -> None:
    """This device can hold passkeys, and its owner's finger is on it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def signed_up(page: Page, town: str, data: Path, email: str) -> None:
    page.goto(f"{town}/account/signup/")
    page.get_by_label("Adresse de courriel").fill(email)
    for label in ("Mot de passe", "Mot de passe, encore une fois"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    page.get_by_label("J’ai lu comment la ville garde mes données").check()
    page.wait_for_timeout(LEAST_SECONDS * 1_000)
    page.get_by_role("button", name="Ouvrir le compte").click()
    expect(page.get_by_role("heading", name="Confirmez votre adresse")).to_be_visible()
    link = re.search(r"http://\S+/account/confirm-email/\S+", letters_to(data, email)[-1])
    assert link
    page.goto(link[0])
    page.get_by_role("button", name="Oui").click()
    sign_in(page, email, PASSWORD)


def give_password(page: Page) -> None:
    expect(page.get_by_role("heading", name="mot de passe")).to_be_visible()
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()


def test_a_resident_adds_an_app_and_a_passkey_signs_in_with_it_and_erases_the_account(
    visit: OpenPage, town: str, town_data: Path
) -> None:
    town = town.replace("127.0.0.1", "localhost")  # a key is for a name, never for a number
    email = "ana-passkey@example.fr"
    page = visit(town, "phone")
    with_a_key(page)
    signed_up(page, town, town_data, email)

    page.goto(f"{town}/account/")
    open_to_all(page)
    page.goto(f"{town}/account/factors/")
    open_to_all(page)
    page.get_by_role("link", name="Utiliser une application").click()
    expect(page.get_by_role("heading", name="mot de passe")).to_be_visible()
    open_to_all(page)
    give_password(page)
    expect(page.get_by_role("heading", name="Utiliser une application de codes")).to_be_visible()
    open_to_all(page)
    secret = page.get_by_label("Clé", exact=True).input_value()
    page.get_by_label("Les six chiffres").fill(digits(secret))
    page.get_by_role("button", name="L’utiliser désormais").click()
    expect(page.locator(".codes code")).to_have_count(10)
    open_to_all(page)
    paper = page.locator(".codes code").first.inner_text()

    page.goto(f"{town}/account/factors/webauthn/add/")
    open_to_all(page)
    page.get_by_label("Nom de cette clé").fill("Téléphone d’Ana")
    page.get_by_role("button", name="Ajouter cette clé").click()
    expect(page.get_by_text("1 clé est ajoutée")).to_be_visible()
    page.get_by_role("link", name="Mes clés").click()
    page.wait_for_url("**/webauthn/")
    expect(page.get_by_text("connecte sans le mot de passe")).to_be_visible()
    open_to_all(page)
    page.get_by_role("link", name=re.compile("Renommer")).click()
    expect(page.get_by_role("heading", name="Renommer une clé")).to_be_visible()
    open_to_all(page)
    page.get_by_role("button", name="Enregistrer").click()

    # The password, then the key in place of the code.
    sign_out(page)
    page.goto(f"{town}/account/login/")
    sign_in(page, email, PASSWORD)
    expect(page.get_by_role("heading", name="Prouvez que c’est bien vous")).to_be_visible()
    open_to_all(page)
    page.get_by_role("button", name="Utiliser ma clé").click()
    expect(page.locator("[data-menu] summary")).to_be_visible()
    # The password, then a code on paper, without the key.
    sign_out(page)
    page.goto(f"{town}/account/login/")
    sign_in(page, email, PASSWORD)
    page.get_by_label("Code de l’application").fill(paper)
    page.locator("main").get_by_role("button", name="Se connecter").click()
    expect(page.locator("[data-menu] summary")).to_be_visible()
    # The passkey alone.
    sign_out(page)
    page.goto(f"{town}/account/login/?next=/account/sign-ins/")
    open_to_all(page)
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page.get_by_role("heading", name="Où je suis connecté")).to_be_visible()
    open_to_all(page)

    # What concerns the account's safety asks again; the key answers.
    page.goto(f"{town}/account/data/")
    page.get_by_role("link", name="Avec ma clé").click()
    expect(page.get_by_role("button", name="Utiliser ma clé")).to_be_visible()
    open_to_all(page)
    page.get_by_role("button", name="Utiliser ma clé").click()
    expect(page.get_by_role("heading", name="Mes données")).to_be_visible()
    open_to_all(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger mes données").click()
    assert download.value.suggested_filename.endswith(".zip")

    page.goto(f"{town}/account/erase/")
    open_to_all(page)
    page.get_by_label("Votre adresse de courriel").fill("bo@example.fr")
    page.get_by_label("Je sais que c’est sans retour").check()
    page.get_by_role("button", name="Effacer mon compte").click()
    expect(page.get_by_text("Ce n’est pas l’adresse du compte")).to_be_visible()
    page.get_by_label("Votre adresse de courriel").fill(email)
    page.get_by_label("Je sais que c’est sans retour").check()
    page.get_by_role("button", name="Effacer mon compte").click()
    expect(page.get_by_role("heading", name="Votre compte est effacé")).to_be_visible()
    open_to_all(page)
    assert "dernier message" in letters_to(town_data, email)[-1]
    page.goto(f"{town}/account/login/")
    sign_in(page, email, PASSWORD)
    expect(page.locator("main .errors").first).to_be_visible()
    assert errors_of(page) == []


def sign_out(page: Page) -> None:
    page.locator("[data-menu] summary").click()
    page.locator("[data-menu]").get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("link", name="Se connecter")).to_be_visible()


def test_an_account_is_opened_and_erased_without_scripts(
    visit: OpenPage, town: str, town_data: Path
) -> None:
    email = "bo-plain@example.fr"
    page = visit(town, java_script_enabled=False)
    signed_up(page, town, town_data, email)
    page.goto(f"{town}/account/erase/")
    give_password(page)
    page.get_by_label("Votre adresse de courriel").fill(email)
    page.get_by_label("Je sais que c’est sans retour").check()
    page.get_by_role("button", name="Effacer mon compte").click()
    expect(page.get_by_role("heading", name="Votre compte est effacé")).to_be_visible()


def test_a_resident_asks_and_the_desk_answers(visit: OpenPage, town: str, town_data: Path) -> None:
    email, password = account_of(town_data, "resident")
    resident = visit(f"{town}/account/login/?next=/account/questions/", "phone")
    sign_in(resident, email, password)
    expect(
        resident.get_by_role("heading", name="Comment la ville garde vos données").first
    ).to_be_visible()
    open_to_all(resident)
    resident.get_by_label("J’ai lu comment").check()
    resident.get_by_role("button", name="Continuer").click()
    expect(resident).to_have_url(re.compile("/account/questions/"))
    open_to_all(resident)
    resident.get_by_label("Votre demande").select_option("rectify")
    resident.get_by_label("Dans vos mots").fill("Mon prénom est faux.")
    resident.get_by_role("button", name="Envoyer la question").click()
    expect(resident.get_by_text("la réponse arrive avant le")).to_be_visible()
    open_to_all(resident)

    email, password = account_of(town_data, "dpo")
    desk = visit(f"{town}/account/login/?next=/account/privacy/desk/")
    sign_in(desk, email, password)
    assert serious(settled(desk)) == []
    desk.get_by_label("Réponse").first.fill("C’est corrigé.")
    desk.get_by_role("button", name="Envoyer la réponse").first.click()
    expect(desk.get_by_text("Réponse envoyée")).to_be_visible()
    resident.reload()
    expect(resident.get_by_text("C’est corrigé.")).to_be_visible()
    desk.goto(f"{town}/account/privacy/desk/?q=resident")
    assert serious(settled(desk)) == []
    desk.get_by_role("link", name=re.compile("Effacer le compte")).first.click()
    desk.get_by_label("Mot de passe", exact=True).fill(password)
    desk.get_by_role("button", name="Continuer").click()
    expect(desk.get_by_role("heading", name="Effacer un compte sur demande")).to_be_visible()
    assert serious(settled(desk)) == []
    for name in ("register", "assessment"):
        desk.goto(f"{town}/account/privacy/desk/{name}/")
        assert serious(settled(desk)) == [], name
    assert errors_of(desk) == errors_of(resident) == []


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("address", ["/account/privacy/", "/account/privacy/retention/"])
def test_the_public_texts_are_open_to_all(
    visit: OpenPage, town: str, address: str, size: str
) -> None:
    page = settled(visit(town + address, size))
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert errors_of(page) == []
