"""Reports of the same thing: found, joined to one head, taken apart again; and the work that a report asks for."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from greening.errors import BadInput
from greening.events import Change, Verdict, apply
from greening.events.values import to_wire
from greening.models import CareTask, Observation, PlantingSite
from greening.models.tree import LIVING_STATES
from greening.reports.lives import named_by

#: The same kind of thing this near and this soon is likely the same thing: a phone's position is some metres off.
NEAR_M, NEAR_DAYS = 15, 30
MOST_SHOWN = 10
#: How soon the care that a report asks for is due.
SOON_DAYS = {"water": 3, "stake": 14, "survival_check": 14, "replace": 400}
LITRES = 80.0


def likely_duplicates(seen: Observation) -> list[Observation]:
    """Open or lately ended observations that are likely of the same thing: of the same tree, or of the same
    kind within NEAR_M and NEAR_DAYS; not those that are joined already. The nearest in time come first."""
    span = dt.timedelta(days=NEAR_DAYS)
    others = Observation.objects.filter(
        joined_to=None, seen_on__range=(seen.seen_on - span, seen.seen_on + span)
    ).exclude(pk=seen.pk)
    near = others.within_m(seen.geom, NEAR_M).filter(what=seen.what).order_by("-seen_on", "-pk")
    found = {each.pk: each for each in near[:MOST_SHOWN]}
    if seen.tree_id is not None:
        same = others.filter(tree=seen.tree_id).order_by("-seen_on", "-pk")
        found |= {each.pk: each for each in same[:MOST_SHOWN]}
    ranked = sorted(found.values(), key=lambda each: (abs(each.seen_on - seen.seen_on), -each.pk))
    return ranked[:MOST_SHOWN]


def with_duplicates(rows: Any) -> Any:
    """Adds `same_tree`: whether another open report is of the same tree, for a queue to show at a glance."""
    same = Observation.objects.open().filter(tree=OuterRef("tree")).exclude(pk=OuterRef("pk"))
    return rows.annotate(same_tree=Exists(same))


def join(head: Observation, other: Observation, *, by: User, device: str = "") -> None:
    """Join `other`, with all that is joined to it, to `head`. Raises BadInput with the door's sentence."""
    if head.joined_to is not None:
        head = head.joined_to
    followers = list(Observation.objects.filter(joined_to=other).order_by("pk"))
    patch = {"joined_to": str(head.uuid)}
    _land(
        Change("observation", each.uuid, patch, actor=by, source="web", device=device)
        for each in (*followers, other)
    )


def separate(other: Observation, *, by: User, device: str = "") -> None:
    """Take an observation out from under its head: it is looked at by itself again."""
    change = Change(
        "observation", other.uuid, {"joined_to": None}, actor=by, source="web", device=device
    )
    _land([change])


# --- what a report asks for -----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class FollowUp:
    """The work that an observation may lead to: what the button says, and what the door is asked."""

    label: str | Promise
    kind: str
    uuid: uuid_module.UUID
    patch: dict[str, Any]


_CARE = {
    "thirsty": ("water", gettext_lazy("Ask for a watering")),
    "stake": ("stake", gettext_lazy("Ask for the stake to be seen to")),
}


def follow_up_of(seen: Observation) -> FollowUp | None:
    """What can be asked for because of this, or None: there is no tree, or it was asked for already."""
    if seen.state not in Observation.OPEN or seen.joined_to_id is not None:
        return None
    if seen.what == "idea":
        uuid = named_by(seen, "site")
        if PlantingSite.objects.filter(uuid=uuid).exists():
            return None
        patch = {"state": "proposed", "geom": to_wire(seen.geom)}
        return FollowUp(_("Propose it as a planting site"), "planting_site", uuid, patch)
    if seen.tree is None:
        return None
    action, label = _CARE.get(seen.what, ("", ""))
    if seen.what == "dead":
        alive = seen.tree.state in LIVING_STATES
        action = "survival_check" if alive else "replace"
        label = _("Have the tree looked at") if alive else _("Ask for its replacement")
    uuid = named_by(seen, "care")
    if not action or CareTask.objects.filter(uuid=uuid).exists():
        return None
    today = timezone.localdate()
    patch = {
        "tree": str(seen.tree.uuid),
        "state": "planned",
        "action": action,
        "due_from": today.isoformat(),
        "due_until": (today + dt.timedelta(days=SOON_DAYS[action])).isoformat(),
        "note": _("Reported: no. %s") % seen.pk,
    }
    if action == "water":
        patch["litres"] = LITRES
    return FollowUp(label, "care_task", uuid, patch)


def follow_up(seen: Observation, *, by: User, device: str = "") -> FollowUp:
    """Ask for the work, and confirm the observation that asks for it. Raises BadInput with the door's sentence."""
    found = follow_up_of(seen)
    if found is None:
        raise BadInput(_("This was asked for already."))
    common: dict[str, Any] = {"actor": by, "source": "web", "device": device}
    # The change has a name of its own too: two buttons pressed at once are one change.
    asked = uuid_module.uuid5(found.uuid, "asked")
    changes = [Change(found.kind, found.uuid, found.patch, create=True, uuid=asked, **common)]
    if seen.state != "validated":
        changes.append(Change("observation", seen.uuid, {"state": "validated"}, **common))
    if found.kind == "planting_site":
        changes.append(
            Change("observation", seen.uuid, {"site": str(found.uuid)}, after=asked, **common)
        )
    _land(changes)
    return found


def came_of(seen: Observation) -> CareTask | PlantingSite | None:
    """The work that was asked for because of an observation, for whoever reported it to see."""
    if seen.what == "idea":
        return PlantingSite.objects.filter(uuid=named_by(seen, "site")).first()
    return CareTask.objects.filter(uuid=named_by(seen, "care")).first()


def _land(changes: Iterable[Change]) -> list[Verdict]:
    """Everything lands, or the first refusal is raised as a sentence."""
    verdicts = apply(changes)
    for verdict in verdicts:
        if not verdict.landed:
            raise BadInput(verdict.message or _("This change was refused."))
    return verdicts
