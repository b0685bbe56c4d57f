"""/list/<kind>/new/: a new order or reception, through the door."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from frontend.programme.access import may_do, refused
from frontend.programme.forms import Answer, form_for, patch_of, send
from frontend.programme.kinds import list_kind
from frontend.programme.names import species_names
from greening.lifecycle import kind as life_named
from greening.models.base import new_uuid

NEW: Mapping[str, tuple[str, ...]] = {
    "nursery_order": (
        "campaign", "number", "nursery", "species", "size_class", "ordered_count", "ordered_on", "expected_on", "note",
    ),
    "reception": ("contractor", "season", "guarantee_months", "reservations"),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def new_object(request: HttpRequest, layer: str) -> HttpResponseBase:
    kind = list_kind(layer)
    life = life_named(kind.life)
    if life is None or kind.life not in NEW:
        raise Http404(_("There is no list of that name."))
    if not may_do(request.user, kind.life, "create"):
        return refused(request)
    post = request.POST if request.method == "POST" else None
    form = form_for(life, NEW[kind.life], None, post)
    answer: Answer | None = None
    if post is not None and form.is_valid():
        answer = send(
            life,
            patch_of(life, form) | {"state": life.starts[0]},
            request=request,
            change=post.get("change", ""),
        )
        if answer.landed:
            messages.success(request, answer.sentence)
            for warning in answer.warnings:
                messages.warning(request, warning)
            if answer.object_id is not None:
                return redirect("object", layer=kind.name, number=answer.object_id)
            return redirect(kind.url)
    context = {
        "kind": kind,
        "form": form,
        "refused": answer,
        "change": str(new_uuid()),
        "species_names": species_names(),
    }
    status = 200 if post is None else 409
    return render(request, "frontend/programme/new.html", context, status=status)
