"""A resident's report enters: the observation through the door, the person and their words beside it, in one go."""

from __future__ import annotations

import uuid as uuid_module
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.errors import BadInput
from greening.events import Change, Verdict, apply
from greening.events.values import to_wire
from greening.models import Observation, Report, Tree
from greening.reports.photos import Staged, shelve
from greening.reports.telling import tell_received

#: What a resident may report; crews have the whole list.
WHAT = (
    Observation.What.THIRSTY,
    Observation.What.STAKE,
    Observation.What.DEAD,
    Observation.What.DAMAGE,
    Observation.What.IDEA,
    Observation.What.OTHER,
)


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a report and how it was given; `address` as it was typed."""

    point: Point
    placed: str
    tree: Tree | None = None
    address: str = ""


def file_report(
    person: User,
    *,
    what: str,
    where: Where,
    text: str = "",
    photos: Sequence[Staged] = (),
    change: uuid_module.UUID,
    device: str = "",
) -> Report:
    """The report, filed once however often `change` is sent. Raises BadInput with the door's sentence."""
    seen = uuid_module.uuid5(change, "object")
    patch = {
        "state": "received",
        "what": what,
        "seen_on": timezone.localdate().isoformat(),
        "geom": to_wire(where.point),
    }
    if where.tree is not None and what != Observation.What.IDEA:
        patch |= {"tree": str(where.tree.uuid), "site": str(where.tree.site.uuid)}
    with transaction.atomic():
        known = Report.objects.of(person).filter(observation__uuid=seen).first()
        if known is not None:
            return known
        (verdict,) = apply(
            Change(
                "observation",
                seen,
                patch,
                create=True,
                uuid=change,
                actor=person,
                source="web",
                device=device,
                photos=[photo.sha256 for photo in photos],
            )
        )
        _need(verdict)
        if verdict.status == "duplicate":  # it came twice at one instant, or is somebody else's
            known = Report.objects.of(person).filter(observation__uuid=seen).first()
            if known is None:
                raise BadInput(_("This form was used already: open a new one."))
            return known
        report = Report.objects.create(
            observation=Observation.objects.get(uuid=seen),
            reporter=person,
            text=text,
            address=where.address,
            placed=where.placed,
        )
        report.photos.set([shelve(photo, by=person, event=change) for photo in photos])
        tell_received(report)
    return report


def add_to(report: Report, text: str, *, by: User, device: str = "") -> None:
    """What the person answers to the town's question; the observation is looked at again.

    Raises BadInput where nothing is asked, or the door says no.
    """
    with transaction.atomic():
        mine = Report.objects.select_for_update().get(pk=report.pk)
        head = mine.head
        if not mine.asks:
            raise BadInput(_("The town asks nothing at the moment: what you sent has arrived."))
        mine.more = f"{mine.more}\n\n{text}".strip()
        mine.save(update_fields=["more"])
        (verdict,) = apply(
            Change(
                "observation",
                head.uuid,
                {"state": "received"},
                actor=by,
                source="web",
                device=device,
            )
        )
        _need(verdict)


def _need(verdict: Verdict) -> None:
    if not verdict.landed:
        raise BadInput(verdict.message or _("This change was refused."))
