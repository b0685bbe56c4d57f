"""What the gardens tell people: one function for each occasion, called in the transaction of what it tells of.

Keys name the occasion, so that the same is never told twice; a date told once is moved or taken out of the reader's
calendar by what is told next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from greening.notices import CalendarEntry, change_date, notify
from parcels.allocation_rules import Cost
from parcels.models import Adoption, Application, Contest, Resident

#: Where a resident's own gardens, applications and dates stand; the page belongs to the floor above.
MINE = "/gardens/mine/"


def received(application: Application) -> None:
    _tell(
        application.resident,
        "application-received",
        key=f"application-received:{application.uuid}",
        facts={"garden": application.garden.name},
    )


def checked(application: Application) -> None:
    _tell(
        application.resident,
        "application-checked",
        key=f"application-checked:{application.uuid}:{application.rev}",
        facts={"garden": application.garden.name},
    )


def refused(application: Application) -> None:
    """The town's own words stay on the page: a mail is kept by others."""
    _tell(
        application.resident,
        "application-refused",
        key=f"application-refused:{application.uuid}:{application.rev}",
        facts={"garden": application.garden.name, "reason": application.reason},
    )
    reconfirmed(application)


def offered(application: Application) -> None:
    _tell(
        application.resident,
        "plot-offered",
        key=f"plot-offered:{_offer(application)}",
        facts=_of_offer(application),
        calendar=_until(application),
    )
    reconfirmed(application)


def accepted(application: Application, adoption: Adoption) -> None:
    _tell(
        application.resident,
        "offer-accepted",
        key=f"offer-accepted:{_offer(application)}",
        facts={**_of_offer(application), "term": adoption.until},
        calendar=_until(application, cancelled=True),
    )


def declined(application: Application, cost: Cost, *, lapsed: bool) -> None:
    """`application` as it was while the offer stood."""
    what = "offer-lapsed" if lapsed else "offer-declined"
    _tell(
        application.resident,
        what,
        key=f"{what}:{_offer(application)}",
        facts={**_of_offer(application), "cost": cost.cost, "months": cost.months},
        calendar=_until(application, cancelled=True),
    )


def withdrawn(application: Application) -> None:
    """`application` as it was; only a date in a calendar needs to be told of."""
    if application.state == "offered":
        _tell(
            application.resident,
            "application-withdrawn",
            key=f"application-withdrawn:{application.uuid}",
            facts={"garden": application.garden.name},
            calendar=_until(application, cancelled=True),
        )
    reconfirmed(application)


def reconfirmed(application: Application) -> None:
    """Nobody waits for a confirmation any more: said on the page, so only the date goes."""
    if application.resident.user is not None:
        change_date(application.resident.user, _reconfirm_key(application), None)


def reconfirm(application: Application, asked: dt.date, last_day: dt.date) -> bool:
    return _tell(
        application.resident,
        "reconfirm-please",
        key=f"reconfirm-please:{application.uuid}:{asked.isoformat()}",
        facts={"garden": application.garden.name, "until": last_day},
        calendar=CalendarEntry(_reconfirm_key(application), last_day),
    )


def lapsed(application: Application, last_day: dt.date) -> None:
    _tell(
        application.resident,
        "application-lapsed",
        key=f"application-lapsed:{application.uuid}:{last_day.isoformat()}",
        facts={"garden": application.garden.name, "until": last_day},
        calendar=CalendarEntry(_reconfirm_key(application), last_day, cancelled=True),
    )


def garden_closed(application: Application) -> None:
    _tell(
        application.resident,
        "garden-closed",
        key=f"garden-closed:{application.uuid}",
        facts={"garden": application.garden.name},
    )
    reconfirmed(application)


def contest_answered(objection: Contest) -> None:
    _tell(
        objection.resident,
        "contest-answered",
        key=f"contest-answered:{objection.uuid}",
        facts={"garden": objection.decision.garden.name, "upheld": objection.state == "upheld"},
    )


def permit(adoption: Adoption) -> None:
    """A tree pit was asked for; who manages it agreed, or did not. Why not stands on the page, not in the mail."""
    what = "permit-agreed" if adoption.is_running else "permit-refused"
    _tell(adoption.resident, what, key=f"{what}:{adoption.uuid}", facts=_of(adoption))


