"""Laying out the work: tasks from the rules, rounds from tasks, waterings left out. All of it through the door."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.contrib.gis.geos import Point
from django.db.models import Q
from django.utils import timezone

from greening import care
from greening.care_lives import task_patch
from greening.crs import WGS84, transformer
from greening.errors import BadInput
from greening.events import Change, Verdict, apply
from greening.events.values import to_wire
from greening.models import CareTask, Commune, Crew, Tree, WateringRound
from greening.models.base import new_uuid
from greening.rounds import length_m, order_stops

BATCH = 500


@dataclass(slots=True)
class Generated:
    """What a run of the rules did. `refused` are sentences, should the door have said no."""

    trees: int = 0
    created: int = 0
    withdrawn: int = 0
    refused: tuple[str, ...] = ()


def generate(
    today: dt.date | None = None,
    rules: Sequence[care.Rule] = care.RULES,
    trees: Any = None,
    horizon_days: int = care.HORIZON_DAYS,
) -> Generated:
    """Make the tasks that the rules ask for, and withdraw the planned ones that they no longer ask for.

    Running it again, or twice at once, adds nothing: a task's identifier is made from rule, tree and window,
    and so is its event's. It may be stopped at any instant and run again. Work that a person asked for, or
    that somebody was given or did, is left alone.
    """
    care.check_rules(rules)
    day = today or timezone.localdate()
    done = Generated()
    names = [rule.name for rule in rules]
    for facts in _in_batches(_facts(trees, rules, day)):
        plans = [plan for tree in facts for plan in care.tasks_for(tree, rules, day, horizon_days)]
        asked = {plan.uuid for plan in plans}
        known = set(CareTask.objects.filter(uuid__in=asked).values_list("uuid", flat=True))
        # A task whose window a person has moved is still this rule's task of that window: nothing new is made.
        new = [plan for plan in plans if plan.uuid not in known]
        stale = _no_longer_asked(facts, names, asked, day, horizon_days)
        changes = [_creation(plan) for plan in new] + [_withdrawal(*row) for row in stale]
        verdicts = apply(changes)
        done.trees += len(facts)
        done.created += sum(
            verdict.status in ("applied", "merged") for verdict in verdicts[: len(new)]
        )
        done.withdrawn += sum(verdict.status == "applied" for verdict in verdicts[len(new) :])
        done.refused += tuple(v.message for v in verdicts if not v.landed)
    return done


def _facts(trees: Any, rules: Sequence[care.Rule], day: dt.date) -> Iterator[care.TreeFacts]:
    """The facts of every tree that some rule may ask something for."""
    states = {state for rule in rules for state in rule.states}
    asked = Tree.objects.all() if trees is None else trees
    young = Q(planted_on__gte=care.oldest_planting(rules, day))
    lost = Q(ended_on__gte=day - dt.timedelta(days=2 * 366))
    rows = asked.filter(young | lost, state__in=states, archived_at=None).order_by("pk")
    values = rows.values_list("uuid", "state", "planted_on", "ended_on", "replaced_by")
    for uuid, state, planted_on, ended_on, replaced_by in values.iterator(chunk_size=BATCH):
        yield care.TreeFacts(uuid, state, planted_on, ended_on, replaced_by is not None)


def _no_longer_asked(
    facts: Iterable[care.TreeFacts],
    names: Sequence[str],
    asked: set[uuid_module.UUID],
    day: dt.date,
    horizon_days: int,
) -> list[tuple[uuid_module.UUID, int]]:
    """Untouched tasks of these rules and trees, still to come within the horizon, that no plan gives now."""
    rows = CareTask.objects.filter(
        tree__uuid__in=[tree.uuid for tree in facts],
        rule__in=names,
        state="planned",
        round=None,
        due_until__gte=day,
        due_from__lte=day + dt.timedelta(days=horizon_days),
        rev__lte=1,
    )
    return [row for row in rows.values_list("uuid", "rev") if row[0] not in asked]


def _creation(plan: care.TaskPlan) -> Change:
    patch = {name: to_wire(value) for name, value in task_patch(plan, plan.tree).items()}
    return Change(
        "care_task", plan.uuid, patch, create=True, uuid=uuid_module.uuid5(plan.uuid, "create")
    )


def _withdrawal(task: uuid_module.UUID, rev: int) -> Change:
    return Change(
        "care_task",
        task,
        {"state": "cancelled", "reason": CareTask.Reason.SUPERSEDED.value},
        base_rev=rev,
        uuid=uuid_module.uuid5(task, f"superseded:{rev}"),
    )


def _in_batches(facts: Iterator[care.TreeFacts]) -> Iterator[list[care.TreeFacts]]:
    while batch := list(islice(facts, BATCH)):
        yield batch


# --- rounds -----------------------------------------------------------------------------------------
def plan_round(
    tasks: Iterable[CareTask],
    *,
    day: dt.date,
    crew: Crew,
    tank_litres: float,
    litres_per_tree: float,
    depot: Point | None = None,
    name: str = "",
    actor: User | None = None,
) -> tuple[WateringRound, list[Verdict]]:
    """A round that visits the trees of these open waterings in a short order, given to a crew.

    `depot` (any CRS) is where the truck fills up. The round and its tasks change in one transaction; a task that
    somebody took meanwhile is refused alone, with its sentence in the verdicts (the round's is the first).
    """
    wanted = list(tasks)
    taken = [task for task in wanted if task.action != "water" or task.state != "planned"]
    if not wanted or taken:
        raise BadInput("A watering round is made of planned waterings: choose some.")
    srid = Commune.objects.the().metric_srid
    to_metres = transformer(WGS84, srid)
    rows = CareTask.objects.filter(pk__in=[task.pk for task in wanted]).select_related("tree")
    stops = list(rows.order_by("pk"))
    places: list[Any] = [task.tree.geom for task in stops]
    points = [to_metres.transform(place.x, place.y) for place in places]
    start = None
    if depot is not None:
        there: Any = depot.transform(srid, clone=True)
        start = (there.x, there.y)
    order = order_stops(points, start)
    identifier = new_uuid()
    round_patch = {
        "state": "assigned",
        "name": name,
        "day": day.isoformat(),
        "crew": str(crew.uuid),
        "tank_litres": tank_litres,
        "litres_per_tree": litres_per_tree,
        "length_m": round(length_m(points, order, start), 1),
    }
    source = "system" if actor is None else "web"
    changes = [
        Change("watering_round", identifier, round_patch, create=True, actor=actor, source=source)
    ]
    for stop, index in enumerate(order, start=1):
        patch = {
            "state": "assigned",
            "crew": str(crew.uuid),
            "round": str(identifier),
            "stop": stop,
            "litres": litres_per_tree,
        }
        task = stops[index]
        changes.append(
            Change("care_task", task.uuid, patch, base_rev=task.rev, actor=actor, source=source)
        )
    verdicts = apply(changes)
    if not verdicts[0].landed:
        raise BadInput(verdicts[0].message)
    return WateringRound.objects.get(uuid=identifier), verdicts


def skip_waterings(
    weather: care.Weather,
    *,
    on: dt.date,
    enough_mm: float = care.ENOUGH_RAIN_MM,
    actor: User | None = None,
) -> list[Verdict]:
    """If the weather says so, leave out the day's rounds, and the waterings in no round that must be done soon.

    Each keeps the value used. A watering whose window stays open longer than RAIN_DAYS is left planned: the rain
    will be forgotten before its window is.
    """
    skip = care.skip_watering(weather, enough_mm)
    if skip is None:
        return []
    source = "system" if actor is None else "web"
    values = {
        "rain_mm": skip.rain_mm,
        "order_reference": skip.order_reference,
        "note": skip.note,
    }
    rounds = WateringRound.objects.filter(day=on, state__in=("planned", "assigned"))
    changes = [
        Change(
            "watering_round",
            uuid,
            {"state": "skipped", "skip_reason": skip.reason, **values},
            actor=actor,
            source=source,
        )
        for uuid in rounds.order_by("pk").values_list("uuid", flat=True)
    ]
    ending = (
        CareTask.objects.waterings().due(on).filter(round=None, state__in=("planned", "assigned"))
    )
    ending = ending.filter(due_until__lte=on + dt.timedelta(days=care.RAIN_DAYS))
    changes += [
        Change(
            "care_task",
            uuid,
            {"state": "not_done", "reason": skip.reason, **values},
            actor=actor,
            source=source,
        )
        for uuid in ending.order_by("pk").values_list("uuid", flat=True)
    ]
    return apply(changes)
