"""An object's history: what changed, when; and who did it, for those of the town's people who may know."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from greening.errors import BadInput
from greening.history import entries, published, readers
from greening.layers import LAYERS
from greening.lifecycle import kind as kind_named
from greening.lifecycle import kind_of
from greening.models import Event, PlantingSite, Tree
from greening.paging import page
from greening.roles import holds

EVENTS_A_PAGE = 50


@require_safe
def history(request: HttpRequest, kind: str, number: int) -> HttpResponseBase:
    """The newest change first. The public reads published fields of applied changes, and no names."""
    found = kind_named(kind)
    if found is None:
        raise Http404
    staff = holds(request.user, *readers(kind))
    fields = published(kind)
    if fields is None and not staff:
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.get_full_path())
    obj: Any = get_object_or_404(found.model_class, pk=number)
    rows = Event.objects.filter(object_uuid=obj.uuid).select_related("actor")
    if not staff:
        rows = rows.filter(rev__isnull=False)
    try:
        shown = page(rows, "-id", size=EVENTS_A_PAGE, token=request.GET.get("page") or None)
    except BadInput as error:
        raise Http404(str(error)) from None
    context = {
        "object": obj,
        "title": f"{capfirst(str(found.title))} {number}",
        "kind": found,
        "state": found.label(obj.state),
        "entries": entries(shown.rows, fields=None if staff else fields, names=staff),
        "page": shown,
        "beside": _beside(obj),
        "office": _office(obj),
        "own_page": _own_page(obj),
    }
    return render(request, "greening/history/history.html", context)


def _office(obj: Any) -> str:
    """Where the back office changes it; some kinds have no page there."""
    if not admin.site.is_registered(type(obj)):
        return ""
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def _own_page(obj: Any) -> str:
    """The public page of an object that the map shows; it is the upper floors', known here by name only."""
    layers = [layer for layer in LAYERS.values() if layer.rows().model is type(obj)]
    return reverse("object", args=[layers[0].name, obj.pk]) if layers else ""


def _beside(obj: Any) -> list[tuple[str, int, str]]:
    """Whose history belongs to this one: a site keeps that of its trees."""
    if isinstance(obj, PlantingSite):
        trees = obj.trees.select_related("species").order_by("-id")
        return [("tree", tree.pk, f"{tree}, {tree.get_state_display()}") for tree in trees]
    if isinstance(obj, Tree):
        site = kind_of(obj.site)
        return [(site.name, obj.site_id, f"{capfirst(str(site.title))} {obj.site}")]
    return []
