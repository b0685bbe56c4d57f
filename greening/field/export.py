"""The emergency export of a phone, taken in: the same captures and photos, through the same doors. Twice is as once."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.errors import BadInput
from greening.field import clock
from greening.field.access import field_api
from greening.field.events import MOST_EVENTS, receive
from greening.field.pictures import NoPicture
from greening.field.reading import content_length, read_uuid
from greening.field.uploads import (
    CHUNK,
    Readable,
    folder,
    keep,
    larger_than_taken,
    most_bytes,
)
from greening.models import Device, Photo
from greening.problem import Problem
from greening.roles import SETTLERS

FORMAT = "greening-field-export"
MOST_EVENTS_JSON = 200_000_000
PHOTO = re.compile(r"photos/([0-9a-f]{64})(\.(jpe?g|png|webp))?")


@field_api("POST", device="any", roles=SETTLERS)
def export(request: HttpRequest) -> JsonResponse:
    """Take in an export sent by a lead: its verdicts, and what became of each photo."""
    if request.content_type != "application/zip":
        raise Problem(415, _("Send the export as application/zip."), "media_type")
    if content_length(request) > most_export_bytes():
        raise Problem(413, _("This export is too large: use manage.py import_field."), "too_large")
    with spooled(request) as path:
        taken = take_in(path, by=request.user)  # type: ignore[arg-type]
    return JsonResponse({**taken, "server_time": timezone.now().isoformat()})


def most_export_bytes() -> int:
    return int(settings.FIELD_EXPORT_MB) * 1_000_000


@contextmanager
def spooled(body: Readable) -> Iterator[Path]:
    """What comes, in a file that is gone afterwards."""
    (folder() / "uploads").mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder() / "uploads", prefix="export-", suffix=".zip") as file:
        left = most_export_bytes()
        while left > 0 and (chunk := body.read(min(CHUNK, left))):
            file.write(chunk)
            left -= len(chunk)
        file.flush()
        yield Path(file.name)


def take_in(
    path: Any, *, by: User | None, progress: Callable[[Any], Any] = lambda items: items
) -> dict[str, Any]:
    """Captures and photos of the export (a path or an open file), kept under the phone's own name.

    `by` is the lead who hands it in and becomes the actor; without one it is whoever used the phone last. Raises
    BadInput where the file is no export.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            said = _events_json(archive)
            device = _device(said)
            by = by or device.person
            if by is None:
                raise BadInput(_("Nobody is known to have used this phone: say who hands it in."))
            photos = [
                _photo(archive, info, device, by) for info in progress(archive.infolist())
                if PHOTO.fullmatch(info.filename)
            ]  # fmt: skip
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadInput(_("This file is not a field export, or it is damaged: %s") % error) from None
    off = clock.skew_at_export(said.get("exported_at"), said.get("ahead_ms"), timezone.now())
    events = said["events"]
    verdicts: list[dict[str, Any]] = []
    for start in range(0, len(events), MOST_EVENTS):
        batch = events[start : start + MOST_EVENTS]
        verdicts += receive(batch, device=device, actor=by, off=off, overrides=False)
    return {"device": str(device.uuid), "verdicts": verdicts, "photos": photos}


def _events_json(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        info = archive.getinfo("events.json")
    except KeyError:
        raise BadInput(_("This file is not a field export: it has no events.json.")) from None
    if info.file_size > MOST_EVENTS_JSON:
        raise BadInput(_("This export's events.json is too large."))
    with archive.open(info) as file:
        text = file.read(MOST_EVENTS_JSON + 1)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput(_("This export's events.json cannot be read.")) from None
    if not isinstance(said, dict) or said.get("format") != FORMAT or said.get("version") != 1:
        raise BadInput(_("This file is not a field export of a version known here."))
    if not isinstance(said.get("events"), list):
        raise BadInput(_("This export's events.json cannot be read."))
    return said


def _device(said: dict[str, Any]) -> Device:
    """The phone that made the export, revoked or never registered as it may be."""
    phone = said.get("device")
    identifier = read_uuid(phone.get("uuid")) if isinstance(phone, dict) else None
    if not isinstance(phone, dict) or identifier is None:
        raise BadInput(_("This export does not say which phone made it."))
    facts = {
        name: str(phone.get(name) or "").replace("\x00", "")[:most]
        for name, most in (("name", 80), ("platform", 120))
    }
    return Device.objects.get_or_create(uuid=identifier, defaults=facts)[0]


def _photo(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, device: Device, by: User
) -> dict[str, Any]:
    """One photo of the archive, measured as it is read: what the directory says of its size is not believed."""
    found = PHOTO.fullmatch(info.filename)
    sha256 = found[1] if found else ""
    if Photo.objects.stored().filter(sha256=sha256).exists():
        return {"sha256": sha256, "stored": True, "code": "duplicate", "message": ""}
    (folder() / "uploads").mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder() / "uploads", prefix="import-", delete=False) as file:
        part = Path(file.name)
        try:
            try:
                real = _copy(archive, info, file)
            except (zipfile.BadZipFile, zlib.error, EOFError):
                real = ""
            if real != sha256:
                sentence = _("This photo is damaged in the export.")
                return _not_kept(sha256, "hash_mismatch", sentence)
            keep(part, sha256, "", event=None, device=device, by=by)
            return {"sha256": sha256, "stored": True, "code": "", "message": ""}
        except NoPicture as error:
            return _not_kept(sha256, error.code, str(error))
        finally:
            with suppress(FileNotFoundError):
                part.unlink()


def _not_kept(sha256: str, code: str, sentence: str) -> dict[str, Any]:
    return {"sha256": sha256, "stored": False, "code": code, "message": sentence}


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: Any) -> str:
    """Copy a member and answer the SHA-256 of what was copied. Raises NoPicture for more than a photo may have."""
    digest, left = hashlib.sha256(), most_bytes()
    with archive.open(info) as member:
        while chunk := member.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise NoPicture("too_large", larger_than_taken())
            digest.update(chunk)
            file.write(chunk)
    file.flush()
    return digest.hexdigest()
