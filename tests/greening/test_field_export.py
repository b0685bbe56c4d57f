"""The emergency export of a phone: taken in by a lead, twice as once, and never by its own word about sizes."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from greening.field import export
from greening.models import Device, Event, Photo, Tree
from greening.roles import Role
from tests.factories import PlantingSiteFactory
from tests.greening.field_phone import Phone, digest, picture, v7
from tests.greening.people import person, signed_in

pytestmark = pytest.mark.django_db


def packed(events: Any, photos: dict[str, bytes] | None = None, **more: Any) -> bytes:
    said = {
        "format": "greening-field-export",
        "version": 1,
        "device": {"uuid": str(v7()), "name": "Phone 9", "platform": "Android"},
        "exported_at": timezone.now().isoformat(),
        "events": events,
    } | more
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events.json", json.dumps(said))
        for name, content in (photos or {}).items():
            archive.writestr(f"photos/{name}", content)
    return out.getvalue()


@pytest.fixture
def lead() -> Any:
    return signed_in(Role.CREW_LEAD)


def hand_in(client: Any, content: bytes, media: str = "application/zip") -> Any:
    return client.post(
        "/api/field/export", content, content_type=media, headers={"accept-language": "en"}
    )


def test_an_export_lands_under_its_phone_s_name_and_twice_is_once(lead: Any) -> None:
    phone, content = Phone(register=False), picture()
    sha256 = digest(content)
    event = phone.planting(PlantingSiteFactory(state="ready"), photos=[sha256])
    device = {"uuid": str(phone.uuid), "name": "Phone 7", "platform": ""}
    file = packed([event, {"broken": True}], {sha256: content}, device=device)
    said = hand_in(lead, file).json()
    assert [one["status"] for one in said["verdicts"]] == ["applied", "rejected"]
    assert said["photos"] == [{"sha256": sha256, "stored": True, "code": "", "message": ""}]
    again = hand_in(lead, file).json()
    assert [one["status"] for one in again["verdicts"]] == ["duplicate", "rejected"]
    assert (Tree.objects.count(), Photo.objects.count(), Device.objects.count()) == (1, 1, 1)
    row = Event.objects.get(uuid=event["uuid"])
    assert (row.device, row.actor) == (str(phone.uuid), lead.user)


def test_the_phone_that_comes_back_afterwards_makes_no_twin(lead: Any) -> None:
    phone, content = Phone(), picture()
    event = phone.planting(PlantingSiteFactory(state="ready"), photos=[digest(content)])
    file = packed([event], {digest(content): content}, device={"uuid": str(phone.uuid)})
    hand_in(lead, file)
    assert phone.send(event)[0]["first"] == "applied"
    assert phone.get(f"photos/{digest(content)}/receipt").json()["stored"]
    assert phone.get("balance").json()["photos"]["missing"] == []


def test_a_revoked_phone_s_export_is_taken_from_a_lead_and_from_nobody_else(lead: Any) -> None:
    phone = Phone()
    event = phone.planting(PlantingSiteFactory(state="ready"))
    Device.objects.update(revoked_at=timezone.now())
    file = packed([event], device={"uuid": str(phone.uuid)})
    assert hand_in(phone.client, file).status_code == 403
    assert hand_in(lead, file).json()["verdicts"][0]["status"] == "applied"


def test_a_crew_s_reasons_do_not_become_a_lead_s(lead: Any) -> None:
    phone = Phone()
    event = phone.planting(PlantingSiteFactory(state="scheduled"), override="I said so")
    said = hand_in(lead, packed([event])).json()
    assert said["verdicts"][0]["code"] == "site_not_ready"


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x05\x06" + bytes(18),
        b"not a zip",
        packed([])[:-30],
        packed("x"),
        packed([], format="other"),
        packed([], version=2),
        packed([], device=None),
        packed([], device={"uuid": "x"}),
    ],
    ids=range(8),
)
def test_a_file_that_is_no_export_is_refused_in_one_sentence(lead: Any, content: bytes) -> None:
    answer = hand_in(lead, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.json()["detail"]


def test_the_media_type_and_the_size_are_looked_at_first(lead: Any, settings: Any) -> None:
    assert hand_in(lead, packed([]), "text/plain").json()["code"] == "media_type"
    settings.FIELD_EXPORT_MB = 0
    assert hand_in(lead, packed([])).json()["code"] == "too_large"


def test_photos_of_an_export_are_checked_like_any_other(
    lead: Any, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, other, html = picture(), picture(colour=(1, 1, 1)), b"<html></html>"
    photos = {
        digest(good): good,
        digest(other): good,  # not what its name says
        digest(html): html,
        "../../evil.jpg": good,
        "c" * 63: good,
    }
    said = hand_in(lead, packed([], photos)).json()["photos"]
    assert [(one["stored"], one["code"]) for one in said] == [
        (True, ""),
        (False, "hash_mismatch"),
        (False, "photo_hostile"),
    ]
    kept = [path for path in (data_dir / "field").rglob("*") if path.is_file()]
    assert [path.stem for path in kept] == [digest(good)]
    monkeypatch.setattr(export, "MOST_EVENTS_JSON", 50)
    assert hand_in(lead, packed([])).status_code == 400


@pytest.mark.parametrize("years", [-1, 1])
def test_an_export_of_a_phone_whose_clock_is_a_year_off_is_put_right(lead: Any, years: int) -> None:
    """It lay about for three days, which is not the clock's doing."""
    ahead = years * dt.timedelta(days=365)
    captured = timezone.now() - dt.timedelta(days=4)
    exported = captured + dt.timedelta(days=1)
    day = timezone.localtime(captured + ahead).date()
    event = Phone(register=False).planting(
        PlantingSiteFactory(state="ready"), day, device_time=(captured + ahead).isoformat()
    )
    clock = {
        "exported_at": (exported + ahead).isoformat(),
        "ahead_ms": round(ahead.total_seconds() * 1000),
    }
    (verdict,) = hand_in(lead, packed([event], **clock)).json()["verdicts"]
    assert (verdict["status"], len(verdict["warnings"])) == ("applied", 1)
    assert Event.objects.get(uuid=event["uuid"]).device_time == captured
    assert Tree.objects.get().planted_on == timezone.localtime(captured).date()


