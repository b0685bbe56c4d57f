"""What a report adds to an observation's life: who may file one, joining, and ends that are shared.

A joined observation rests and its head speaks for it; where the head ends, the joined ones end with the same answer,
and where the head is taken up again, so are they.
"""

from __future__ import annotations

import uuid as uuid_module
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from greening.guards import current
from greening.lifecycle import Consequence, Refusal, Situation, follow
from greening.models import Observation, Report
from greening.roles import Role, grant, limit, may

#: What somebody may say who may report and nothing more: the rest is the town's to say.
REPORTED = frozenset({"state", "what", "severity", "note", "seen_on", "site", "tree", "geom"})
#: The ways to an end that the table has, for an observation that ends with its head.
WAYS: dict[tuple[str, str], tuple[str, ...]] = {
    ("received", "acted_on"): ("acted_on",),
    ("received", "refused"): ("refused",),
    ("validated", "acted_on"): ("acted_on",),
    ("validated", "refused"): ("refused",),
    ("needs_info", "acted_on"): ("validated", "acted_on"),
    ("needs_info", "refused"): ("refused",),
}
REOPENED = {"acted_on": "validated", "refused": "received"}


# --- who may say what -------------------------------------------------------------------------------
def the_town_answers(situation: Situation) -> Refusal | None:
    """Who may only report does not answer, and writes nothing else along with the one move that is theirs."""
    held = situation.rights
    if "edit" in held or "move" in held:
        return None
    if situation.created:
        mine = situation.patch.keys() <= REPORTED
    else:
        answered = situation.before.get("state") == "needs_info"
        mine = situation.patch.keys() == {"state"} and answered
    return None if mine else Refusal("forbidden", _("Your role does not allow this change."))


def own_report(user: Any, seen: Any) -> bool:
    """Whether an observation is new, or somebody's own report, or the head of it."""
    return seen.pk is None or Report.objects.about(seen).of(user).exists()


# --- joining ----------------------------------------------------------------------------------------
def joined_of(situation: Situation, head: Any) -> list[Any]:
    """What is joined to `head` as this batch has it by now."""
    if head.pk is None:
        return []
    known = [current(situation, each) for each in Observation.objects.filter(joined_to=head.pk)]
    here = [each for each in situation.world["objects"].values() if isinstance(each, Observation)]
    found = {each.uuid: each for each in (*known, *here)}
    return [
        each
        for each in found.values()
        if isinstance(each, Observation) and each.joined_to and each.joined_to.uuid == head.uuid
    ]


def joins_a_head(situation: Situation) -> Refusal | None:
    """One step only: what is joined points to a head, and a head to nothing."""
    seen: Any = situation.obj
    if "joined_to" not in situation.patch:
        return None
    if not may(situation.rights, "move"):
        return Refusal("forbidden", _("Your role does not allow this change."))
    head = seen.joined_to
    if head is None:
        return None
    if head.uuid == seen.uuid:
        return Refusal("joined_to_itself", _("An observation cannot be joined to itself."))
    above = current(situation, head).joined_to
    if above is not None:
        return Refusal(
            "not_a_head", _("That one is itself joined to #%s: join to that.") % above.pk
        )
    if joined_of(situation, seen):
        return Refusal(
            "is_a_head",
            _("Others are joined to this one: join those to the other first."),
        )
    return None


def joined_end_together(situation: Situation) -> Iterator[Consequence]:
    """What is joined ends with its head, and is taken up again with it, or when it is separated from it."""
    seen: Any = situation.obj
    if situation.created:
        return
    if "joined_to" in situation.patch:
        if seen.joined_to is not None:
            yield from _end_like(current(situation, seen.joined_to), seen)
        elif seen.state in REOPENED and "state" not in situation.patch:
            yield Consequence("observation", seen, {"state": REOPENED[seen.state]})
    if "state" in situation.patch and seen.joined_to is None:
        was = str(situation.before["state"])
        for each in joined_of(situation, seen):
            if seen.state in Observation.ENDED:
                yield from _end_like(seen, each)
            elif was in REOPENED and each.state == was:
                yield Consequence("observation", each, {"state": REOPENED[was]})


def _end_like(head: Any, each: Any) -> Iterator[Consequence]:
    said = {"answer": head.answer, "done_on": head.done_on}
    for state in WAYS.get((each.state, head.state), ()):
        yield Consequence("observation", each, {"state": state, **said})


# --- what was asked for because of a report ------------------------------------------------------------
def named_by(observation: Any, what: str) -> uuid_module.UUID:
    """The identity of what follows from an observation: asked for twice, it is the same thing."""
    return uuid_module.uuid5(observation.uuid, what)


def done_with_its_task(situation: Situation) -> Iterator[Consequence]:
    """The care that a report asked for is done: so is what the report waited for."""
    task: Any = situation.obj
    if situation.moved_to != "done":
        return
    waiting = Observation.objects.filter(tree=task.tree, joined_to=None, state="validated")
    for seen in waiting:
        if named_by(seen, "care") == task.uuid:
            patch = {"state": "acted_on", "done_on": task.done_on}
            yield Consequence("observation", seen, patch)


def declare() -> None:
    """What a resident may do at the door, and what follows from joining and from care."""
    grant(Role.RESIDENT, ("observation",), {"create", "move:received"})
    limit(Role.RESIDENT, ("observation",), own_report)
    follow("observation", joined_end_together)
    follow("care_task", done_with_its_task)
