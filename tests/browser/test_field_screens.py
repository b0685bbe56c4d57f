"""The field app's screens: open to all, right in what they log, and plain about what went wrong."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import field_town as field
from tests.browser.field_town import FieldTown, all_sent, opened, ready, save, sign_in
from tests.browser.test_access import SMALL_TARGETS, serious

field_town, phone = field.field_town, field.phone

#: What a gloved thumb must hit is 56 px at least, but for links within sentences.
THUMB = SMALL_TARGETS.replace("44", "56").replace(".bar a, .leaflet-bar a, ", "a.big, a.stop, ")


def first_stop(page: Page) -> str:
    return str(page.locator(".stops .stop.next").get_attribute("href"))


def go(page: Page, screen: str) -> None:
    page.evaluate("screen => { location.hash = screen }", screen)
    page.wait_for_timeout(250)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_is_open_to_all(chromium: Browser, field_town: FieldTown, scheme: str) -> None:
    phone = field.new_phone(chromium, color_scheme=scheme)
    page = opened(phone, field_town)
    assert serious(page) == []
    sign_in(page, field_town)
    stop = first_stop(page)
    to_plant = str(page.locator("[data-sites] a").first.get_attribute("href"))
    water = field_town.ask("str(m.CareTask.objects.filter(action='water', stop=1).get().uuid)")
    for screen in (
        "#/round", "#/map", "#/outbox", "#/phone", "#/new", to_plant, f"{to_plant}/plant", stop,
        f"{stop}/water/{water}", f"{stop}/task/{water}/not", f"{stop}/check", f"{stop}/problem",
    ):  # fmt: skip
        go(page, screen)
        page.wait_for_timeout(400)
        assert serious(page) == [], screen
        assert page.evaluate(THUMB) == [], screen
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, screen
    phone.close()


def test_a_round_is_watered_checked_and_left_with_its_reasons(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    expect(page.get_by_role("heading", name="Tournée du Levant")).to_be_visible()
    phone.set_offline(True)
    page.evaluate(field.STOPWATCH)

    page.locator(".stops .stop.next").click()
    page.get_by_role("link", name="Arroser").click()
    expect(page.get_by_label("Litres donnés")).to_have_value("80")
    page.get_by_role("button", name="Plus").click()
    save(page)
    expect(page.get_by_text("1 sur 4 faits")).to_be_visible()

    page.locator(".stops .stop.next").click()
    page.get_by_role("link", name="Arroser").click()
    page.get_by_role("link", name="Pas arrosé").click()
    page.locator("[data-save]").click()
    expect(page.get_by_role("alert")).to_contain_text("Dites pourquoi")
    page.locator("input[value=rain]").check()
    page.get_by_label("Pluie comptée, mm").fill("12,5")
    save(page)

    page.locator(".stops .stop.next").click()
    page.get_by_role("link", name="Constat de reprise").click()
    page.get_by_label("mort", exact=True).check()
    field.take_photo(page, 1)
    save(page)

    page.locator(".stops .stop.next").click()
    page.get_by_role("link", name="Signaler un problème").click()
    page.get_by_label("dégât").check()
    page.get_by_label("Note").fill("Tuteur cassé")
    save(page)

    go(page, "#/new")
    expect(page.locator(".place")).to_contain_text("Téléphone : ±")
    expect(page.locator(".small-map[data-drawn] .place-handle")).to_be_visible()
    page.get_by_label("parc", exact=True).check()
    page.get_by_label(re.compile("Pourquoi ici")).fill("Devant l’école")
    save(page)

    expect(page.locator("[data-badge]")).to_have_text("5")
    phone.set_offline(False)
    go(page, "#/outbox")
    page.get_by_role("button", name="Envoyer maintenant").click()
    all_sent(page)
    done = field_town.ask(
        "list(m.CareTask.objects.filter(round__isnull=False).order_by('stop')"
        ".values_list('state', 'litres_given', 'rain_mm')[:2])"
    )
    assert done == [["done", 90.0, None], ["not_done", None, 12.5]]
    assert field_town.ask("m.SurvivalCheck.objects.filter(found='dead').count()") == 1
    proposed = field_town.ask(
        "[[s.kind, s.constraints, s.geom.x, s.geom.y] for s in m.PlantingSite.objects.filter(state='proposed')]"
    )
    assert len(proposed) == 1
    assert proposed[0][:2] == ["park", "Devant l’école"]
    assert proposed[0][2:] == pytest.approx([field.HERE["longitude"], field.HERE["latitude"]])
    event = field_town.ask(
        "m.Event.objects.filter(source='phone', kind='planting_site').values('accuracy_m', 'device', 'sequence').get()"
    )
    assert event["accuracy_m"] == 8
    assert event["sequence"] == 5


def test_a_species_is_found_by_a_few_letters_and_a_tree_snaps_to_its_site(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.evaluate(field.STOPWATCH)
    page.get_by_label(re.compile("Chercher un lieu")).fill("A000")
    page.locator("[data-sites] a").first.click()
    page.get_by_role("link", name="Planter un arbre").click()
    expect(page.locator(".place")).to_contain_text("Au lieu prévu")
    expect(page.locator(".small-map[data-drawn] canvas")).to_have_count(1)
    page.locator("[data-species]").fill("chene pedoncul")
    page.locator(".matches button").first.click()
    expect(page.locator(".chosen-species")).to_contain_text("Chêne pédonculé")
    save(page)
    # The site far from the phone asks whether it is the right one.
    page.get_by_label(re.compile("Chercher un lieu")).fill("A030")
    page.locator("[data-sites] a").first.click()
    page.get_by_role("link", name="Planter un arbre").click()
    expect(page.locator(".place")).to_contain_text("est-ce le bon ?")
    phone.set_offline(False)
    go(page, "#/outbox")
    page.get_by_role("button", name="Envoyer maintenant").click()
    all_sent(page)
    tree = field_town.ask(
        "[[t.species.name_fr, t.geom.x == t.site.geom.x, t.site.state]"
        " for t in m.Tree.objects.filter(site__matricule='A000')]"
    )
    assert tree == [["Chêne pédonculé", True, "occupied"]]


def test_what_the_server_refuses_stays_with_its_sentence_until_read(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.evaluate(field.STOPWATCH)
    page.get_by_label(re.compile("Chercher un lieu")).fill("A020")
    page.locator("[data-sites] a").first.click()
    page.get_by_role("link", name="Planter un arbre").click()
    save(page)
    # Meanwhile another crew planted there.
    field_town.ask(
        "m.Tree.objects.create(site=m.PlantingSite.objects.get(matricule='A020'), state='planted',"
        " geom=m.PlantingSite.objects.get(matricule='A020').geom).pk"
    )
    phone.set_offline(False)
    go(page, "#/outbox")
    page.get_by_role("button", name="Envoyer maintenant").click()
    item = page.locator("[data-item]")
    expect(item).to_contain_text("porte déjà un arbre")
    expect(page.locator("[data-status]")).to_contain_text("À lire : 1")
    page.reload()
    ready(page)
    expect(item).to_contain_text("porte déjà un arbre")
    page.get_by_role("button", name="J’ai lu").click()
    expect(item).to_have_count(0)
    expect(page.locator(".history")).to_contain_text("refusé")


def test_a_revoked_phone_keeps_all_and_exports_it(
    phone: BrowserContext, field_town: FieldTown, tmp_path: Path
) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.evaluate(field.STOPWATCH)
    field.plant_next(page, 7)
    device = page.evaluate(
        """() => new Promise(done => { indexedDB.open('greening-field').onsuccess = event => {
          event.target.result.transaction('meta').objectStore('meta').get('device').onsuccess =
            found => done(found.target.result.uuid); } })"""
    )
    field_town.ask(
        f"Device.objects.filter(uuid='{device}').update(revoked_at=__import__('django.utils.timezone').utils.timezone.now())"
    )
    phone.set_offline(False)
    go(page, "#/outbox")
    page.get_by_role("button", name="Envoyer maintenant").click()
    expect(page.locator("[data-banners]")).to_contain_text("n’a plus le droit d’envoyer")
    page.get_by_role("link", name="Exporter ce qui n’est pas envoyé").click()
    with page.expect_download() as download:
        page.locator("[data-export]").click()
    kept = tmp_path / "export.zip"
    download.value.save_as(kept)
    with zipfile.ZipFile(kept) as archive:
        said = json.loads(archive.read("events.json"))
        assert said["device"]["uuid"] == device
        assert [len(event["photos"]) for event in said["events"]] == [1]
        photo = archive.read(f"photos/{said['events'][0]['photos'][0]}")
    assert photo[:3] == b"\xff\xd8\xff"
    expect(page.locator("[data-badge]")).to_have_text("1")


def test_a_clock_wrong_by_a_year_is_told_and_loses_nothing(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    phone.add_init_script(
        "{ const year = 365 * 86400000, Real = Date;"
        " globalThis.Date = class extends Real {"
        " constructor(...a) { a.length ? super(...a) : super(Real.now() + year) }"
        " static now() { return Real.now() + year } } }"
    )
    page = opened(phone, field_town)
    sign_in(page, field_town)
    expect(page.locator("[data-banners]")).to_contain_text("avance de 365 jours")
    phone.set_offline(True)
    page.evaluate(field.STOPWATCH)
    before = field_town.planted()
    field.plant_next(page, 8, photo=False)
    phone.set_offline(False)
    go(page, "#/outbox")
    page.get_by_role("button", name="Envoyer maintenant").click()
    field.wait_until(lambda: field_town.planted() == before + 1)
    planted, today = field_town.ask(
        "[m.Tree.objects.order_by('-pk')[0].planted_on, __import__('django.utils.timezone').utils.timezone.localdate()]"
    )
    assert planted == today


def fails(what: str) -> str:
    return {
        "private": "Object.defineProperty(globalThis, 'indexedDB', { value: undefined });",
        "full": """const add = IDBObjectStore.prototype.add;
          IDBObjectStore.prototype.add = function (...args) {
            if (this.name === 'photos' && !globalThis.roomy) throw new DOMException('full', 'QuotaExceededError');
            return add.apply(this, args);
          };""",
    }[what]


def test_a_window_that_keeps_nothing_says_so_before_the_first_capture(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    phone.add_init_script(fails("private"))
    page = phone.new_page()
    page.goto(f"{field_town.address}/field/")
    expect(page.get_by_role("alert")).to_contain_text("fenêtre privée")
    assert serious(page) == []


def test_full_storage_says_so_keeps_the_form_and_saves_once_there_is_room(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    phone.add_init_script(fails("full"))
    page = opened(phone, field_town)
    sign_in(page, field_town)
    page.evaluate(field.STOPWATCH)
    phone.set_offline(True)
    page.locator("[data-sites] a").first.click()
    page.get_by_role("link", name="Planter un arbre").click()
    field.take_photo(page, 9)
    page.locator("[data-save]").click()
    expect(page.get_by_role("alert")).to_contain_text("NON ENREGISTRÉ")
    expect(page.locator("[data-badge]")).to_be_hidden()
    page.evaluate("globalThis.roomy = true")
    save(page)
    expect(page.locator("[data-badge]")).to_have_text("1")


def test_a_new_version_is_offered_and_taken_only_when_asked(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.evaluate(field.STOPWATCH)
    field.plant_next(page, 10)
    phone.set_offline(False)
    # The town has a new name: another page, so another worker.
    field_town.ask("m.Commune.objects.update(name='Grandeville')")
    page.route("**/api/field/**", lambda route: route.abort())
    go(page, str(page.locator("[data-sites] a").first.get_attribute("href")) + "/plant")
    page.get_by_label("Lot", exact=True).fill("L-9")
    page.evaluate(
        "navigator.serviceWorker.getRegistration('/field/').then(found => found.update())"
    )
    expect(page.locator("[data-banners]")).to_contain_text("nouvelle version")
    expect(page.get_by_label("Lot", exact=True)).to_have_value("L-9")
    with page.expect_navigation():
        page.get_by_role("button", name="La prendre maintenant").click()
    ready(page)
    expect(page.get_by_label("Lot", exact=True)).to_have_value("L-9")
    expect(page.locator("[data-badge]")).to_have_text("1")
    assert "Grandeville" in page.title()


def test_the_app_installs_and_speaks_both_languages_offline(
    chromium: Browser, field_town: FieldTown
) -> None:
    phone = field.new_phone(chromium, language="en-GB")
    page = opened(phone, field_town)
    expect(page.locator("[data-title]")).to_have_text("Round")
    cdp = phone.new_cdp_session(page)
    manifest = cdp.send("Page.getAppManifest")
    assert manifest["errors"] == []
    said = json.loads(manifest["data"])
    assert said["scope"] == said["start_url"] == "/field/"
    assert said["display"] == "standalone"
    weight = 0
    for icon in said["icons"]:
        got = page.request.get(f"{field_town.address}{icon['src']}")
        assert got.headers["content-type"] == "image/png"
        weight += len(got.body())
    assert weight < 500_000
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    problems = cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in problems if one["errorId"] != "in-incognito"] == []
    phone.set_offline(True)
    page.reload()
    ready(page)
    go(page, "#/phone")
    page.get_by_role("button", name="Français").click()
    expect(page.locator("[data-title]")).to_have_text("Téléphone")
    phone.close()
