"""/gardens/desk/applications/: who applied, the oldest first; one application checked, refused or taken up again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend.gardeners.access import for_managers
from frontend.gardeners.asking import asked, form_asked, row_number
from frontend.gardeners.reasons import bar_in_words, why
from frontend.programme.forms import send
from greening import paging
from greening.errors import BadInput
from greening.events.values import field_of
from greening.lifecycle import kind_of
from greening.models.base import new_uuid
from parcels.allocation import barred
from parcels.applying import check, refuse, standing
from parcels.models import Adoption, Application, Decision, Resident, SharedGarden
from parcels.residents import join_households, split_from_household
from parcels.waiting import candidates, rules_of

ROWS = 50
#: What the list is asked for; the first is what waits for the town.
STATES = {
    "submitted": (gettext_lazy("to check"), ("submitted", "checked")),
    "waiting": (gettext_lazy("waiting"), ("waiting",)),
    "offered": (gettext_lazy("with an offer to answer"), ("offered",)),
    "over": (
        gettext_lazy("over"),
        ("accepted", "declined", "expired", "lapsed", "withdrawn", "refused", "closed"),
    ),
}
LOOKED = "looked at the details"


class RefusalForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("why"), choices=[("", "–"), *Application.Reason.choices]
    )
    answer = forms.CharField(
        label=gettext_lazy("in your words, for the applicant"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@for_managers
def applications_page(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        raise Http404(_("This page has no such form."))
    state = request.GET.get("state", "")
    state = state if state in STATES else "submitted"
    rows: QuerySet[Application] = Application.objects.filter(
        state__in=STATES[state][1], archived_at=None
    ).select_related("garden", "resident", "offered_plot")
    garden = _garden_asked(request)
    if garden is not None:
        rows = rows.filter(garden=garden)
    order = "offer_until" if state == "offered" else "submitted_at"
    order = "-submitted_at" if state == "over" else order
    try:
        page = paging.page(rows, order, size=ROWS, token=request.GET.get("page") or None)
    except BadInput:
        page = paging.page(rows, order, size=ROWS)
    query = {"state": state} | ({"garden": str(garden.pk)} if garden is not None else {})
    context = {
        "state": state,
        "states": [(name, label) for name, (label, _states) in STATES.items()],
        "garden": garden,
        "gardens": SharedGarden.objects.filter(archived_at=None).order_by("name"),
        "page": page,
        "query": query,
        "today": timezone.localdate(),
    }
    return render(request, "frontend/garden_desk/applications.html", context)


def _garden_asked(request: HttpRequest) -> SharedGarden | None:
    text = request.GET.get("garden", "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        return None
    return SharedGarden.objects.filter(pk=int(text)).first()


@for_managers
def application_page(request: HttpRequest, number: int) -> HttpResponseBase:
    rows = Application.objects.select_related(
        "garden", "resident__household", "rules", "offered_plot", "moved_from__garden"
    )
    made = get_object_or_404(rows, pk=number)
    user: Any = request.user
    if request.method == "POST":
        return _changed(request, made, user)
    _note_a_look(user, made)
    return _page(request, made)


def _note_a_look(user: User, made: Application) -> None:
    """Who looked at somebody's details, once a day each, in the back office's own log."""
    today = timezone.localdate()
    seen = LogEntry.objects.filter(
        user=user, object_id=str(made.pk), change_message=LOOKED, action_time__date=today
    )
    if not seen.exists():
        LogEntry.objects.log_actions(user.pk, [made], CHANGE, LOOKED, single_object=True)


def _page(
    request: HttpRequest, made: Application, refusal: RefusalForm | None = None
) -> HttpResponseBase:
    person = made.resident
    here = _place(made)
    context = {
        "made": made,
        "person": person,
        "declared": [
            (field_of(Resident, name).verbose_name, getattr(person, name))
            for name in (
                "declares_resident",
                "declares_adult",
                "declares_no_own_garden",
                "needs_accessible",
            )
        ],
        "home": _home(person),
        "same_door": _alike(person),
        "earlier": Application.objects.filter(resident=person)
        .exclude(pk=made.pk)
        .select_related("garden")
        .order_by("-submitted_at")[:20],
        "decisions": Decision.objects.filter(application=made.uuid)
        .select_related("plot", "rules")
        .order_by("-made_at", "-number"),
        "may_check": made.state in ("submitted", "checked"),
        "may_refuse": made.state in ("submitted", "checked", "waiting"),
        "may_reopen": made.state in ("refused", "lapsed"),
        "refusal": refusal or RefusalForm(label_suffix=""),
        "change": new_uuid(),
        **here,
    }
    status = 409 if refusal is not None else 200
    return render(request, "frontend/garden_desk/application.html", context, status=status)


def _place(made: Application) -> dict[str, Any]:
    """Where somebody who waits stands and why; or the rule that keeps them from an offer."""
    if made.state != "waiting":
        return {}
    try:
        found = standing(made)
    except BadInput as error:  # no rules are in force
        return {"no_place": str(error)}
    if found.place is not None:
        return {"place": found.place, "why": why(found.place)}
    rules = rules_of(timezone.localdate()).read
    mine = next((c for c in candidates(made.garden) if c.application == made.uuid), None)
    return {"no_place": bar_in_words(barred(mine, rules)) if mine is not None else ""}


# --- households -------------------------------------------------------------------------------------
def _home(person: Resident) -> list[dict[str, Any]]:
    """Who else is of this household, with what they have."""
    if person.household is None:
        return []
    others = Resident.objects.filter(household=person.household).exclude(pk=person.pk)
    return [_neighbour(other) for other in others.order_by("pk")]


def _alike(person: Resident) -> list[dict[str, Any]]:
    """Others at the same number and street that count as another household: one, perhaps, or next door."""
    if not person.address or not person.postcode:
        return []
    others = Resident.objects.filter(
        address__iexact=person.address, postcode=person.postcode, household__isnull=False
    )
    if person.household_id is not None:
        others = others.exclude(household=person.household_id)
    return [_neighbour(other) for other in others.exclude(pk=person.pk).order_by("pk")[:20]]


def _neighbour(other: Resident) -> dict[str, Any]:
    return {
        "person": other,
        "applications": Application.objects.open().filter(resident=other).select_related("garden"),
        "adoptions": Adoption.objects.running()
        .filter(resident=other, plot__isnull=False)
        .select_related("plot__garden"),
    }


# --- what its forms do ------------------------------------------------------------------------------
def _changed(request: HttpRequest, made: Application, user: User) -> HttpResponseBase:
    what, of = form_asked(request)
    if what == "check":
        sentence = _("Checked: the application is on the waiting list.")
        asked(request, lambda: check(made, by=user), sentence)
    elif what == "refuse":
        form = RefusalForm(request.POST, label_suffix="")
        if not form.is_valid():
            return _page(request, made, form)
        reason, answer = form.cleaned_data["reason"], form.cleaned_data["answer"]
        sentence = _("The application is refused, and the applicant reads why.")
        asked(request, lambda: refuse(made, reason, by=user, answer=answer), sentence)
    elif what == "reopen":
        _reopen(request, made)
    elif what == "split":
        _split(request, made, row_number(of), user)
    elif what == "join":
        _join(request, made, row_number(of), user)
    else:
        raise Http404(_("This page has no such form."))
    return redirect("garden-desk-application", made.pk)


def _reopen(request: HttpRequest, made: Application) -> None:
    """A refusal taken back is looked at again; who lapsed by mistake waits again at their place."""
    target = {"refused": "checked", "lapsed": "waiting"}.get(made.state)
    if target is None:
        raise Http404(_("This page has no such form."))
    answer = send(
        kind_of(made),
        {"state": target},
        request=request,
        obj=made,
        change=request.POST.get("change", ""),
    )
    if answer.landed:
        messages.success(request, _("The application is taken up again, at its old place."))
    else:
        messages.error(request, answer.sentence)


def _split(request: HttpRequest, made: Application, number: int, user: User) -> None:
    """Only somebody of this very household is taken out of it from here."""
    home = made.resident.household
    person = get_object_or_404(Resident, pk=number, household=home) if home is not None else None
    if person is None:
        raise Http404(_("This page has no such form."))
    sentence = _("They count as a household of their own from now on.")
    asked(request, lambda: split_from_household(person, by=user), sentence)


def _join(request: HttpRequest, made: Application, number: int, user: User) -> None:
    home = made.resident.household
    other = get_object_or_404(Resident.objects.exclude(household=None), pk=number)
    if home is None or other.household is None:
        raise Http404(_("This page has no such form."))
    if number not in {found["person"].pk for found in _alike(made.resident)}:
        raise Http404(_("This page has no such form."))
    joined = other.household
    sentence = _("They count as one household from now on.")
    asked(request, lambda: join_households(home, joined, by=user), sentence)
