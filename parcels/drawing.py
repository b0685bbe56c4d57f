"""A draw made by a person, before the night or an offer makes it: the seed behind the published hash is shown."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.roles import holds
from parcels.doorway import Refused, all_or_nothing
from parcels.models import Draw
from parcels.residents import MAY_SORT_HOUSEHOLDS as MANAGERS
from parcels.waiting import hold, reveal, rules_of


@all_or_nothing
def draw_now(draw: Draw, *, by: User) -> Draw:
    """Make a draw: its order is fixed, its seed published, and who applies later that day comes behind.

    Raises Refused where it was made already, or where `by` does not run the gardens.
    """
    if not holds(by, *MANAGERS):
        raise Refused("forbidden", _("Your role does not allow this change."))
    hold(draw.garden)
    held = Draw.objects.select_related("garden").get(pk=draw.pk)
    if held.revealed_at is not None:
        raise Refused("drawn", _("This draw was made already: its seed is in the list of draws."))
    now = timezone.now()
    reveal(held, rules_of(timezone.localdate(now)), now)
    return held
