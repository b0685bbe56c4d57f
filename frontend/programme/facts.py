"""What is told of one object: its fields, its life line, and the rows that belong to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from frontend.programme.kinds import Column, ListKind, list_kind
from frontend.programme.listing import address
from greening.accounts.people import named
from greening.layers import Fact
from greening.lifecycle import Kind, kind_for
from greening.models import Event, NurseryOrder, PlantingSite, Reception, Tree, WateringRound
from greening.order_lives import received_trees

#: Told elsewhere on the page, or of no use to a reader.
SILENT = frozenset({"source", "synthetic", "geom", "archived_at", "tree", "rule", "stop"})
MOST_ROWS = 20  # of a section; the rest is one link away


def facts_of(kind: ListKind, thing: Any) -> list[Fact]:
    """The facts of a card: the map layer's where there is one, else the fields of its life that are filled."""
    told = list(kind.facts(thing))
    if told:
        return told
    life = kind_for(type(thing))
    return list(_fields(life, thing)) if life else []


def _fields(life: Kind, thing: Any) -> Iterator[Fact]:
    for name in life.fields:
        if name in SILENT:
            continue
        field: Any = life.model_class._meta.get_field(name)
        value = getattr(thing, name)
        if value in (None, ""):
            continue
        if field.choices:
            value = getattr(thing, f"get_{name}_display")()
        elif isinstance(field, models.ForeignKey):
            value = str(value)
        yield field.verbose_name, value, ""


@dataclass(frozen=True)
class Step:
    """One state of a life and since when; `day` is None where the inventory does not know it."""

    label: str
    day: dt.date | None
    who: str = ""
    reason: str = ""
    group: Any = None


def life_line(kind: ListKind, thing: Any, *, names: bool) -> list[Step]:
    """The states an object went through with their dates, oldest first; `names` says who moved it."""
    life = kind_for(type(thing))
    if life is None:
        return []
    events = (
        Event.objects.of(thing)
        .filter(models.Q(create=True) | models.Q(patch__has_key="state"))
        .select_related("actor")
        .annotate(at=Coalesce("device_time", "server_time"))
    )
    layer = kind.map_layer if kind.place == "" else None
    steps: list[Step] = []
    at: Any
    for event, at in ((event, getattr(event, "at")) for event in events):  # noqa: B009 — annotated
        state = event.patch.get("state")
        if not isinstance(state, str):
            continue
        day = _day(event.patch) or timezone.localdate(at)
        who = named(event.actor) if names and event.actor else ""
        group = layer.group_of(state) if layer else None
        steps.append(Step(life.label(state), day, who, event.override if names else "", group))
    planted = getattr(thing, "planted_on", None)
    if planted and (not steps or (steps[0].day is not None and steps[0].day > planted)):
        # It came in from an inventory: its planting is known though nobody logged it here.
        steps.insert(
            0,
            Step(
                life.label("planted"), planted, group=layer.group_of("planted") if layer else None
            ),
        )
    if not steps or life.label(thing.state) not in {step.label for step in steps}:
        group = layer.group_of(thing.state) if layer else None
        steps.append(Step(life.label(thing.state), getattr(thing, "ended_on", None), group=group))
    return steps


def _day(patch: dict[str, Any]) -> dt.date | None:
    """The day a person gave with the move itself: better than the day it was entered."""
    for name in (
        "ended_on",
        "planted_on",
        "done_on",
        "received_on",
        "claimed_on",
        "planted_out_on",
    ):
        value = patch.get(name)
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                return None
    return None


@dataclass(frozen=True)
class Section:
    """Rows that belong to an object, as a small table with the way to the whole list."""

    title: str
    kind: ListKind
    columns: tuple[Column, ...]
    rows: list[tuple[str, list[tuple[Column, Any]]]]
    more: str = ""
    empty: str = ""


def section(
    title: str, name: str, rows: Any, columns: Iterable[str], more: str = "", empty: str = ""
) -> Section:
    kind = list_kind(name)
    known = {column.name: column for column in kind.columns}
    chosen = tuple(known[each] for each in columns)
    found = list(rows.select_related(*kind.related)[: MOST_ROWS + 1])
    shown = [
        (kind.url_of(row), [(column, column.value(row)) for column in chosen])
        for row in found[:MOST_ROWS]
    ]
    return Section(title, kind, chosen, shown, more if len(found) > MOST_ROWS else "", empty)


def sections_of(thing: Any, *, staff: bool) -> list[Section]:
    """What belongs to an object. Work, checks and claims are shown to the town's people."""
    if isinstance(thing, PlantingSite):
        trees = thing.trees.order_by("-planted_on", "-id")
        names = ("number", "species", "state", "planted_on")
        empty = _("No tree has stood here yet.")
        stood = section(_("Trees of this site"), "trees", trees, names, empty=empty)
        seen = thing.observations.filter(tree=None).order_by("-seen_on", "-id")
        if not staff or not seen.exists():
            return [stood]
        names = ("what", "state", "severity", "seen_on")
        return [stood, section(_("Observations"), "observations", seen, names)]
    if isinstance(thing, Tree):
        return _of_tree(thing) if staff else []
    if isinstance(thing, WateringRound):
        return []  # the round's own page shows its stops
    if isinstance(thing, NurseryOrder) and thing.lot:
        trees = Tree.objects.filter(nursery=thing.nursery, lot=thing.lot, species=thing.species)
        more = address("trees", nursery=thing.nursery, lot=thing.lot)
        names = ("number", "state", "street", "planted_on")
        planted = trees.planted().order_by("pk")
        return [section(_("Trees planted from this lot"), "trees", planted, names, more)]
    if isinstance(thing, Reception) and thing.state == Reception.State.PREPARED:
        trees = received_trees(thing.contractor, thing.season)
        names = ("number", "species", "state", "planted_on")
        more = address("trees", contractor=thing.contractor)
        return [
            section(
                _("Trees that this reception puts under guarantee"), "trees", trees, names, more
            )
        ]
    return []


def _of_tree(tree: Tree) -> list[Section]:
    number = tree.pk
    return [
        section(
            _("Care"), "tasks", tree.tasks.order_by("-due_until", "-id"),
            ("action", "state", "due_from", "due_until", "crew"), address("tasks", tree=number),
            _("No care is planned for this tree."),
        ),
        section(
            _("Survival checks"), "checks", tree.survival_checks.order_by("-autumn"),
            ("autumn", "found", "cause", "checked_on", "state"), address("checks", tree=number),
            _("Not checked yet."),
        ),
        section(
            _("Inspections"), "inspections", tree.inspections.order_by("-inspected_on"),
            ("inspected_on", "overall", "crown", "trunk", "roots", "next_due"), address("inspections", tree=number),
            _("Not inspected yet."),
        ),
        section(
            _("Observations"), "observations", tree.observations.order_by("-seen_on", "-id"),
            ("what", "state", "severity", "seen_on"), address("observations", tree=number),
            _("Nobody reported anything."),
        ),
        section(
            _("Guarantee claims"), "claims", tree.claims.order_by("-noted_on"),
            ("defect", "state", "noted_on", "answer_due"), address("claims", tree=number),
            _("No defect was noted."),
        ),
    ]  # fmt: skip
