"""/gardens/mine/details/: what the gardens know of me, to read and to correct."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from frontend.residents.forms import CONSENT_VERSION, DetailsForm
from greening.accounts.doors import for_roles
from parcels.doorway import Refused
from parcels.residents import resident_of, write_down


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles()
def details_page(request: HttpRequest) -> HttpResponseBase:
    """Who never told the gardens anything reads that nothing is kept of them."""
    user: Any = request.user
    me = resident_of(user)
    if me is None:
        if request.method == "POST":
            raise Http404(_("This page has no such form."))
        return render(request, "frontend/residents/details.html", {"form": None})
    post = request.POST if request.method == "POST" else None
    form = DetailsForm(post, resident=me)
    refused = ""
    if post is not None and form.is_valid():
        try:
            write_down(user, form.told, consent=CONSENT_VERSION)
        except Refused as error:
            refused = str(error)
        else:
            messages.success(request, _("Kept. Thank you for telling us."))
            return redirect("my-garden")
    status = 409 if refused else 422 if form.errors else 200
    context = {"form": form, "refused": refused}
    return render(request, "frontend/residents/details.html", context, status=status)
