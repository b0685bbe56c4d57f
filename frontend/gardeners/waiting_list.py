"""/gardens/desk/<garden>/list/: who waits, in which order and why; the next offer; the draws. It prints well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from frontend.gardeners.access import of_a_garden
from frontend.gardeners.asking import asked, form_asked, row_number
from frontend.gardeners.reasons import bar_in_words, why
from greening.errors import BadInput, TownError
from parcels.allocation import Candidate, Ranking, barred, rank
from parcels.decisions import MENTION, verify
from parcels.drawing import draw_now
from parcels.models import AllocationRules, Application, Decision, Draw, Plot, SharedGarden
from parcels.offering import GIVING, offer_next
from parcels.waiting import candidates, rules_of, seeds

#: Lines of a page: a list for a meeting is on paper, and few lists are longer.
LINES = 200
DRAWS = 30


@dataclass(frozen=True)
class Line:
    """One place of the list: the application, where it stands, and why."""

    made: Application
    place: Ranking
    why: list[str]


@dataclass(frozen=True)
class FreePlot:
    """A plot that can be offered, and to whom it would go."""

    plot: Plot
    next_one: Application | None
    tied: int  # so many stand first with the same right: a draw among them comes with the offer
    commitment: str


@of_a_garden
def list_page(request: HttpRequest, garden: SharedGarden) -> HttpResponseBase:
    if request.method == "POST":
        return _changed(request, garden)
    context: dict[str, Any] = {
        "garden": garden,
        "mention": MENTION,
        "draws": Draw.objects.filter(garden=garden).order_by("-key")[:DRAWS],
        "offers": Application.objects.filter(garden=garden, state="offered")
        .select_related("resident", "offered_plot")
        .order_by("offer_until"),
        "decisions": Decision.objects.filter(garden=garden)
        .select_related("plot")
        .order_by("-number")[:10],
        "today": timezone.localdate(),
    }
    try:
        rules = rules_of(timezone.localdate())
    except BadInput as error:
        context["no_rules"] = str(error)
    else:
        context |= _standing(request, garden, rules)
    return render(request, "frontend/garden_desk/waiting_list.html", context)


def _standing(request: HttpRequest, garden: SharedGarden, rules: AllocationRules) -> dict[str, Any]:
    """The list as it stands: places with their reasons, who is kept off by a rule, what could be offered to whom."""
    waiting = candidates(garden)
    drawn = seeds(garden, {each.order_key for each in waiting})
    places = rank(waiting, rules.read, seeds=drawn)
    first = _first_line(request, len(places))
    shown = places[first - 1 : first - 1 + LINES]
    kept_off = [(each, barred(each, rules.read)) for each in waiting]
    wanted = {place.candidate.application for place in shown}
    wanted |= {each.application for each, code in kept_off if code}
    rows = Application.objects.filter(uuid__in=wanted).select_related("resident", "moved_from")
    made = {row.uuid: row for row in rows}
    lines = [
        Line(made[place.candidate.application], place, why(place))
        for place in shown
        if place.candidate.application in made
    ]
    return {
        "rules": rules,
        "lines": lines,
        "total": len(places),
        "first": first,
        "next_first": first + LINES if first + LINES <= len(places) else None,
        "previous_first": max(1, first - LINES) if first > 1 else None,
        "kept_off": [
            (made[each.application], bar_in_words(code))
            for each, code in kept_off
            if code and each.application in made
        ],
        "gives": garden.state in GIVING,
        "free": _free_plots(garden, rules, drawn),
    }


def _first_line(request: HttpRequest, total: int) -> int:
    text = request.GET.get("from", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1
    return number if 1 <= number <= max(total, 1) else 1


def _free_plots(
    garden: SharedGarden, rules: AllocationRules, drawn: dict[str, str]
) -> list[FreePlot]:
    """Each free plot with the person it would be offered to now; nobody is named while a draw decides."""
    found = []
    rows = Plot.objects.filter(garden=garden, state="available", archived_at=None)
    for plot in rows.order_by("number"):
        standing: list[Candidate] = candidates(garden, plot)
        places = rank(standing, rules.read, seeds=drawn, accessible=plot.accessible)
        head = places[0] if places else None
        tied = head.last - head.rank + 1 if head is not None else 0
        next_one, commitment = None, ""
        if head is not None and tied == 1:
            uuid = head.candidate.application
            next_one = Application.objects.select_related("resident").get(uuid=uuid)
        elif head is not None:
            draw = Draw.objects.filter(garden=garden, key=head.candidate.order_key).first()
            commitment = draw.commitment if draw is not None else ""
        found.append(FreePlot(plot, next_one, tied, commitment))
    return found


def _changed(request: HttpRequest, garden: SharedGarden) -> HttpResponseBase:
    what, of = form_asked(request)
    user: Any = request.user
    if what == "offer":
        plot = get_object_or_404(Plot, pk=row_number(of), garden=garden, archived_at=None)
        _offer(request, garden, plot)
    elif what == "draw":
        draw = get_object_or_404(Draw, pk=row_number(of), garden=garden)
        sentence = _("The draw is made, and its seed published: anybody can repeat it.")
        asked(request, lambda: draw_now(draw, by=user), sentence)
    elif what == "verify":
        wrong = verify(garden)
        for line in wrong:
            messages.error(request, line)
        if not wrong:
            messages.success(
                request,
                _(
                    "The log was read through: nothing was changed, and every offer follows from the rules."
                ),
            )
    else:
        raise Http404(_("This page has no such form."))
    return redirect("garden-desk-list", garden.pk)


def _offer(request: HttpRequest, garden: SharedGarden, plot: Plot) -> None:
    user: Any = request.user
    if garden.state not in GIVING:
        messages.error(request, _("This garden gives no plots at present: open it first."))
        return
    try:
        made = offer_next(plot, by=user)
    except TownError as error:
        messages.error(request, str(error))
        return
    if made is None:
        messages.warning(request, _("Nobody waits who may have this plot: it stays free."))
        return
    until = date_format(made.offer_until) if made.offer_until is not None else "–"
    words = {"plot": plot.number, "number": made.pk, "until": until}
    messages.success(
        request,
        _("Plot %(plot)s is offered to application %(number)s, to be answered by %(until)s.")
        % words,
    )
