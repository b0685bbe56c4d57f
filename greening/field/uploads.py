"""Photos in chunks: appended to a file whose length is the offset, checked by hash at the end, kept by content.

No crash can make the offset lie: it is read from the file. A photo that is here was flushed to disk, hashed and decoded
before its receipt was written.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import UnreadablePostError
from django.utils import timezone
from django.utils.translation import gettext as _

from greening import due
from greening.field.pictures import SUFFIXES, NoPicture, Picture, inspect
from greening.models import Device, Photo, Upload
from greening.problem import Problem

CHUNK = 1 << 16


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def folder() -> Path:
    return Path(settings.DATA_DIR) / "field"


def original_of(photo: Photo) -> Path:
    """Where the private original is; content says its name."""
    suffix = SUFFIXES[photo.mime]
    return folder() / "photos" / photo.sha256[:2] / f"{photo.sha256}.{suffix}"


def part_of(upload: Upload) -> Path:
    return folder() / "uploads" / f"{upload.sha256}.{upload.device.uuid}"


def most_bytes() -> int:
    return int(settings.FIELD_PHOTO_MB) * 1_000_000


def larger_than_taken() -> str:
    most = int(settings.FIELD_PHOTO_MB)
    return _("This photo is larger than the %s MB that are taken.") % most


# --- tus: create, ask, append -------------------------------------------------------------------------


def begin(device: Device, sha256: str, length: int, mime: str, event: Any) -> Upload:
    """An upload of this device, or the one that it began before. Raises Problem for a size that is not taken."""
    if length <= 0:
        raise Problem(400, _("This photo is empty."), "photo_empty")
    if length > most_bytes():
        raise Problem(413, larger_than_taken(), "too_large")
    found, made = Upload.objects.get_or_create(
        device=device, sha256=sha256, defaults={"length": length, "mime": mime, "event": event}
    )
    if not made and (found.length, found.mime) != (length, mime):
        # One content has one length: what was said before was wrong, and what came of it is worth nothing.
        with suppress(FileNotFoundError):
            part_of(found).unlink()
        found.length, found.mime, found.event = length, mime, event
        found.save(update_fields=["length", "mime", "event"])
    return found


def offset_of(upload: Upload) -> int:
    try:
        return part_of(upload).stat().st_size
    except FileNotFoundError:
        return 0


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the upload stands after a chunk, and the photo once it is whole."""

    offset: int
    photo: Photo | None = None


def append(upload: Upload, offset: int, body: Readable, by: User) -> Appended:
    """Append what comes to the upload's file and, at the last byte, make it a photo.

    A body that breaks off leaves what arrived; what comes beyond the announced length is not read. Raises Problem: 409
    where `offset` is not the file's length, 423 where another request writes, 460 and 422 where the whole is not what
    it should be, 507 where the disk is full.
    """
    path = part_of(upload)
    with _alone_with(path) as file:
        if not Upload.objects.filter(pk=upload.pk).exists():
            # Finished by another request, which took the file away; opening made an empty one.
            path.unlink()
            raise Problem(409, _("This upload is finished."), "offset")
        here = os.fstat(file.fileno()).st_size
        if here != offset:
            raise Problem(
                409,
                _("The upload stands at byte %(here)s, not %(said)s.")
                % {"here": here, "said": offset},
                "offset",
            )
        try:
            here = _write(file, body, here, upload.length)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Problem(
                    507,
                    _("The server's disk is full; the photo stays on the phone."),
                    "storage_full",
                ) from None
            raise
        if here < upload.length:
            return Appended(here)
        return Appended(here, _finish(upload, path, by))


