"""Whole stories of residents in a browser: a plot applied for, offered, accepted, renewed; another one refused."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, errors_of, map_is_ready, run, serve, stop
from tests.browser.garden_town import ALIX, GARDEN, KIM, ROBIN
from tests.greening.people import PASSWORD

#: A page has fewer stops for the keyboard than this.
STOPS = 120


@pytest.fixture(scope="module")
def garden_data(town_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("gardens")
    shutil.copytree(town_data, data, dirs_exist_ok=True)
    run("-m", "tests.browser.garden_town", data=data)
    return data


@pytest.fixture(scope="module")
def gardens(garden_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, address = serve(garden_data, tmp_path_factory.mktemp("log") / "gardens.log")
    yield address
    stop(process)


def in_the_town(data: Path, code: str) -> None:
    """What the town does meanwhile, in the database that the server reads."""
    run("manage.py", "shell", "-v", "0", "-c", code, data=data)


def sign_in(page: Page, email: str) -> None:
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()


def signed_in(page: Page, address: str, email: str, there: str = "/gardens/") -> Page:
    page.goto(f"{address}/account/login/?next={quote(there)}")
    sign_in(page, email)
    page.wait_for_url(f"{address}{there}")
    return page


def fill_in(page: Page, street: str) -> None:
    page.get_by_label("Numéro et rue").fill(street)
    page.get_by_label("Code postal").fill("92130")
    page.get_by_label("J’accepte que la ville garde").check()


def test_a_resident_applies_waits_is_offered_a_plot_accepts_and_renews(
    visit: OpenPage, gardens: str, garden_data: Path
) -> None:
    page = visit(f"{gardens}/gardens/", "phone")
    map_is_ready(page)
    page.get_by_role("link", name=GARDEN).click()
    page.get_by_role("link", name="Demander une parcelle").click()
    sign_in(page, ALIX)
    page.wait_for_url("**/apply/")

    # Something is missing: the page says so, beside the field.
    page.get_by_label("Numéro et rue").fill("")
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_role("alert")).to_contain_text("réponse")
    expect(page.locator("#id_address_error")).to_have_text("Merci de remplir ce champ.")
    fill_in(page, "12 rue du Levant")
    page.get_by_role("button", name="Envoyer ma demande").click()
    page.wait_for_url("**/gardens/applications/*/")
    mine = page.url
    expect(page.locator(".messages")).to_contain_text("Votre demande est enregistrée.")
    expect(page.get_by_role("heading", name="La suite, pas à pas")).to_be_visible()

    # The town checks it; the page says the place, and why.
    in_the_town(
        garden_data,
        "from parcels.models import Application; from parcels.applying import check\n"
        f"check(Application.objects.get(resident__user__email='{ALIX}'), by=None)",
    )
    page.reload()
    # Robin may wait as well by then, put back by a refusal.
    place = re.compile("Vous êtes à la 1re place sur [12] pour ce jardin, parce que")
    expect(page.locator(".place")).to_contain_text(place)
    expect(
        page.get_by_text("aucune des personnes en attente n’est placée à un jour plus tôt")
    ).to_be_visible()

    # A plot is offered: it stands first on the gardens' page.
    in_the_town(
        garden_data,
        "from parcels.models import Plot; from parcels.offering import offer_next\n"
        "offer_next(Plot.objects.get(number='3'), by=None)",
    )
    page.goto(f"{gardens}/gardens/")
    step = page.locator(".step").first
    expect(step).to_contain_text(f"La parcelle 3 ({GARDEN}) vous est proposée")
    expect(step).to_contain_text("encore 7 jours")
    step.get_by_role("link").click()
    assert page.url == mine
    map_is_ready(page)
    page.get_by_role("button", name="Accepter la parcelle").click()
    page.wait_for_url("**/gardens/adoptions/*/")
    expect(page.locator("h1")).to_have_text(f"Parcelle 3, {GARDEN}")

    # Most of a year goes by.
    in_the_town(
        garden_data,
        "from parcels.models import Adoption; from parcels.adopting import renewals\n"
        "import datetime as dt; from django.utils import timezone\n"
        "today = timezone.localdate()\n"
        "Adoption.objects.filter(plot__number='3').update(until=today + dt.timedelta(days=20))\n"
        "renewals(today)",
    )
    page.goto(f"{gardens}/gardens/")
    step = page.locator(".step", has_text="renouvelez jusqu’au")
    step.get_by_role("link").click()
    page.wait_for_url("**/gardens/adoptions/*/")
    page.get_by_role("button", name="Renouveler").click()
    expect(page.locator(".messages")).to_contain_text("Renouvelé jusqu’au")
    expect(page.get_by_text("il n’y a rien à faire maintenant")).to_be_visible()
    # The form that was filled in wrongly was answered with 422, which the console tells.
    assert [error for error in errors_of(page) if "422" not in error] == []


def tab_to(page: Page, text: str) -> None:
    """Presses Tab until what has the focus says `text`."""
    for _stop in range(STOPS):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "() => { const e = document.activeElement;"
            " return `${e.getAttribute('aria-label') || ''} ${e.innerText || e.name || ''}` }"
        )
        if text in said:
            visible = page.evaluate(
                "() => { const s = getComputedStyle(document.activeElement);"
                " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 }"
            )
            assert visible, f"{text}: the focus cannot be seen"
            return
    raise AssertionError(f"the keyboard does not reach “{text}”")


def test_another_refuses_with_the_keyboard_alone_and_sees_what_it_costs(
    visit: OpenPage, gardens: str
) -> None:
    page = signed_in(visit(f"{gardens}/gardens/rules/"), gardens, ROBIN)
    expect(page.locator(".step").first).to_contain_text("La parcelle 1")
    tab_to(page, "Voir la proposition")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gardens/applications/*/")
    cost = "C’est votre refus n° 2. Ce que cela coûte : vous reculez de 6 mois dans l’ordre."
    expect(page.locator("#decline-cost")).to_contain_text(cost)
    tab_to(page, "Refuser la parcelle")
    described = page.evaluate("document.activeElement.getAttribute('aria-describedby')")
    assert described == "decline-cost"
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("vous reculez de 6 mois dans l’ordre.")
    expect(page.get_by_text("Vos refus vous ont fait reculer de 6 mois.")).to_be_visible()
    expect(page.get_by_text("vous passez à la fin de la liste.").first).to_be_visible()

    # And contests the decision, still without a mouse.
    tab_to(page, "parcelle 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gardens/decisions/*/")
    tab_to(page, "text")
    page.keyboard.type("La parcelle était trop loin.")
    tab_to(page, "Envoyer à la ville")
    page.keyboard.press("Enter")
    expect(page.locator("blockquote")).to_have_text("La parcelle était trop loin.")
    assert errors_of(page) == []


def test_everything_works_with_scripts_off(visit: OpenPage, gardens: str) -> None:
    page = visit(f"{gardens}/gardens/", "phone", java_script_enabled=False)
    expect(page.locator("#map")).to_be_hidden()
    page.get_by_label("Avec une parcelle accessible").check()
    page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_text("Aucun jardin n’a une telle parcelle")).to_be_visible()
    page.get_by_role("link", name="Tous les jardins").click()
    page.get_by_role("link", name=GARDEN).click()
    expect(page.get_by_role("table")).to_contain_text("24 m²")
    page.get_by_role("link", name="Demander une parcelle").click()
    sign_in(page, KIM)
    fill_in(page, "8 rue du Midi")
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.locator(".messages")).to_contain_text("Votre demande est enregistrée.")
    page.get_by_text("Je ne veux plus de parcelle").click()
    page.get_by_role("button", name="Retirer ma demande").click()
    expect(page.locator(".messages")).to_contain_text("Votre demande est retirée.")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_young_tree_is_adopted_from_its_card_on_the_map(visit: OpenPage, gardens: str) -> None:
    page = signed_in(visit(f"{gardens}/gardens/rules/"), gardens, KIM, "/")
    map_is_ready(page)
    page.get_by_role("tab", name="Liste").click()
    with page.expect_response(lambda answer: "state=establishing" in answer.url):
        page.get_by_label("État").select_option("establishing")
    expect(
        page.locator("[data-list]:not([aria-busy])")
    ).to_be_visible()  # the rows of before are gone
    page.locator("[data-row]").nth(2).get_by_role("link").first.click()
    page.get_by_role("link", name="Adopter : aider ce jeune arbre").click()
    expect(page.get_by_text("Son gestionnaire, « Ville »")).to_be_visible()
    fill_in(page, "8 rue du Midi")
    page.get_by_role("button", name="Aider cet arbre").click()
    page.wait_for_url("**/gardens/adoptions/*/")
    page.get_by_label("Litres").fill("12")
    page.get_by_role("button", name="J’ai arrosé").click()
    expect(page.get_by_text("12 L jusqu’ici.")).to_be_visible()
    map_is_ready(page)
    assert errors_of(page) == []


def test_the_nearest_garden_is_found_only_when_asked(visit: OpenPage, gardens: str) -> None:
    page = visit(
        f"{gardens}/gardens/",
        geolocation={"latitude": 48.8215, "longitude": 2.2690},
        permissions=["geolocation"],
    )
    map_is_ready(page)
    away = page.locator("[data-away]").first
    expect(away).to_be_hidden()
    page.get_by_role("button", name="Les plus proches d’abord").click()
    expect(away).to_contain_text("m de vous")
    expect(page.locator("[data-located]")).to_contain_text(
        "Votre position reste dans ce navigateur"
    )
    assert page.locator(".pin").count() == page.locator("[data-row]").count()
    assert errors_of(page) == []
