"""The lives of what people saw: survival checks and inspections, and what follows for the tree."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from greening import care
from greening.care_lives import remember_asked_check
from greening.guards import current, not_in_the_future
from greening.lifecycle import Consequence, Kind, Move, Refusal, Situation, World, register
from greening.models import CareTask, GuaranteeClaim, SurvivalCheck, Tree
from greening.models.base import Living
from greening.models.care import OPEN_TASK_STATES
from greening.models.check import RECORDED, WITHDRAWN
from greening.models.tree import ENDED_STATES
from greening.roles import WRITE, Role, grant


# --- survival checks --------------------------------------------------------------------------------
def autumn_fits_its_day(situation: Situation) -> Refusal | None:
    """An autumn's check is made from August to the July after: late ones happen, wrong years too."""
    check: Any = situation.obj
    if dt.date(check.autumn, 8, 1) <= check.checked_on <= dt.date(check.autumn + 1, 7, 31):
        return None
    return Refusal(
        "wrong_autumn",
        _("That day does not belong to the autumn of %(autumn)s.") % {"autumn": check.autumn},
    )


def checked_once_an_autumn(situation: Situation) -> Refusal | None:
    check: Any = situation.obj
    if check.state != RECORDED:
        return None
    others = situation.world["checked"].get((check.tree.uuid, check.autumn), set()) - {check.uuid}
    if others:
        return Refusal("already_checked", _("This tree was already checked this autumn."))
    return None


def checked_after_planting(situation: Situation) -> Refusal | None:
    check: Any = situation.obj
    if check.tree.state == "reserved":
        return Refusal("not_planted", _("This tree is not planted yet."))
    if check.tree.planted_on and check.checked_on < check.tree.planted_on:
        return Refusal("before_planting", _("The check lies before the planting."))
    return None


def gone_is_not_alive(situation: Situation) -> Refusal | None:
    check: Any = situation.obj
    if check.found == "alive" and check.gone:
        return Refusal("gone_alive", _("A tree that is gone cannot be found alive."))
    return None


def lives_though_recorded_lost(situation: Situation) -> Any:
    check: Any = situation.obj
    if situation.created and check.found == "alive" and check.tree.state in ENDED_STATES:
        return _("The inventory says “%s”: correct the tree's state.") % (
            check.tree.get_state_display()
        )
    return None


def preload_checks(checks: list[Living], world: World) -> None:
    """Which trees of this batch were checked in which autumns, read once."""
    checked = world.setdefault("checked", {})
    asked = world.setdefault("checked_asked", set())
    known: Any = world["references"].get(Tree, {}).values()
    trees = [*known, *(check.tree for check in checks)]  # type: ignore[attr-defined]
    fresh = [tree.pk for tree in trees if tree.pk and tree.uuid not in asked]
    asked.update(tree.uuid for tree in trees)
    if fresh:
        rows = SurvivalCheck.objects.filter(tree_id__in=fresh, state=RECORDED)
        for tree, autumn, check in rows.values_list("tree__uuid", "autumn", "uuid"):
            checked.setdefault((tree, autumn), set()).add(check)
        tasks = CareTask.objects.filter(tree_id__in=fresh, action="survival_check")
        for task in tasks.filter(state__in=OPEN_TASK_STATES).select_related("tree"):
            remember_asked_check(task, world)


def remember_check(situation: Situation) -> None:
    check: Any = situation.obj
    held = situation.world["checked"].setdefault((check.tree.uuid, check.autumn), set())
    (held.add if check.state == RECORDED else held.discard)(check.uuid)


def what_a_check_changes(situation: Situation) -> Iterator[Consequence]:
    """The autumn's task is done; a tree found lost is lost in the inventory, and its guarantee is claimed on."""
    check: Any = situation.obj
    if not situation.created:
        return
    for row in list(situation.world.get("checks_asked", {}).get(check.tree.uuid, {}).values()):
        asked = row.due_from.year == check.autumn
        if asked and current(situation, row).state in OPEN_TASK_STATES:
            yield Consequence("care_task", row, {"state": "done", "done_on": check.checked_on})
    if check.found == "alive" or check.tree.state in ENDED_STATES:
        return
    state = "missing" if check.gone else "dead"
    yield Consequence("tree", check.tree, {"state": state, "ended_on": check.checked_on})
    guaranteed = check.tree.guarantee_until and check.tree.guarantee_until >= check.checked_on
    if check.found == "dead" and guaranteed:
        claim = uuid_module.uuid5(check.uuid, "claim")
        yield Consequence(
            "guarantee_claim",
            GuaranteeClaim(uuid=claim),
            {
                "tree": check.tree,
                "state": "noted",
                "defect": "dead",
                "noted_on": check.checked_on,
            },
            create=True,
        )


