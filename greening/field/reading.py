"""Reads what phones send: bounded, and refused with a code where it cannot be read."""

from __future__ import annotations

import datetime as dt
import json
import uuid as uuid_module
from typing import Any

from django.http import HttpRequest, UnreadablePostError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from greening.problem import Problem


def malformed(sentence: str) -> Problem:
    return Problem(400, sentence, "malformed")


def read_json(request: HttpRequest, most_bytes: int) -> dict[str, Any]:
    """The JSON object in the request's body. Raises Problem: 413, 415 or 400."""
    if request.content_type != "application/json":
        raise Problem(415, _("Send JSON (application/json)."), "media_type")
    if content_length(request) > most_bytes:
        raise Problem(
            413, _("At most %s bytes at once: send smaller batches.") % most_bytes, "too_large"
        )
    try:
        found = json.loads(request.body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise malformed(_("This is not JSON.")) from None
    except UnreadablePostError:
        raise malformed(_("The request broke off.")) from None
    if not isinstance(found, dict):
        raise malformed(_("A JSON object is needed here."))
    return found


def _no_number(name: str) -> float:
    raise ValueError(name)  # NaN and infinities are not JSON


def content_length(request: HttpRequest) -> int:
    """Bytes announced; 0 where the header is absent or no number."""
    text = request.headers.get("Content-Length") or "0"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def read_uuid(value: Any) -> uuid_module.UUID | None:
    try:
        return uuid_module.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def read_time(value: Any) -> dt.datetime | None:
    """An ISO 8601 time in UTC; one without a zone counts as UTC."""
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
        if found is None:
            return None
        found = found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
        return found if 1970 <= found.year < 9999 else None
    except (ValueError, OverflowError):
        return None
