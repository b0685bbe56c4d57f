"""/gardens/desk/contests/: decisions that an applicant contests; a person reads, looks again and answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend.gardeners.access import for_managers
from frontend.gardeners.asking import asked
from frontend.gardeners.reasons import WORDS
from greening import paging
from greening.errors import BadInput
from parcels.decisions import answer, place_in, replays
from parcels.models import Application, Contest, Decision

ROWS = 50


class AnswerForm(forms.Form):
    upheld = forms.ChoiceField(
        label=gettext_lazy("what you decide"),
        choices=[
            ("yes", gettext_lazy("The objection is right: the decision is looked at again")),
            ("no", gettext_lazy("The decision stands")),
        ],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=gettext_lazy("your answer, for the applicant"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@for_managers
def contests_page(request: HttpRequest) -> HttpResponseBase:
    over = request.GET.get("state") == "over"
    rows = (
        Contest.objects.exclude(state="received")
        if over
        else Contest.objects.filter(state="received")
    )
    rows = rows.select_related("decision__garden", "resident")
    order = "-created_at" if over else "created_at"
    try:
        page = paging.page(rows, order, size=ROWS, token=request.GET.get("page") or None)
    except BadInput:
        page = paging.page(rows, order, size=ROWS)
    context = {"page": page, "over": over, "query": {"state": "over"} if over else {}}
    return render(request, "frontend/garden_desk/contests.html", context)


@for_managers
def contest_page(request: HttpRequest, number: int) -> HttpResponseBase:
    rows = Contest.objects.select_related(
        "decision__garden", "decision__rules", "decision__plot", "resident"
    )
    objection = get_object_or_404(rows, pk=number)
    form = AnswerForm(request.POST or None, label_suffix="")
    user: Any = request.user
    if request.method == "POST" and form.is_valid():
        upheld = form.cleaned_data["upheld"] == "yes"
        sentence = _("Your answer is published to the applicant.")
        if asked(
            request,
            lambda: answer(objection, form.cleaned_data["answer"], upheld=upheld, by=user),
            sentence,
        ):
            return redirect("garden-desk-contest", objection.pk)
    entry = objection.decision
    about = entry.application
    rows_about = Application.objects.filter(uuid=about) if about else Application.objects.none()
    made = rows_about.select_related("garden").first()
    place = place_in(entry, made) if made is not None else None
    context = {
        "objection": objection,
        "entry": entry,
        "made": made,
        "place": place,
        "why": [
            WORDS[reason.code](reason.ahead, reason.facts)
            for reason in (place.reasons if place is not None else ())
            if reason.code in WORDS
        ],
        "replays": replays(entry) if entry.what == Decision.What.OFFERED else None,
        "form": form,
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "frontend/garden_desk/contest.html", context, status=status)