CHECK = Kind(
    name="survival_check",
    model="greening.SurvivalCheck",
    starts=(RECORDED,),
    # What the check made of the tree stays: a person decides what the withdrawal means for it.
    moves=(Move(RECORDED, WITHDRAWN),),
    fields=(
        "tree",
        "autumn",
        "checked_on",
        "found",
        "gone",
        "cause",
        "note",
        "source",
        "synthetic",
    ),
    soft=("note",),
    guards=(
        not_in_the_future("checked_on"),
        autumn_fits_its_day,
        checked_after_planting,
        gone_is_not_alive,
        checked_once_an_autumn,
    ),
    warners=(lives_though_recorded_lost,),
    preload=preload_checks,
    remember=remember_check,
    consequences=what_a_check_changes,
    order=50,
)

# --- inspections ------------------------------------------------------------------------------------
#: Months until the next inspection, by overall score: the town's choice, in the range of one to three years
#: that FLL's Baumkontrollrichtlinien give for sound and for damaged trees (recalled), shorter for danger.
MONTHS_TO_NEXT = {0: 36, 1: 36, 2: 12, 3: 6, 4: 1}
WATCHED_FROM = 2
DANGEROUS_FROM = 3


def next_inspection(inspected_on: dt.date, overall: int) -> dt.date:
    """When a tree with this score is looked at again at the latest.

    >>> next_inspection(dt.date(2026, 11, 22), 3)
    datetime.date(2027, 5, 22)
    """
    return care.months_after(inspected_on, MONTHS_TO_NEXT[overall])


def score_warning(situation: Situation) -> Any:
    seen: Any = situation.obj
    if "overall" in situation.patch and seen.overall >= DANGEROUS_FROM:
        return _("Serious or dangerous: make the place safe and tell the crew lead today.")
    return None


def milder_than_its_parts(situation: Situation) -> Any:
    seen: Any = situation.obj
    if seen.overall < seen.worst_part and "overall" in situation.patch:
        return _("The overall score is milder than the worst part's.")
    return None


def next_date_is_late(situation: Situation) -> Any:
    seen: Any = situation.obj
    if "next_due" not in situation.patch and not situation.created:
        return None
    latest = next_inspection(seen.inspected_on, seen.overall)
    if seen.next_due is None:
        return _("No next inspection is set; this score asks for one by %s.") % latest.isoformat()
    if seen.next_due > latest:
        return (
            _("The next inspection is late for this score: %s at the latest.") % latest.isoformat()
        )
    return None


def next_date_follows(situation: Situation) -> Refusal | None:
    seen: Any = situation.obj
    if seen.next_due is not None and seen.next_due <= seen.inspected_on:
        return Refusal("next_before", _("The next inspection comes after this one."))
    return None


def watched_from_now(situation: Situation) -> Iterator[Consequence]:
    """A doubtful tree is put under watch; only a person takes the watch off again."""
    seen: Any = situation.obj
    if "overall" in situation.patch and seen.overall >= WATCHED_FROM and seen.state == RECORDED:
        yield Consequence("tree", seen.tree, {"under_watch": True})


INSPECTION = Kind(
    name="inspection",
    model="greening.Inspection",
    starts=(RECORDED,),
    moves=(Move(RECORDED, WITHDRAWN),),
    fields=(
        "tree",
        "inspected_on",
        "crown",
        "trunk",
        "roots",
        "overall",
        "defects",
        "advice",
        "next_due",
        "source",
        "synthetic",
    ),
    soft=("advice",),
    guards=(not_in_the_future("inspected_on"), next_date_follows),
    warners=(score_warning, milder_than_its_parts, next_date_is_late),
    consequences=watched_from_now,
    order=50,
)


def declare() -> None:
    """Register the kinds of checks and who may make them."""
    register(CHECK, INSPECTION)
    checks = ("survival_check", "inspection")
    grant(Role.PLANNER, checks, WRITE)
    grant(Role.CREW_LEAD, checks, WRITE)
    grant(Role.CREW, ("survival_check",), {"create", "edit"})
    grant(Role.INSPECTOR, checks, {"create", "edit"})
