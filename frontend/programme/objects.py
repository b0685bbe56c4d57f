"""/list/<kind>/<number>/: one object with its life line, what belongs to it, and its next moves as forms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from frontend.programme.access import logs_work, may_do, refused, sees, works_here
from frontend.programme.facts import facts_of, life_line, sections_of
from frontend.programme.forms import Answer, form_for, patch_of, send
from frontend.programme.kinds import ListKind, list_kind
from frontend.programme.list_views import row_of
from frontend.programme.moves import EDIT_FIELDS, MoveForm, make_move, moves_for
from frontend.programme.names import species_names
from frontend.programme.rounds import Stop, log_stop, run_of
from frontend.residents.adopting import resident_link
from frontend.views.ranks import rank_of
from greening.check_lives import next_inspection
from greening.events.values import to_wire
from greening.history import published
from greening.lifecycle import Kind
from greening.lifecycle import kind as life_named
from greening.models import CareTask, PlantingSite, Tree, WateringRound
from greening.models.base import new_uuid
from greening.models.tree import LIVING_STATES
from greening.roles import rights


@dataclass(frozen=True)
class Task:
    """Something to make from an object's page: a tree on a site, a check or an inspection of a tree."""

    name: str
    title: str | Promise
    button: str | Promise
    life: str
    fields: tuple[str, ...]


PLANT = Task(
    "plant", gettext_lazy("Log a planting"), gettext_lazy("Log this planting"), "tree",
    ("species", "planted_on", "contractor", "nursery", "lot", "size_class"),
)  # fmt: skip
CHECK = Task(
    "check", gettext_lazy("Survival check"), gettext_lazy("Record this check"), "survival_check",
    ("autumn", "checked_on", "found", "gone", "cause", "note"),
)  # fmt: skip
INSPECT = Task(
    "inspect", gettext_lazy("Inspection"), gettext_lazy("Record this inspection"), "inspection",
    ("inspected_on", "crown", "trunk", "roots", "overall", "defects", "advice", "next_due"),
)  # fmt: skip
CLAIM = Task(
    "claim", gettext_lazy("Note a defect"), gettext_lazy("Note this defect"), "guarantee_claim",
    ("defect", "noted_on", "note"),
)  # fmt: skip
CARE = Task(
    "care", gettext_lazy("Ask for care"), gettext_lazy("Ask for this care"), "care_task",
    ("action", "due_from", "due_until", "litres", "note"),
)  # fmt: skip
REPORT = Task(
    "report", gettext_lazy("Report something seen"), gettext_lazy("Report this"), "observation",
    ("what", "severity", "seen_on", "note"),
)  # fmt: skip
TASKS = {task.name: task for task in (PLANT, CHECK, INSPECT, CLAIM, CARE, REPORT)}


@dataclass(frozen=True)
class TaskForm:
    task: Task
    form: forms.Form
    change: str
    override: bool
    refused: Answer | None = None

    @property
    def opened(self) -> bool:
        return self.refused is not None


@require_http_methods(["GET", "HEAD", "POST"])
def object_page(request: HttpRequest, layer: str, number: int) -> HttpResponseBase:
    """One thing; `?fragment=1` gives the card alone, with the shape for the map to outline."""
    kind = list_kind(layer)
    if not sees(request, kind):
        return refused(request)
    rows = kind.rows().select_related(*kind.related)
    thing = get_object_or_404(rows, pk=min(number, 2**62))
    if kind.name == "campaigns":
        return redirect("campaign", season=thing.season)
    if request.method == "POST":
        return _changed(request, kind, thing)
    if request.GET.get("fragment"):
        context = _facts(kind, thing) | {
            "shape": thing.geom.json,
            "resident_link": resident_link(request.user, thing),
        }
        return render(request, "frontend/card.html", context)
    return _page(request, kind, thing)


def _facts(kind: ListKind, thing: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "layer": kind,
        "row": row_of(kind, thing),
        "facts": facts_of(kind, thing),
        "ranking": rank_of(thing),
        "thing": thing,
        "shape": "",
        "report_url": f"{reverse('report')}?tree={thing.pk}" if isinstance(thing, Tree) else "",
    }


