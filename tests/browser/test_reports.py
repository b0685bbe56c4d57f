"""Two residents report one thirsty tree; a moderator joins the reports and answers; both see what came of it."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, OpenPage, environment, errors_of, map_is_ready
from tests.browser.small_town import LONE_TREE
from tests.browser.test_access import SMALL_TARGETS, serious, settled
from tests.browser.test_accounts import account_of, sign_in

PASSWORD = "une phrase assez longue"
#: A resident with a confirmed address, as the sign-up leaves them.
RESIDENT = """
import os, sys
from importlib.util import find_spec
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greening.settings")
import django
django.setup()
from django.contrib.auth.models import Group, User
from greening.accounts.people import confirm_address
user, _made = User.objects.get_or_create(username=sys.argv[1], defaults={"email": sys.argv[1]})
user.set_password(sys.argv[2])
user.save()
user.groups.add(Group.objects.get_or_create(name="resident")[0])
confirm_address(user)
if find_spec("greening.accounts.consents"):
    from greening.accounts.consents import agree
    agree(user)
"""


def resident(town_data: Path, name: str) -> tuple[str, str]:
    email = f"{name}@example.fr"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RESIDENT, email, PASSWORD],
        cwd=ROOT, env=environment(town_data), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return email, PASSWORD


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (150, 120, 60)).save(out, "JPEG")
    return out.getvalue()


def is_open_to_all(page: Page) -> None:
    assert serious(settled(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if (page.viewport_size or {}).get("width") == 390:
        assert page.evaluate(SMALL_TARGETS) == []


def send(page: Page) -> str:
    """Sends the form, and reads the number of the report from the thanks."""
    page.wait_for_timeout(3_000)  # nobody fills in a form faster; robots do
    page.get_by_role("button", name="Envoyer à la ville").click()
    expect(page.get_by_role("heading", name="Merci")).to_be_visible()
    number = re.search(r"/report/(\d+)/thanks/", page.url)
    assert number
    return number[1]


def test_two_residents_one_tree_one_answer(visit: OpenPage, town: str, town_data: Path) -> None:
    # Ana finds the tree on the public map and comes from its card.
    ana = visit(f"{town}/#19/{LONE_TREE[1]}/{LONE_TREE[0]}&on=trees/51", "phone")
    ana.locator('[data-card] a[href^="/report/"]').click()
    expect(ana.get_by_text("Connectez-vous d’abord")).to_be_visible()
    is_open_to_all(ana)
    ana.locator("main").get_by_role("link", name="Se connecter").click()
    sign_in(ana, *resident(town_data, "ana"))
    expect(ana.get_by_text("Choisi :")).to_contain_text("Ginkgo biloba")
    map_is_ready(ana)
    is_open_to_all(ana)
    ana.get_by_label("Un arbre a soif").check()
    ana.get_by_label("Que devons-nous savoir ?").fill("Les feuilles sèchent, je suis Ana.")
    photo = {"name": "arbre.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    ana.get_by_label("Photos").set_input_files(photo)  # type: ignore[arg-type]
    first = send(ana)
    is_open_to_all(ana)

    # Bob has no scripts, and writes the street; then finds what he forgot beside the field.
    bob = visit(
        f"{town}/account/login/?next=/report/%3Ftree%3D51", "phone", java_script_enabled=False
    )
    sign_in(bob, *resident(town_data, "bob"))
    bob.wait_for_timeout(3_000)
    bob.get_by_role("button", name="Envoyer à la ville").click()
    expect(bob.get_by_text("Choisissez ce que vous avez vu.")).to_be_visible()
    bob.get_by_label("Un arbre a soif").check()
    second = send(bob)

    # The moderator joins them, asks for a watering and answers.
    lead = visit(f"{town}/account/login/?next=/report/desk/")
    sign_in(lead, *account_of(town_data, "crew_lead"))
    expect(lead.get_by_text("même arbre qu’un autre").first).to_be_visible()
    is_open_to_all(lead)
    lead.get_by_role("link", name=first, exact=True).click()
    expect(lead.get_by_text("je suis Ana")).to_be_visible()
    expect(lead.get_by_role("img", name=re.compile("Photo reçue"))).to_be_visible()
    lead.get_by_role("button", name=f"Réunir le n° {second} à celui-ci").click()
    expect(lead.get_by_role("heading", name=f"Signalement n° {second}")).to_be_visible()
    is_open_to_all(lead)
    lead.get_by_role("button", name="Demander un arrosage").click()
    expect(lead.get_by_text("Demandé : Demander un arrosage")).to_be_visible()
    done = lead.locator("details.move", has_text="traitée").first
    done.locator("summary").click()
    done.get_by_label("réponse").fill("Arrosé ce matin, merci à vous.")
    done.get_by_role("button").click()
    expect(lead.get_by_role("heading", name="En faire un travail")).to_have_count(0)

    # Both read the answer, in their list and in their notices.
    for page, number, name in ((ana, first, "Ana"), (bob, second, "Bob")):
        page.goto(f"{town}/report/mine/")
        expect(page.get_by_text("Arrosé ce matin"), name).to_be_visible()
        if page is ana:
            is_open_to_all(page)
        page.get_by_role("link", name=re.compile(f"n° {number}")).click()
        expect(page.get_by_text("D’autres ont signalé la même chose")).to_be_visible()
        expect(page.locator(".tag", has_text="fait")).to_be_visible()
        page.goto(f"{town}/account/notices/")
        expect(page.get_by_text(f"Votre signalement n° {number} : c’est fait")).to_be_visible()
    ana.goto(f"{town}/report/{first}/")
    is_open_to_all(ana)
    assert bob.goto(f"{town}/report/{first}/").status == 404  # type: ignore[union-attr]
    assert errors_of(ana) == errors_of(lead) == []


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_place_is_shown_on_the_map_or_by_where_one_stands(
    visit: OpenPage, town: str, town_data: Path, size: str
) -> None:
    lon, lat = LONE_TREE
    page = visit(
        f"{town}/account/login/?next=/report/",
        size,
        geolocation={"longitude": lon + 0.002, "latitude": lat},
        permissions=["geolocation"],
    )
    sign_in(page, *resident(town_data, f"clara-{size}"))
    page.locator("#map").scroll_into_view_if_needed()
    map_is_ready(page)
    is_open_to_all(page)
    page.get_by_role("button", name="utiliser ma position").click()
    expect(page.get_by_text("L’endroit est marqué.")).to_be_visible()
    assert abs(float(page.locator('input[name="lon"]').input_value()) - lon - 0.002) < 1e-5
    page.locator("#map").click(position={"x": 60, "y": 60})
    expect(page.locator("[data-place-said]")).not_to_be_empty()
    page.get_by_label("J’ai une idée d’endroit").check()
    number = send(page)
    assert number.isdigit()
    assert errors_of(page) == []
