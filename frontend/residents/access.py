"""What is a resident's own: found by its number among theirs only, so that anybody else's is simply not there."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.errors import BadInput
from parcels.models import Adoption, AllocationRules, Application, Decision, Resident, SharedGarden
from parcels.residents import resident_of

#: A larger number than any row has, and the largest both engines take.
LARGEST = 2**62


def garden_at(number: int) -> SharedGarden:
    """A garden the public may look at; one in preparation is not there yet."""
    rows = SharedGarden.objects.exclude(state="draft").filter(archived_at=None)
    return get_object_or_404(rows, pk=min(number, LARGEST))


def rules_in_force() -> AllocationRules | None:
    """Today's rules, or None where the town has published none."""
    try:
        return AllocationRules.objects.in_force(timezone.localdate())
    except BadInput:
        return None


def own_application(user: Any, number: int) -> Application:
    rows = Application.objects.of_user(user).select_related(
        "garden", "rules", "resident", "offered_plot", "decision__rules"
    )
    return get_object_or_404(rows, pk=min(number, LARGEST))


def own_decision(user: Any, number: int) -> Decision:
    rows = Decision.objects.filter(resident__user=user).select_related(
        "garden", "rules", "resident", "plot"
    )
    return get_object_or_404(rows, pk=min(number, LARGEST))


def shared_adoption(user: Any, number: int) -> tuple[Adoption, Resident]:
    """An adoption that somebody holds or tends with its holder, and who they are to the gardens."""
    me = resident_of(user)
    if me is None:
        raise Http404(_("There is nothing of yours at this address."))
    rows = Adoption.objects.shared_with(me).select_related(
        "plot__garden", "site", "tree__site", "tree__species", "resident", "rules"
    )
    return get_object_or_404(rows, pk=min(number, LARGEST)), me
