"""The lives of work: care tasks and watering rounds, and what a tree's life does to its tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from greening import care
from greening.guards import current, needs, not_in_the_future
from greening.lifecycle import Consequence, Kind, Move, Refusal, Situation, World, follow, register
from greening.lives import NESTING_MONTHS
from greening.models import CareTask, Tree
from greening.models.care import OPEN_TASK_STATES
from greening.models.tree import ENDED_STATES, LIVING_STATES
from greening.roles import WRITE, Role, grant


# --- care tasks -------------------------------------------------------------------------------------
def window_in_order(situation: Situation) -> Refusal | None:
    task: Any = situation.obj
    if task.due_until < task.due_from:
        return Refusal("window", _("The window ends before it begins."))
    return None


def litres_are_given(situation: Situation) -> Refusal | None:
    task: Any = situation.obj
    if task.action == "water" and task.litres_given is None:
        return Refusal("no_litres", _("Say how many litres were given."))
    if task.litres_given is not None and task.litres_given < 0:
        return Refusal("no_litres", _("Litres cannot be less than zero."))
    return None


def reason_has_its_value(situation: Situation) -> Refusal | None:
    """Watering left out is believed only with the value it was left out for."""
    return _value_of_reason(situation.obj, "reason")


def _value_of_reason(obj: Any, field: str) -> Refusal | None:
    if getattr(obj, field) == "rain" and obj.rain_mm is None:
        return Refusal("no_rain_value", _("Say how many millimetres of rain were counted."))
    if getattr(obj, field) == "drought_order" and not obj.order_reference:
        return Refusal("no_order", _("Name the drought order."))
    return None


def round_fits_task(situation: Situation) -> Refusal | None:
    task: Any = situation.obj
    if "round" in situation.patch and task.round is not None and task.action != "water":
        return Refusal("not_a_watering", _("Only waterings go into a watering round."))
    return None


def pruning_in_nesting_season(situation: Situation) -> Any:
    task: Any = situation.obj
    started = situation.moved_to in ("started", "done") and task.action == "prune"
    if started and timezone.localtime(situation.at).month in NESTING_MONTHS:
        return _("Nesting season: check for nests before any felling or pruning.")
    return None


def outside_its_window(situation: Situation) -> Any:
    task: Any = situation.obj
    day = task.done_on
    if situation.moved_to == "done" and day and not task.due_from <= day <= task.due_until:
        return _("Done outside its window, %(start)s to %(stop)s.") % {
            "start": task.due_from.isoformat(),
            "stop": task.due_until.isoformat(),
        }
    return None


def task_is_for_a_tree_that_stands(situation: Situation) -> Refusal | None:
    task: Any = situation.obj
    if not situation.created or task.action == "replace":
        return None
    if task.tree.state in LIVING_STATES:
        return None
    return Refusal("no_living_tree", _("No living tree stands there to care for."))


_did = needs("done_on", "no_date", _("Give the day it was done."))
_why = needs("reason", "no_reason", _("Say why it was not done."))


def given_to_a_crew(situation: Situation) -> Refusal | None:
    work: Any = situation.obj
    if work.state == "assigned" and work.crew is None:
        return Refusal("no_crew", _("Say which crew it is given to."))
    return None


def remember_task(situation: Situation) -> None:
    task: Any = situation.obj
    if task.action == "survival_check":
        remember_asked_check(task, situation.world)


def remember_asked_check(task: Any, world: World) -> None:
    """The survival checks that tasks ask for, by tree: a batch of checks reads them once."""
    world.setdefault("checks_asked", {}).setdefault(task.tree.uuid, {})[task.uuid] = task


TASK = Kind(
    name="care_task",
    model="greening.CareTask",
    starts=("planned", "assigned"),
    # A crew may log what it did although nobody assigned or started it on a phone: work done is never refused.
    moves=(
        Move("planned", "assigned", "started"),
        Move("planned", "done", guards=[_did, litres_are_given]),
        Move("planned", "not_done", guards=[_why, reason_has_its_value]),
        Move("planned", "cancelled"),
        Move("assigned", "planned", "started", "cancelled"),
        Move("assigned", "done", guards=[_did, litres_are_given]),
        Move("assigned", "not_done", guards=[_why, reason_has_its_value]),
        Move("started", "done", guards=[_did, litres_are_given]),
        Move("started", "not_done", guards=[_why, reason_has_its_value]),
        Move("started", "assigned", "cancelled"),
    ),
    fields=(
        "action",
        "tree",
        "rule",
        "due_from",
        "due_until",
        "litres",
        "litres_given",
        "crew",
        "round",
        "stop",
        "done_on",
        "reason",
        "rain_mm",
        "order_reference",
        "note",
        "source",
        "synthetic",
    ),
    soft=("note", "stop"),
    guards=(
        given_to_a_crew,
        window_in_order,
        not_in_the_future("done_on"),
        round_fits_task,
        task_is_for_a_tree_that_stands,
    ),
    warners=(pruning_in_nesting_season, outside_its_window),
    remember=remember_task,
    order=40,
)


# --- watering rounds --------------------------------------------------------------------------------
def skip_has_its_value(situation: Situation) -> Refusal | None:
    return _value_of_reason(situation.obj, "skip_reason")


def tank_holds_water(situation: Situation) -> Refusal | None:
    tour: Any = situation.obj
    if not (tour.tank_litres > 0 and tour.litres_per_tree > 0):
        return Refusal("litres", _("Tank and litres per tree are more than zero."))
    if tour.litres_per_tree > tour.tank_litres:
        return Refusal("litres", _("One tree takes more than the whole tank."))
    return None


def trees_still_dry(situation: Situation) -> Any:
    if situation.moved_to != "done":
        return None
    open_tasks = len(_open_tasks_of_round(situation))
    if not open_tasks:
        return None
    return ngettext(
        "%(n)s tree of the round is still open.",
        "%(n)s trees of the round are still open.",
        open_tasks,
    ) % {"n": open_tasks}


def round_takes_its_tasks_along(situation: Situation) -> Iterator[Consequence]:
    """A skipped round leaves its waterings undone for the same reason; a cancelled one gives them back."""
    tour: Any = situation.obj
    if situation.moved_to == "skipped":
        patch = {
            "state": "not_done",
            "reason": tour.skip_reason,
            "rain_mm": tour.rain_mm,
            "order_reference": tour.order_reference,
            "note": tour.note,
        }
    elif situation.moved_to == "cancelled":
        patch = {"state": "planned", "round": None, "stop": None, "crew": None}
    else:
        return
    for task in _open_tasks_of_round(situation):
        if situation.moved_to == "cancelled" and task.state == "started":
            continue  # somebody is at it: it stays theirs
        yield Consequence("care_task", task, patch)


def _open_tasks_of_round(situation: Situation) -> list[Any]:
    if situation.created:
        return []
    rows = CareTask.objects.filter(round_id=situation.obj.pk).order_by("stop", "id")
    tasks = [current(situation, row) for row in rows]
    return [task for task in tasks if task.state in OPEN_TASK_STATES]


_skip_why = needs("skip_reason", "no_reason", _("Say why the round is skipped."))

ROUND = Kind(
    name="watering_round",
    model="greening.WateringRound",
    starts=("planned", "assigned"),
    moves=(
        Move("planned", "assigned"),
        Move("planned", "skipped", guards=[_skip_why, skip_has_its_value]),
        Move("planned", "cancelled"),
        Move("assigned", "planned", "started", "cancelled"),
        Move("assigned", "skipped", guards=[_skip_why, skip_has_its_value]),
        Move("started", "done"),
        Move("started", "skipped", guards=[_skip_why, skip_has_its_value]),
    ),
    fields=(
        "name",
        "day",
        "crew",
        "tank_litres",
        "litres_per_tree",
        "length_m",
        "skip_reason",
        "rain_mm",
        "order_reference",
        "note",
        "source",
        "synthetic",
    ),
    soft=("note", "name"),
    guards=(given_to_a_crew, tank_holds_water),
    warners=(trees_still_dry,),
    consequences=round_takes_its_tasks_along,
    order=30,
)


# --- what follows from a tree's own life --------------------------------------------------------------
def tasks_follow_the_tree(situation: Situation) -> Iterator[Consequence]:
    """Planting sets the day its stake comes off; a tree that is lost asks for no more care."""
    tree: Any = situation.obj
    if situation.moved_to == "planted" and tree.planted_on and not tree.archived_at:
        yield from _stake_removal(situation, tree)
    elif not situation.created and (
        situation.moved_to in ENDED_STATES or situation.patch.get("archived_at")
    ):
        rows = CareTask.objects.filter(tree_id=tree.pk, state__in=OPEN_TASK_STATES)
        for row in rows.exclude(action="replace").order_by("pk"):
            if current(situation, row).state in OPEN_TASK_STATES:
                yield Consequence("care_task", row, {"state": "cancelled", "reason": "tree_gone"})


def _stake_removal(situation: Situation, tree: Tree) -> Iterator[Consequence]:
    facts = care.TreeFacts(tree.uuid, tree.state, tree.planted_on)
    rules = [rule for rule in care.RULES if rule.action == "stake_removal"]
    for plan in care.tasks_for(facts, rules, timezone.localdate(), horizon_days=100 * 366):
        known = not situation.created and (
            CareTask.objects.filter(
                tree_id=tree.pk, rule=plan.rule, due_from=plan.due_from
            ).exists()
        )
        if not known:
            yield Consequence(
                "care_task", CareTask(uuid=plan.uuid), task_patch(plan, tree), create=True
            )


def task_patch(plan: care.TaskPlan, tree: Any) -> dict[str, Any]:
    """What a new task of this plan says; `tree` is the tree or its identifier."""
    return {
        "tree": tree,
        "state": "planned",
        "rule": plan.rule,
        "action": plan.action,
        "due_from": plan.due_from,
        "due_until": plan.due_until,
        "litres": plan.litres,
    }


def declare() -> None:
    """Register work's kinds, who may change them, and what follows from a tree's life."""
    register(TASK, ROUND)
    follow("tree", tasks_follow_the_tree)
    work = ("care_task", "watering_round")
    grant(Role.PLANNER, work, WRITE)
    grant(Role.CREW_LEAD, work, {*WRITE, "override"})
    grant(
        Role.CREW,
        ("care_task",),
        # Create: a tree that is thirsty is watered, whether a task asked for it or not.
        {"create", "edit", "move:started", "move:done", "move:not_done", "move:assigned"},
    )
    grant(Role.CREW, ("watering_round",), {"edit", "move:started", "move:done"})
