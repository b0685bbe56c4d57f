"""/gardens/adopt/<trees|sites>/<number>/: help a young tree, or ask for the permit of a tree pit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from frontend.residents.access import LARGEST
from frontend.residents.forms import CONSENT_VERSION, DetailsForm
from frontend.residents.maps import residents_map
from frontend.residents.next_steps import url_of_adoption, what_is_adopted
from greening.accounts.doors import for_roles
from greening.models import PlantingSite, Tree
from greening.roles import Role, holds
from parcels.adopting import adopt
from parcels.adoption_lives import YOUNG
from parcels.doorway import Refused, all_or_nothing
from parcels.models import Adoption, Plot, SharedGarden
from parcels.residents import resident_of, write_down

#: Pits that can be planted at their feet; the same states as the door takes.
TENDED_PITS = ("ready", "occupied", "stump", "vacant")


def adoptable(thing: Any) -> bool:
    """Whether a resident may ask for this; the door looks again when they do."""
    if isinstance(thing, Tree):
        return thing.state in YOUNG
    if not isinstance(thing, PlantingSite) or thing.state not in TENDED_PITS:
        return False
    taken = Adoption.objects.filter(
        site=thing, state__in=("requested", "active", "renewal_due", "notice")
    )
    return not taken.exists()


def resident_link(user: Any, thing: Any) -> tuple[str, str] | None:
    """What a resident can do with a thing of the map: a label and an address; None where there is nothing."""
    if isinstance(thing, SharedGarden | Plot):
        garden = thing if isinstance(thing, SharedGarden) else thing.garden
        if garden.state == "draft" or garden.archived_at is not None:
            return None
        return _("What is free, and how to apply"), reverse("garden", args=(garden.pk,))
    if not isinstance(thing, Tree | PlantingSite) or thing.archived_at is not None:
        return None
    if not holds(user, Role.RESIDENT) or not adoptable(thing):
        return None
    if isinstance(thing, Tree):
        return _("Adopt: help this young tree"), reverse("adopt", args=("trees", thing.pk))
    return _("Adopt this tree pit"), reverse("adopt", args=("sites", thing.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles()
def adopt_page(request: HttpRequest, layer: str, number: int) -> HttpResponseBase:
    """Who must agree, what is asked of me; a tree's helper starts at once, a pit's permit is asked for."""
    target = _target(layer, number)
    user: Any = request.user
    me = resident_of(user)
    mine = (
        Adoption.objects.filter(resident=me, state__in=("requested", "active", "renewal_due", "notice"))
        .filter(**{"tree" if isinstance(target, Tree) else "site": target})
        .first()
        if me
        else None
    )  # fmt: skip
    if mine is not None:
        return redirect(url_of_adoption(mine))
    post = request.POST if request.method == "POST" else None
    form = DetailsForm(post, resident=me)
    refused = ""
    if post is not None and form.is_valid():
        try:
            made = _write_down_and_adopt(user, target, form.told)
        except Refused as error:
            refused = str(error)
        else:
            messages.success(request, _said(made))
            return redirect(url_of_adoption(made))
    site = target.site if isinstance(target, Tree) else target
    preview = Adoption(**{"tree" if isinstance(target, Tree) else "site": target})
    context = {
        "title": what_is_adopted(preview),
        "is_tree": isinstance(target, Tree),
        "site": site,
        "thing_url": reverse("object", args=(layer, target.pk)),
        "adoptable": adoptable(target),
        "form": form,
        "refused": refused,
        "map_settings": residents_map(layer, place=site.geom),
    }
    status = 409 if refused else 422 if form.errors else 200
    return render(request, "frontend/residents/adopt.html", context, status=status)


@all_or_nothing
def _write_down_and_adopt(user: Any, target: Tree | PlantingSite, told: dict[str, Any]) -> Adoption:
    return adopt(target, write_down(user, told, consent=CONSENT_VERSION), by=user)


def _said(made: Adoption) -> str:
    if made.state == "requested":
        return _("Your request is made: who manages this pit answers it.")
    return _("You help this tree from today. Thank you!")


def _target(layer: str, number: int) -> Tree | PlantingSite:
    if layer == "trees":
        trees = Tree.objects.filter(archived_at=None).select_related("site", "species")
        return get_object_or_404(trees, pk=min(number, LARGEST))
    if layer == "sites":
        return get_object_or_404(
            PlantingSite.objects.filter(archived_at=None), pk=min(number, LARGEST)
        )
    raise Http404(_("There is nothing to adopt at this address."))