def _page(
    request: HttpRequest,
    kind: ListKind,
    thing: Any,
    move: MoveForm | None = None,
    task: TaskForm | None = None,
    edit: TaskForm | None = None,
    stop: Stop | None = None,
) -> HttpResponseBase:
    staff = works_here(request.user)
    wrong = move or task or edit or stop
    asks_species = kind.life in ("planting_site", "tree")
    context = _facts(kind, thing) | {
        "life_line": life_line(kind, thing, names=staff) if kind.life else [],
        "sections": sections_of(thing, staff=staff),
        "moves": moves_for(thing, request.user, move) if kind.life else [],
        "tasks": _tasks(request, thing, task),
        "edit": edit or _edit_form(request, kind, thing),
        "run": run_of(thing, request.user, stop) if isinstance(thing, WateringRound) else None,
        "reasons": CareTask.Reason.choices,
        "guarantee": _guarantee(thing),
        "history_url": reverse("history", args=(kind.life, thing.pk))
        if kind.life and (staff or published(kind.life) is not None)
        else "",
        "extras": _extras(kind, thing),
        "species_names": species_names() if staff and asks_species else "",
        "resident_link": resident_link(request.user, thing),
    }
    status = 409 if wrong else 200
    return render(request, "frontend/programme/object.html", context, status=status)


def _changed(request: HttpRequest, kind: ListKind, thing: Any) -> HttpResponseBase:
    """What a form of the page asks for, through the door; the page again with its sentence if it says no."""
    if not request.user.is_authenticated:
        return refused(request)
    asked, _colon, name = request.POST.get("do", "").partition(":")
    back = request.POST.get("back") or request.path
    if asked == "move" and kind.life:
        answer = make_move(request, thing, name)
        if isinstance(answer, MoveForm):
            thing.refresh_from_db()
            return _page(request, kind, thing, move=answer)
        return _landed(request, answer, back)
    if asked == "edit" and kind.life:
        edited = _edit(request, kind, thing)
        return (
            _page(request, kind, thing, edit=edited)
            if not isinstance(edited, Answer)
            else _landed(request, edited, back)
        )
    offered = {each.name for each in _offered(thing)} if logs_work(request.user) else set()
    if asked == "make" and name in offered:
        made = make(request, TASKS[name], thing)
        if isinstance(made, TaskForm):
            return _page(request, kind, thing, task=made)
        return _landed(request, made, back)
    if asked == "stop" and isinstance(thing, WateringRound):
        logged = log_stop(request, thing, name)
        if isinstance(logged, Stop):
            return _page(request, kind, thing, stop=logged)
        if logged is not None:
            return _landed(request, logged, f"{request.path}#stop-{name}")
    raise Http404(_("This page has no such form."))


def _landed(request: HttpRequest, answer: Answer, back: str) -> HttpResponseBase:
    messages.success(request, answer.sentence)
    for warning in answer.warnings:
        messages.warning(request, warning)
    return redirect(back if back.startswith("/") and not back.startswith("//") else request.path)


# --- what can be made from here -------------------------------------------------------------------


def _offered(thing: Any) -> list[Task]:
    if isinstance(thing, PlantingSite):
        plant = [PLANT] if thing.state in ("ready", "scheduled", "approved", "vacant") else []
        return [*plant, REPORT]
    if isinstance(thing, Tree) and thing.state in (*LIVING_STATES, "dead"):
        claims = [CLAIM] if thing.guarantee_until else []
        return [CHECK, INSPECT, *claims, *([CARE] if thing.is_alive else []), REPORT]
    return []


def _tasks(request: HttpRequest, thing: Any, tried: TaskForm | None) -> list[TaskForm]:
    if not logs_work(request.user):
        return []
    return [
        tried if tried is not None and tried.task is task else _task_form(request, task)
        for task in _offered(thing)
        if may_do(request.user, task.life, "create")
    ]


def _task_form(
    request: HttpRequest,
    task: Task,
    data: Mapping[str, Any] | None = None,
    said: Answer | None = None,
) -> TaskForm:
    life = _life(task.life)
    today = timezone.localdate()
    initial: dict[str, Any] = {}
    if task is CHECK:
        initial = {"autumn": today.year if today.month >= 8 else today.year - 1}
    elif task is CARE:
        initial = {"due_from": today, "due_until": today + dt.timedelta(days=14)}
    form = form_for(life, task.fields, None, data, prefix=task.name, initial=initial)
    override = may_do(request.user, task.life, "override")
    return TaskForm(task, form, str(new_uuid()), override, said)


