"""The pages of reports: a plain form, a person's own answers, the moderators' desk; and what is refused there."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from frontend.residents.report_forms import ReportForm
from greening.accounts import bots
from greening.field.uploads import original_of
from greening.models import CareTask, Observation, Photo, Report
from greening.reports.joining import join
from greening.roles import Role
from tests import factories as make
from tests.factories import STREET_CORNER, TOWN_HALL
from tests.greening.people import person, signed_in
from tests.greening.test_field_photos import bomb, zipped

pytestmark = pytest.mark.django_db
ADDRESS = "/report/"


@pytest.fixture(autouse=True)
def town(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A town of one street, where a form may be sent as soon as it is shown."""
    cache.clear()
    monkeypatch.setattr(bots, "LEAST_SECONDS", 0)
    make.StreetFactory(name="rue de l’Égalité")
    return make.CommuneFactory(name="Petiteville")


@pytest.fixture
def ana() -> Client:
    return signed_in(Role.RESIDENT, email="ana@example.fr")


@pytest.fixture
def lead() -> Client:
    return signed_in(Role.CREW_LEAD)


def jpeg(size: tuple[int, int] = (60, 40), shade: int = 90) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (shade, 120, 40)).save(out, "JPEG")
    return out.getvalue()


def as_file(content: bytes, name: str = "tree.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


def said(**facts: Any) -> dict[str, Any]:
    """What a browser sends; a fact of None is left out."""
    lon, lat = TOWN_HALL
    form = {
        "what": "thirsty",
        "lon": lon,
        "lat": lat,
        "text": "dry leaves",
        "change": str(uuid.uuid4()),
        "seal": ReportForm.new_seal(),
        "website": "",
    }
    return {name: value for name, value in (form | facts).items() if value is not None}


def sent(client: Client, **facts: Any) -> Any:
    return client.post(ADDRESS, said(**facts), headers={"accept-language": "en"})


def status(client: Client, address: str) -> int:
    """The status of an address; a file is closed again."""
    answer: Any = client.get(address)
    if answer.streaming:
        assert b"".join(answer.streaming_content)
    return int(answer.status_code)


def filed(client: Client, **facts: Any) -> Report:
    answer = sent(client, **facts)
    assert answer.status_code == 302, answer.text
    return Report.objects.order_by("-pk")[0]


# --- the form -------------------------------------------------------------------------------------------


def test_who_is_not_signed_in_reads_why_and_comes_back_to_the_same_tree(client: Client) -> None:
    tree = make.TreeFactory()
    page = client.get(ADDRESS, {"tree": tree.pk}, headers={"accept-language": "en"})
    assert "Sign in first" in page.text
    assert f"next=/report/%3Ftree%3D{tree.pk}" in page.text
    answer = client.post(ADDRESS, said())
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=/report/")
    assert not Observation.objects.exists()


def test_a_report_with_a_photo_from_a_plain_form(ana: Client) -> None:
    content = jpeg()
    answer = sent(ana, photos=[as_file(content)])
    report = Report.objects.get()
    assert answer["Location"] == f"/report/{report.number}/thanks/"
    thanks = ana.get(answer["Location"], headers={"accept-language": "en"})
    assert f"Its number is {report.number}." in thanks.text
    assert (report.text, report.placed, report.reporter) == ("dry leaves", "map", ana.user)  # type: ignore[attr-defined]
    photo = report.photos.get()
    assert original_of(photo).read_bytes() == content
    own = ana.get(f"/report/{report.number}/photos/{photo.pk}.jpg")
    assert (own.status_code, own["Content-Type"]) == (200, "image/jpeg")
    shown = b"".join(own.streaming_content)  # type: ignore[attr-defined]
    assert shown != content  # a copy, never the original
    assert Client().get(f"/photos/{photo.uuid}.jpg").status_code == 404


def test_a_tree_of_the_map_is_the_place(ana: Client) -> None:
    tree = make.TreeFactory()
    page = ana.get(ADDRESS, {"tree": tree.pk}, headers={"accept-language": "en"})
    assert f"Chosen: {tree}" in page.text
    report = filed(ana, tree=tree.pk, lon=None, lat=None)
    assert (report.observation.tree, report.placed) == (tree, "tree")
    card = Client().get(f"/list/trees/{tree.pk}/?fragment=1")
    assert f"/report/?tree={tree.pk}" in card.text


def test_without_scripts_a_street_is_the_place(ana: Client) -> None:
    report = filed(ana, lon=None, lat=None, address="devant le 12 RUE DE L'EGALITE")
    middle = [(a + b) / 2 for a, b in zip(TOWN_HALL, STREET_CORNER, strict=True)]
    assert list(report.observation.geom.coords) == pytest.approx(middle, abs=1e-9)
    assert (report.placed, report.address) == ("address", "devant le 12 RUE DE L'EGALITE")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"lon": 2.35, "lat": 48.85}, "This place is outside Petiteville"),
        ({"lon": 200, "lat": 48.85}, "This place is not on the map"),
        ({"lon": "nan", "lat": 48.8}, "Show the place on the map, or write the street."),
        ({"lon": None}, "Show the place on the map, or write the street."),
        ({"lon": None, "address": "avenue Nulle-Part"}, "We know no street of that name"),
        ({"lon": None, "tree": 987654}, "This tree is no longer there"),
        ({"what": None}, "Choose what you have seen."),
        ({"what": "danger"}, "Select a valid choice"),
        ({"text": "x" * 2001}, "at most 2000 characters"),
        ({"website": "http://spam.example"}, "it is there to stop robots"),
        ({"seal": "forged"}, "open for too long"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_written(
    ana: Client, facts: dict[str, Any], sentence: str
) -> None:
    answer = sent(ana, **facts, photos=[as_file(jpeg())])
    assert answer.status_code == 400
    assert sentence in answer.text
    assert not Observation.objects.exists()
    assert not Photo.objects.exists()


def test_the_same_form_sent_twice_is_one_report(ana: Client) -> None:
    form = said()
    first, second = ana.post(ADDRESS, form), ana.post(ADDRESS, form)
    assert first["Location"] == second["Location"]
    assert Report.objects.count() == 1


def test_nothing_but_the_form_s_fields_is_taken(ana: Client) -> None:
    """Mass assignment: whatever else is posted is not read."""
    other = make.ObservationFactory()
    report = filed(
        ana,
        state="validated",
        severity="4",
        answer="yes",
        done_on="2026-01-01",
        joined_to=str(other.uuid),
        reporter="1",
        note="n",
        synthetic="on",
        seen_on="2020-01-01",
    )
    seen = report.observation
    assert (seen.state, seen.severity, seen.answer, seen.done_on) == ("received", None, "", None)
    assert (seen.joined_to, seen.note, seen.synthetic) == (None, "", False)
    assert seen.seen_on > dt.date(2026, 1, 1)
    assert report.reporter == ana.user  # type: ignore[attr-defined]


def test_a_form_without_its_token_is_refused() -> None:
    user = person(Role.RESIDENT, email="c@example.fr")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(ADDRESS, said()).status_code == 403
    assert client.post(f"{ADDRESS}1/", {"text": "x"}).status_code == 403
    assert client.post(f"{ADDRESS}desk/1/", {"do": "follow-up"}).status_code == 403
    assert not Observation.objects.exists()


def test_many_reports_in_an_hour_are_slowed_down(ana: Client) -> None:
    for _turn in range(15):
        filed(ana)
    answer = sent(ana)
    assert answer.status_code == 429
    assert "Wait an hour" in answer.text
    assert "dry leaves" in answer.text  # what was written is not lost
    assert Report.objects.count() == 15
    filed(signed_in(Role.RESIDENT, email="bob@example.fr"))  # a neighbour is not held up


# --- photos -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda: zipped(), "something else besides a picture"),
        (lambda: jpeg() + zipped(), "something else besides a picture"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "something else besides a picture"),
        (lambda: b"<html><script>alert(1)</script>", "something else besides a picture"),
        (lambda: bomb(), "more pixels than are taken"),
        (lambda: jpeg((10_000, 10_000)), "more pixels than are taken"),
        (lambda: jpeg((300, 300))[:-200], "cut off or damaged"),
        (lambda: b"not a picture at all", "no JPEG, PNG or WebP"),
        (lambda: jpeg() + bytes(30_000_000), "larger than the 25 MB"),
    ],
    ids=[
        "zip", "zip behind a JPEG", "SVG", "HTML", "bomb", "100 megapixels", "half", "text", "30 MB",
    ],
)  # fmt: skip
def test_a_hostile_photo_is_refused_with_a_reason_and_leaves_nothing(
    ana: Client, data_dir: Path, content: Any, sentence: str
) -> None:
    answer = sent(ana, photos=[as_file(jpeg(shade=1)), as_file(content())])
    assert answer.status_code == 400
    assert sentence in answer.text
    assert not Observation.objects.exists()
    assert not Photo.objects.exists()
    assert [path for path in (data_dir / "field").rglob("*") if path.is_file()] == []


