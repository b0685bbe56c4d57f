"""What is due next from me: the domain's answer in words, with the page where it is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from frontend.residents.words import day_of
from frontend.templatetags.figures import number
from parcels.adopting import Due, what_is_due
from parcels.models import Adoption, Application, Resident
from parcels.residents import resident_of

#: So few days before the last one a step stands out.
SOON_DAYS = 7


@dataclass(frozen=True)
class NextStep:
    sentence: str
    action: str
    url: str
    day: dt.date | None = None
    urgent: bool = False

    @property
    def detail(self) -> str:
        """How much time is left, in words."""
        if self.day is None:
            return ""
        left = (self.day - timezone.localdate()).days
        if left < 0:
            return _("The last day was %(day)s.") % {"day": day_of(self.day)}
        if left == 0:
            return _("Today is the last day.")
        return ngettext("%(n)s day left", "%(n)s days left", left) % {"n": left}


def next_steps(user: Any) -> list[NextStep]:
    """The most pressing first; nothing for who is not signed in."""
    me = resident_of(user) if user.is_authenticated else None
    return steps_of(me) if me else []


def steps_of(resident: Resident) -> list[NextStep]:
    return [_STEPS[due.code](due) for due in what_is_due(resident) if due.code in _STEPS]


def what_is_adopted(adoption: Adoption) -> str:
    """ "Plot 12, Jardin des Prés", "Tree 340, Tilia cordata", "Tree pit 12, rue du Levant"."""
    if adoption.plot is not None:
        return _("Plot %(number)s, %(garden)s") % {
            "number": adoption.plot.number,
            "garden": adoption.plot.garden.name,
        }
    if adoption.tree is not None:
        return _("Tree %(number)s, %(species)s") % {
            "number": adoption.tree.pk,
            "species": adoption.tree.species or _("species not known"),
        }
    site: Any = adoption.site  # the database holds one of the three
    where = site.address or site.get_kind_display()
    return _("Tree pit %(number)s, %(where)s") % {"number": site.pk, "where": where}


def url_of_application(application: Application) -> str:
    return reverse("my-application", args=(application.pk,))


def url_of_adoption(adoption: Adoption) -> str:
    return reverse("my-adoption", args=(adoption.pk,))


def _soon(day: dt.date | None) -> bool:
    return day is not None and (day - timezone.localdate()).days <= SOON_DAYS


def _offer(due: Due) -> NextStep:
    plot = due.facts["plot"]
    words = {"number": plot.number, "garden": due.obj.garden.name, "day": day_of(due.day or "")}
    said = _("Plot %(number)s of %(garden)s is offered to you: answer until %(day)s.") % words
    return NextStep(said, _("See the offer"), url_of_application(due.obj), due.day, True)


def _reconfirm(due: Due) -> NextStep:
    words = {"garden": due.obj.garden.name, "day": day_of(due.day or "")}
    said = _("Do you still want a plot of %(garden)s? Say so until %(day)s.") % words
    url = url_of_application(due.obj)
    return NextStep(said, _("Keep my place"), url, due.day, _soon(due.day))


def _renew(due: Due) -> NextStep:
    words = {"what": what_is_adopted(due.obj), "day": day_of(due.day or "")}
    said = _("%(what)s: renew until %(day)s, or it ends.") % words
    return NextStep(said, _("Renew"), url_of_adoption(due.obj), due.day, _soon(due.day))


def _last_day(due: Due) -> NextStep:
    words = {"what": what_is_adopted(due.obj), "day": day_of(due.day or "")}
    said = _("%(what)s: your last day is %(day)s.") % words
    return NextStep(said, _("See it"), url_of_adoption(due.obj), due.day)


def _water(due: Due) -> NextStep:
    missing = due.facts["missing"]
    words = {"what": what_is_adopted(due.obj), "day": day_of(due.day or "")}
    if missing:
        words["litres"] = number(missing)
        said = _("%(what)s is thirsty: %(litres)s L are missing until %(day)s.") % words
    else:
        said = _("%(what)s is to be watered until %(day)s.") % words
    url = f"{url_of_adoption(due.obj)}#watering"
    return NextStep(said, _("I watered it"), url, due.day, _soon(due.day))


_STEPS: Mapping[str, Callable[[Due], NextStep]] = {
    "answer_offer": _offer,
    "reconfirm": _reconfirm,
    "renew": _renew,
    "last_day": _last_day,
    "water": _water,
}
