"""/gardens/adoptions/<number>/: what I tend: its term, renewal, notice, who tends it with me, waterings, dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from frontend.programme.forms import identifier
from frontend.residents.access import shared_adoption
from frontend.residents.dates import calendar_of
from frontend.residents.forms import WateringForm
from frontend.residents.invitations import invitation_to
from frontend.residents.maps import residents_map
from frontend.residents.next_steps import next_steps, url_of_adoption, what_is_adopted
from frontend.residents.words import day_of
from greening.accounts.doors import for_roles
from greening.models.base import new_uuid
from parcels.adopting import (
    NOTICE_DAYS,
    end,
    give_notice,
    log_watering,
    remove_co_gardener,
    renew,
)
from parcels.doorway import Refused
from parcels.models import Adoption, Resident

#: How many waterings stand on the page.
WATERINGS = 50


@dataclass(frozen=True)
class Tended:
    """An adoption, and who of those that tend it looks at the page."""

    adoption: Adoption
    me: Resident
    request: HttpRequest

    @property
    def is_holder(self) -> bool:
        return self.adoption.resident_id == self.me.pk

    @property
    def notice_until(self) -> dt.date:
        """The last day, if notice is given today."""
        rules = self.adoption.rules
        days = rules.read.notice_days if rules else NOTICE_DAYS
        return timezone.localdate() + dt.timedelta(days=days)

    @property
    def user(self) -> Any:
        return self.request.user


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles()
def adoption_page(request: HttpRequest, number: int) -> HttpResponseBase:
    tended = Tended(*shared_adoption(request.user, number), request)
    if request.method != "POST":
        return _page(tended)
    asked = request.POST.get("do", "")
    act = _ACTS.get(asked)
    if act is None or (asked in OF_THE_HOLDER and not tended.is_holder):
        raise Http404(_("This page has no such form."))
    try:
        return act(tended)
    except Refused as refused:
        return _page(Tended(*shared_adoption(request.user, number), request), str(refused))


@require_safe
@for_roles()
def adoption_calendar(request: HttpRequest, number: int) -> HttpResponse:
    """The dates of one adoption, for a calendar."""
    adoption, _me = shared_adoption(request.user, number)
    link = request.build_absolute_uri(url_of_adoption(adoption))
    me: Any = request.user
    body = calendar_of(adoption, me, what_is_adopted(adoption), link)
    return HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="adoption-{adoption.pk}.ics"'},
    )


def _page(tended: Tended, refused: str = "", watering: WateringForm | None = None) -> HttpResponse:
    adoption, request = tended.adoption, tended.request
    target: Any = adoption.target
    place = target.site.geom if adoption.tree is not None else target.geom
    layers = {"plot": ("gardens", "plots"), "site": ("sites",), "tree": ("trees",)}
    here = url_of_adoption(adoption)
    waterings = adoption.waterings.select_related("resident")
    site = adoption.site or (adoption.tree.site if adoption.tree is not None else None)
    context = {
        "adoption": adoption,
        "title": what_is_adopted(adoption),
        "garden": adoption.plot.garden if adoption.plot is not None else None,
        "site": site,
        "thing_url": _thing_url(adoption),
        "is_holder": tended.is_holder,
        "steps": [step for step in next_steps(request.user) if step.url.startswith(f"{here}#")],
        "notice_until": tended.notice_until,
        "gardeners": adoption.co_gardeners.filter(state="active").select_related("resident"),
        "invitation": request.build_absolute_uri(invitation_to(adoption))
        if tended.is_holder and adoption.is_running
        else "",
        "watering": watering or WateringForm(),
        "change": str(new_uuid()),
        "waterings": waterings[:WATERINGS],
        "litres": sum(row.litres for row in waterings),
        "refused": refused,
        "map_settings": residents_map(*layers[adoption.of_what], place=place),
    }
    status = 409 if refused else 422 if watering is not None else 200
    return render(request, "frontend/residents/adoption.html", context, status=status)


def _thing_url(adoption: Adoption) -> str:
    if adoption.plot is not None:
        return reverse("garden", args=(adoption.plot.garden.pk,))
    layer = "trees" if adoption.tree is not None else "sites"
    return reverse("object", args=(layer, adoption.target.pk))


# --- what the page's forms ask for ------------------------------------------------------------------
def _done(tended: Tended, sentence: str, anchor: str = "") -> HttpResponseBase:
    messages.success(tended.request, sentence)
    return redirect(url_of_adoption(tended.adoption) + anchor)


def _renew(tended: Tended) -> HttpResponseBase:
    renewed = renew(tended.adoption, by=tended.user)
    until = day_of(renewed.until) if renewed.until else ""
    return _done(tended, _("Renewed until %(day)s. Thank you!") % {"day": until})


def _give_notice(tended: Tended) -> HttpResponseBase:
    leaving = give_notice(tended.adoption, by=tended.user)
    last = day_of(leaving.ends_on) if leaving.ends_on else ""
    return _done(tended, _("Notice is given; your last day is %(day)s.") % {"day": last})


def _take_back(tended: Tended) -> HttpResponseBase:
    """A request for a permit that was not answered yet; anything else ends by notice."""
    if tended.adoption.state != "requested":
        raise Http404(_("This page has no such form."))
    end(tended.adoption, by=tended.user)
    return _done(tended, _("Your request is withdrawn."))


def _remove(tended: Tended) -> HttpResponseBase:
    """The holder names whom; a co-gardener leaves."""
    rows = tended.adoption.co_gardeners.filter(state="active")
    if not tended.is_holder:
        rows = rows.filter(resident=tended.me)
    number = tended.request.POST.get("gardener", "")
    row = rows.filter(pk=number).first() if number.isascii() and number.isdigit() else None
    if row is None:
        raise Http404(_("There is nobody of that number."))
    remove_co_gardener(row, by=tended.user)
    if tended.is_holder:
        return _done(tended, _("They do not tend it with you any more."))
    messages.success(tended.request, _("You do not tend it any more. Thank you for your help!"))
    return redirect("gardens")


def _water(tended: Tended) -> HttpResponseBase:
    post = tended.request.POST
    form = WateringForm(post)
    if not form.is_valid():
        return _page(tended, watering=form)
    told = form.cleaned_data
    log_watering(
        tended.adoption,
        tended.me,
        told["litres"],
        by=tended.user,
        day=told["day"],
        uuid=identifier(post.get("change", "")),
    )
    return _done(tended, _("Written down. Thank you!"), "#watering")


OF_THE_HOLDER = ("renew", "notice", "take_back")
_ACTS: Mapping[str, Callable[[Tended], HttpResponseBase]] = {
    "renew": _renew,
    "notice": _give_notice,
    "take_back": _take_back,
    "remove": _remove,
    "water": _water,
}
