"""/programme/import/species/: names that imports kept as written, waiting for a person to say what they are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, F
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from greening.accounts.doors import for_roles
from greening.events import Change, apply
from greening.models import Species, Tree
from greening.models.base import new_uuid
from greening.roles import Role
from greening.species.catalogue import matcher

SHOWN = 50
BATCH = 1000


class SettleForm(forms.Form):
    """One text, and the species it stands for."""

    text = forms.CharField(max_length=160)
    species = forms.ModelChoiceField(Species.objects.accepted(), label=gettext_lazy("species"))


@for_roles(Role.PLANNER, Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def species_queue(request: HttpRequest) -> HttpResponseBase:
    """The texts that no species stands for, the most frequent first, each with what it may mean."""
    if request.method == "POST":
        form = SettleForm(request.POST)
        if form.is_valid():
            settled = settle(form.cleaned_data["text"], form.cleaned_data["species"], request.user)
            sentence = ngettext("%d tree has its species.", "%d trees have their species.", settled)
            messages.success(request, sentence % settled)
        else:
            messages.error(request, _("Choose a species."))
        return redirect("import-species")
    waiting: Any = (
        Tree.objects.filter(species=None, archived_at=None)
        .exclude(species_as_written="")
        .order_by()
        .values(text=F("species_as_written"))
        .annotate(trees=Count("pk"))
        .order_by("-trees", "text")
    )
    texts: list[dict[str, Any]] = list(waiting[:SHOWN])
    if texts:
        names = {species.pk: species for species in Species.objects.accepted()}
        matches = matcher()
        for each in texts:
            each["candidates"] = [
                names[one.id] for one in matches.match(each["text"]).candidates if one.id in names
            ]
        every = sorted(names.values(), key=str)
    else:
        every = []
    context = {"texts": texts, "total": waiting.count(), "every": every}
    return render(request, "greening/imports/species.html", context)


def settle(text: str, species: Species, actor: Any) -> int:
    """Give every tree of that text the species, through the door; the number of trees that took it."""
    batch, done = new_uuid(), 0
    identifiers = list(
        Tree.objects.filter(species=None, species_as_written=text).values_list("uuid", flat=True)
    )
    for start in range(0, len(identifiers), BATCH):
        changes = [
            Change(
                "tree", one, {"species": str(species.uuid)}, actor=actor, source="web", batch=batch
            )
            for one in identifiers[start : start + BATCH]
        ]
        done += sum(verdict.landed for verdict in apply(changes))
    return done
