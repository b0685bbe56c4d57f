"""The journal of every change asked for, and the desk where contradictions are settled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from greening.accounts.device import device_of
from greening.accounts.doors import for_roles
from greening.errors import BadInput
from greening.events.values import to_wire
from greening.history import Line, entries, kept_from
from greening.lifecycle import kinds
from greening.models import Event
from greening.paging import page
from greening.roles import READERS_OF_JOURNAL, SETTLERS
from greening.settling import disputed, settle

EVENTS_A_PAGE = 50


class JournalFilter(forms.Form):
    """What the journal can be searched by."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    person = forms.CharField(label=gettext_lazy("Person (address or name)"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("Verdict"), required=False)
    source = forms.ChoiceField(label=gettext_lazy("Through"), required=False)
    device = forms.CharField(label=gettext_lazy("Device"), required=False)
    batch = forms.UUIDField(label=gettext_lazy("Batch"), required=False)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"})
    )

    def __init__(self, *args: Any, hidden: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hidden = hidden
        every = [("", _("all"))]
        choices: dict[str, list[Any]] = {
            "kind": [
                (found.name, capfirst(str(found.title)))
                for found in kinds()
                if found.name not in hidden
            ],
            "status": list(Event.Status.choices),
            "source": list(Event.Source.choices),
        }
        for name, offered in choices.items():
            field: Any = self.fields[name]
            field.choices = every + offered

    def rows(self) -> QuerySet[Event]:
        asked = self.cleaned_data
        rows = Event.objects.exclude(kind__in=self.hidden).select_related("actor")
        for name in ("kind", "status", "source", "batch"):
            if asked.get(name):
                rows = rows.filter(**{name: asked[name]})
        if asked.get("device"):
            rows = rows.filter(device__icontains=asked["device"])
        if asked.get("person"):
            who = asked["person"]
            rows = rows.filter(
                Q(actor__email__icontains=who)
                | Q(actor__first_name__icontains=who)
                | Q(actor__last_name__icontains=who)
            )
        if asked.get("since"):
            rows = rows.filter(server_time__gte=_midnight(asked["since"]))
        if asked.get("until"):
            rows = rows.filter(server_time__lt=_midnight(asked["until"] + dt.timedelta(days=1)))
        return rows


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def _page(rows: QuerySet[Event], request: HttpRequest) -> Any:
    try:
        return page(rows, "-id", size=EVENTS_A_PAGE, token=request.GET.get("page") or None)
    except BadInput as error:
        raise Http404(str(error)) from None


@for_roles(*READERS_OF_JOURNAL)
@require_safe
def journal(request: HttpRequest) -> HttpResponse:
    """Every change asked for, the newest first, with its verdict and the reason of a refusal."""
    hidden = kept_from(request.user)
    form = JournalFilter(request.GET, hidden=hidden)
    shown = _page(form.rows() if form.is_valid() else Event.objects.none(), request)
    context = {
        "form": form,
        "entries": entries(shown.rows),
        "page": shown,
        "open": Event.objects.to_settle().exclude(kind__in=hidden).count(),
    }
    return render(request, "greening/history/journal.html", context)


@for_roles(*SETTLERS)
@require_safe
def to_settle(request: HttpRequest) -> HttpResponse:
    """Changes that wait for a person, and those that wait for an earlier one."""
    seen = Event.objects.exclude(kind__in=kept_from(request.user)).select_related("actor")
    shown = _page(seen.to_settle(), request)
    waiting = seen.filter(status=Event.Status.WAITING)
    context = {
        "entries": entries(shown.rows),
        "page": shown,
        "waiting": entries(waiting.order_by("-id")[:EVENTS_A_PAGE]),
    }
    return render(request, "greening/history/to_settle.html", context)


@for_roles(*SETTLERS)
@require_http_methods(["GET", "HEAD", "POST"])
def settle_page(request: HttpRequest, number: int) -> HttpResponse:
    """One kept change beside what stands: for each field, theirs or ours."""
    seen = Event.objects.exclude(kind__in=kept_from(request.user))
    event = get_object_or_404(
        seen.select_related("actor", "settled_by"), pk=number, status=Event.Status.CONFLICT
    )
    choices = _choices(event)
    error = ""
    if request.method == "POST" and event.settled_at is None:
        chosen = {line.name: request.POST.get(f"field-{line.name}") for line in choices}
        if not set(chosen.values()) <= {"ours", "theirs"}:
            error = _("Choose for each field which value holds.")
        else:
            error = _settled(
                request, event, {name for name, side in chosen.items() if side == "ours"}
            )
            if not error:
                messages.success(request, _("Settled."))
                return redirect("to-settle")
    context = {"entry": entries([event])[0], "choices": choices, "error": error}
    return render(request, "greening/history/settle.html", context)


def _settled(request: HttpRequest, event: Event, keep: set[str]) -> str:
    """Settles, and answers with the sentence of what stood in the way, if anything did."""
    try:
        verdict = settle(
            event,
            keep,
            by=request.user,  # type: ignore[arg-type]  # a settler is signed in
            device=device_of(request),
            override=request.POST.get("override", "")[:240],
        )
    except BadInput as refused:
        return str(refused)
    return verdict.message if verdict is not None and not verdict.landed else ""


def _choices(event: Event) -> list[Line]:
    """For each asked field, what stands now (theirs) and what was asked (ours)."""
    obj = disputed(event)
    if obj is None:
        return []
    now = {name: to_wire(getattr(obj, name)) for name in event.patch if hasattr(obj, name)}
    asked = Event(kind=event.kind, object_uuid=event.object_uuid, patch=event.patch, before=now)
    return [
        line for line in entries([asked])[0].lines if now.get(line.name) != event.patch[line.name]
    ]
