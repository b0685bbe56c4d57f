"""The field app with the network really cut: nothing captured is lost, doubled or left without its photo."""

from __future__ import annotations

import contextlib
import random
import re
import statistics

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser import field_town as field
from tests.browser.conftest import errors_of
from tests.browser.field_town import FieldTown, all_sent, opened, plant_next, ready, sign_in

field_town, phone = field.field_town, field.phone

PLANTINGS = 30


def test_thirty_plantings_offline_are_thirty_trees_and_thirty_photos(
    phone: BrowserContext, field_town: FieldTown, capsys: pytest.CaptureFixture[str]
) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.reload()
    ready(page)
    page.evaluate(field.STOPWATCH)
    took = []
    for number in range(PLANTINGS):
        took.append(plant_next(page, number))
        if number == 9:
            page.reload()
            ready(page)
            page.evaluate(field.STOPWATCH)
        if number == 19:
            page.close()
            page = opened(phone, field_town)
            page.evaluate(field.STOPWATCH)
    expect(page.locator("[data-badge]")).to_have_text(str(PLANTINGS))
    with capsys.disabled():
        print(
            f"\ntap to saved, offline, with a photo: median {statistics.median(took):.3f} s, "
            f"worst {max(took):.3f} s of {PLANTINGS}"
        )

    chance = random.Random(4)

    def thirty_per_cent_lost(route: Route) -> None:
        if chance.random() < 0.3:
            route.abort("connectionfailed")
        else:
            route.continue_()

    phone.route("**/api/field/**", thirty_per_cent_lost)
    phone.set_offline(False)
    page.locator("[data-tab=outbox]").click()
    page.get_by_role("button", name="Envoyer maintenant").click()
    all_sent(page)
    phone.unroute_all(behavior="wait")

    assert field_town.planted() == PLANTINGS
    events = field_town.ask(
        "list(m.Event.objects.filter(source='phone', kind='tree').values('status', 'photos', 'sequence'))"
    )
    assert sorted(event["sequence"] for event in events) == list(range(1, PLANTINGS + 1))
    announced = [sha for event in events for sha in event["photos"]]
    assert len(set(announced)) == PLANTINGS
    stored = field_town.ask("list(Photo.objects.filter(code='').values_list('sha256', flat=True))")
    assert sorted(stored) == sorted(announced)
    page.reload()
    ready(page)
    expect(page.locator("[data-balance=agrees]")).to_contain_text("30 saisies et 30 photos")


def test_two_tabs_send_everything_once(phone: BrowserContext, field_town: FieldTown) -> None:
    before = field_town.planted()
    first = opened(phone, field_town)
    sign_in(first, field_town)
    second = opened(phone, field_town, "#/outbox")
    sent: list[str] = []
    phone.on(
        "request",
        lambda request: (
            sent.append(request.post_data or "")
            if request.url.endswith("/api/field/events")
            else None
        ),
    )
    phone.set_offline(True)
    first.evaluate(field.STOPWATCH)
    for number in range(4):
        plant_next(first, 100 + number)
    expect(second.locator("[data-badge]")).to_have_text("4")
    phone.set_offline(False)
    for page in (first, second):
        page.locator("[data-tab=outbox]").click()
        page.get_by_role("button", name="Envoyer maintenant").click()
    all_sent(first)
    all_sent(second)
    assert field_town.planted() == before + 4
    uuids = [found for body in sent for found in re.findall(r'"events":\[\{"uuid":"([^"]+)"', body)]
    assert len(uuids) == len(set(uuids)) == 4


