"""Adopting a plot, a tree pit or a young tree: start, renew, give notice, end, hand over, tend together, water."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.events import Change
from greening.models import CareTask, PlantingSite, Tree
from greening.models.base import new_uuid
from greening.roles import Role, holds
from parcels import telling
from parcels.adoption_lives import TERM_MONTHS
from parcels.allocation import months_after
from parcels.application_lives import WHO, has_plot
from parcels.applying import reconfirm_by
from parcels.doorway import Refused, RowByRow, all_or_nothing, noon, pass_door, through
from parcels.models import (
    Adoption,
    AllocationRules,
    Application,
    CoGardener,
    Plot,
    Resident,
    Watering,
)
from parcels.models.adoption import MOST_LITRES, AdoptionQuerySet

#: Without rules of its own, an adoption is renewed and left with this much notice.
WINDOW_DAYS, NOTICE_DAYS = 60, 30
#: A watering is written down within a month, or not at all.
WATERING_DAYS = 30
OF_THE_TOWN = (Role.GARDEN_MANAGER, Role.PLANNER, Role.CREW_LEAD, Role.ADMINISTRATOR)


@all_or_nothing
def adopt(
    target: Plot | PlantingSite | Tree,
    resident: Resident,
    *,
    by: User | None,
    agreed_by: str = "",
    permit_reference: str = "",
) -> Adoption:
    """Start an adoption: a young tree's at once; a pit's is asked for, unless `agreed_by` says who agreed.

    A plot's is the town's to start without the list (who gardened before this was kept); residents apply.
    """
    today = timezone.localdate()
    name = {Plot: "plot", PlantingSite: "site", Tree: "tree"}[type(target)]
    rules = AllocationRules.objects.filter(valid_from__lte=today).first()
    months = min(rules.read.adoption_months, TERM_MONTHS) if rules else TERM_MONTHS
    asks = name == "site" and not agreed_by
    patch: dict[str, Any] = {
        "state": "requested" if asks else "active",
        name: str(target.uuid),
        "resident": str(resident.uuid),
        "since": today.isoformat(),
        "until": months_after(today, months).isoformat(),
    }
    if rules:
        patch["rules"] = str(rules.uuid)
    if agreed_by:
        patch |= {"agreed_by": agreed_by, "permit_reference": permit_reference}
    uuid = new_uuid()
    pass_door(Change("adoption", uuid, patch, create=True, actor=by, source=through(by)))
    return Adoption.objects.get(uuid=uuid)


@all_or_nothing
def agree(
    adoption: Adoption, *, by: User | None, agreed_by: str, permit_reference: str = ""
) -> Adoption:
    """The body that manages the pit agreed: the permit runs from today."""
    today = timezone.localdate()
    agreed = _move(
        adoption,
        by,
        state="active",
        agreed_by=agreed_by,
        permit_reference=permit_reference,
        since=today.isoformat(),
        until=months_after(today, _months(adoption)).isoformat(),
    )
    telling.permit(agreed)
    return agreed


@all_or_nothing
def disagree(adoption: Adoption, *, by: User | None, answer: str = "") -> Adoption:
    """The body that manages the pit did not agree; `answer` says why, for the person who asked."""
    _move(adoption, by, state="refused")
    refused = _answered(adoption, answer)
    telling.permit(refused)
    return refused


@all_or_nothing
def renew(adoption: Adoption, *, by: User | None) -> Adoption:
    """For another term, while the renewal is due."""
    if Adoption.objects.get(pk=adoption.pk).state != "renewal_due":
        raise Refused("not_due", _("There is nothing to renew at present."))
    return _move(adoption, by, state="active", renewed_on=timezone.localdate().isoformat())


@all_or_nothing
def give_notice(adoption: Adoption, *, by: User | None, ends_on: dt.date | None = None) -> Adoption:
    """The holder leaves on `ends_on`, or after the rules' notice: time enough to find the next gardener."""
    last = ends_on or timezone.localdate() + dt.timedelta(days=_notice_days(adoption))
    noticed = _move(adoption, by, state="notice", ends_on=last.isoformat())
    telling.noticed(noticed)
    return noticed