@pytest.mark.parametrize("ahead_ms", [None, True, "x", 10**30, -(365 * 86_400_000), 1000])
def test_a_clock_that_makes_no_sense_moves_nothing(lead: Any, ahead_ms: Any) -> None:
    event = Phone(register=False).planting(PlantingSiteFactory(state="ready"))
    (verdict,) = hand_in(lead, packed([event], ahead_ms=ahead_ms)).json()["verdicts"]
    assert (verdict["status"], verdict["warnings"]) == ("applied", [])


def test_an_oversized_photo_costs_neither_the_captures_nor_the_other_photos(
    lead: Any, data_dir: Path, settings: Any
) -> None:
    settings.FIELD_PHOTO_MB = 1
    good, bomb = picture(), bytes(3_000_000)
    event = Phone().planting(PlantingSiteFactory(state="ready"), photos=[digest(good)])
    said = hand_in(lead, packed([event], {digest(bomb): bomb, digest(good): good})).json()
    assert [(one["stored"], one["code"]) for one in said["photos"]] == [
        (False, "too_large"),
        (True, ""),
    ]
    assert "1 MB" in said["photos"][0]["message"]
    assert said["verdicts"][0]["status"] == "applied"
    kept = [path for path in (data_dir / "field").rglob("*") if path.is_file()]
    assert [path.stem for path in kept] == [digest(good)]


def test_the_terminal_takes_the_same_file(tmp_path: Path, capsys: Any) -> None:
    phone, content = Phone(register=False), picture()
    event = phone.planting(PlantingSiteFactory(state="ready"), photos=[digest(content)])
    path = tmp_path / "export.zip"
    path.write_bytes(
        packed(
            [event, phone.planting(PlantingSiteFactory(state="refused"))],
            {digest(content): content},
        )
    )
    with pytest.raises(CommandError, match="who hands it in"):
        call_command("import_field", str(path))
    person(Role.CREW_LEAD, email="lead@example.fr")
    call_command("import_field", str(path), "--by", "lead@example.fr")
    out, err = capsys.readouterr()
    assert "Captures: 1 applied, 1 rejected. Photos: 1 of 1 here." in out
    assert "rejected" in err
    assert Tree.objects.count() == 1
    person(Role.CREW, email="crew@example.fr")
    with pytest.raises(CommandError, match="neither a crew lead"):
        call_command("import_field", str(path), "--by", "crew@example.fr")
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_field", str(tmp_path / "no.zip"))
