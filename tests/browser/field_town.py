"""A small town with a crew, a round for today and thirty-odd sites to plant: `python -m tests.browser.field_town`.

The fixtures here are for the field tests alone: each of them changes the town it plants in.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE_MS, ROOT, Watched, environment, serve, stop
from tests.browser.small_town import SOUTH, STEP, WEST, build

CREW, PASSWORD = "equipe@ville.test", "greffoir-et-tuteur"
LEAD, FIRM = "chef@ville.test", "vert@entreprise.test"
TO_PLANT = 36
STOPS = 4
HERE = {"latitude": SOUTH - 3e-4, "longitude": WEST, "accuracy": 8}


def build_field() -> None:
    from allauth.account.models import EmailAddress
    from django.contrib.auth.models import User
    from django.contrib.gis.geos import Point
    from django.utils import timezone

    from greening.accounts.people import set_roles
    from greening.models import Commune, Contractor, PlantingSite, Quarter, Tree
    from greening.roles import Role
    from tests import factories as make

    build()
    people = {}
    for address, role in ((CREW, Role.CREW), (LEAD, Role.CREW_LEAD), (FIRM, Role.CONTRACTOR)):
        people[address] = User.objects.create_user(address, address, PASSWORD)
        EmailAddress.objects.create(
            user=people[address], email=address, verified=True, primary=True
        )
        set_roles(people[address], [role])
    Contractor.objects.create(name="Vert").members.add(people[FIRM])
    crew = make.CrewFactory.create(name="Équipe Levant")
    crew.members.add(people[CREW])
    outline = Commune.objects.get().geom
    Quarter.objects.create(name="Centre", geom=outline)
    species = make.SpeciesFactory.create(
        genus="Celtis", species="australis", name_fr="Micocoulier", name_en="Nettle tree"
    )
    make.SpeciesFactory.create(
        genus="Quercus", species="robur", name_fr="Chêne pédonculé", name_en="English oak"
    )
    for number in range(TO_PLANT):
        make.PlantingSiteFactory.create(
            geom=Point(WEST + number * STEP / 12, SOUTH - 3e-4),
            matricule=f"A{number:03d}",
            state=PlantingSite.State.READY,
            target_species=species,
        )
    today = timezone.localdate()
    tour = make.WateringRoundFactory.create(name="Tournée du Levant", day=today, crew=crew)
    mine = Tree.objects.filter(state=Tree.State.ESTABLISHING).order_by("-pk")[:2]
    Tree.objects.filter(pk__in=[tree.pk for tree in mine]).update(contractor="Vert")
    alive = Tree.objects.filter(state=Tree.State.ESTABLISHING).order_by("pk")[:STOPS]
    for stop_number, tree in enumerate(alive, start=1):
        make.CareTaskFactory.create(
            tree=tree, state="assigned", crew=crew, round=tour, stop=stop_number, litres=80,
            due_from=today, due_until=today,
        )  # fmt: skip


@dataclass
class FieldTown:
    """The town's address and data, and what its database says."""

    address: str
    data: Path
    process: subprocess.Popen[bytes]
    log: Path
    contexts: list[BrowserContext] = field(default_factory=list)

    def ask(self, code: str) -> Any:
        """The value of an expression of the ORM (`m` is greening.models), from a process of its own."""
        script = (
            "import os, json, django\n"
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'greening.settings')\n"
            "django.setup()\n"
            "from django.contrib.auth.models import User\n"
            "from django.contrib.sessions.models import Session\n"
            "import greening.models as m\n"
            "from greening.models.field import Device, Photo\n"
            f"print(json.dumps({code}, default=str))"
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            cwd=ROOT, env=environment(self.data), capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    def planted(self) -> int:
        return int(self.ask("m.Event.objects.filter(source='phone', kind='tree', rev=1).count()"))


