"""Watering rounds: planned from the open waterings of a list, and done stop by stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from frontend.programme.access import may_do, refused
from frontend.programme.forms import Answer, send
from frontend.programme.kinds import list_kind
from frontend.programme.listing import Listing, cleaned
from greening.care_schedule import plan_round
from greening.errors import BadInput
from greening.lifecycle import kind as life_named
from greening.models import CareTask, Crew, WateringRound
from greening.models.base import new_uuid
from greening.models.care import OPEN_TASK_STATES
from greening.rounds import MAX_STOPS

#: What a crew's truck usually carries and a young tree usually gets; the form can say otherwise.
TANK_LITRES, LITRES_PER_TREE = 4000, 80


class RoundForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"type": "text"}),
    )
    day = forms.DateField(
        label=gettext_lazy("day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    crew = forms.ModelChoiceField(Crew.objects.filter(active=True), label=gettext_lazy("crew"))
    tank_litres = forms.FloatField(
        label=gettext_lazy("tank, litres"), min_value=1, max_value=50_000
    )
    litres_per_tree = forms.FloatField(
        label=gettext_lazy("litres per tree"), min_value=1, max_value=2_000
    )


@require_http_methods(["GET", "HEAD", "POST"])
def plan_page(request: HttpRequest) -> HttpResponseBase:
    """Choose among the planned waterings of a list, and give them to a crew as one round in a short order."""
    if not may_do(request.user, "watering_round", "create"):
        return refused(request)
    kind = list_kind("tasks")
    values = cleaned(kind, request.GET) | {"state": "planned", "action": "water"}
    values.pop("page", None)
    listing = Listing(kind, values)
    rows = listing.rows.select_related(*kind.related).order_by("due_until", "id")
    tasks = list(rows[:MAX_STOPS])
    post = request.POST if request.method == "POST" else None
    first = {
        "day": timezone.localdate(),
        "tank_litres": TANK_LITRES,
        "litres_per_tree": LITRES_PER_TREE,
    }
    form = RoundForm(post, initial=first, label_suffix="")
    chosen = set(post.getlist("task")) if post is not None else {str(task.pk) for task in tasks}
    sentence = ""
    if post is not None and form.is_valid():
        numbers = [
            int(text) for text in chosen if text.isascii() and text.isdigit() and len(text) < 18
        ]
        wanted = CareTask.objects.filter(pk__in=numbers)
        try:
            made, verdicts = plan_round(wanted, actor=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except BadInput as error:
            sentence = str(error)
        else:
            landed = sum(verdict.landed for verdict in verdicts[1:])
            messages.success(
                request,
                ngettext("The round has %(n)s stop.", "The round has %(n)s stops.", landed)
                % {"n": landed},
            )
            for verdict in verdicts[1:]:
                if not verdict.landed:
                    messages.warning(request, verdict.message)
            return redirect("object", layer="rounds", number=made.pk)
    context = {
        "form": form,
        "tasks": [(task, str(task.pk) in chosen) for task in tasks],
        "total": listing.total,
        "most": MAX_STOPS,
        "sentence": sentence,
        "back": listing.url(),
        "crews": Crew.objects.filter(active=True).exists(),
    }
    return render(
        request, "frontend/programme/plan_round.html", context, status=400 if post else 200
    )


# --- a round's own page ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """One tree of a round as its page shows it."""

    task: CareTask
    change: str
    litres: float | None
    refused: Answer | None = None


@dataclass(frozen=True)
class Run:
    """A round's stops with what a page sums up of them."""

    stops: list[Stop]
    tanks: int
    litres: float
    left: int
    may_log: bool

    @property
    def done(self) -> int:
        return len(self.stops) - self.left


def run_of(thing: WateringRound, user: Any, tried: Stop | None = None) -> Run:
    stops = [
        tried
        if tried is not None and tried.task.pk == task.pk
        else Stop(task, str(new_uuid()), task.litres_given or task.litres or thing.litres_per_tree)
        for task in thing.stops
    ]
    return Run(
        stops,
        thing.tanks_for(len(stops)),
        sum(stop.task.litres or thing.litres_per_tree for stop in stops),
        sum(stop.task.state in OPEN_TASK_STATES for stop in stops),
        may_do(user, "care_task", "move", "done"),
    )


def log_stop(request: HttpRequest, thing: WateringRound, number: str) -> Answer | Stop | None:
    """One stop done, or not done with its reason; None where the round has no such stop."""
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return None
    task = thing.tasks.filter(pk=int(number)).first()
    life = life_named("care_task")
    if task is None or life is None:
        return None
    post = request.POST
    patch: dict[str, Any]
    if post.get("state") == "done":
        patch = {"state": "done", "done_on": timezone.localdate().isoformat()}
        litres = post.get("litres", "").replace(",", ".").strip()
        if litres:
            patch["litres_given"] = litres
    else:
        patch = {"state": "not_done", "reason": post.get("reason", "")}
        for name in ("rain_mm", "order_reference"):
            if post.get(name):
                patch[name] = post[name].replace(",", ".") if name == "rain_mm" else post[name]
    answer = send(life, patch, request=request, obj=task, change=post.get("change", ""))
    if answer.landed:
        return answer
    return Stop(task, str(new_uuid()), task.litres, answer)
