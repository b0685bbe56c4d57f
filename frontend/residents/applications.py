"""/gardens/applications/<number>/: where my application stands and why; an offer to answer; what was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from frontend.residents.access import own_application
from frontend.residents.maps import residents_map
from frontend.residents.next_steps import (
    steps_of,
    url_of_adoption,
    url_of_application,
    what_is_adopted,
)
from frontend.residents.words import cost_in_words, place_in_words, reasons_in_words, rules_in_words
from greening.accounts.doors import for_roles
from parcels.application_lives import cost_of
from parcels.applying import reconfirm, standing, withdraw
from parcels.decisions import MENTION, read_by
from parcels.doorway import Refused
from parcels.models import Adoption, Application, Plot
from parcels.offering import accept, decline
from parcels.residents import resident_of

#: How many entries of the garden's log stand on the page.
LOG_ROWS = 30


@require_safe
@for_roles()
def mine_page(request: HttpRequest) -> HttpResponseBase:
    """Everything of mine: applications and adoptions, those that are over too."""
    me = resident_of(request.user)  # type: ignore[arg-type]  # for_roles asked for a signed-in person
    applications = me.applications.select_related("garden").order_by("-pk") if me else []
    adoptions = (
        Adoption.objects.shared_with(me)
        .select_related("plot__garden", "site", "tree__species")
        .order_by("-pk")
        if me
        else []
    )
    context = {
        "steps": steps_of(me) if me else [],
        "applications": [(row, url_of_application(row)) for row in applications],
        "adoptions": [
            (
                row,
                what_is_adopted(row),
                url_of_adoption(row),
                row.resident_id == getattr(me, "pk", 0),
            )
            for row in adoptions
        ],
    }
    return render(request, "frontend/residents/mine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles()
def application_page(request: HttpRequest, number: int) -> HttpResponseBase:
    application = own_application(request.user, number)
    if request.method != "POST":
        return _page(request, application)
    answer = _ANSWERS.get(request.POST.get("do", ""))
    if answer is None:
        raise Http404(_("This page has no such form."))
    try:
        return answer(request, application)
    except Refused as refused:
        return _page(request, own_application(request.user, number), str(refused))


def _page(request: HttpRequest, application: Application, refused: str = "") -> HttpResponseBase:
    stands = standing(application)
    plot = application.offered_plot if application.state == "offered" else None
    decision = application.decision
    log = list(read_by(application)[:LOG_ROWS])
    about_me = [entry for entry in log if entry.application == application.uuid]
    context = {
        "application": application,
        "garden": application.garden,
        "rules": stands.rules,
        "words": rules_in_words(stands.rules.read),
        "stands": stands,
        "place": place_in_words(stands.place) if stands.place else "",
        "reasons": reasons_in_words(stands.place) if stands.place else [],
        "plot": plot,
        "offer_rules": decision.rules if decision else application.rules,
        "declining": cost_in_words(cost_of(application, "declined")),
        "silence": cost_in_words(cost_of(application, "expired")),
        "offer_number": application.refusals + 1,
        "adoption": application.adoptions.order_by("-pk").first(),
        "log": log,
        "about_me": about_me,
        "mention": MENTION,
        "refused": refused,
    }
    if plot is not None:
        context["map_settings"] = residents_map("gardens", "plots", place=plot.geom)
    status = 409 if refused else 200
    return render(request, "frontend/residents/application.html", context, status=status)


# --- what the page's forms ask for ------------------------------------------------------------------
def _accept(request: HttpRequest, application: Application) -> HttpResponseBase:
    by: Any = request.user
    adoption = accept(application, by=by, plot=_seen(request))
    messages.success(request, _("The plot is yours. Happy gardening!"))
    return redirect("my-adoption", number=adoption.pk)


def _decline(request: HttpRequest, application: Application) -> HttpResponseBase:
    by: Any = request.user
    cost = cost_in_words(cost_of(application, "declined"))
    decline(application, by=by, plot=_seen(request))
    messages.success(request, _("You declined the plot. What it costs: %(cost)s") % {"cost": cost})
    return redirect("my-application", number=application.pk)


def _seen(request: HttpRequest) -> Plot | None:
    """The plot that the form was about: an answer is to the offer its reader saw, not to the next one."""
    number = request.POST.get("plot", "")
    return Plot(pk=int(number)) if number.isascii() and number.isdigit() else None


def _withdraw(request: HttpRequest, application: Application) -> HttpResponseBase:
    by: Any = request.user
    withdraw(application, by=by)
    messages.success(request, _("Your application is withdrawn."))
    return redirect("my-application", number=application.pk)


def _reconfirm(request: HttpRequest, application: Application) -> HttpResponseBase:
    by: Any = request.user
    reconfirm(application, by=by)
    messages.success(request, _("Your place is kept for another year."))
    return redirect("my-application", number=application.pk)


_ANSWERS: Mapping[str, Callable[[HttpRequest, Application], HttpResponseBase]] = {
    "accept": _accept,
    "decline": _decline,
    "withdraw": _withdraw,
    "reconfirm": _reconfirm,
}
