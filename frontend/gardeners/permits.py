"""/gardens/desk/permits/: tree pits asked for, the oldest first; the body that manages the pit agrees, or not."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend.gardeners.access import for_managers
from frontend.gardeners.asking import asked, form_asked
from frontend.gardeners.overview import asked_permits
from frontend.residents.next_steps import what_is_adopted
from greening import paging
from greening.errors import BadInput
from greening.models import PlantingSite
from parcels.adopting import agree, disagree
from parcels.models import Adoption

ROWS = 50


class AgreeForm(forms.Form):
    """Who agreed is said, not assumed: the door compares it with who manages the pit."""

    agreed_by = forms.ChoiceField(
        label=gettext_lazy("who agreed"), choices=[("", "–"), *PlantingSite.Manager.choices]
    )
    permit_reference = forms.CharField(
        label=gettext_lazy("number or date of their letter"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "text", "autocomplete": "off"}),
    )


class DisagreeForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("why, for the person who asked"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@for_managers
def permits_page(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        raise Http404(_("This page has no such form."))
    rows = asked_permits().select_related("site", "resident")
    try:
        page = paging.page(rows, "created_at", size=ROWS, token=request.GET.get("page") or None)
    except BadInput:
        page = paging.page(rows, "created_at", size=ROWS)
    context = {
        "page": page,
        "rows": [(row, what_is_adopted(row)) for row in page.rows],
        "query": {},
    }
    return render(request, "frontend/garden_desk/permits.html", context)


@for_managers
def permit_page(request: HttpRequest, number: int) -> HttpResponseBase:
    rows = Adoption.objects.filter(site__isnull=False).select_related("site__street", "resident")
    made = get_object_or_404(rows, pk=number)
    if request.method != "POST":
        return _page(request, made)
    what, _of = form_asked(request)
    user: Any = request.user
    if what == "agree":
        yes = AgreeForm(request.POST, label_suffix="")
        if not yes.is_valid():
            return _page(request, made, yes=yes)
        told = yes.cleaned_data
        sentence = _("The permit runs from today, and the person who asked is told.")
        done = asked(request, lambda: agree(made, by=user, **told), sentence)
    elif what == "disagree":
        no = DisagreeForm(request.POST, label_suffix="")
        if not no.is_valid():
            return _page(request, made, no=no)
        answer = no.cleaned_data["answer"]
        sentence = _("The request is refused, and the person who asked reads why.")
        done = asked(request, lambda: disagree(made, by=user, answer=answer), sentence)
    else:
        raise Http404(_("This page has no such form."))
    if done:
        return redirect("garden-desk-permits")
    return redirect("garden-desk-permit", made.pk)


def _page(
    request: HttpRequest,
    made: Adoption,
    *,
    yes: AgreeForm | None = None,
    no: DisagreeForm | None = None,
) -> HttpResponseBase:
    context = {
        "made": made,
        "title": what_is_adopted(made),
        "person": made.resident,
        "yes": yes or AgreeForm(label_suffix=""),
        "no": no or DisagreeForm(label_suffix=""),
    }
    status = 409 if yes or no else 200
    return render(request, "frontend/garden_desk/permit.html", context, status=status)
