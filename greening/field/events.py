"""Captures to the door and verdicts back: one by one, whatever each of them is like."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import math
import random
import re
import time
import uuid as uuid_module
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.contrib.gis.geos import Point
from django.db import DatabaseError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.crs import WGS84
from greening.events import Change, Verdict, apply
from greening.events.asking import present
from greening.field import clock
from greening.field.reading import read_time, read_uuid
from greening.field.together import Gathering
from greening.lifecycle import kind
from greening.models import Device, Event, Unreadable

logger = logging.getLogger(__name__)
MOST_EVENTS = 100
MOST_BYTES = 1_000_000
MOST_PHOTOS = 50
#: How often a batch is tried again when the database chose it as the victim of a deadlock.
TRIES = 4
SHA256 = re.compile(r"[0-9a-f]{64}")
#: PostgreSQL keeps no NUL in text, and nobody can encode half a character.
UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
MAX_SEQUENCE = 2**63 - 1


class Malformed(Exception):
    """An item that cannot be read; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Capture:
    """An item of a phone that could be read: the change it asks for."""

    change: Change
    warnings: tuple[str, ...] = ()


def receive(
    items: Sequence[Any],
    *,
    device: Device,
    actor: User,
    off: dt.timedelta = dt.timedelta(0),
    overrides: bool = True,
) -> list[dict[str, Any]]:
    """Every item's verdict as it goes over the wire, in order; `off` is what must be added to the phone's times.

    Raises OperationalError where the database stays busy; what had landed by then is answered as duplicate later.
    """
    now = timezone.now()
    stored = _stored(items)
    read: list[Capture | Malformed] = []
    for item in items:
        try:
            read.append(_capture(item, device, actor, off, now, stored, overrides))
        except Malformed as error:
            read.append(error)
    changes = [each.change for each in read if isinstance(each, Capture)]
    verdicts = iter(_apply(changes))
    answers: list[dict[str, Any]] = []
    for item, each in zip(items, read, strict=True):
        if isinstance(each, Malformed):
            answers.append(_refused(item, str(each), device, actor))
            continue
        verdict = next(verdicts)
        if verdict is None:
            answers.append(_refused(item, _("This cannot be kept as it is."), device, actor))
            continue
        if verdict.code == "uuid_reused":  # its identifier stands for another event: kept apart
            _keep_apart(item, verdict.message, device, actor)
        answers.append(_wire(verdict, each.warnings))
    _fill_numbers(answers, changes)
    _tell_hopeless(answers, changes)
    return answers


# --- reading ----------------------------------------------------------------------------------------


def _stored(items: Sequence[Any]) -> dict[uuid_module.UUID, Event]:
    """The events of these items that are here already."""
    asked = {
        found
        for item in items
        if isinstance(item, dict) and (found := read_uuid(item.get("uuid"))) is not None
    }
    here = present(Event, "uuid", asked)
    return {row.uuid: row for row in Event.objects.filter(uuid__in=here)} if here else {}


def _capture(
    item: Any,
    device: Device,
    actor: User,
    off: dt.timedelta,
    now: dt.datetime,
    stored: Mapping[uuid_module.UUID, Event],
    overrides: bool,
) -> Capture:
    if not isinstance(item, dict):
        raise Malformed(_("An event is a JSON object."))
    identifier = _needed(read_uuid(item.get("uuid")), "uuid")
    claimed = _needed(read_time(item.get("device_time")), "device_time")
    patch = item.get("patch")
    if not isinstance(patch, dict) or not patch:
        raise Malformed(_("“%s” is missing or cannot be read.") % "patch")
    if not _keepable(patch):
        raise Malformed(_("The text holds characters that cannot be kept."))
    name = item.get("kind")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z_]{1,40}", name):
        raise Malformed(_("“%s” is missing or cannot be read.") % "kind")
    known = stored.get(identifier)
    if known is not None:
        patch = clock.as_first_sent(patch, claimed, known.patch)
        corrected = clock.Corrected(known.device_time, patch, moved=False)
    else:
        corrected = clock.correct(patch, claimed, off, now)
    warnings = (
        (_("The phone's clock is wrong: the dates of this capture were put right."),)
        if corrected.moved
        else ()
    )
    position, accuracy_m, samples = _position(item.get("position"))
    change = Change(
        kind=name,
        object_uuid=_needed(read_uuid(item.get("object_uuid")), "object_uuid"),
        patch=corrected.patch,
        create=_flag(item.get("create"), "create"),
        base_rev=_count(item.get("base_rev"), "base_rev", most=2**31 - 1),
        uuid=identifier,
        actor=actor,
        source=Event.Source.PHONE,
        device=str(device.uuid),
        sequence=_needed(_count(item.get("sequence"), "sequence", MAX_SEQUENCE), "sequence"),
        device_time=corrected.time,
        after=_optional_uuid(item.get("after"), "after"),
        override=_reason(item.get("override")) if overrides else "",
        position=position,
        accuracy_m=accuracy_m,
        samples=samples,
        photos=_photos(item.get("photos")),
    )
    return Capture(change, warnings)


