"""/report/desk/: reports looked at, the severest and oldest first; joined, answered, made into work."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from frontend.programme.moves import MoveForm, make_move, moves_for
from greening.accounts.device import device_of
from greening.accounts.doors import for_roles
from greening.accounts.people import named
from greening.errors import BadInput
from greening.models import Observation, Report
from greening.paging import page
from greening.reports.joining import (
    follow_up,
    follow_up_of,
    join,
    likely_duplicates,
    separate,
    with_duplicates,
)
from greening.roles import SETTLERS

REPORTS_A_PAGE = 30
#: The piles of the desk: what is in them, and what they are called.
PILES = {
    "new": (("received",), gettext_lazy("to look at")),
    "asked": (("needs_info",), gettext_lazy("asked for more")),
    "confirmed": (("validated",), gettext_lazy("confirmed, to be done")),
    "ended": (Observation.ENDED, gettext_lazy("answered")),
}


@for_roles(*SETTLERS)
@require_safe
def report_desk(request: HttpRequest) -> HttpResponseBase:
    """One pile of the desk."""
    name = request.GET.get("pile", "new")
    if name not in PILES:
        raise Http404(_("There is no list of that name."))
    heads = Observation.objects.with_reports()
    states = PILES[name][0]
    rows = with_duplicates(heads.filter(state__in=states).most_urgent_first())
    try:
        shown = page(
            rows.select_related("tree__species", "site__street"),
            "-id" if name == "ended" else "turn",
            size=REPORTS_A_PAGE,
            token=request.GET.get("page") or None,
        )
    except BadInput as error:
        raise Http404(str(error)) from None
    context = {
        "piles": [
            (each, title, heads.filter(state__in=those).count(), each == name)
            for each, (those, title) in PILES.items()
        ],
        "rows": shown.rows,
        "page": shown,
        "pile": name,
    }
    return render(request, "frontend/residents/report_desk.html", context)


@for_roles(*SETTLERS)
@require_http_methods(["GET", "HEAD", "POST"])
def report_desk_item(request: HttpRequest, number: int) -> HttpResponseBase:
    """One observation: who told what, what is likely the same, its next moves, and the work it may ask for."""
    rows = Observation.objects.select_related("tree__species", "site__street", "joined_to")
    seen = get_object_or_404(rows, pk=min(number, 2**62))
    if request.method == "POST":
        return _changed(request, seen)
    return _page(request, seen)


def _changed(request: HttpRequest, seen: Observation) -> HttpResponseBase:
    asked, _colon, name = request.POST.get("do", "").partition(":")
    by, device = cast(User, request.user), device_of(request)
    if asked == "move":
        answer = make_move(request, seen, name)
        if isinstance(answer, MoveForm):
            seen.refresh_from_db()
            return _page(request, seen, answer)
        said = answer.sentence
    else:
        try:
            if asked == "join":
                join(seen, _other(name), by=by, device=device)
                said = _("Joined: both get the same answer.")
            elif asked == "join-to":
                join(_other(name), seen, by=by, device=device)
                said = _("Joined: both get the same answer.")
            elif asked == "separate":
                separate(_other(name), by=by, device=device)
                said = _("Separated: it waits at the desk by itself again.")
            elif asked == "follow-up":
                said = _("Asked for: %s") % follow_up(seen, by=by, device=device).label
            else:
                raise Http404(_("This page has no such form."))
        except BadInput as error:
            messages.error(request, str(error))
            return redirect("report-desk-item", seen.pk)
    messages.success(request, said)
    return redirect("report-desk-item", seen.pk)


def _other(text: str) -> Observation:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    found = Observation.objects.filter(pk=number).select_related("joined_to").first()
    if found is None:
        raise BadInput(_("There is no report of that number."))
    return found


def _page(
    request: HttpRequest, seen: Observation, tried: MoveForm | None = None
) -> HttpResponseBase:
    about = (
        Report.objects.about(seen)
        if seen.joined_to is None
        else Report.objects.filter(observation=seen)
    )
    reports = about.select_related("observation", "reporter").prefetch_related("photos")
    context: dict[str, Any] = {
        "thing": seen,
        "reports": [
            (report, named(report.reporter) if report.reporter else "")
            for report in reports.order_by("pk")
        ],
        "joined": Observation.objects.filter(joined_to=seen).order_by("pk"),
        "likely": likely_duplicates(seen) if seen.joined_to is None else [],
        "moves": moves_for(seen, request.user, tried) if seen.joined_to is None else [],
        "follow_up": follow_up_of(seen),
        "back": request.path,
    }
    status = 409 if tried is not None else 200
    return render(request, "frontend/residents/report_desk_item.html", context, status=status)