@contextmanager
def _alone_with(path: Path) -> Iterator[IO[bytes]]:
    """The file, opened for appending, which no other request of any process writes meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(423, _("This photo is just being written."), "locked") from None
        # Between opening and locking the other request may have finished and taken the file away.
        if not path.exists() or path.stat().st_ino != os.fstat(file.fileno()).st_ino:
            raise Problem(423, _("This photo is just being written."), "locked")
        yield file


def _write(file: IO[bytes], body: Readable, here: int, length: int) -> int:
    """Append the body, flushed to the disk before anybody is told; never more than was announced."""
    try:
        while here < length:
            try:
                chunk = body.read(min(CHUNK, length - here))
            except (UnreadablePostError, ConnectionError, TimeoutError):
                break  # the phone is gone: what arrived stays
            if not chunk:
                break
            file.write(chunk)
            here += len(chunk)
    finally:
        file.flush()
        os.fsync(file.fileno())
    return here


def complete(upload: Upload, by: User) -> Photo | None:
    """The photo of an upload whose last byte came just before the server died; None where bytes are lacking yet."""
    if offset_of(upload) < upload.length:
        return None
    try:
        with _alone_with(part_of(upload)):
            return _finish(upload, part_of(upload), by)
    except Problem:
        return Photo.objects.filter(sha256=upload.sha256).first()


# --- the whole photo ----------------------------------------------------------------------------------


def _finish(upload: Upload, path: Path, by: User) -> Photo:
    known = Photo.objects.filter(sha256=upload.sha256).first()
    if known is not None and known.is_stored:  # another phone, or this one's other tab, was first
        _forget(upload, path)
        return known
    if sha256_of(path) != upload.sha256:
        path.unlink()
        raise Problem(
            460, _("The photo arrived damaged; it is sent again from its start."), "hash_mismatch"
        )
    try:
        photo = keep(
            path, upload.sha256, upload.mime, event=upload.event, device=upload.device, by=by
        )
    except NoPicture as error:
        _forget(upload, path)
        raise Problem(422, str(error), error.code) from None
    # Any other fault is the server's: the bytes stay, and whoever asks for the photo has it looked at again.
    # Other phones with the same photo need not send the rest.
    for other in Upload.objects.filter(sha256=upload.sha256).select_related("device"):
        _forget(other, part_of(other))
    return photo


def _forget(upload: Upload, path: Path) -> None:
    """The row goes first: whoever opens the file's name afterwards sees that there is nothing to write for."""
    Upload.objects.filter(pk=upload.pk).delete()
    with suppress(FileNotFoundError):
        path.unlink()


def keep(
    path: Path, sha256: str, announced: str, *, event: Any, device: Device | None, by: User | None
) -> Photo:
    """Make the whole file at `path` a photo: the file is moved, then the receipt written.

    Raises NoPicture where it is refused, which is written down too. The hash was checked by the caller.
    """
    facts: dict[str, Any] = {
        "length": path.stat().st_size,
        "event": event,
        "device": device,
        "received_at": timezone.now(),
        "received_from": by,
    }
    try:
        picture = inspect(path, announced)
    except NoPicture as error:
        refusal = {"code": error.code, "reason": str(error), "mime": announced[:40]}
        Photo.objects.get_or_create(sha256=sha256, defaults={**facts, **refusal})
        raise
    # Moved before the receipt is written: a crash between the two leaves a file without receipt, never the reverse.
    place(path, sha256, picture)
    facts |= {"mime": picture.mime, "width": picture.width, "height": picture.height}
    with transaction.atomic():
        photo, made = Photo.objects.get_or_create(sha256=sha256, defaults=facts)
        if not made and not photo.is_stored:  # refused before under another type
            Photo.objects.filter(pk=photo.pk).update(**facts, code="", reason="")
            photo.refresh_from_db()
    return photo


def place(path: Path, sha256: str, picture: Picture) -> Path:
    """Move a checked file to its content's place, for good."""
    target = folder() / "photos" / sha256[:2] / f"{sha256}.{SUFFIXES[picture.mime]}"
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)
    target.chmod(0o600)
    for held in (target.parent, target.parent.parent):
        handle = os.open(held, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return target


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clear_stale(days: int = 60) -> int:
    """Forget uploads that nobody has gone on with for so long; the phone, should it come back, starts anew.

    Files that a killed server left without their row go too.
    """
    old = timezone.now() - dt.timedelta(days=days)
    stale = list(Upload.objects.filter(started_at__lt=old).select_related("device"))
    for upload in stale:
        _forget(upload, part_of(upload))
    named = {part_of(upload).name for upload in Upload.objects.select_related("device")}
    for path in (folder() / "uploads").glob("*"):
        if path.name not in named and path.stat().st_mtime < old.timestamp():
            path.unlink(missing_ok=True)
    return len(stale)


def declare() -> None:
    """Tidying up is scheduled work."""
    due.register(due.Work("field_uploads", _tidy, every_days=7))


def _tidy(_day: dt.date) -> str:
    return f"{clear_stale()} photo uploads that nobody went on with were forgotten."
