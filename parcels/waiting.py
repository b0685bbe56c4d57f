"""A garden's waiting list: who stands on it, in which order, and the draws that settle ties."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid as uuid_module
from collections.abc import Collection
from dataclasses import replace

from django.db.models import Q
from django.utils import timezone

from parcels.allocation import Candidate, Ranking, commitment, rank
from parcels.decisions import log
from parcels.models import (
    Adoption,
    AllocationRules,
    Application,
    Decision,
    Draw,
    Plot,
    SharedGarden,
    WaitingList,
)


def rules_of(day: dt.date) -> AllocationRules:
    return AllocationRules.objects.in_force(day)


def hold(garden: SharedGarden) -> None:
    """Take the list until the transaction ends: decisions about one garden are made one after the other."""
    WaitingList.objects.get_or_create(garden=garden)
    WaitingList.objects.select_for_update().get(garden=garden)


def candidates(garden: SharedGarden, plot: Plot | None = None) -> list[Candidate]:
    """Everybody who waits there, as the rules see them; for a plot, what was offered to them before."""
    rows = Application.objects.waiting().filter(garden=garden).select_related("resident")
    running = Adoption.objects.running().filter(plot__isnull=False)
    homes = set(running.values_list("resident__household", flat=True)) - {None}
    holders = set(running.values_list("resident", flat=True))
    had: set[uuid_module.UUID | None] = set()
    asked: set[int] = set()  # households, and residents below, that have an offer to answer
    asked_alone: set[int] = set()
    if plot is not None:
        open_offers = Application.objects.filter(state="offered")
        asked = set(open_offers.values_list("resident__household", flat=True)) - {None}
        asked_alone = set(open_offers.values_list("resident", flat=True))
        offers = Decision.objects.filter(plot=plot, what=Decision.What.OFFERED)
        had = set(offers.values_list("application", flat=True))
    return [
        replace(
            candidate_of(row),
            household_has_plot=row.resident.household_id in homes or row.resident_id in holders,
            had_this_offer=row.uuid in had,
            household_has_offer=row.resident.household_id in asked
            or row.resident_id in asked_alone,
        )
        for row in rows
    ]


def candidate_of(application: Application) -> Candidate:
    resident = application.resident
    return Candidate(
        application=application.uuid,
        resident=resident.uuid,
        day=timezone.localdate(application.submitted_at),
        order_key=application.order_key,
        adult=resident.declares_adult,
        lives_here=resident.declares_resident,
        no_own_garden=resident.declares_no_own_garden,
        needs_accessible=resident.needs_accessible,
        refusals=application.refusals,
        delay_months=application.delay_months,
        behind_since=application.behind_since,
    )


def seeds(garden: SharedGarden, keys: Collection[str]) -> dict[str, str]:
    """The seeds of the draws already made, by order key."""
    made = Draw.objects.filter(garden=garden, key__in=set(keys), revealed_at__isnull=False)
    return {draw.key: draw.seed for draw in made}


def ranking(garden: SharedGarden, rules: AllocationRules) -> list[Ranking]:
    """The garden's list as it stands, whatever the plot."""
    standing = candidates(garden)
    keys = {candidate.order_key for candidate in standing}
    return rank(standing, rules.read, seeds=seeds(garden, keys))


# --- draws ------------------------------------------------------------------------------------------
def draw_to_come(garden: SharedGarden, prefix: str) -> Draw:
    """The draw that an application of this day takes part in; its hash stands before anybody is in it."""
    same_day = Draw.objects.filter(garden=garden).filter(
        Q(key=prefix) | Q(key__startswith=f"{prefix}#")
    )
    found = same_day.filter(revealed_at=None).first()
    if found is not None:
        return found
    number = same_day.count() + 1
    return _committed(garden, prefix if number == 1 else f"{prefix}#{number:02d}")


def draw_of(garden: SharedGarden, key: str) -> Draw:
    """The draw that settles this key; a list brought along on paper has none yet, and it is committed to now."""
    return Draw.objects.filter(garden=garden, key=key).first() or _committed(garden, key)


def _committed(garden: SharedGarden, key: str) -> Draw:
    seed = secrets.token_hex(32)
    return Draw.objects.create(garden=garden, key=key, sealed=seed, commitment=commitment(seed))


def reveal(draw: Draw, rules: AllocationRules, at: dt.datetime) -> None:
    """Make a draw: its seed is published, its key takes no more applications. Hold the list first."""
    if draw.revealed_at is not None:
        return
    draw.revealed_at = at
    draw.save(update_fields=["revealed_at"])
    facts = {"key": draw.key, "seed": draw.seed, "commitment": draw.commitment}
    log(draw.garden, Decision.What.DRAWN, rules, at, facts=facts)
