"""/gardens/desk/renewals/: plots whose term is over and which nobody renewed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from frontend.gardeners.access import for_managers
from frontend.gardeners.asking import asked, form_asked, row_number
from frontend.gardeners.overview import late_renewals
from greening import paging
from greening.errors import BadInput
from parcels.adopting import give_notice, renew, take_notice_back
from parcels.models import Adoption

ROWS = 50


@for_managers
def renewals_page(request: HttpRequest) -> HttpResponseBase:
    today = timezone.localdate()
    if request.method == "POST":
        return _changed(request)
    rows = late_renewals(today).select_related("plot__garden", "resident")
    try:
        page = paging.page(rows, "until", size=ROWS, token=request.GET.get("page") or None)
    except BadInput:
        page = paging.page(rows, "until", size=ROWS)
    return render(
        request, "frontend/garden_desk/renewals.html", {"page": page, "today": today, "query": {}}
    )


def _changed(request: HttpRequest) -> HttpResponseBase:
    what, of = form_asked(request)
    user: Any = request.user
    adoption = get_object_or_404(
        Adoption.objects.select_related("plot", "rules"), pk=row_number(of), plot__isnull=False
    )
    plot = {"plot": adoption.plot}
    if what == "renew":
        asked(
            request,
            # The night's work may have given notice already: then the town keeps them all the same.
            lambda: (take_notice_back if adoption.state == "notice" else renew)(adoption, by=user),
            _("%(plot)s is renewed for another term.") % plot,
        )
    elif what == "notice":
        asked(
            request,
            lambda: give_notice(adoption, by=user),
            _("Notice is given for %(plot)s: the gardener is told the last day.") % plot,
        )
    else:
        raise Http404(_("This page has no such form."))
    return redirect("garden-desk-renewals")
