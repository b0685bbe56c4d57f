"""Who reported is forgotten in time, or when they ask; what was seen, and what is public, stays."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import ExifTags, Image

from greening.accounts import own_data
from greening.events import Change, apply
from greening.field.uploads import original_of
from greening.models import Event, Observation, Photo, Report
from greening.reports.filing import Where, add_to, file_report
from greening.reports.forgetting import forget, forget_old
from greening.reports.joining import join, separate
from greening.reports.photos import staged
from greening.roles import Role
from tests import factories as make
from tests.factories import TOWN_HALL
from tests.greening.people import person

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 1)


def photo_of(colour: tuple[int, int, int] = (10, 200, 30)) -> SimpleUploadedFile:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Phone of Ana"
    out = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("tree.jpg", out.getvalue(), "image/jpeg")


def filed(who: Any, *files: SimpleUploadedFile) -> Report:
    where = Where(Point(*TOWN_HALL, srid=4326), "map", address="12 rue X")
    with staged(list(files)) as photos:
        return file_report(
            who, what="dead", where=where, text="by my door", photos=photos, change=uuid.uuid4()
        )


@pytest.fixture
def ana() -> Any:
    return person(Role.RESIDENT, email="ana@example.fr")


def ended(report: Report, days_ago: int) -> None:
    Observation.objects.filter(pk=report.observation_id).update(
        state="acted_on", updated_at=timezone.now() - dt.timedelta(days=days_ago)
    )


def test_a_report_forgets_its_person_so_long_after_its_end(ana: Any, settings: Any) -> None:
    settings.REPORT_KEEP_DAYS = 30
    old, young, still_open = filed(ana), filed(ana), filed(ana)
    ended(old, 31)
    ended(young, 29)
    assert forget_old(TODAY).startswith("1 report")
    assert forget_old(TODAY).startswith("0 report")
    old.refresh_from_db()
    assert (old.reporter, old.text, old.address) == (None, "", "")
    assert old.erased_at is not None
    assert not Event.objects.filter(object_uuid=old.observation.uuid, actor=ana).exists()
    assert set(Report.objects.of(ana)) == {young, still_open}


def test_a_joined_report_waits_for_its_head_to_end(ana: Any, settings: Any) -> None:
    settings.REPORT_KEEP_DAYS = 30
    head, report = make.ObservationFactory(), filed(ana)
    ended(report, 100)
    Observation.objects.filter(pk=report.observation_id).update(joined_to=head)
    assert forget_old(TODAY).startswith("0 report")
    Observation.objects.filter(pk=head.pk).update(
        state="refused", updated_at=timezone.now() - dt.timedelta(days=31)
    )
    assert forget_old(TODAY).startswith("1 report")


@pytest.mark.parametrize("separated", [False, True])
def test_what_a_person_answered_under_a_head_names_them_no_more(ana: Any, separated: bool) -> None:
    """The town's question goes to the head; the person's answer is an event of the head, not of their report."""
    lead, bob = person(Role.CREW_LEAD), person(Role.RESIDENT, email="bob@example.fr")
    first, report = filed(bob), filed(ana)
    head = first.observation
    join(head, report.observation, by=lead)
    question = {"state": "needs_info", "answer": "Which one?"}
    assert apply(Change("observation", head.uuid, question, actor=lead))[0].landed
    add_to(Report.objects.get(pk=report.pk), "The third", by=ana, device="phone of Ana")
    if separated:
        separate(Observation.objects.get(pk=report.observation_id), by=lead)
    assert Event.objects.filter(object_uuid=head.uuid, actor=ana).exists()
    forget(Report.objects.get(pk=report.pk))
    assert not Event.objects.filter(actor=ana).exists()
    assert not Event.objects.filter(device="phone of Ana").exists()
    assert Event.objects.filter(object_uuid=head.uuid, actor=bob).exists()
    assert Event.objects.filter(object_uuid=head.uuid, actor=lead).exists()


def test_another_report_of_the_same_person_is_forgotten_in_its_own_time(ana: Any) -> None:
    lead = person(Role.CREW_LEAD)
    kept, old = filed(ana), filed(ana)
    join(kept.observation, old.observation, by=lead)
    forget(Report.objects.get(pk=old.pk))
    assert Event.objects.get(actor=ana).object_uuid == kept.observation.uuid


def test_photos_go_with_the_person_unless_they_are_public(
    ana: Any, django_capture_on_commit_callbacks: Any
) -> None:
    report = filed(ana, photo_of(), photo_of((200, 0, 0)))
    private, public = report.photos.order_by("pk")
    Photo.objects.filter(pk=public.pk).update(published_at=timezone.now())
    kept: tuple[Path, Path] = (original_of(private), original_of(public))
    assert all(b"Ana" in path.read_bytes() for path in kept)
    with django_capture_on_commit_callbacks(execute=True):
        forget(report)
    assert not kept[0].exists()
    assert not Photo.objects.filter(pk=private.pk).exists()
    assert b"Ana" not in kept[1].read_bytes()
    with Image.open(kept[1]) as bare:
        assert bare.size == (300, 200)
    assert Photo.objects.get().received_from is None


def test_a_photo_that_another_report_shows_is_not_taken_away(
    ana: Any, django_capture_on_commit_callbacks: Any
) -> None:
    bob = person(Role.RESIDENT, email="bob@example.fr")
    first, second = filed(ana, photo_of()), filed(bob, photo_of())
    assert Photo.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        forget(first)
    assert original_of(second.photos.get()).exists()


def test_a_person_takes_their_reports_along_and_leaves_none_of_themselves(
    ana: Any, django_capture_on_commit_callbacks: Any
) -> None:
    report, other = filed(ana, photo_of()), filed(person(Role.RESIDENT, email="b@example.fr"))
    (part,) = (each for each in own_data.parts() if each.name == "reports")
    (told,) = part.export(ana)
    assert (told["number"], told["text"], told["address"]) == (
        report.number,
        "by my door",
        "12 rue X",
    )
    assert told["what"] == "dead tree"
    ((name, path),) = part.files(ana)
    assert name.startswith(f"{report.number}-")
    assert name.endswith(".jpg")
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        part.erase(ana)
    assert not path.exists()
    assert part.export(ana) == []
    assert Observation.objects.filter(pk=report.observation_id).exists()
    other.refresh_from_db()
    assert other.text == "by my door"