def test_three_photos_are_taken_and_not_four(ana: Client) -> None:
    four = [as_file(jpeg(shade=shade)) for shade in (0, 80, 160, 240)]
    assert "3 photos at most" in sent(ana, photos=four).text
    three = [as_file(jpeg(shade=shade)) for shade in (0, 160, 160)]
    assert filed(ana, photos=three).photos.count() == 2  # the same photo twice is one


def test_what_is_larger_than_all_photos_together_is_not_even_read(ana: Client) -> None:
    answer = ana.post(ADDRESS, said(), CONTENT_LENGTH="80000000", headers={"accept-language": "en"})
    assert answer.status_code == 413
    assert "larger than is taken" in answer.text


# --- one's own ------------------------------------------------------------------------------------------


def test_nobody_reads_another_s_report(ana: Client, client: Client) -> None:
    report = filed(ana, photos=[as_file(jpeg())])
    own = f"/report/{report.number}/"
    addresses = (own, f"{own}thanks/", f"{own}photos/{report.photos.get().pk}.jpg")
    assert [status(ana, each) for each in addresses] == [200, 200, 200]
    bob = signed_in(Role.RESIDENT, email="bob@example.fr")
    assert [status(bob, each) for each in addresses] == [404, 404, 404]
    assert bob.post(own, {"text": "mine now"}).status_code == 404
    assert [status(client, each) for each in addresses] == [302, 302, 302]
    assert bob.get(f"/report/desk/{report.number}/").status_code == 403
    assert bob.get("/report/desk/").status_code == 403
    assert "dry leaves" not in bob.get("/report/mine/").text
    # A photo of one report is not shown under another's number.
    other = filed(bob)
    photo = report.photos.get().pk
    assert bob.get(f"/report/{other.number}/photos/{photo}.jpg").status_code == 404