@all_or_nothing
def take_notice_back(adoption: Adoption, *, by: User | None) -> Adoption:
    """The holder stays after all: the town agrees, as long as nobody else was promised the place."""
    leaving = _now(adoption)
    stays = _move(adoption, by, state="active", ends_on=None)
    telling.stays(leaving, stays)
    return stays


@all_or_nothing
def end(
    adoption: Adoption,
    *,
    by: User | None,
    because: str = Adoption.Because.BY_TOWN,
    answer: str = "",
) -> Adoption:
    """End at once, or after notice; its plot is free then. A request that was not answered yet is withdrawn.

    `answer` is why, in the town's words, for the person who gardened here.
    """
    if adoption.state == "requested":
        return _move(adoption, by, state="ended")
    _move(adoption, by, state="ended", ended_because=str(because))
    over = _answered(adoption, answer)
    telling.ended(over)
    return over


@all_or_nothing
def hand_over(adoption: Adoption, to: Resident, *, by: User | None) -> Adoption:
    """From one person to another, with nothing in between: the old adoption ends as the new one starts.

    The town does this (a plot must not pass the waiting list by in secret), and the log of the plot shows it. The
    new holder has a term of their own: what is left of the old one may be nothing.
    """
    old = Adoption.objects.select_related("plot", "site", "tree", "rules", "resident").get(
        pk=adoption.pk
    )
    if old.resident == to:
        raise Refused("same", _("It is theirs already."))
    if old.plot is not None and (old.rules is None or old.rules.read.one_plot_per_household):
        to.hold_home()
        same_home = to.household_id is not None and to.household_id == old.resident.household_id
        if not same_home and has_plot(to):
            raise Refused("household_has_plot", str(WHO["household_has_plot"]))
    if old.state == "notice":
        _move(old, by, state="active", ends_on=None)
    today = timezone.localdate()
    uuid = new_uuid()
    _move(
        old,
        by,
        state="ended",
        ended_because=Adoption.Because.HANDED_OVER.value,
        successor=str(uuid),
    )
    patch: dict[str, Any] = {
        "state": "active",
        old.of_what: str(old.target.uuid),
        "resident": str(to.uuid),
        "since": today.isoformat(),
        "until": months_after(today, _months(old)).isoformat(),
        "rules": str(old.rules.uuid) if old.rules else None,
        "agreed_by": old.agreed_by,
        "permit_reference": old.permit_reference,
    }
    pass_door(Change("adoption", uuid, patch, create=True, actor=by, source=through(by)))
    new = _now(Adoption.objects.get(uuid=uuid))
    telling.handed_over(old, new)
    return new


# --- tending together -------------------------------------------------------------------------------
@all_or_nothing
def add_co_gardener(adoption: Adoption, resident: Resident, *, by: User | None) -> CoGardener:
    uuid = new_uuid()
    patch = {"state": "active", "adoption": str(adoption.uuid), "resident": str(resident.uuid)}
    pass_door(Change("co_gardener", uuid, patch, create=True, actor=by, source=through(by)))
    return CoGardener.objects.get(uuid=uuid)


@all_or_nothing
def remove_co_gardener(with_them: CoGardener, *, by: User | None) -> CoGardener:
    """By the holder, by themselves or by the town."""
    change = Change("co_gardener", with_them.uuid, {"state": "left"}, actor=by, source=through(by))
    pass_door(change)
    return CoGardener.objects.get(pk=with_them.pk)


def tends(resident: Resident, adoption: Adoption) -> bool:
    """Whether somebody holds this adoption or tends it with its holder."""
    if adoption.resident_id == resident.pk:
        return True
    return adoption.co_gardeners.filter(resident=resident, state="active").exists()


