"""The crew leads' desk: rounds and sectors, refused captures, photos and their publishing, phones, lots."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import ExifTags, Image

from greening.models import (
    CareTask,
    Contractor,
    Device,
    Event,
    Photo,
    Sector,
    Tree,
    Unreadable,
    WateringRound,
)
from greening.roles import Role
from tests.factories import (
    PARK,
    TOWN_HALL,
    CareTaskFactory,
    CommuneFactory,
    CrewFactory,
    PlantingSiteFactory,
    QuarterFactory,
    TreeFactory,
    WateringRoundFactory,
    square,
)
from tests.greening.field_phone import Phone, digest, picture
from tests.greening.people import signed_in
from tests.greening.test_field_export import packed

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}
TODAY = timezone.localdate()


def page(client: Client, name: str, *args: Any, **query: Any) -> Any:
    return client.get(reverse(name, args=args), query, headers=ENGLISH)


def post(client: Client, name: str, *args: Any, **form: Any) -> Any:
    return client.post(reverse(name, args=args), form, headers=ENGLISH, follow=True)


@pytest.fixture
def lead() -> Client:
    return signed_in(Role.CREW_LEAD)


PAGES = """
                   anonymous  resident  crew  crew_lead  garden_manager  planner  administrator  contractor
field-desk         who        out       out   in         out             in       in             out
field-live         who        out       out   in         out             in       in             out
field-refused      who        out       out   in         out             in       in             out
field-photo-desk   who        out       out   in         out             in       in             out
field-device-list  who        out       out   in         out             in       in             out
field-lots         who        out       out   out        out             out      out            in
"""


#: Of the roles that came later one has business here: who publishes photos.
LATER = {("field-photo-desk", "publisher"): "in"}


@pytest.mark.parametrize("line", PAGES.strip().splitlines()[1:])
def test_each_page_opens_to_whom_the_table_says(line: str) -> None:
    heads = PAGES.strip().splitlines()[0].split()
    name, *cells = line.split()
    expected = {role.value: LATER.get((name, role.value), "out") for role in Role}
    expected |= dict(zip(heads, cells, strict=True))
    said = {}
    for who in expected:
        client = Client() if who == "anonymous" else signed_in(Role(who))
        said[who] = {200: "in", 302: "who", 403: "out"}[page(client, name).status_code]
    assert said == expected


WRITES = ["field-sectors", "field-assign", "field-hand-in", "field-seen", "field-unreadable-seen",
          "field-publish", "field-revoke"]  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_who_may_not_decide_writes_nothing_and_reading_decides_nothing(name: str) -> None:
    args = [1] if name not in WRITES[:3] else []
    for role in (Role.CREW, Role.CONTRACTOR, Role.RESIDENT):
        client = signed_in(role)
        assert client.post(reverse(name, args=args)).status_code == 403
    assert signed_in(Role.CREW_LEAD).get(reverse(name, args=args)).status_code == 405


# --- rounds and sectors -----------------------------------------------------------------------------


def test_the_day_s_rounds_are_shown_with_how_far_they_are(lead: Client) -> None:
    CommuneFactory()
    tour = WateringRoundFactory(day=TODAY, name="North")
    CareTaskFactory(
        round=tour, stop=1, state="done", done_on=TODAY, litres_given=80, crew=tour.crew
    )
    CareTaskFactory(round=tour, stop=2, state="not_done", reason="access", crew=tour.crew)
    CareTaskFactory(round=tour, stop=3, state="assigned", crew=tour.crew)
    WateringRoundFactory(day=TODAY - dt.timedelta(days=1), name="Yesterday")
    html = page(lead, "field-desk").content.decode()
    assert "North" in html
    assert "Yesterday" not in html
    said = page(lead, "field-live").json()
    (told,) = said["rounds"]
    assert (told["total"], told["done"], told["not_done"], told["open"], told["litres"]) == (
        3,
        1,
        1,
        1,
        80,
    )
    assert [one["properties"]["state"] for one in said["stops"]["features"]] == [
        "done",
        "not_done",
        "open",
    ]
    assert said["stops"]["features"][0]["geometry"]["coordinates"] == list(TOWN_HALL)
    past = page(lead, "field-live", day=(TODAY - dt.timedelta(days=1)).isoformat()).json()
    assert [one["name"] for one in past["rounds"]] == ["Yesterday"]
    assert page(lead, "field-desk", day="nonsense").status_code == 200


def test_progress_is_live_once_a_phone_has_sent(lead: Client) -> None:
    tour = WateringRoundFactory(day=TODAY)
    task = CareTaskFactory(round=tour, stop=1, state="assigned", crew=tour.crew)
    phone = Phone()
    patch = {"state": "done", "done_on": TODAY.isoformat(), "litres_given": 70}
    phone.send(phone.change(task, "care_task", patch))
    assert page(lead, "field-live").json()["rounds"][0]["done"] == 1


def test_the_live_figures_take_few_questions(
    lead: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        tour = WateringRoundFactory(day=TODAY)
        CareTaskFactory(round=tour, stop=1, state="assigned", crew=tour.crew)
    with django_assert_max_num_queries(14):
        assert len(page(lead, "field-live").json()["rounds"]) == 5


def test_a_sector_s_waterings_become_a_crew_s_round(lead: Client) -> None:
    CommuneFactory()
    hall = QuarterFactory(name="Hall", geom=MultiPolygon(square(*TOWN_HALL)))
    crew = CrewFactory()
    here = CareTaskFactory(due_from=TODAY, due_until=TODAY)
    CareTaskFactory(due_from=TODAY, due_until=TODAY, tree__site__geom=f"POINT({PARK[0]} {PARK[1]})")
    CareTaskFactory(due_from=TODAY + dt.timedelta(days=5), due_until=TODAY + dt.timedelta(days=9))
    form = {
        "quarter": hall.pk,
        "crew": crew.pk,
        "day": TODAY,
        "tank_litres": 4000,
        "litres_per_tree": 80,
    }
    answer = post(lead, "field-assign", **form)
    assert "1 stop" in answer.content.decode()
    tour = WateringRound.objects.get()
    assert (tour.crew, tour.day, tour.name, tour.state) == (crew, TODAY, "Hall", "assigned")
    here.refresh_from_db()
    assert (here.round, here.state) == (tour, CareTask.State.ASSIGNED)
    again = post(lead, "field-assign", **form)
    assert (again.status_code, "No planned watering" in again.content.decode()) == (400, True)
    wrong = post(lead, "field-assign", **form | {"crew": 0, "day": "x"})
    assert (wrong.status_code, WateringRound.objects.count()) == (400, 1)


def test_a_crew_is_given_its_sectors_and_its_phone_carries_them(lead: Client) -> None:
    crew, phone = CrewFactory(), Phone()
    crew.members.add(phone.user)
    hall, park = QuarterFactory(name="Hall"), QuarterFactory(name="Park")
    post(lead, "field-sectors", crew=crew.pk, quarter=[hall.pk, park.pk])
    assert phone.get("pack").json()["sectors"] == ["Hall", "Park"]
    post(lead, "field-sectors", crew=crew.pk, quarter=[park.pk])
    assert list(Sector.objects.values_list("quarter__name", flat=True)) == ["Park"]
    assert "checked" in page(lead, "field-desk").content.decode()
    assert "no such crew" in post(lead, "field-sectors", crew="x").content.decode()


# --- what waits ---------------------------------------------------------------------------------------


def test_refused_captures_stay_on_the_desk_until_seen_and_in_the_history_for_good(
    lead: Client,
) -> None:
    phone = Phone()
    phone.send(phone.planting(PlantingSiteFactory(state="refused")), {"broken": "<b>"})
    assert page(lead, "field-live").json()["counts"]["refused"] == 2
    html = page(lead, "field-refused").content.decode()
    assert "ready to plant" in html
    assert "&lt;b&gt;" in html
    event = Event.objects.get(status="rejected")
    post(lead, "field-seen", event.pk)
    post(lead, "field-seen", event.pk)
    post(lead, "field-unreadable-seen", Unreadable.objects.get().pk)
    assert page(lead, "field-live").json()["counts"]["refused"] == 0
    assert Event.objects.filter(pk=event.pk).exists()
    assert event.seen.seen_by == lead.user  # type: ignore[attr-defined]


def test_conflicts_are_counted_and_lead_to_the_page_that_settles_them(lead: Client) -> None:
    tree, one, other = TreeFactory(height_m=3.0), Phone(), Phone()
    one.send(one.change(tree, "tree", {"height_m": 4.0}))
    other.send(other.change(tree, "tree", {"height_m": 5.0}))
    assert page(lead, "field-live").json()["counts"]["conflicts"] == 1
    assert reverse("to-settle") in page(lead, "field-desk").content.decode()
    event = Event.objects.to_settle().get()
    post(lead, "settle", event.pk, **{"field-height_m": "ours"})
    tree.refresh_from_db()
    assert tree.height_m == 5.0
    assert page(lead, "field-live").json()["counts"]["conflicts"] == 0


def test_photos_that_never_came_are_named_with_their_phone(lead: Client) -> None:
    phone, content = Phone(), picture()
    phone.send(
        phone.planting(PlantingSiteFactory(state="ready"), photos=[digest(content), "cd" * 32])
    )
    phone.upload(content)
    assert page(lead, "field-live").json()["counts"]["photos_missing"] == 1
    html = page(lead, "field-photo-desk").content.decode()
    assert "Phone 7" in html
    assert "cdcdcdcdcdcd" in html


def test_an_export_is_taken_in_by_the_form(lead: Client) -> None:
    phone, content = Phone(register=False), picture()
    event = phone.planting(PlantingSiteFactory(state="ready"), photos=[digest(content)])
    file = SimpleUploadedFile("export.zip", packed([event], {digest(content): content}))
    said = post(lead, "field-hand-in", file=file).content.decode()
    assert "1 captures" in said
    assert "1/1 photos" in said
    assert Tree.objects.count() == 1
    bad = SimpleUploadedFile("export.zip", b"no")
    assert "not a field export" in post(lead, "field-hand-in", file=bad).content.decode()
    assert "Choose the file" in post(lead, "field-hand-in").content.decode()


# --- photos ---------------------------------------------------------------------------------------------


def photo_with_a_place() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Phone of Ana"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 49.0, 26.0)
    out = io.BytesIO()
    Image.new("RGB", (300, 200), (9, 99, 9)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_photo_is_published_after_a_look_bare_and_can_be_taken_back(
    lead: Client, data_dir: Path
) -> None:
    phone = Phone()
    phone.upload(photo_with_a_place())
    photo = Photo.objects.get()
    public = reverse("public-photo", args=[photo.uuid])
    assert Client().get(public).status_code == 404
    html = page(lead, "field-photo-desk").content.decode()
    assert "number plate" in html
    careless = post(lead, "field-publish", photo.pk)
    assert "Look at the photo first" in careless.content.decode()
    assert Client().get(public).status_code == 404
    post(lead, "field-publish", photo.pk, looked="on")
    answer = Client().get(public)
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert b"Ana" not in content
    assert b"Exif" not in content
    photo.refresh_from_db()
    assert photo.published_by == lead.user  # type: ignore[attr-defined]
    post(lead, "field-publish", photo.pk, withdraw="1")
    assert Client().get(public).status_code == 404
    assert not list((data_dir / "field" / "public").rglob("*.jpg"))


def test_a_preview_is_bare_too_and_for_the_town_s_people_only(lead: Client) -> None:
    phone = Phone()
    content = photo_with_a_place()
    phone.upload(content)
    address = reverse("field-preview", args=[digest(content)])
    shown = b"".join(lead.get(address).streaming_content)  # type: ignore[attr-defined]
    assert b"Ana" not in shown
    assert Client().get(address).status_code == 302
    assert signed_in(Role.RESIDENT).get(address).status_code == 403
    assert lead.get(reverse("field-preview", args=["0" * 64])).status_code == 404
    assert lead.get("/field/photos/..%2f..%2fsecret.jpg").status_code == 404


def test_a_contractor_sees_photos_of_its_own_lots_only() -> None:
    firm = signed_in(Role.CONTRACTOR)
    Contractor.objects.create(name="Arbres et Rues").members.add(firm.user)  # type: ignore[attr-defined]
    own, other = TreeFactory(contractor="Arbres et Rues"), TreeFactory(contractor="Vert")
    phone = Phone()
    for tree, colour, expected in ((own, (1, 1, 1), 200), (other, (2, 2, 2), 403)):
        content = picture(colour=colour)
        event = phone.change(tree, "tree", {"note": "a"}, photos=[digest(content)])
        phone.send(event)
        phone.upload(content)
        Photo.objects.filter(sha256=digest(content)).update(event=event["uuid"])
        answer = firm.get(reverse("field-preview", args=[digest(content)]))
        assert answer.status_code == expected
        if answer.streaming:
            assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    html = page(firm, "field-lots").content.decode()
    assert f"#{own.pk}<" in html
    assert f"#{other.pk}<" not in html


# --- phones ---------------------------------------------------------------------------------------------


def test_phones_are_listed_with_their_balance_and_revoked_by_a_lead(lead: Client) -> None:
    phone = Phone()
    phone.send(phone.planting(PlantingSiteFactory(state="ready"), sequence=3))
    html = page(lead, "field-device-list").content.decode()
    assert "Phone 7" in html
    assert phone.user.email in html
    device = Device.objects.get()
    planner = signed_in(Role.PLANNER)
    assert planner.post(reverse("field-revoke", args=[device.pk])).status_code == 403
    post(lead, "field-revoke", device.pk)
    assert json.loads(phone.get("balance").content)["code"] == "device_revoked"
    assert "revoked" in page(lead, "field-device-list").content.decode()