def test_scripts_in_what_people_write_are_text(ana: Client, lead: Client) -> None:
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    report = filed(ana, text=bad, address=bad)
    Observation.objects.update(answer=bad, state="needs_info")
    for client, address in (
        (ana, f"/report/{report.number}/"),
        (ana, "/report/mine/"),
        (lead, f"/report/desk/{report.number}/"),
    ):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page
    wrong = sent(ana, text=bad, address=bad, lon=None)
    assert "<script>alert" not in wrong.text


def test_the_reporter_is_asked_answers_and_sees_what_came_of_it(ana: Client, lead: Client) -> None:
    report = filed(ana, tree=make.TreeFactory(state="mature").pk)
    desk, own = f"/report/desk/{report.number}/", f"/report/{report.number}/"
    english = {"accept-language": "en"}

    def move(target: str, **facts: str) -> None:
        seen = Observation.objects.get(pk=report.number)
        form = {f"to-{target}-{name}": value for name, value in facts.items()}
        form |= {"do": f"move:{target}", "rev": str(seen.rev), "change": str(uuid.uuid4())}
        assert lead.post(desk, form).status_code == 302

    move("needs_info", answer="Which of the three?")
    assert "Which of the three?" in ana.get(own, headers=english).text
    empty = ana.post(own, {"text": " "}, headers=english)
    assert (empty.status_code, "Write a few words." in empty.text) == (400, True)
    assert ana.post(own, {"text": "The left one."}).status_code == 302
    assert "The left one." in lead.get(desk).text
    assert lead.post(desk, {"do": "follow-up"}).status_code == 302
    assert CareTask.objects.get().action == "water"
    assert "Planned: watering" in ana.get(own, headers=english).text
    move("acted_on", done_on="2026-10-05", answer="Watered, thank you.")
    page = ana.get(own, headers=english).text
    assert "Watered, thank you." in page
    assert "Send my answer" not in page
    assert "Watered, thank you." in ana.get("/report/mine/", headers=english).text


