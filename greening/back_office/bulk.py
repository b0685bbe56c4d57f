"""The same change to many objects: asked once, sent to the door as one batch, answered one by one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from greening.accounts.device import device_of
from greening.events import Change, apply
from greening.lifecycle import Kind
from greening.models.base import new_uuid
from greening.models.event import Event
from greening.roles import may

#: More at once is an import's business.
MOST = 1000
#: So many refusals are told one by one.
TOLD = 10


def ask_then_apply(
    office: Any, request: HttpRequest, queryset: QuerySet[Any], action: str
) -> HttpResponse | None:
    """A page that asks whether, and to which state; then the batch, and back to the list."""
    count = queryset.count()
    if count > MOST:
        messages.error(
            request, _("At most %(most)s objects at once: choose fewer.") % {"most": MOST}
        )
        return None
    kind: Kind = office.kind
    held = office.held(request)
    states = _targets(kind, queryset, held) if action == "move" else []
    target = request.POST.get("target", "")
    if "confirmed" not in request.POST or (action == "move" and target not in dict(states)):
        context = {
            **office.admin_site.each_context(request),
            "title": _heading(action),
            "opts": office.model._meta,
            "action": action,
            "objects": queryset[:50],
            "count": count,
            "identifiers": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "checkbox": ACTION_CHECKBOX_NAME,
            "select_across": request.POST.get("select_across", "0"),
            "states": states,
            "may_override": may(held, "override"),
        }
        return TemplateResponse(request, "greening/admin/bulk.html", context)
    _apply(request, kind, queryset, action, target)
    return None


def _heading(action: str) -> str:
    return {
        "move": _("Move to another state"),
        "archive": _("Take out of the inventory"),
        "restore": _("Put back into the inventory"),
    }[action]


def _targets(kind: Kind, queryset: QuerySet[Any], held: frozenset[str]) -> list[tuple[str, str]]:
    """States that some of the chosen objects may go to; the door says of each one whether it may."""
    current = queryset.order_by().values_list("state", flat=True).distinct()
    names = [state for source in sorted(current) for state in kind.next_states(source)]
    return [(name, kind.label(name)) for name in dict.fromkeys(names) if may(held, "move", name)]


def _apply(
    request: HttpRequest, kind: Kind, queryset: QuerySet[Any], action: str, target: str
) -> None:
    now, batch = timezone.now().isoformat(), new_uuid()
    patches: dict[str, dict[str, Any]] = {
        "move": {"state": target},
        "archive": {"archived_at": now},
        "restore": {"archived_at": None},
    }
    objects = list(queryset)
    verdicts = apply(
        Change(
            kind=kind.name,
            object_uuid=obj.uuid,
            patch=patches[action],
            base_rev=obj.rev,
            actor=request.user,  # type: ignore[arg-type]  # the back office is entered signed in
            source=Event.Source.ADMIN,
            device=device_of(request),
            batch=batch,
            override=request.POST.get("override", "")[:240],
        )
        for obj in objects
    )
    done = sum(verdict.landed for verdict in verdicts)
    if done:
        said = ngettext("%(n)s object was changed.", "%(n)s objects were changed.", done)
        messages.success(request, said % {"n": done})
    refused = [(obj, each) for obj, each in zip(objects, verdicts, strict=True) if not each.landed]
    for obj, verdict in refused[:TOLD]:
        messages.error(request, f"{obj} : {verdict.message}")
    if len(refused) > TOLD:
        rest = len(refused) - TOLD
        said = ngettext("%(n)s more was refused.", "%(n)s more were refused.", rest)
        messages.error(request, said % {"n": rest})
    for warning in sorted({warning for each in verdicts for warning in each.warnings}):
        messages.warning(request, warning)
