"""/gardens/invitations/<token>/: the holder's link with which a neighbour comes to tend with them.

The token is signed and holds the adoption and who invites: it is worth nothing after a fortnight, or once the
adoption is somebody else's. Nothing is stored before somebody accepts.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from frontend.residents.forms import CONSENT_VERSION, DetailsForm
from frontend.residents.next_steps import url_of_adoption, what_is_adopted
from greening.accounts.doors import for_roles
from parcels.adopting import add_co_gardener, tends
from parcels.doorway import Refused, all_or_nothing
from parcels.models import Adoption, CoGardener
from parcels.residents import resident_of, write_down

SALT = "frontend.residents.invitations"
VALID_DAYS = 14


def invitation_to(adoption: Adoption) -> str:
    token = signing.dumps([str(adoption.uuid), str(adoption.resident.uuid)], salt=SALT)
    return reverse("invitation", args=(token,))


def invited_to(token: str) -> Adoption:
    """The adoption a token is for. Raises Http404 where it is not ours, too old, or no longer its holder's."""
    try:
        adoption, holder = signing.loads(token, salt=SALT, max_age=VALID_DAYS * 86_400)
    except (signing.BadSignature, ValueError):
        adoption = holder = None
    rows = Adoption.objects.running().select_related(
        "plot__garden", "site", "tree__species", "resident__user"
    )
    found = rows.filter(uuid=adoption, resident__uuid=holder).first() if adoption else None
    if found is None:
        raise Http404(_("This invitation is over: ask for a new one."))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles()
def invitation_page(request: HttpRequest, token: str) -> HttpResponseBase:
    adoption = invited_to(token)
    user: Any = request.user
    me = resident_of(user)
    if me is not None and tends(me, adoption):
        return redirect(url_of_adoption(adoption))
    post = request.POST if request.method == "POST" else None
    form = DetailsForm(post, resident=me)
    refused = ""
    if post is not None and form.is_valid():
        try:
            _join(user, adoption, form.told)
        except Refused as error:
            refused = str(error)
        else:
            messages.success(request, _("You tend it together from today."))
            return redirect(url_of_adoption(adoption))
    context = {
        "title": what_is_adopted(adoption),
        "holder": adoption.resident.name,
        "form": form,
        "refused": refused,
    }
    status = 409 if refused else 422 if form.errors else 200
    return render(request, "frontend/residents/invitation.html", context, status=status)


@all_or_nothing
def _join(user: Any, adoption: Adoption, told: dict[str, Any]) -> CoGardener:
    """In the holder's name: the invitation is theirs."""
    me = write_down(user, told, consent=CONSENT_VERSION)
    return add_co_gardener(adoption, me, by=adoption.resident.user)