# --- watering ---------------------------------------------------------------------------------------
@all_or_nothing
def log_watering(
    adoption: Adoption,
    resident: Resident,
    litres: float,
    *,
    by: User | None,
    day: dt.date | None = None,
    uuid: uuid_module.UUID | None = None,
) -> Watering:
    """Write down a watering, once for each `uuid`. What helpers gave a tree within a task's window counts for it:
    once it comes to the task's litres, the task is done and no crew drives there."""
    on = day or timezone.localdate()
    name = uuid or new_uuid()
    known = Watering.objects.filter(uuid=name).first()
    if known is not None:
        if (known.adoption_id, known.resident_id) != (adoption.pk, resident.pk):
            raise Refused("uuid_reused", _("This watering was written down by somebody else."))
        return known
    if by is not None and resident.user_id != by.pk and not holds(by, *OF_THE_TOWN):
        raise Refused("forbidden", _("Your role does not allow this change."))
    if not tends(resident, adoption):
        raise Refused("not_yours", _("You do not tend this: adopt it first."))
    if not Adoption.objects.get(pk=adoption.pk).is_running:
        raise Refused("not_running", _("This adoption is over."))
    today = timezone.localdate()
    if not today - dt.timedelta(days=WATERING_DAYS) <= on <= today:
        raise Refused("day", _("Write a watering down within a month, and not ahead of time."))
    if not 1 <= litres <= MOST_LITRES:
        raise Refused("litres", _("Between 1 and 200 litres in one day."))
    made = Watering.objects.create(
        uuid=name, adoption=adoption, resident=resident, day=on, litres=litres
    )
    if adoption.tree_id is not None:
        _count_for_tasks(adoption.tree_id, on)
    return made


def _count_for_tasks(tree: int, day: dt.date) -> None:
    """Tasks that a crew is at already are the crew's."""
    tasks = CareTask.objects.waterings().filter(
        tree=tree, state__in=("planned", "assigned"), due_from__lte=day, due_until__gte=day
    )
    for task in tasks.order_by("due_from", "pk"):
        given = given_to(tree, task.due_from, task.due_until)
        if task.litres is not None and given >= task.litres:
            done = {"state": "done", "done_on": day.isoformat(), "litres_given": given}
            pass_door(Change("care_task", task.uuid, done))


def given_to(tree: int, first: dt.date, last: dt.date) -> float:
    """Litres that helpers gave a tree from one day to another."""
    rows = Watering.objects.filter(adoption__tree=tree, day__range=(first, last))
    return float(rows.aggregate(sum=Sum("litres"))["sum"] or 0.0)


# --- what comes next --------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do next: a code for the page's words, the last day (or None), and what it is about."""

    code: str
    day: dt.date | None
    obj: Any
    facts: dict[str, Any] = field(default_factory=dict)


def what_is_due(resident: Resident, day: dt.date | None = None) -> list[Due]:
    """What a resident has to do, the most pressing first: offers, reconfirmations, renewals, waterings, last days."""
    today = day or timezone.localdate()
    found: list[Due] = []
    made = Application.objects.open().filter(resident=resident)
    for row in made.select_related("garden", "offered_plot", "rules"):
        if row.state == "offered":
            found.append(Due("answer_offer", row.offer_until, row, {"plot": row.offered_plot}))
        elif (last := reconfirm_by(row, today)) is not None:
            found.append(Due("reconfirm", last, row))
    adoptions = Adoption.objects.shared_with(resident).running()
    for adoption in adoptions.select_related("plot__garden", "site", "tree"):
        if adoption.state == "renewal_due" and adoption.resident_id == resident.pk:
            found.append(Due("renew", adoption.until, adoption))
        elif adoption.state == "notice":
            found.append(Due("last_day", adoption.ends_on, adoption))
        if adoption.tree_id is not None:
            found += _thirsty(adoption, adoption.tree_id, today)
    return sorted(found, key=lambda due: (due.day is None, due.day or today, due.code))