def renewal_due(adoption: Adoption) -> None:
    if adoption.until is None:
        return
    _tell(
        adoption.resident,
        "renewal-due",
        key=f"renewal-due:{adoption.uuid}:{adoption.until.isoformat()}",
        facts={**_of(adoption), "until": adoption.until},
        calendar=CalendarEntry(renewal_key(adoption), adoption.until),
    )


def noticed(adoption: Adoption) -> None:
    """Notice was given, by the holder or because nobody renewed."""
    if adoption.ends_on is None:
        return
    what = "not-renewed" if adoption.ended_because == "not_renewed" else "notice-received"
    _tell(
        adoption.resident,
        what,
        key=f"{what}:{adoption.uuid}:{adoption.rev}",
        facts={**_of(adoption), "until": adoption.ends_on},
        calendar=CalendarEntry(last_day_key(adoption), adoption.ends_on),
    )


def stays(leaving: Adoption, adoption: Adoption) -> None:
    """Notice is taken back: the last day that `leaving` had leaves the calendar."""
    _tell(
        adoption.resident,
        "notice-taken-back",
        key=f"notice-taken-back:{adoption.uuid}:{adoption.rev}",
        facts=_of(adoption),
        calendar=_no_last_day(leaving),
    )


def handed_over(old: Adoption, new: Adoption) -> None:
    """Both are told; `old` as it was until then."""
    _tell(
        old.resident,
        "adoption-handed-over",
        key=f"adoption-handed-over:{old.uuid}",
        facts=_of(old),
        calendar=_no_last_day(old),
    )
    _tell(
        new.resident,
        "adoption-taken-over",
        key=f"adoption-taken-over:{new.uuid}",
        facts={**_of(new), "until": new.until},
    )


def ended(adoption: Adoption) -> None:
    by_town = bool(adoption.answer)
    _tell(
        adoption.resident,
        "adoption-ended-by-town" if by_town else "adoption-ended",
        key=f"adoption-ended:{adoption.uuid}",
        facts=_of(adoption),
        calendar=_no_last_day(adoption) if by_town else None,
    )


def dates(adoption: Adoption) -> None:
    """Dates told earlier follow the adoption: a renewal moves to the next, what holds no more is taken out."""
    person = adoption.resident.user
    if person is None:
        return
    goes_on = adoption.state in ("active", "renewal_due")
    change_date(person, renewal_key(adoption), adoption.until if goes_on else None)
    if adoption.state != "notice":
        change_date(person, last_day_key(adoption), None)


def renewal_key(adoption: Adoption) -> str:
    """What a person's calendar knows the last day to renew by."""
    return f"renewal-{adoption.uuid}"


def last_day_key(adoption: Adoption) -> str:
    return f"last-day-{adoption.uuid}"


def _reconfirm_key(application: Application) -> str:
    return f"reconfirm-{application.uuid}"


def _no_last_day(adoption: Adoption) -> CalendarEntry | None:
    if adoption.ends_on is None:
        return None
    return CalendarEntry(last_day_key(adoption), adoption.ends_on, cancelled=True)


def _tell(
    resident: Resident,
    what: str,
    *,
    key: str,
    facts: Mapping[str, Any],
    calendar: CalendarEntry | None = None,
) -> bool:
    """People without an account (a paper application, an erased one) are told by the town itself."""
    if resident.user is None:
        return False
    return notify(resident.user, what, key=key, facts=facts, link=MINE, calendar=calendar)


def _offer(application: Application) -> str:
    decision = application.decision
    return str(decision.uuid if decision else f"{application.uuid}:{application.rev}")


def _of_offer(application: Application) -> dict[str, Any]:
    plot = application.offered_plot
    return {
        "garden": application.garden.name,
        "plot": plot.number if plot else "",
        "until": application.offer_until,
    }


def _until(application: Application, *, cancelled: bool = False) -> CalendarEntry | None:
    if application.offer_until is None:
        return None
    # One offer at a time: a later one moves the date of the one before.
    return CalendarEntry(f"offer-{application.uuid}", application.offer_until, cancelled=cancelled)


def _of(adoption: Adoption) -> dict[str, Any]:
    return {"what": str(adoption.target)}