def test_signed_out_keeps_everything_and_goes_on_after_signing_in(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    before = field_town.planted()
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.evaluate(field.STOPWATCH)
    plant_next(page, 200)
    # The session ends on the server: a changed password, say.
    field_town.ask("Session.objects.all().delete()[0]")
    phone.set_offline(False)
    page.locator("[data-tab=outbox]").click()
    page.get_by_role("button", name="Envoyer maintenant").click()
    expect(page.locator("[data-banners]")).to_contain_text("Connectez-vous pour envoyer")
    expect(page.locator("[data-badge]")).to_have_text("1")
    page.reload()
    ready(page)
    expect(page.locator("[data-banners]")).to_contain_text("gardées sur ce téléphone : 1")
    assert field_town.planted() == before
    sign_in(page, field_town)
    all_sent(page)
    assert field_town.planted() == before + 1
    expect(page.locator("[data-banners]")).not_to_contain_text("Connectez-vous")


def test_a_phone_that_dies_in_the_middle_of_a_save_has_the_capture_or_its_draft(
    chromium: Browser, phone: BrowserContext, field_town: FieldTown
) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.locator("[data-sites] a").first.click()
    page.get_by_role("link", name="Planter un arbre").click()
    field.take_photo(page, 300)
    page.get_by_label("12/14", exact=True).check()
    page.wait_for_timeout(300)
    where = page.url
    page.evaluate("document.querySelector('[data-save]').click()")
    _kill(page)
    page = opened(phone, field_town, "#/outbox")
    rows = page.locator("[data-item]")
    if rows.count():
        expect(rows.first).to_contain_text("photos : 1")
    else:
        page.goto(where)
        ready(page)
        expect(page.locator("[role=status]", has_text="est revenu")).to_be_visible()
        expect(page.locator(".photos img")).to_have_count(1)
        expect(page.get_by_label("12/14")).to_be_checked()


def test_a_form_half_filled_in_comes_back_with_its_photo(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.locator("[data-sites] a").first.click()
    page.get_by_role("link", name="Planter un arbre").click()
    field.take_photo(page, 400)
    page.get_by_label("12/14", exact=True).check()
    page.get_by_label("Lot", exact=True).fill("L-77")
    page.wait_for_timeout(300)
    _kill(page)
    page = opened(phone, field_town)
    page.locator("[data-sites] a").first.click()
    page.get_by_role("link", name="Planter un arbre").click()
    expect(page.locator(".photos img")).to_have_count(1)
    expect(page.get_by_label("Lot", exact=True)).to_have_value("L-77")
    expect(page.get_by_label("12/14")).to_be_checked()


def _kill(page: Page) -> None:
    """The page's process ends at once, as when the battery does."""
    with contextlib.suppress(Exception):  # whatever Playwright calls a page that died
        page.goto("chrome://crash", timeout=3000)
    page.close()


def test_the_page_says_nothing_wrong(phone: BrowserContext, field_town: FieldTown) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    for screen in ("#/map", "#/outbox", "#/phone", "#/round"):
        page.goto(f"{field_town.address}/field/{screen}")
        page.wait_for_timeout(300)
    assert [error for error in errors_of(page) if "401" not in error] == []


def test_the_worker_sends_when_the_browser_wakes_it_without_a_page(
    chromium: Browser, phone: BrowserContext, field_town: FieldTown
) -> None:
    before = field_town.planted()
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.evaluate(field.STOPWATCH)
    plant_next(page, 500)
    page.close()
    outside = phone.new_page()
    phone.set_offline(False)
    outside.goto(f"{field_town.address}/healthz")
    assert field_town.planted() == before
    cdp = phone.new_cdp_session(outside)
    versions: list[dict[str, str]] = []
    cdp.on(
        "ServiceWorker.workerVersionUpdated",
        lambda said: versions.extend(said["versions"]),
    )
    cdp.send("ServiceWorker.enable")
    outside.wait_for_timeout(500)
    cdp.send(
        "ServiceWorker.dispatchSyncEvent",
        {
            "origin": field_town.address,
            "registrationId": versions[-1]["registrationId"],
            "tag": "field-sync",
            "lastChance": False,
        },
    )
    field.wait_until(lambda: field_town.planted() == before + 1)
    field.wait_until(lambda: bool(field_town.ask("Photo.objects.filter(code='').exists()")))
    page = opened(phone, field_town, "#/outbox")
    all_sent(page)


def test_a_danger_not_sent_says_so_until_the_server_has_it(
    phone: BrowserContext, field_town: FieldTown
) -> None:
    page = opened(phone, field_town)
    sign_in(page, field_town)
    phone.set_offline(True)
    page.evaluate(field.STOPWATCH)
    stop = str(page.locator(".stops .stop.next").get_attribute("href"))
    page.evaluate("hash => { location.hash = hash }", f"{stop}/problem")
    page.get_by_label("DANGER", exact=True).check()
    expect(page.locator(".note.alarm")).to_contain_text("Danger pour les personnes")
    field.save(page)
    expect(page.get_by_role("alert")).to_contain_text("NON ENVOYÉ")
    phone.set_offline(False)
    page.locator("[data-tab=outbox]").click()
    page.get_by_role("button", name="Envoyer maintenant").click()
    all_sent(page)
    expect(page.get_by_role("alert")).to_have_count(0)