# --- the desk ---------------------------------------------------------------------------------------------


def test_the_desk_shows_likely_duplicates_joins_them_and_takes_them_apart(
    ana: Client, lead: Client
) -> None:
    tree = make.TreeFactory(state="mature")
    bob = signed_in(Role.RESIDENT, email="bob@example.fr")
    first, second = filed(ana, tree=tree.pk), filed(bob, tree=tree.pk)
    english = {"accept-language": "en"}
    assert lead.get("/report/desk/", headers=english).text.count("same tree as another") == 2
    desk = f"/report/desk/{first.number}/"
    assert f'value="join:{second.number}"' in lead.get(desk).text
    assert lead.post(desk, {"do": f"join:{second.number}"}).status_code == 302
    assert Observation.objects.get(pk=second.number).joined_to == first.observation
    page = lead.get(desk, headers=english).text
    assert f"Report no. {second.number}" in page
    assert f'value="separate:{second.number}"' in page
    queue = lead.get("/report/desk/", headers=english).text
    assert f"/report/desk/{first.number}/" in queue
    assert f"/report/desk/{second.number}/" not in queue
    assert "Others reported the same" in bob.get(f"/report/{second.number}/", headers=english).text
    under = lead.get(f"/report/desk/{second.number}/", headers=english).text
    assert f"Joined to no. {first.number}" in under
    lead.post(desk, {"do": f"separate:{second.number}"})
    assert Observation.objects.get(pk=second.number).joined_to is None
    lead.post(desk, {"do": f"join-to:{second.number}"})
    assert Observation.objects.get(pk=first.number).joined_to == second.observation


@pytest.mark.parametrize("do", ["join:999999", "join:x", "follow-up", "join:self"])
def test_what_cannot_be_done_is_said(lead: Client, ana: Client, do: str) -> None:
    report = filed(ana)
    desk = f"/report/desk/{report.number}/"
    do = do.replace("self", str(report.number))
    answer = lead.post(desk, {"do": do}, follow=True, headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert '<p class="error">' in answer.text
    assert Observation.objects.get().joined_to is None


def test_the_desk_is_walked_page_by_page(
    ana: Client, lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.residents.report_desk.REPORTS_A_PAGE", 2)
    numbers = [filed(ana).number for _turn in range(3)]
    Observation.objects.filter(pk=numbers[2]).update(severity=4)
    first = lead.get("/report/desk/")
    assert [seen.pk for seen in first.context["rows"]] == [numbers[2], numbers[0]]
    second = lead.get("/report/desk/", {"page": first.context["page"].next})
    assert [seen.pk for seen in second.context["rows"]] == [numbers[1]]
    assert lead.get("/report/desk/", {"page": "nonsense"}).status_code == 404
    assert lead.get("/report/desk/", {"pile": "nonsense"}).status_code == 404
    assert [len(lead.get("/report/desk/", {"pile": pile}).context["rows"]) for pile in
            ("asked", "confirmed", "ended")] == [0, 0, 0]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.RESIDENT, 403),
        (Role.CREW, 403),
        (Role.GARDEN_MANAGER, 403),
        (Role.CONTRACTOR, 403),
        (Role.CREW_LEAD, 200),
        (Role.PLANNER, 200),
        (Role.ADMINISTRATOR, 200),
    ],
)
def test_the_desk_is_the_moderators_own(ana: Client, role: Role, expected: int) -> None:
    report = filed(ana)
    client = signed_in(role, email=f"{role}-2@example.fr")
    for address in ("/report/desk/", f"/report/desk/{report.number}/"):
        assert status(client, address) == expected


