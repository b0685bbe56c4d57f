"""/gardens/desk/: the day of somebody who runs the gardens, as numbers that open their rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from frontend.gardeners.access import gardens_of, is_referent, manages
from frontend.programme.access import refused
from parcels.models import Adoption, Application, Contest, Plot, SharedGarden


@dataclass(frozen=True)
class Figure:
    """A number of the desk, and the address of its very rows."""

    name: str
    label: str | Promise
    count: int
    url: str
    due: dt.date | None = None
    pressing: bool = False


@require_safe
def desk_page(request: HttpRequest) -> HttpResponseBase:
    if not (manages(request.user) or is_referent(request.user)):
        return refused(request)
    gardens = with_counts(gardens_of(request.user)).order_by("name", "id")
    all_of_it = manages(request.user)
    context = {
        "manages": all_of_it,
        "figures": figures(timezone.localdate()) if all_of_it else [],
        "gardens": gardens,
    }
    return render(request, "frontend/garden_desk/desk.html", context)


def with_counts(gardens: QuerySet[SharedGarden]) -> Any:
    """Each garden with its plots and people by what they wait for."""
    plots = Q(plots__archived_at=None) & ~Q(plots__state="withdrawn")
    return gardens.annotate(
        plot_count=Count("plots", filter=plots, distinct=True),
        free=Count("plots", filter=plots & Q(plots__state="available"), distinct=True),
        on_offer=Count("plots", filter=plots & Q(plots__state="offered"), distinct=True),
        to_check=_people("submitted"),
        waiting=_people("waiting"),
    )


def _people(state: str) -> Count:
    found = Q(applications__state=state, applications__archived_at=None)
    return Count("applications", filter=found, distinct=True)


def asked_permits() -> QuerySet[Adoption]:
    """Tree pits that somebody asked to tend and that nobody has answered for yet."""
    return Adoption.objects.filter(state="requested", site__isnull=False)


def late_renewals(today: dt.date) -> QuerySet[Adoption]:
    """Adoptions whose term is over without a renewal: given notice for it by the night's work, or not yet."""
    late = Q(state="renewal_due", until__lt=today) | Q(state="notice", ended_because="not_renewed")
    return Adoption.objects.filter(late, plot__isnull=False)


def figures(today: dt.date) -> list[Figure]:
    applications = reverse("garden-desk-applications")
    by_state = dict(
        Application.objects.filter(archived_at=None)
        .values_list("state")
        .annotate(n=Count("pk"))
        .order_by()
    )
    answers = Application.objects.filter(state="offered").order_by("offer_until")
    first = answers.values_list("offer_until", flat=True).first()
    free = Plot.objects.filter(state="available", archived_at=None).count()
    open_contests = Contest.objects.filter(state="received").count()
    late = late_renewals(today).count()
    return [
        Figure(
            "submitted",
            _("applications to check"),
            by_state.get("submitted", 0) + by_state.get("checked", 0),
            f"{applications}?state=submitted",
            pressing=True,
        ),
        Figure(
            "waiting",
            _("people waiting"),
            by_state.get("waiting", 0),
            f"{applications}?state=waiting",
        ),
        Figure(
            "offered",
            _("offers to be answered"),
            by_state.get("offered", 0),
            f"{applications}?state=offered",
            due=first,
        ),
        Figure("free", _("free plots"), free, f"{reverse('list')}?layer=plots&state=available"),
        Figure(
            "contests",
            _("contested decisions"),
            open_contests,
            reverse("garden-desk-contests"),
            pressing=True,
        ),
        Figure(
            "permits",
            _("tree pits asked for"),
            asked_permits().count(),
            reverse("garden-desk-permits"),
            pressing=True,
        ),
        Figure(
            "gardeners",
            _("adoptions running"),
            Adoption.objects.running().count(),
            reverse("garden-desk-gardeners"),
        ),
        Figure(
            "renewals", _("renewals late"), late, reverse("garden-desk-renewals"), pressing=True
        ),
    ]
