"""/gardens/<number>/: one garden: what is free, how to apply, who answers, the rules. And the rules alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from frontend.residents.access import garden_at, rules_in_force
from frontend.residents.counts import count
from frontend.residents.maps import residents_map
from frontend.residents.words import rules_in_words
from greening.layers import LAYERS
from parcels.decisions import MENTION
from parcels.models import AllocationRules, Application, Draw, GardenReferent

#: The next gate that is open, and a few more; what is new, not everything that ever was.
OPEN_DAYS, NEWS = 3, 5
#: Whether somebody leaves, or has an offer to answer, is nobody else's business.
TAKEN = pgettext_lazy("one plot", "taken")
PLOT_STATES = {
    "available": pgettext_lazy("one plot", "free"),
    "offered": TAKEN,
    "occupied": TAKEN,
    "notice": TAKEN,
    "resting": pgettext_lazy("one plot", "resting"),
}


@require_safe
def garden_page(request: HttpRequest, number: int) -> HttpResponseBase:
    garden, rules = garden_at(number), rules_in_force()
    plots = garden.plots.filter(archived_at=None).exclude(state="withdrawn")
    user: Any = request.user
    mine = (
        Application.objects.of_user(user).open().filter(garden=garden).first()
        if user.is_authenticated
        else None
    )
    context = {
        "garden": garden,
        "row": count([garden])[0],
        "plots": [
            {
                "plot": plot,
                "group": LAYERS["plots"].group_of(plot.state),
                "state": PLOT_STATES[plot.state],
                "at": _at(plot),
            }
            for plot in sorted(plots, key=_by_number)
        ],
        "mine": mine,
        "referent": GardenReferent.objects.filter(garden=garden).first(),
        "open_days": garden.open_days.coming().select_related("garden")[:OPEN_DAYS],
        "news": garden.news.published()[:NEWS],
        "rules": rules,
        "words": rules_in_words(rules.read) if rules else [],
        "mention": MENTION,
        "map_settings": residents_map("gardens", "plots", place=garden.geom),
    }
    return render(request, "frontend/residents/garden.html", context)


@require_safe
def rules_page(request: HttpRequest) -> HttpResponseBase:
    """How places are given: the rules in force, their versions, the draws with their hashes and seeds."""
    rules = rules_in_force()
    context = {
        "rules": rules,
        "words": rules_in_words(rules.read) if rules else [],
        "versions": AllocationRules.objects.all(),
        "draws": Draw.objects.select_related("garden").order_by("-key", "garden__name")[:50],
        "mention": MENTION,
    }
    return render(request, "frontend/residents/rules.html", context)


def _at(plot: Any) -> str:
    point = plot.geom.point_on_surface
    return f"{point.x:.6f},{point.y:.6f}"


def _by_number(plot: Any) -> tuple[int, str]:
    """Plot 2 before plot 10; those with letters after, by name."""
    digits = "".join(letter for letter in plot.number if letter.isdigit())
    return (int(digits) if digits else 2**31, plot.number)