def _keepable(patch: Any) -> bool:
    """Whether every text in it, however deep, can be written to a database."""
    left: list[Any] = [patch]
    while left:
        value = left.pop()
        if isinstance(value, str) and UNKEEPABLE.search(value):
            return False
        if isinstance(value, dict):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            left += value
    return True


def _needed(value: Any, name: str) -> Any:
    if value is None:
        raise Malformed(_("“%s” is missing or cannot be read.") % name)
    return value


def _flag(value: Any, name: str) -> bool:
    if value is not None and not isinstance(value, bool):
        raise Malformed(_("“%s” is missing or cannot be read.") % name)
    return bool(value)


def _count(value: Any, name: str, most: int) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Malformed(_("“%s” is missing or cannot be read.") % name)
    return value


def _optional_uuid(value: Any, name: str) -> uuid_module.UUID | None:
    return None if value is None else _needed(read_uuid(value), name)


def _reason(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or UNKEEPABLE.search(value):
        raise Malformed(_("“%s” is missing or cannot be read.") % "override")
    return value[:240]


def _photos(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    good = isinstance(value, list) and len(value) <= MOST_PHOTOS
    if not good or not all(isinstance(each, str) and SHA256.fullmatch(each) for each in value):
        raise Malformed(_("“%s” is missing or cannot be read.") % "photos")
    return tuple(value)


def _position(value: Any) -> tuple[Point | None, float | None, int | None]:
    """Where the phone was, where it knew, how exactly and by how many readings.

    A position that makes no sense never costs a capture.
    """
    if not isinstance(value, dict):
        return None, None, None
    lon, lat, accuracy = (_number(value.get(name)) for name in ("lon", "lat", "accuracy_m"))
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return None, None, None
    samples = value.get("samples")
    counted = isinstance(samples, int) and not isinstance(samples, bool) and 0 < samples < 2**15
    return Point(lon, lat, srid=WGS84), accuracy, samples if counted else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


# --- the door ---------------------------------------------------------------------------------------


def _apply(changes: list[Change]) -> list[Verdict | None]:
    """Verdicts of the door; None for a change that the database cannot hold at all.

    The batch goes through in one transaction; where one of its changes makes that impossible, one by one.
    """
    if not changes:
        return []
    try:
        return list(_gathering.apply(changes))
    except OperationalError:
        raise
    except Exception:
        logger.exception("a batch of %d captures goes through one by one", len(changes))
    return [_alone(change) for change in changes]


def _alone(change: Change) -> Verdict | None:
    try:
        return _patiently([change])[0]
    except OperationalError:
        raise
    except (DatabaseError, ValueError, TypeError, OverflowError, RecursionError):
        logger.exception("capture %s cannot be kept", change.uuid)
        return None
    except Exception:
        # A fault of ours must cost neither the capture nor the ones after it: the phone keeps it and comes back.
        logger.exception("capture %s met a fault", change.uuid)
        sentence = _("The server could not deal with this yet; it stays on the phone.")
        return Verdict(change.uuid, "waiting", "server_error", sentence)


def _patiently(changes: list[Change]) -> list[Verdict]:
    """Two batches that lock the same objects in another order: the database ends one, which is tried again."""
    for attempt in range(TRIES):
        try:
            return apply(changes)
        except OperationalError:
            if attempt == TRIES - 1 or transaction.get_connection().in_atomic_block:
                raise
            time.sleep(random.uniform(0.02, 0.1) * 2**attempt)
    raise AssertionError


_gathering = Gathering(_patiently)


# --- answering --------------------------------------------------------------------------------------


def _wire(verdict: Verdict, warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    repeated = verdict.status == "duplicate"
    return {
        "uuid": str(verdict.uuid),
        "status": verdict.status,
        "code": verdict.code,
        "message": verdict.message,
        "rev": verdict.rev,
        "object_id": verdict.object_id,
        "warnings": [*verdict.warnings, *warnings],
        "waiting_for": str(verdict.waiting_for) if verdict.waiting_for else None,
        "first": verdict.code if repeated else None,
    }


def _fill_numbers(answers: list[dict[str, Any]], changes: list[Change]) -> None:
    """The public numbers of objects whose events were here already: a receipt does not carry them."""
    asked = {str(change.uuid): change for change in changes}
    lacking = [
        answer
        for answer in answers
        if answer["status"] == "duplicate" and answer["object_id"] is None
    ]
    wanted: dict[str, set[uuid_module.UUID]] = {}
    for answer in lacking:
        change = asked[answer["uuid"]]
        wanted.setdefault(change.kind, set()).add(change.object_uuid)
    numbers: dict[uuid_module.UUID, int] = {}
    for name, identifiers in wanted.items():
        found = kind(name)
        if found is not None:
            rows = found.model_class._default_manager.filter(uuid__in=identifiers)
            numbers.update(rows.values_list("uuid", "pk"))
    for answer in lacking:
        answer["object_id"] = numbers.get(asked[answer["uuid"]].object_uuid)


def _tell_hopeless(answers: list[dict[str, Any]], changes: list[Change]) -> None:
    """Say of what waits for an object whose creation was refused that it waits for nothing but a person."""
    asked = {str(change.uuid): change for change in changes}
    waiting = {
        answer["uuid"]: asked[answer["uuid"]].object_uuid
        for answer in answers
        if answer["status"] == "waiting" and answer["code"] == "unknown_object"
    }
    if not waiting:
        return
    creations = Event.objects.filter(object_uuid__in=set(waiting.values()), create=True)
    said = creations.values_list("object_uuid", "status")
    refused = {name for name, status in said if status == Event.Status.REJECTED}
    refused -= {name for name, status in said if status != Event.Status.REJECTED}
    for answer in answers:
        if waiting.get(answer["uuid"]) in refused:
            answer["code"] = "creation_refused"
            answer["message"] = _("What this belongs to was refused; it is kept for a crew lead.")


def _refused(item: Any, sentence: str, device: Device, actor: User) -> dict[str, Any]:
    """The answer to what could not be read, which is kept."""
    identifier = _keep_apart(item, sentence, device, actor)
    verdict = Verdict(identifier or uuid_module.UUID(int=0), "rejected", "malformed", sentence)
    return {**_wire(verdict), "uuid": str(identifier) if identifier else None}


def _keep_apart(item: Any, sentence: str, device: Device, actor: User) -> uuid_module.UUID | None:
    """Keep as it came, once, what cannot stand among the events; answers the identifier it bears."""
    content = json.dumps(item, sort_keys=True)  # ASCII: whatever was in it can be written down
    fields = item if isinstance(item, dict) else {}
    identifier, sequence = read_uuid(fields.get("uuid")), fields.get("sequence")
    if not isinstance(sequence, int) or not 0 < sequence <= MAX_SEQUENCE:
        sequence = None
    Unreadable.objects.get_or_create(
        device=device,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        defaults={
            "uuid": identifier,
            "sequence": sequence,
            "content": content,
            "message": sentence,
            "received_at": timezone.now(),
            "received_from": actor,
        },
    )
    return identifier
