"""Who is asking, and from which phone: every address of the field passes here, and none of them redirects."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.sessions.models import Session
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure

from greening.errors import SPEAKING_ERRORS
from greening.models import Device
from greening.problem import Problem, problem
from greening.roles import FIELD, Role, holds

PREFIX = "/api/field/"
#: A phone is noted as seen once a minute at most: two hundred phones must not write at every breath.
SEEN_EVERY = dt.timedelta(minutes=1)
View = Callable[..., HttpResponseBase]


def asked_device(request: HttpRequest) -> uuid_module.UUID | None:
    """The identifier that the phone gives itself, or None where it gives none that can be read."""
    try:
        return uuid_module.UUID(request.headers.get("X-Device", ""))
    except ValueError:
        return None


def field_api(
    *methods: str, device: str = "known", roles: tuple[Role, ...] = FIELD
) -> Callable[[View], View]:
    """A view of the field: signed in, with field work, from a phone that is `known`, or from `any`.

    The view finds the phone in `request.field_device`. Whatever goes wrong is told as problem details with a code.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                allowed = ", ".join(methods)
                said = _("This address answers %s only.") % allowed
                return _private(problem(405, said, "method", Allow=allowed))
            try:
                phone = _phone(request)
                if device != "any" and phone is not None and phone.is_revoked:
                    raise revoked()
                _admit(request, roles)
                if device == "known":
                    phone = _known(request, phone)
                request.field_device = phone  # type: ignore[attr-defined]
                return _private(view(request, *args, **kwargs))
            except Problem as error:
                return _private(problem(error.status, error.detail, error.code, **error.headers))
            except tuple(SPEAKING_ERRORS) as error:
                return _private(problem(400, str(error), "malformed"))
            except OperationalError:
                return _private(busy())
            except DatabaseError as error:
                if "deadlock" in str(error) or "locked" in str(error):
                    return _private(busy())
                raise

        return answer

    return decorate


def _private(response: HttpResponseBase) -> HttpResponseBase:
    """What one person may read is kept by no cache on the way, and opens to no other site."""
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-cache"
    del response["Access-Control-Allow-Origin"]
    response["X-Content-Type-Options"] = "nosniff"
    return response


def busy() -> Any:
    return problem(
        503,
        _("The server is busy; nothing was lost. Try again in a moment."),
        "busy",
        **{"Retry-After": "2"},
    )


def revoked() -> Problem:
    return Problem(
        403,
        _("This phone was revoked. What it holds is still on it: hand its export to a crew lead."),
        "device_revoked",
    )


def _admit(request: HttpRequest, roles: tuple[Role, ...]) -> None:
    if not request.user.is_authenticated:
        raise signed_out()
    if not holds(request.user, *roles):
        raise Problem(403, _("Your role has no field work."), "forbidden")


def signed_out() -> Problem:
    return Problem(401, _("You are signed out. Sign in again; nothing is lost."), "signed_out")


def _phone(request: HttpRequest) -> Device | None:
    identifier = asked_device(request)
    return Device.objects.filter(uuid=identifier).first() if identifier else None


def _known(request: HttpRequest, phone: Device | None) -> Device:
    if phone is None:
        if asked_device(request) is None:
            raise Problem(400, _("The request does not say from which phone."), "device_missing")
        raise Problem(403, _("This phone is not registered yet."), "device_unknown")
    note_seen(phone, request)
    return phone


def note_seen(phone: Device, request: HttpRequest) -> None:
    """Write down that the phone was here, whose it is, and under which sign-in."""
    now = timezone.now()
    key = request.session.session_key or ""
    if (
        phone.last_seen
        and now - phone.last_seen < SEEN_EVERY
        and phone.person_id == request.user.pk
        and phone.session_key == key
    ):
        return
    phone.last_seen, phone.session_key = now, key
    phone.person = request.user  # type: ignore[assignment]  # signed in: `_admit` has seen to it
    phone.save(update_fields=["last_seen", "session_key", "person"])


def revoke(phone: Device, by: Any) -> None:
    """Shut a phone out, and end the sign-in that it used last."""
    if phone.is_revoked:
        return
    Session.objects.filter(session_key=phone.session_key).exclude(session_key="").delete()
    phone.revoked_at, phone.revoked_by, phone.session_key = timezone.now(), by, ""
    phone.save(update_fields=["revoked_at", "revoked_by", "session_key"])


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """An old token, told to a phone as problem details; everybody else gets the usual page."""
    if not request.path_info.startswith(PREFIX):
        return csrf_failure(request, reason)
    if not request.user.is_authenticated:
        error = signed_out()
        return _private(problem(error.status, error.detail, error.code))
    return _private(problem(403, _("Somebody signed in anew: ask for the session again."), "csrf"))
