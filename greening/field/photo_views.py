"""Photos over tus 1.0.0 (core and creation), and their receipts. https://tus.io/protocols/resumable-upload"""

from __future__ import annotations

import base64
import binascii
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from greening.field.access import View, field_api
from greening.field.events import SHA256
from greening.field.reading import malformed, read_uuid
from greening.field.uploads import append, begin, complete, most_bytes, offset_of
from greening.models import Photo, Upload
from greening.problem import Problem

VERSION = "1.0.0"
OCTETS = "application/offset+octet-stream"


def answers_tus(view: View) -> View:
    """Every answer says the version, refusals too."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return _tus(view(request, *args, **kwargs))

    return answer


def _tus(response: HttpResponseBase, **headers: Any) -> HttpResponseBase:
    response["Tus-Resumable"] = VERSION
    for name, value in headers.items():
        response[name.replace("_", "-")] = str(value)
    return response


def _speaks_tus(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Problem(
            412, _("Speak tus %s.") % VERSION, "tus_version", headers={"Tus-Version": VERSION}
        )


def _whole_number(request: HttpRequest, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise malformed(_("“%s” is missing or cannot be read.") % name)
    return int(text)


def _metadata(request: HttpRequest) -> dict[str, str]:
    """tus' comma-separated `key base64` pairs, as text."""
    found: dict[str, str] = {}
    for pair in request.headers.get("Upload-Metadata", "")[:2_000].split(","):
        name, _space, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise malformed(_("“%s” is missing or cannot be read.") % "Upload-Metadata") from None
    return found


@answers_tus
@field_api("POST", "OPTIONS")
def photos(request: HttpRequest) -> HttpResponseBase:
    """Begin an upload (tus creation), or say what is spoken here."""
    if request.method == "OPTIONS":
        return _tus(
            HttpResponse(status=204),
            Tus_Version=VERSION,
            Tus_Extension="creation",
            Tus_Max_Size=most_bytes(),
        )
    _speaks_tus(request)
    said = _metadata(request)
    sha256 = said.get("sha256", "")
    if not SHA256.fullmatch(sha256):
        raise malformed(_("“%s” is missing or cannot be read.") % "sha256")
    length = _whole_number(request, "Upload-Length")
    if not Photo.objects.stored().filter(sha256=sha256).exists():
        begin(
            request.field_device,  # type: ignore[attr-defined]
            sha256,
            length,
            said.get("type", "")[:40],
            read_uuid(said.get("event")),
        )
    there = reverse("field-photo", args=[sha256])
    return _tus(HttpResponse(status=201), Location=there)


@answers_tus
@field_api("HEAD", "PATCH")
def photo(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """How much of a photo is here, or more of it."""
    _speaks_tus(request)
    upload = (
        Upload.objects.select_related("device")
        .filter(sha256=sha256, device=request.field_device)  # type: ignore[attr-defined]
        .first()
    )
    known = Photo.objects.filter(sha256=sha256).first()
    if known is not None and (known.is_stored or upload is None):
        # Also to a PATCH: the rest need not be sent.
        status = 200 if request.method == "HEAD" else 204
        return _here(HttpResponse(status=status), known.length, known.length)
    if upload is None:
        raise Problem(404, _("This upload was not begun."), "not_begun")
    by: Any = request.user
    if request.method == "HEAD":
        if offset_of(upload) >= upload.length:
            complete(upload, by)  # damaged: it stands at 0 again
            if not Upload.objects.filter(pk=upload.pk).exists():
                return _here(HttpResponse(), upload.length, upload.length)
        return _here(HttpResponse(), offset_of(upload), upload.length)
    if request.content_type != OCTETS:
        raise Problem(415, _("Send %s.") % OCTETS, "media_type")
    if not request.headers.get("Content-Length"):
        raise Problem(411, _("Say how many bytes come (Content-Length)."), "length_required")
    offset = _whole_number(request, "Upload-Offset")
    done = append(upload, offset, request, by)
    return _here(HttpResponse(status=204), done.offset, upload.length)


def _here(response: HttpResponse, offset: int, length: int) -> HttpResponseBase:
    response["Cache-Control"] = "no-store"
    return _tus(response, Upload_Offset=offset, Upload_Length=length)


@field_api("GET", "HEAD")
def receipt(request: HttpRequest, sha256: str) -> JsonResponse:
    """The word on which a phone may delete a photo."""
    found = Photo.objects.filter(sha256=sha256).first()
    if found is None:
        mine = Upload.objects.select_related("device").filter(
            sha256=sha256,
            device=request.field_device,  # type: ignore[attr-defined]
        )
        upload = mine.first()
        found = complete(upload, request.user) if upload else None  # type: ignore[arg-type]
    if found is None:
        raise Problem(404, _("This photo is not here yet."), "no_receipt")
    if not found.is_stored:
        raise Problem(422, found.reason, found.code)
    return JsonResponse(
        {
            "sha256": found.sha256,
            "bytes": found.length,
            "received_at": found.received_at.isoformat(),
            "stored": True,
        }
    )
