"""Applying for a plot: apply, be checked, wait, reconfirm once a year, withdraw; where an application stands."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from functools import partial

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.events import Change
from greening.models.base import new_uuid
from parcels import telling
from parcels.allocation import Ranking, months_after
from parcels.application_lives import MOVED, claim_of
from parcels.decisions import log
from parcels.doorway import Refused, RowByRow, all_or_nothing, noon, pass_door, through
from parcels.models import AllocationRules, Application, Decision, Draw, Resident, SharedGarden
from parcels.waiting import draw_to_come, hold, ranking, reveal, rules_of


@all_or_nothing
def apply_for(
    resident: Resident,
    garden: SharedGarden,
    *,
    by: User | None,
    keeping: Application | None = None,
) -> Application:
    """A new application, in the order from now on. Raises Refused with the rule that stands against it.

    `keeping` is an application of theirs whose garden was closed: the new one keeps its day, behind those who
    applied here on that day.
    """
    now = timezone.now()
    rules = rules_of(timezone.localdate(now))
    hold(garden)
    day = timezone.localdate(keeping.submitted_at if keeping else now).isoformat()
    draw = draw_to_come(garden, f"{day}{MOVED}" if keeping else day)
    uuid = new_uuid()
    patch: dict[str, object] = {
        "state": "submitted",
        "garden": str(garden.uuid),
        "resident": str(resident.uuid),
        "rules": str(rules.uuid),
        "order_key": draw.key,
        "claim": claim_of(resident, garden, rules.read),
    }
    if keeping:
        patch |= {
            "moved_from": str(keeping.uuid),
            "submitted_at": keeping.submitted_at.isoformat(),
            # Who moves to another garden says by this that they still want a plot.
            "reconfirmed_on": timezone.localdate(now).isoformat(),
        }
    pass_door(Change("application", uuid, patch, create=True, actor=by, source=through(by)))
    made = Application.objects.select_related("garden", "resident__user").get(uuid=uuid)
    telling.received(made)
    return made


@all_or_nothing
def check(application: Application, *, by: User | None) -> Application:
    """Somebody of the town looked at the papers: they are in order, and the application waits."""
    moves = ["checked", "waiting"] if application.state == "submitted" else ["waiting"]
    pass_door(*(_move(application, by, state=state) for state in moves))
    checked = _now(application)
    telling.checked(checked)
    return checked


@all_or_nothing
def refuse(
    application: Application, reason: str, *, by: User | None, answer: str = ""
) -> Application:
    """The application is refused, for a reason of the list; `answer` says it in the town's own words."""
    now = timezone.now()
    hold(application.garden)
    pass_door(_move(application, by, state="refused", reason=reason))
    if answer:
        Application.objects.filter(pk=application.pk).update(answer=answer.strip())
    log(
        application.garden,
        Decision.What.REFUSED,
        rules_of(timezone.localdate(now)),
        now,
        application=application,
        facts={"reason": reason},
    )
    refused = _now(application)
    telling.refused(refused)
    return refused


@all_or_nothing
def withdraw(application: Application, *, by: User | None) -> Application:
    """The applicant wants no plot any more; one that was offered to them goes to the next."""
    from parcels.offering import to_the_next

    hold(application.garden)
    held = _now(application)
    pass_door(_move(application, by, state="withdrawn"))
    telling.withdrawn(held)
    if held.state == "offered":
        to_the_next(held.offered_plot)
    return _now(application)


@all_or_nothing
def reconfirm(application: Application, *, by: User | None) -> Application:
    """Still interested: the place is kept for another year."""
    if not _now(application).is_open:
        raise Refused("not_open", _("This application is over: apply again."))
    pass_door(_move(application, by, reconfirmed_on=timezone.localdate().isoformat()))
    telling.reconfirmed(application)
    return _now(application)


@all_or_nothing
def close_garden(garden: SharedGarden, *, by: User | None) -> list[Application]:
    """Close a garden that nobody gardens in; those who waited keep their day for another garden.

    Answers with their applications. Raises Refused while a plot is offered or occupied.
    """
    now = timezone.now()
    hold(garden)
    waited = list(Application.objects.open().filter(garden=garden).order_by("pk"))
    pass_door(
        *(_move(application, None, state="closed") for application in waited),
        Change("shared_garden", garden.uuid, {"state": "closed"}, actor=by, source=through(by)),
    )
    facts = {"applications": [str(application.uuid) for application in waited]}
    log(garden, Decision.What.CLOSED, rules_of(timezone.localdate(now)), now, facts=facts)
    ended = [_now(application) for application in waited]
    for application in ended:
        telling.garden_closed(application)
    return ended


# --- where an application stands --------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Standing:
    """What an applicant sees first: their state, their place with its reasons, the next day that matters."""

    application: Application
    rules: AllocationRules
    place: Ranking | None  # of those who wait and may be offered a plot
    waiting: int  # how many those are
    reconfirm_by: dt.date | None  # the last day to say "still interested"; None before it is asked