def _thirsty(adoption: Adoption, tree: int, today: dt.date) -> list[Due]:
    """The tree's open watering of these days, with what is still missing."""
    tasks = CareTask.objects.waterings().due(today).filter(tree=tree, due_until__gte=today)
    task = tasks.order_by("due_until").first()
    if task is None:
        return []
    given = given_to(tree, task.due_from, task.due_until)
    missing = max(task.litres - given, 0.0) if task.litres is not None else None
    return [Due("water", task.due_until, adoption, {"litres": task.litres, "missing": missing})]


# --- scheduled --------------------------------------------------------------------------------------
def renewals(day: dt.date) -> str:
    """Ask for the renewals that come due, give notice to who did not renew, end what is over.

    Who is asked late, or after the term was over, has the days of a notice to answer: nobody loses in one night
    what they were not asked about before it.
    """
    each = RowByRow()
    running = Adoption.objects.running().select_related("rules").order_by("pk")

    def done(step: Callable[[Adoption, dt.date], bool], rows: AdoptionQuerySet) -> int:
        return sum(bool(each.do(partial(step, row, day), row)) for row in rows)

    asked = done(_ask_to_renew, running.filter(state="active", until__isnull=False))
    noticed = done(_not_renewed, running.filter(state="renewal_due", until__lt=day))
    ended = done(_over, running.filter(state="notice", ends_on__lt=day))
    said = f"{asked} renewals asked for, {noticed} not renewed, {ended} adoptions ended"
    return each.said(said)


def _ask_to_renew(row: Adoption, day: dt.date) -> bool:
    if row.until is None or row.until - dt.timedelta(days=_window_days(row)) > day:
        return False
    last = max(row.until, day + dt.timedelta(days=_notice_days(row)))
    return _step(row, "active", day, state="renewal_due", until=last.isoformat())


def _not_renewed(row: Adoption, day: dt.date) -> bool:
    last = day + dt.timedelta(days=_notice_days(row))
    because = Adoption.Because.NOT_RENEWED.value
    return _step(
        row, "renewal_due", day, state="notice", ends_on=last.isoformat(), ended_because=because
    )


def _over(row: Adoption, day: dt.date) -> bool:
    because = row.ended_because or Adoption.Because.NOTICE.value
    return _step(row, "notice", day, state="ended", ended_because=because)


@all_or_nothing
def _step(adoption: Adoption, source: str, day: dt.date, **patch: Any) -> bool:
    """One scheduled step, unless somebody was quicker."""
    held = Adoption.objects.select_for_update().get(pk=adoption.pk)
    if held.state != source:
        return False
    pass_door(Change("adoption", held.uuid, patch, device_time=noon(day)))
    moved = _now(held)
    {"renewal_due": telling.renewal_due, "notice": telling.noticed, "ended": telling.ended}[
        patch["state"]
    ](moved)
    telling.dates(moved)
    return True


@all_or_nothing
def _move(adoption: Adoption, by: User | None, **patch: Any) -> Adoption:
    pass_door(Change("adoption", adoption.uuid, patch, actor=by, source=through(by)))
    moved = _now(adoption)
    telling.dates(moved)
    return moved


def _answered(adoption: Adoption, answer: str) -> Adoption:
    """The town's own words, beside the history: they may speak of a person."""
    if answer:
        Adoption.objects.filter(pk=adoption.pk).update(answer=answer.strip())
    return _now(adoption)


def _now(adoption: Adoption) -> Adoption:
    rows = Adoption.objects.select_related(
        "plot__garden", "site", "tree", "rules", "resident__user"
    )
    return rows.get(pk=adoption.pk)


def _months(adoption: Adoption) -> int:
    return adoption.rules.read.adoption_months if adoption.rules else TERM_MONTHS


def _window_days(adoption: Adoption) -> int:
    return adoption.rules.read.renewal_window_days if adoption.rules else WINDOW_DAYS


def _notice_days(adoption: Adoption) -> int:
    return adoption.rules.read.notice_days if adoption.rules else NOTICE_DAYS
