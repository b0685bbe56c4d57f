"""/gardens/<number>/apply/: one page to apply with, and what it says where a rule stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from frontend.residents.access import garden_at, rules_in_force
from frontend.residents.counts import count
from frontend.residents.forms import CONSENT_VERSION, FIELD_OF_RULE, ApplyForm
from frontend.residents.words import rules_in_words
from greening.accounts.doors import for_roles
from parcels.applying import apply_for
from parcels.doorway import Refused, all_or_nothing
from parcels.models import Application, SharedGarden
from parcels.residents import resident_of, write_down


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles()
def apply_page(request: HttpRequest, number: int) -> HttpResponseBase:
    """The form, filled with what is known; sent, the application's own page. One open already: that one."""
    garden, rules = garden_at(number), rules_in_force()
    user: Any = request.user
    open_ones = Application.objects.of_user(user).open()
    known = open_ones.filter(garden=garden).first()
    if known is not None:
        return redirect("my-application", number=known.pk)
    counted = count([garden])[0]
    if rules is None or not counted.takes_applications:
        return redirect("garden", number=garden.pk)
    post = request.POST if request.method == "POST" else None
    keeping = kept_place(user)
    form = ApplyForm(post, rules=rules.read, resident=resident_of(user))
    said = ""
    if post is not None and form.is_valid():
        try:
            made = write_down_and_apply(user, garden, form.told, keeping)
        except Refused as refused:
            field = FIELD_OF_RULE.get(refused.code)
            if field in form.fields:
                form.add_error(field, str(refused))
            else:
                said = str(refused)
        else:
            messages.success(request, _("Your application is made."))
            return redirect("my-application", number=made.pk)
    context = {
        "garden": garden,
        "row": counted,
        "form": form,
        "refused": said,
        "keeping": keeping,
        "elsewhere": open_ones.exclude(garden=garden).select_related("garden"),
        "rules": rules,
        "words": rules_in_words(rules.read),
    }
    status = 200 if post is None else 409 if said else 422
    return render(request, "frontend/residents/apply.html", context, status=status)


def kept_place(user: Any) -> Application | None:
    """An application whose garden was closed: the next one keeps its day, once."""
    closed = Application.objects.of_user(user).filter(state="closed", moved_to=None)
    return closed.select_related("garden").order_by("submitted_at", "pk").first()


@all_or_nothing
def write_down_and_apply(
    user: User, garden: SharedGarden, told: Mapping[str, Any], keeping: Application | None
) -> Application:
    """Details and application together: where a rule refuses the second, the first is not kept either."""
    me = write_down(user, told, consent=CONSENT_VERSION)
    return apply_for(me, garden, by=user, keeping=keeping)
