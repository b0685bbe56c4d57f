"""Session, phones, captures and balance: the addresses under /api/field/ that speak JSON."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from greening.accounts.people import named
from greening.field import clock
from greening.field.access import asked_device, field_api, note_seen, revoked
from greening.field.balance import balance_of
from greening.field.events import MOST_BYTES, MOST_EVENTS, receive
from greening.field.pictures import MOST_PIXELS
from greening.field.reading import malformed, read_json, read_time, read_uuid
from greening.field.uploads import most_bytes
from greening.lifecycle import kinds
from greening.models import Device
from greening.problem import Problem
from greening.roles import SETTLERS, holds, rights, roles_of


def told(device: Device) -> dict[str, Any]:
    return {
        "uuid": str(device.uuid),
        "name": device.name,
        "platform": device.platform,
        "revoked": device.is_revoked,
        "registered_at": device.registered_at.isoformat(),
    }


@field_api("GET", "HEAD", device="any")
def session(request: HttpRequest) -> JsonResponse:
    """Who is signed in, with what rights, from which phone, and the token for what writes."""
    user: Any = request.user
    identifier = asked_device(request)
    device = Device.objects.filter(uuid=identifier).first() if identifier else None
    if device is not None and not device.is_revoked:
        note_seen(device, request)
    held = {found.name: sorted(rights(user, found.name)) for found in kinds()}
    return JsonResponse(
        {
            "user": {
                "name": named(user),
                "email": user.email,
                "roles": sorted(roles_of(user)),
                "rights": {name: actions for name, actions in held.items() if actions},
                "contractor": [firm.name for firm in user.contractors.all()],
            },
            "crews": [
                {"uuid": str(crew.uuid), "name": crew.name}
                for crew in user.crews.filter(active=True)
            ],
            "csrf": get_token(request),
            "device": told(device) if device else None,
            "server_time": timezone.now().isoformat(),
            "limits": {
                "events": MOST_EVENTS,
                "bytes": MOST_BYTES,
                "photo_bytes": most_bytes(),
                "photo_pixels": MOST_PIXELS["JPEG"],
            },
        }
    )


@field_api("POST", device="any")
def devices(request: HttpRequest) -> JsonResponse:
    """Make a phone known; known ones take over the name. A revoked one stays out."""
    said = read_json(request, 10_000)
    identifier = read_uuid(said.get("uuid"))
    if identifier is None:
        raise malformed(_("“%s” is missing or cannot be read.") % "uuid")
    facts = {}
    for name, most in (("name", 80), ("platform", 120)):
        value = said.get(name, "")
        if not isinstance(value, str):
            raise malformed(_("“%s” is missing or cannot be read.") % name)
        facts[name] = value.replace("\x00", "")[:most].strip()
    try:
        with transaction.atomic():
            device, made = Device.objects.get_or_create(uuid=identifier, defaults=facts)
    except IntegrityError:  # registered by the same phone's other tab just now
        device, made = Device.objects.get(uuid=identifier), False
    if device.is_revoked:
        raise revoked()
    if not made and facts != {"name": device.name, "platform": device.platform}:
        device.name, device.platform = facts["name"], facts["platform"]
        device.save(update_fields=list(facts))
    note_seen(device, request)
    return JsonResponse(told(device), status=201 if made else 200)


@field_api("POST")
def events(request: HttpRequest) -> JsonResponse:
    """Captures of a phone, each answered with its verdict."""
    said = read_json(request, MOST_BYTES)
    items = said.get("events")
    if not isinstance(items, list) or not items:
        raise malformed(_("“%s” is missing or cannot be read.") % "events")
    if len(items) > MOST_EVENTS:
        raise Problem(
            413, _("At most %s captures at once: send smaller batches.") % MOST_EVENTS, "too_large"
        )
    verdicts = receive(
        items,
        device=request.field_device,  # type: ignore[attr-defined]
        actor=request.user,  # type: ignore[arg-type]
        off=clock.skew(read_time(said.get("sent_at")), timezone.now()),
    )
    return JsonResponse({"verdicts": verdicts, "server_time": timezone.now().isoformat()})


@field_api("GET", "HEAD")
def balance(request: HttpRequest) -> JsonResponse:
    """What of a phone's captures and photos is here; a lead may ask about any phone, others about their own."""
    own: Device = request.field_device  # type: ignore[attr-defined]
    asked = request.GET.get("device")
    identifier = read_uuid(asked) if asked else own.uuid
    day = parse_day(request.GET.get("day"))
    if identifier is None:
        raise malformed(_("“%s” is missing or cannot be read.") % "device")
    if identifier != own.uuid and not holds(request.user, *SETTLERS):
        raise Problem(403, _("Ask about your own phone."), "forbidden")
    return JsonResponse(balance_of(identifier, day=day))


def parse_day(text: str | None) -> Any:
    try:
        day = parse_date(text) if text else None
    except ValueError:
        day = None
    if text and day is None:
        raise malformed(_("“%s” is missing or cannot be read.") % "day")
    return day