@pytest.fixture
def field_town(field_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FieldTown]:
    """A town and a server of its own for each test: they come in any order, and each plants what it finds."""
    data = tmp_path_factory.mktemp("phone")
    shutil.copytree(field_data, data, dirs_exist_ok=True)
    log = tmp_path_factory.mktemp("log") / "field.log"
    process, address = serve(data, log)
    yield FieldTown(address, data, process, log)
    stop(process)


@pytest.fixture
def phone(chromium: Browser, field_town: FieldTown) -> Iterator[BrowserContext]:
    """A phone of its own for each test: signed in to nothing, with nothing stored."""
    context = new_phone(chromium)
    yield context
    context.close()


def new_phone(browser: Browser, language: str = "fr-FR", **options: Any) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        locale=language,
        reduced_motion="reduce",
        geolocation=HERE,
        permissions=["geolocation"],
        **options,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def opened(phone: BrowserContext, town: FieldTown, screen: str = "#/round") -> Page:
    page = phone.new_page()
    page.watched = Watched(page)  # type: ignore[attr-defined]
    page.goto(f"{town.address}/field/{screen}", wait_until="load")
    ready(page)
    return page


def ready(page: Page) -> None:
    page.wait_for_selector("body[data-ready=true]")


def sign_in(page: Page, town: FieldTown) -> None:
    page.goto(f"{town.address}/account/login/?next=/field/")
    page.locator("input[name=login]").fill(CREW)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url("**/field/**")
    ready(page)
    expect(page.locator("[data-sites] a").first).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


#: A photo as a phone's camera gives it: a real JPEG, another one each time.
JPEG = """number => new Promise(done => {
  const canvas = document.createElement('canvas');
  canvas.width = 320; canvas.height = 240;
  const pen = canvas.getContext('2d');
  for (let at = 0; at < 300; at++) {
    pen.fillStyle = `hsl(${(at * 37 + number * 11) % 360} 60% 50%)`;
    pen.fillRect((at * 53) % 320, (at * 31 + number) % 240, 60, 40);
  }
  pen.fillText(`photo ${number} ${Math.random()}`, 10, 20);
  const reader = new FileReader();
  reader.onload = () => done(reader.result.split(',')[1]);
  canvas.toBlob(blob => reader.readAsDataURL(blob), 'image/jpeg', 0.85);
})"""
#: From the tap on the save button to the word “saved” on the screen, by the page's own clock.
STOPWATCH = """() => document.addEventListener('click', event => {
  if (event.target.closest('[data-save]')) window.tapped = performance.now();
}, true)"""


def jpeg(page: Page, number: int) -> bytes:
    import base64

    return base64.b64decode(page.evaluate(JPEG, number))


def take_photo(page: Page, number: int) -> None:
    page.locator("[data-photo]").set_input_files(
        {"name": f"IMG_{number}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(page, number)}
    )
    expect(page.locator(".photos img").first).to_be_visible()


def plant_next(page: Page, number: int, photo: bool = True) -> float:
    """Opens the first site to plant, takes a photo, saves. Seconds from the tap to “saved”."""
    page.locator("[data-tab=round]").click()
    page.locator("[data-sites] a").first.click()
    page.get_by_role("link", name="Planter un arbre").click()
    if photo:
        take_photo(page, number)
    page.get_by_label("18/20", exact=True).check()
    return save(page)


def save(page: Page) -> float:
    page.locator("[data-toast]").evaluate(
        "element => { element.hidden = true; delete element.dataset.at; }"
    )
    page.locator("[data-save]").click()
    page.wait_for_selector("[data-toast][data-at]:not([hidden])")
    return float(
        page.evaluate(
            "(Number(document.querySelector('[data-toast]').dataset.at) - window.tapped) / 1000"
        )
    )


def all_sent(page: Page, seconds: float = 120) -> None:
    expect(page.locator("[data-status]")).to_have_text("Tout est envoyé", timeout=seconds * 1000)


def wait_until(holds: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.3)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greening.settings")
    import django

    django.setup()
    from django.db import transaction

    with transaction.atomic():
        build_field()
