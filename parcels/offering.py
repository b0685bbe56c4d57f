"""Offering plots: to whom, until when; accepted, declined or left to lapse, then to the next."""

from __future__ import annotations

import datetime as dt
from functools import partial

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.events import Change
from parcels import telling
from parcels.allocation import rank
from parcels.application_lives import cost_of
from parcels.decisions import facts_of_offer, log
from parcels.doorway import Refused, RowByRow, all_or_nothing, noon, pass_door, through
from parcels.models import Adoption, Application, Decision, Plot
from parcels.waiting import candidates, draw_of, hold, reveal, rules_of, seeds

#: Gardens in which plots are given.
GIVING = ("open", "full")


@all_or_nothing
def offer_next(plot: Plot, *, by: User | None, day: dt.date | None = None) -> Application | None:
    """Offer an available plot to the first in line; None where nobody waits who may have it.

    The log's entry holds everything the offer was decided from. A tie at the head is drawn now: its seed is
    published, and who applies later that day comes behind. Raises Refused where the plot cannot be offered.
    """
    hold(plot.garden)
    plot = Plot.objects.select_related("garden").get(pk=plot.pk)
    if plot.state != "available":
        raise Refused("plot_taken", _("This plot is not available."))
    at = noon(day) if day else timezone.now()
    today = timezone.localdate(at)
    rules = rules_of(today)
    standing = candidates(plot.garden, plot)
    keys = {candidate.order_key for candidate in standing}
    drawn = seeds(plot.garden, keys)
    places = rank(standing, rules.read, seeds=drawn, accessible=plot.accessible)
    if places and not places[0].settled:
        draw = draw_of(plot.garden, places[0].candidate.order_key)
        reveal(draw, rules, at)
        drawn[draw.key] = draw.seed
        places = rank(standing, rules.read, seeds=drawn, accessible=plot.accessible)
    if not places:
        return None
    application = Application.objects.select_related("resident", "garden").get(
        uuid=places[0].candidate.application
    )
    entry = log(
        plot.garden,
        Decision.What.OFFERED,
        rules,
        at,
        application=application,
        plot=plot,
        facts=facts_of_offer(standing, places, drawn, plot.accessible),
    )
    until = today + dt.timedelta(days=rules.read.answer_days)
    patch = {
        "state": "offered",
        "offered_plot": str(plot.uuid),
        "offer_until": until.isoformat(),
        "decision": str(entry.uuid),
    }
    pass_door(
        Change(
            "application",
            application.uuid,
            patch,
            actor=by,
            source=through(by),
            device_time=at if day else None,
        )
    )
    offered = _now(application)
    telling.offered(offered)
    return offered


@all_or_nothing
def accept(application: Application, *, by: User | None, plot: Plot | None = None) -> Adoption:
    """The applicant takes the plot: it is theirs from today. A second click finds the same adoption.

    The plot is the one that `application` was offered when it was read, or `plot`: if another one is on offer by
    now, nobody gets what they did not see.
    """
    hold(application.garden)
    _same_offer(application, plot)
    _answer(application, "accepted", by)
    rows = Adoption.objects.filter(application=application).select_related("plot__garden")
    adoption = rows.latest("pk")
    telling.accepted(_now(application), adoption)
    return adoption


@all_or_nothing
def decline(application: Application, *, by: User | None, plot: Plot | None = None) -> Application:
    """The applicant does not take the plot, at the price the rules say; it goes to the next in line."""
    hold(application.garden)
    held = _same_offer(application, plot)
    _answer(application, "declined", by)
    if held.state == "offered":
        telling.declined(held, cost_of(held, "declined"), lapsed=False)
        to_the_next(held.offered_plot)
    return _now(application)


def _same_offer(application: Application, plot: Plot | None) -> Application:
    """The application as it is now, with the offer that its reader saw."""
    held = _now(application)
    seen = plot.pk if plot else application.offered_plot_id
    if seen is not None and held.offered_plot_id != seen:
        raise Refused("other_offer", _("This offer is over: look at your page again."))
    return held


def _answer(application: Application, state: str, by: User | None) -> None:
    change = Change("application", application.uuid, {"state": state}, actor=by, source=through(by))
    pass_door(change)


def to_the_next(plot: Plot | None, day: dt.date | None = None) -> Application | None:
    """A plot that nobody took goes to the next in line, where its garden gives plots."""
    if plot is None:
        return None
    plot = Plot.objects.select_related("garden").get(pk=plot.pk)
    if plot.state != "available" or plot.garden.state not in GIVING:
        return None
    return offer_next(plot, by=None, day=day)


# --- scheduled --------------------------------------------------------------------------------------
def expire_due(day: dt.date) -> str:
    """Take back the offers whose last day was before `day`, each once, and offer their plots to the next."""
    lapsed = offered = 0
    rows = RowByRow()
    late = Application.objects.filter(state="offered", offer_until__lt=day)
    for application in late.select_related("garden").order_by("offer_until", "pk"):
        gone, next_one = rows.do(partial(_expire, application, day), application) or (False, None)
        lapsed += gone
        offered += next_one is not None
    return rows.said(f"{lapsed} offers lapsed, {offered} plots offered to the next")


@all_or_nothing
def _expire(application: Application, day: dt.date) -> tuple[bool, Application | None]:
    hold(application.garden)
    held = _now(application)
    if held.state != "offered" or held.offer_until is None or held.offer_until >= day:
        return False, None  # answered a moment ago
    at = noon(day)
    plot = held.offered_plot
    pass_door(Change("application", held.uuid, {"state": "expired"}, device_time=at))
    facts = {"until": held.offer_until.isoformat()}
    what = Decision.What.EXPIRED
    log(held.garden, what, rules_of(day), at, application=held, plot=plot, facts=facts)
    telling.declined(held, cost_of(held, "expired"), lapsed=True)
    return True, to_the_next(plot, day)


def _now(application: Application) -> Application:
    rows = Application.objects.select_related(
        "offered_plot", "garden", "resident__user", "rules", "decision__rules"
    )
    return rows.get(pk=application.pk)