def standing(application: Application, day: dt.date | None = None) -> Standing:
    """Where an application stands on the garden's list, by the rules in force."""
    today = day or timezone.localdate()
    rules = rules_of(today)
    places = ranking(application.garden, rules) if application.is_open else []
    mine = (place for place in places if place.candidate.application == application.uuid)
    return Standing(
        application, rules, next(mine, None), len(places), reconfirm_by(application, today)
    )


def reconfirmation_due(application: Application) -> dt.date:
    """The day a year (or what the rules say) after the application, or after its last reconfirmation."""
    since = application.reconfirmed_on or timezone.localdate(application.submitted_at)
    return months_after(since, application.rules.read.reconfirm_months)


def reconfirm_by(application: Application, day: dt.date) -> dt.date | None:
    """The last day to reconfirm, once that is due; it is counted from the day on which they were asked."""
    due = reconfirmation_due(application)
    if application.state != "waiting" or day < due:
        return None
    asked = asked_for(application, due) or day
    return asked + dt.timedelta(days=application.rules.read.grace_days)


def asked_for(application: Application, due: dt.date) -> dt.date | None:
    """The day on which the reconfirmation of `due` was asked for; an older asking was answered since."""
    asked = application.asked_on
    return asked if asked is not None and asked >= due else None


# --- scheduled --------------------------------------------------------------------------------------
def reconfirmations(day: dt.date) -> str:
    """Ask those who have waited for a year whether they still want a plot; who said nothing in time lapses.

    Nobody lapses unasked, however late the town looks: the days of grace run from the asking. People without an
    account are counted, for the town to write to.
    """
    each = RowByRow()
    rows = Application.objects.waiting().select_related("rules", "garden", "resident__user")
    became = Counter(
        each.do(partial(_look_after, application, day), application)
        for application in rows.order_by("pk")
    )
    said = f"{became['asked']} asked to reconfirm, {became['lapsed']} lapsed"
    by_letter = became["by_letter"]
    return each.said(f"{said}, {by_letter} to be asked by letter" if by_letter else said)


def _look_after(application: Application, day: dt.date) -> str:
    """What became of one who waits: asked, lapsed, to be asked by letter, or nothing."""
    last_day = reconfirm_by(application, day)
    if last_day is None:
        return ""
    if application.resident.user is None:
        return "by_letter"
    if asked_for(application, reconfirmation_due(application)) is None:
        return "asked" if _ask(application, day) else ""
    return "lapsed" if day > last_day and _lapse(application, day) else ""


@all_or_nothing
def _ask(application: Application, day: dt.date) -> bool:
    hold(application.garden)
    held = _now(application)
    last_day = reconfirm_by(held, day)
    if last_day is None or asked_for(held, reconfirmation_due(held)) is not None:
        return False  # reconfirmed, or asked by another run, a moment ago
    pass_door(_move(application, None, noon(day), asked_on=day.isoformat()))
    telling.reconfirm(_now(application), day, last_day)
    return True


@all_or_nothing
def _lapse(application: Application, day: dt.date) -> bool:
    hold(application.garden)
    held = _now(application)
    last_day = reconfirm_by(held, day)
    asked = asked_for(held, reconfirmation_due(held))
    if last_day is None or asked is None or day <= last_day:
        return False  # reconfirmed, or lapsed already, a moment ago
    at = noon(day)
    pass_door(_move(application, None, at, state="lapsed"))
    log(
        application.garden,
        Decision.What.LAPSED,
        rules_of(day),
        at,
        application=application,
        facts={"asked": asked.isoformat(), "until": last_day.isoformat()},
    )
    telling.lapsed(held, last_day)
    return True


def draws(day: dt.date) -> str:
    """Make the draws of the days that are over."""
    made = 0
    rows = Draw.objects.filter(revealed_at=None, key__lt=day.isoformat())
    for draw in rows.select_related("garden").order_by("pk"):
        made += _draw(draw, day)
    return f"{made} draws made"


@all_or_nothing
def _draw(draw: Draw, day: dt.date) -> bool:
    hold(draw.garden)
    held = Draw.objects.select_related("garden").get(pk=draw.pk)
    if held.revealed_at is not None:
        return False
    reveal(held, rules_of(day), noon(day))
    return True


def _move(
    application: Application, by: User | None, at: dt.datetime | None = None, **patch: object
) -> Change:
    return Change(
        "application",
        application.uuid,
        patch,
        actor=by,
        source=through(by),
        device_time=at,
    )


def _now(application: Application) -> Application:
    rows = Application.objects.select_related(
        "offered_plot", "garden", "resident__user", "rules", "decision__rules"
    )
    return rows.get(pk=application.pk)
