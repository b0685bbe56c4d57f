"""/gardens/desk/gardeners/: who tends what; an adoption handed over, its notice taken back, or ended with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend.gardeners.access import for_managers
from frontend.gardeners.asking import asked, form_asked
from frontend.residents.next_steps import what_is_adopted
from greening import paging
from greening.errors import BadInput
from parcels.adopting import end, hand_over, take_notice_back
from parcels.models import RUNNING, Adoption, CoGardener, Resident

ROWS = 50


class HandOverForm(forms.Form):
    """To whom: somebody who helps here already, or anybody whom the gardens know by their e-mail address."""

    gardener = forms.ChoiceField(label=gettext_lazy("somebody who helps here"), required=False)
    email = forms.EmailField(
        label=gettext_lazy("or the e-mail address of their account"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, adoption: Adoption) -> None:
        super().__init__(data, label_suffix="")
        helpers = CoGardener.objects.filter(adoption=adoption, state="active")
        self.helpers = {
            str(row.resident.pk): row.resident for row in helpers.select_related("resident")
        }
        gardener: Any = self.fields["gardener"]
        gardener.choices = [("", "–")] + [(key, who.name) for key, who in self.helpers.items()]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        helper, email = told.get("gardener"), told.get("email")
        if self.errors:
            return told
        if bool(helper) == bool(email):
            raise forms.ValidationError(
                _("Say to whom: somebody who helps here, or an e-mail address.")
            )
        if helper:
            told["to"] = self.helpers[helper]
            return told
        found = Resident.objects.filter(user__email__iexact=email, erased_at=None).first()
        if found is None:
            raise forms.ValidationError(
                _(
                    "The gardens know nobody of that address: they must apply, adopt or be invited first."
                )
            )
        told["to"] = found
        return told


class EndForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("why, for the gardener"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@for_managers
def gardeners_page(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        raise Http404(_("This page has no such form."))
    rows = Adoption.objects.running().select_related(
        "plot__garden", "site", "tree__species", "resident"
    )
    state = request.GET.get("state", "")
    state = state if state in RUNNING else ""
    name = request.GET.get("name", "").strip()[:120]
    if state:
        rows = rows.filter(state=state)
    if name:
        rows = rows.filter(resident__name__icontains=name)
    try:
        page = paging.page(rows, "-id", size=ROWS, token=request.GET.get("page") or None)
    except BadInput:
        page = paging.page(rows, "-id", size=ROWS)
    context = {
        "page": page,
        "rows": [(row, what_is_adopted(row)) for row in page.rows],
        "state": state,
        "states": [choice for choice in Adoption.State.choices if choice[0] in RUNNING],
        "name": name,
        "query": {key: value for key, value in (("state", state), ("name", name)) if value},
    }
    return render(request, "frontend/garden_desk/gardeners.html", context)


@for_managers
def gardener_page(request: HttpRequest, number: int) -> HttpResponseBase:
    """One adoption that runs; once it is over there is nothing left to do for it here."""
    rows = Adoption.objects.running().select_related(
        "plot__garden", "site", "tree__species", "resident", "rules"
    )
    adoption = get_object_or_404(rows, pk=number)
    if request.method != "POST":
        return _page(request, adoption)
    what, _of = form_asked(request)
    user: Any = request.user
    if what == "hand_over":
        to = HandOverForm(request.POST, adoption=adoption)
        if not to.is_valid():
            return _page(request, adoption, to=to)
        heir = to.cleaned_data["to"]
        sentence = _("Handed over: both people are told.")
        done = asked(request, lambda: hand_over(adoption, heir, by=user), sentence)
    elif what == "stay":
        sentence = _("The notice is taken back, and the gardener is told.")
        done = asked(request, lambda: take_notice_back(adoption, by=user), sentence)
    elif what == "end":
        why = EndForm(request.POST, label_suffix="")
        if not why.is_valid():
            return _page(request, adoption, why=why)
        answer = why.cleaned_data["answer"]
        sentence = _("The adoption is ended, and the gardener reads why.")
        done = asked(request, lambda: end(adoption, by=user, answer=answer), sentence)
    else:
        raise Http404(_("This page has no such form."))
    if done and what != "stay":
        return redirect("garden-desk-gardeners")
    return redirect("garden-desk-gardener", adoption.pk)


def _page(
    request: HttpRequest,
    adoption: Adoption,
    *,
    to: HandOverForm | None = None,
    why: EndForm | None = None,
) -> HttpResponseBase:
    form = to or HandOverForm(adoption=adoption)
    context = {
        "adoption": adoption,
        "title": what_is_adopted(adoption),
        "person": adoption.resident,
        "helpers": form.helpers.values(),
        "to": form,
        "why": why or EndForm(label_suffix=""),
    }
    status = 409 if to or why else 200
    return render(request, "frontend/garden_desk/gardener.html", context, status=status)