def test_a_photo_is_public_only_after_a_look_at_it(ana: Client, lead: Client) -> None:
    report = filed(ana, photos=[as_file(jpeg())])
    photo = report.photos.get()
    desk, public = f"/report/desk/{report.number}/", f"/photos/{photo.uuid}.jpg"
    assert "number plate is recognisable" in lead.get(desk, headers={"accept-language": "en"}).text
    publish = reverse("field-publish", args=(photo.pk,))
    assert lead.post(publish, {"back": desk})["Location"] == desk
    assert status(Client(), public) == 404
    assert lead.post(publish, {"back": desk, "looked": "on"})["Location"] == desk
    assert status(Client(), public) == 200
    away = {"back": "https://evil.example/", "looked": "on"}
    assert lead.post(publish, away)["Location"] == reverse("field-photo-desk")


def test_a_moderator_sees_where_two_reports_went(ana: Client, lead: Client) -> None:
    """A head of a crew, which no resident filed, stands in the queue because somebody waits for its answer."""
    head = make.ObservationFactory()
    assert lead.get("/report/desk/").context["rows"] == []
    join(head, filed(ana).observation, by=lead.user)  # type: ignore[attr-defined]
    assert [seen.pk for seen in lead.get("/report/desk/").context["rows"]] == [head.pk]


def test_a_resident_reports_by_the_form_for_it_and_not_by_the_crews_own(ana: Client) -> None:
    tree = make.TreeFactory(state="mature")
    page = reverse("object", args=("trees", tree.pk))
    forged = {
        "do": "make:report",
        "change": str(uuid.uuid4()),
        "report-what": "danger",
        "report-severity": "4",
        "report-seen_on": "2026-10-01",
    }
    assert ana.post(page, forged).status_code == 404
    assert not Observation.objects.exists()


def test_the_public_map_tells_what_and_where_of_what_was_confirmed(
    ana: Client, lead: Client, client: Client
) -> None:
    tree = make.TreeFactory(state="mature")
    report, waiting = filed(ana, tree=tree.pk, text="I am Ana"), filed(ana, text="I am Ana")
    Observation.objects.filter(pk=report.number).update(
        state="validated", note="Ana told us", answer="Dear Ana"
    )
    make.ObservationFactory(state="validated", note="Ana told a crew")
    layer = {"layer": "reports"}
    english = {"accept-language": "en"}
    shown = client.get(reverse("list"), layer, headers=english).text
    assert f"/list/reports/{report.number}/" in shown
    assert f"/list/reports/{waiting.number}/" not in shown
    own = client.get(f"/list/reports/{report.number}/", headers=english)
    card = client.get(f"/list/reports/{report.number}/?fragment=1", headers=english)
    file = client.get(reverse("list-file", args=("csv",)), layer)
    assert "thirsty tree" in card.text
    written = b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]
    for page in (shown, own.text, card.text, written):
        assert "Ana" not in page
        assert "ana@" not in page
    assert client.get(f"/list/reports/{waiting.number}/").status_code == 404
    assert client.get(f"/history/observation/{report.number}/").status_code in (302, 403, 404)