def make(request: HttpRequest, task: Task, thing: Any) -> Answer | TaskForm:
    """Create what a task makes, on or of `thing`; the answer, or the form again with the door's sentence."""
    life = _life(task.life)
    form = form_for(life, task.fields, None, request.POST, prefix=task.name)
    if not form.is_valid():
        return _task_form(request, task, request.POST, Answer(False, ""))
    patch = patch_of(life, form)
    if task is PLANT:
        patch |= {"site": str(thing.uuid), "geom": to_wire(thing.geom), "state": "planted"}
    elif task is REPORT:
        site = thing.site if isinstance(thing, Tree) else thing
        patch |= {"site": str(site.uuid), "geom": to_wire(thing.geom), "state": "received"}
        if isinstance(thing, Tree):
            patch["tree"] = str(thing.uuid)
    else:
        patch["tree"] = str(thing.uuid)
        patch["state"] = life.starts[0]
    if task is INSPECT and "next_due" not in patch and "overall" in patch:
        on = form.cleaned_data["inspected_on"]
        if on:
            patch["next_due"] = next_inspection(on, patch["overall"]).isoformat()
    answer = send(
        life,
        patch,
        request=request,
        change=request.POST.get("change", ""),
        override=request.POST.get("override", "").strip(),
    )
    return answer if answer.landed else _task_form(request, task, request.POST, answer)


def _edit_form(
    request: HttpRequest,
    kind: ListKind,
    thing: Any,
    data: Mapping[str, Any] | None = None,
    said: Answer | None = None,
) -> TaskForm | None:
    shown = EDIT_FIELDS.get(kind.life)
    if not shown or not may_do(request.user, kind.life, "edit"):
        return None
    life = _life(kind.life)
    names = tuple(life.writable(shown, rights(request.user, kind.life, thing)))
    known = {name: getattr(thing, name) for name in names}
    form = form_for(life, names, thing, data, prefix="edit", initial=known)
    task = Task("edit", _("Correct"), _("Keep the corrections"), kind.life, names)
    return TaskForm(task, form, str(new_uuid()), False, said)


def _edit(request: HttpRequest, kind: ListKind, thing: Any) -> Answer | TaskForm | None:
    tried = _edit_form(request, kind, thing, request.POST)
    if tried is None:
        raise Http404(_("This page has no such form."))
    if not tried.form.is_valid():
        return _edit_form(request, kind, thing, request.POST, Answer(False, ""))
    life = _life(kind.life)
    patch = patch_of(life, tried.form, thing)
    if not patch:
        return Answer(True, _("Nothing was different."))
    post = request.POST
    answer = send(
        life, patch, request=request, obj=thing, change=post.get("change", ""), base_rev=post.get("rev", "")
    )  # fmt: skip
    return answer if answer.landed else _edit_form(request, kind, thing, post, answer)


def _life(name: str) -> Kind:
    found = life_named(name)
    if found is None:
        raise Http404(_("This page has no such form."))
    return found


# --- around it ------------------------------------------------------------------------------------


def _guarantee(thing: Any) -> dict[str, Any] | None:
    until = getattr(thing, "guarantee_until", None)
    if not until:
        return None
    days = (until - timezone.localdate()).days
    return {"until": until, "days": days, "over": days < 0}


def _extras(kind: ListKind, thing: Any) -> list[tuple[str, str]]:
    """Links to what an object belongs to: the page's own relations, not its facts."""
    found: list[tuple[str, str]] = []
    if isinstance(thing, Tree):
        found.append((_("Its planting site"), reverse("object", args=("sites", thing.site_id))))
        if thing.replaced_by_id:
            found.append(
                (
                    _("The tree that replaced it"),
                    reverse("object", args=("trees", thing.replaced_by_id)),
                )
            )
    tree = getattr(thing, "tree_id", None)
    if tree:
        found.append((_("Its tree"), reverse("object", args=("trees", tree))))
    if getattr(thing, "round_id", None):
        found.append((_("Its round"), reverse("object", args=("rounds", thing.round_id))))
    return found
