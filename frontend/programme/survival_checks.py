"""/programme/survival/: the autumn's survival checks, a page of trees at a time, recorded in one go."""

from __future__ import annotations

import uuid as uuid_module
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from frontend.programme.access import may_do, refused
from frontend.programme.forms import identifier, said
from frontend.programme.kinds import list_kind
from frontend.programme.listing import Listing
from greening import paging
from greening.accounts.device import device_of
from greening.errors import BadInput
from greening.events import Change, apply
from greening.models import Quarter, SurvivalCheck, Tree
from greening.models.base import new_uuid

ROWS = 25  # trees of a page: what one looks through without losing the thread


@dataclass(frozen=True)
class Row:
    tree: Tree
    found: str = ""
    cause: str = ""
    gone: bool = False
    sentence: str = ""


def autumn_of(request: HttpRequest) -> int:
    """The autumn asked for; without one, that of the last August."""
    text = request.GET.get("autumn", "")
    today = timezone.localdate()
    if text.isascii() and text.isdigit() and 1990 <= int(text[:5]) <= today.year:
        return int(text)
    return today.year if today.month >= 8 else today.year - 1


@require_http_methods(["GET", "HEAD", "POST"])
def survival_page(request: HttpRequest) -> HttpResponseBase:
    if not may_do(request.user, "survival_check", "create"):
        return refused(request)
    autumn = autumn_of(request)
    rows: dict[int, Row] = {}
    if request.method == "POST":
        rows, landed = _record(request, autumn)
        if landed:
            sentence = ngettext("%(n)s check recorded.", "%(n)s checks recorded.", landed)
            messages.success(request, sentence % {"n": landed})
        if not rows:
            return redirect(request.get_full_path())
    kind = list_kind("trees")
    values = {"autumn": str(autumn), "fate": "unchecked"}
    for name in ("quarter", "lot", "contractor", "q"):
        if request.GET.get(name):
            values[name] = request.GET[name]
    listing = Listing(kind, values)
    found = listing.rows.select_related(*kind.related)
    try:
        page = paging.page(found, "id", size=ROWS, token=request.GET.get("page"))
    except BadInput:
        page = paging.page(found, "id", size=ROWS)
    shown = [rows.get(tree.pk, Row(tree)) for tree in page.rows]
    here = {tree.pk for tree in page.rows}
    shown += [row for pk, row in rows.items() if pk not in here]
    everyone = Tree.objects.of_survival_check(autumn).count()
    query = request.GET.copy()
    query["page"] = page.next or ""
    context = {
        "autumn": autumn,
        "autumns": range(timezone.localdate().year, timezone.localdate().year - 4, -1),
        "rows": shown,
        "left": listing.total,
        "everyone": everyone,
        "next": f"{reverse('survival-checks')}?{query.urlencode()}" if page.next else "",
        "list_url": listing.url(),
        "quarters": Quarter.objects.values_list("name", flat=True),
        "quarter": values.get("quarter", ""),
        "q": values.get("q", ""),
        "founds": SurvivalCheck.Found.choices,
        "today": timezone.localdate(),
        "change": str(new_uuid()),
    }
    status = 409 if rows else 200
    return render(request, "frontend/programme/survival.html", context, status=status)


def _record(request: HttpRequest, autumn: int) -> tuple[dict[int, Row], int]:
    """Every tree that was given a finding, in one batch; what the door refused comes back with its sentence."""
    post = request.POST
    numbers = [
        int(text)
        for text in post.getlist("tree")
        if text.isascii() and text.isdigit() and len(text) < 18
    ]
    trees = Tree.objects.select_related("species", "site__street").in_bulk(numbers[:500])
    day = parse_date(post.get("checked_on", "")) if post.get("checked_on") else None
    form = identifier(post.get("change", ""))
    asked: list[tuple[Row, Change]] = []
    for pk, tree in trees.items():
        found = post.get(f"found-{pk}", "")
        if not found:
            continue
        row = Row(tree, found, post.get(f"cause-{pk}", "")[:120], f"gone-{pk}" in post)
        patch: dict[str, Any] = {
            "tree": str(tree.uuid),
            "autumn": autumn,
            "checked_on": (day or timezone.localdate()).isoformat(),
            "found": found,
            "gone": row.gone,
            "state": "recorded",
        }
        if row.cause:
            patch["cause"] = row.cause
        asked.append((row, _change(request, form, tree, patch)))
    refused_rows: dict[int, Row] = {}
    landed = 0
    verdicts = apply([change for _row, change in asked])
    for (row, _sent), verdict in zip(asked, verdicts, strict=True):
        answer = said(verdict)
        landed += answer.landed
        if not answer.landed:
            pk = row.tree.pk
            refused_rows[pk] = Row(row.tree, row.found, row.cause, row.gone, answer.sentence)
    if not asked:
        messages.warning(request, _("No tree was given a finding."))
    return refused_rows, landed


def _change(
    request: HttpRequest, form: uuid_module.UUID, tree: Tree, patch: dict[str, Any]
) -> Change:
    person: Any = request.user
    return Change(
        kind="survival_check",
        object_uuid=uuid_module.uuid5(form, f"check:{tree.uuid}"),
        patch=patch,
        create=True,
        uuid=uuid_module.uuid5(form, f"event:{tree.uuid}"),
        actor=person,
        source="web",
        device=device_of(request),
    )
