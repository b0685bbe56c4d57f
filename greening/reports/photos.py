"""A resident's photos: a plain form's files under the field app's rules, looked at before anything is written."""

from __future__ import annotations

import hashlib
import os
import uuid as uuid_module
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.field.pictures import NoPicture, Picture, bare_copy, inspect
from greening.field.uploads import folder, most_bytes, original_of, place
from greening.models import Photo, Report

MOST_PHOTOS = 3


@dataclass(frozen=True, slots=True)
class Staged:
    """A photo that was found to be one, on disk under a name of its own until the report is filed."""

    path: Path
    sha256: str
    length: int
    picture: Picture


@contextmanager
def staged(files: list[UploadedFile[bytes]]) -> Iterator[list[Staged]]:
    """The photos among a form's files; whatever is not filed is gone afterwards.

    Raises NoPicture for the first that is none, or too large, or one too many.
    """
    if len(files) > MOST_PHOTOS:
        raise NoPicture("too_many", _("Send %s photos at most.") % MOST_PHOTOS)
    waiting = folder() / "uploads"
    waiting.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    try:
        found: list[Staged] = []
        for file in files:
            path = waiting / f"report.{uuid_module.uuid4().hex}"
            paths.append(path)
            found.append(_stage(file, path))
        # One photo chosen twice is one photo.
        yield list({photo.sha256: photo for photo in found}.values())
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _stage(file: UploadedFile[bytes], path: Path) -> Staged:
    length = file.size or 0
    if length > most_bytes():
        raise NoPicture(
            "too_large",
            _("This photo is larger than the %s MB that are taken.") % settings.FIELD_PHOTO_MB,
        )
    if not length:
        raise NoPicture("photo_empty", _("This photo is empty."))
    digest = hashlib.sha256()
    with path.open("wb") as target:
        for chunk in file.chunks():
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    # What the browser says the file is proves nothing; what is in it decides.
    return Staged(path, digest.hexdigest(), length, inspect(path))


def shelve(photo: Staged, *, by: User, event: uuid_module.UUID) -> Photo:
    """Keep a staged photo by its content, as the field's are; the same content again is the same photo."""
    known = Photo.objects.filter(sha256=photo.sha256).first()
    if known is not None and known.is_stored and original_of(known).exists():
        return known
    place(photo.path, photo.sha256, photo.picture)
    facts: dict[str, Any] = {
        "length": photo.length,
        "mime": photo.picture.mime,
        "width": photo.picture.width,
        "height": photo.picture.height,
        "event": event,
        "received_at": timezone.now(),
        "received_from": by,
        "code": "",
        "reason": "",
    }
    kept, _made = Photo.objects.update_or_create(sha256=photo.sha256, defaults=facts)
    return kept


def forget_photos(report: Report) -> None:
    """Part with a report's photos: what is not public goes, of what is public the bare picture stays.

    A photo that a phone sent too, or that another report shows, is not this report's to take away.
    """
    photos = list(report.photos.all())
    report.photos.clear()
    for photo in photos:
        if photo.reports.exists() or photo.device_id is not None:
            continue
        original = original_of(photo)
        if photo.published_at is None:
            preview = folder() / "previews" / photo.sha256[:2] / f"{photo.sha256}.jpg"
            photo.delete()
            transaction.on_commit(partial(_unlink, original, preview))
        else:
            Photo.objects.filter(pk=photo.pk).update(received_from=None)
            # Where it was taken, and with whose phone, goes; the picture is the one that is public already.
            transaction.on_commit(partial(_bare, original))


def _unlink(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _bare(path: Path) -> None:
    with suppress(FileNotFoundError):
        bare_copy(path, path)
