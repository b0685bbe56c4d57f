"""Telling people things: one row in the transaction of what happened, shown on their page and mailed once.

    register(Topic("offers", _("Offers of a plot")),
             NoticeKind("plot-offered", "offers", _("A plot is offered to you in {garden}"),
                        _("Please answer by {until}.")))
    notify(person, "plot-offered", key=f"plot-offered:{offer.uuid}", link=offer.address,
           facts={"garden": garden.name, "until": offer.until},
           calendar=CalendarEntry(f"offer-{offer.uuid}", offer.until))

The mail says "Hello," and the town's name by itself. A topic that concerns some roles only names them
(`Topic("desk", …, roles=(Role.GARDEN_MANAGER,))`). A date in `calendar` is moved or cancelled by the next notice
with the same calendar key, or by `change_date` where there is nothing to say.

What is told is personal: it stands in rows that are erased with the account, never in an event's patch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from greening.notices.dates import CalendarEntry
from greening.notices.dates import change as change_date
from greening.notices.kinds import NoticeKind, Topic, register, topics

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = ["CalendarEntry", "NoticeKind", "Topic", "change_date", "notify", "register", "topics"]


def notify(
    person: User,
    what: str,
    *,
    key: str,
    facts: Mapping[str, Any],
    link: str = "",
    calendar: CalendarEntry | None = None,
) -> bool:
    """Tell `person` something, once: a second call with the same `key` does nothing and answers False.

    The row and the queue's task are written in the caller's transaction: if it is taken back, nothing was told.
    `key` must name the person where several are told of one thing. `link` is a path of this site. A kind that is
    not registered, or a fact that its words need and that is missing, raises TownError here.
    """
    from greening.notices.telling import tell

    return tell(person, what, key=key, facts=facts, link=link, calendar=calendar)
