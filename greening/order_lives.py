"""The lives of purchases: nursery orders, receptions of works, guarantee claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from greening import care
from greening.guards import needs, not_in_the_future
from greening.lifecycle import Consequence, Kind, Move, Refusal, Situation, register
from greening.models import Tree
from greening.models.campaign import season_dates
from greening.roles import WRITE, Role, grant


# --- nursery orders ---------------------------------------------------------------------------------
def counts_add_up(situation: Situation) -> Refusal | None:
    order: Any = situation.obj
    if order.received_count is None and order.refused_count:
        return Refusal("counts", _("Plants are refused on delivery: say how many were delivered."))
    if order.received_count is not None and order.refused_count > order.received_count:
        return Refusal("counts", _("More plants are refused than were delivered."))
    if order.refused_count and not order.refusal_reason:
        return Refusal("no_refusal_reason", _("Say why plants were refused."))
    return None


def something_was_kept(situation: Situation) -> Refusal | None:
    order: Any = situation.obj
    if order.accepted_count == 0:
        return Refusal("nothing_kept", _("No plant was kept: nothing can be planted out."))
    return None


def delivery_differs(situation: Situation) -> Any:
    order: Any = situation.obj
    if situation.moved_to == "received" and order.received_count != order.ordered_count:
        return _("%(received)s plants were delivered, %(ordered)s were ordered.") % {
            "received": order.received_count,
            "ordered": order.ordered_count,
        }
    return None


def planting_differs(situation: Situation) -> Any:
    order: Any = situation.obj
    if situation.moved_to != "planted_out":
        return None
    planted = order.planted_count
    if planted == order.accepted_count:
        return None
    return _("%(planted)s trees of this lot are logged as planted, %(accepted)s were kept.") % {
        "planted": planted,
        "accepted": order.accepted_count,
    }


_delivered = (
    needs("received_on", "no_date", _("Give the day of the delivery.")),
    needs("lot", "no_lot", _("Name the lot, so that its survival can be told.")),
    needs("received_count", "no_count", _("Say how many plants were delivered.")),
)

ORDER = Kind(
    name="nursery_order",
    model="greening.NurseryOrder",
    starts=("ordered",),
    moves=(
        Move("ordered", "received", guards=_delivered),
        Move("ordered", "cancelled"),
        Move(
            "received",
            "planted_out",
            guards=[
                something_was_kept,
                needs(
                    "planted_out_on", "no_date", _("Give the day the last plant was planted out.")
                ),
            ],
        ),
        Move("received", "cancelled"),  # the whole lot went back
    ),
    fields=(
        "campaign",
        "number",
        "nursery",
        "species",
        "size_class",
        "ordered_count",
        "ordered_on",
        "expected_on",
        "lot",
        "received_on",
        "received_count",
        "refused_count",
        "refusal_reason",
        "planted_out_on",
        "note",
        "source",
        "synthetic",
    ),
    soft=("note",),
    guards=(counts_add_up, not_in_the_future("ordered_on", "received_on", "planted_out_on")),
    warners=(delivery_differs, planting_differs),
    order=10,
)


# --- receptions -------------------------------------------------------------------------------------
def season_is_one(situation: Situation) -> Refusal | None:
    reception: Any = situation.obj
    try:
        season_dates(reception.season)
    except ValidationError as error:
        return Refusal("season", error.messages[0])
    return None


def received_trees(contractor: str, season: str) -> Any:
    """A contractor's plantings of a season that still stand and that no guarantee covers yet."""
    return (
        Tree.objects.planted()
        .filter(contractor=contractor, planted_on__range=season_dates(season))
        .filter(guarantee_until=None, archived_at=None)
        .exclude(state__in=("felled", "missing", "transplanted"))
        .order_by("pk")
    )


def guarantee_runs(situation: Situation) -> Iterator[Consequence]:
    """From its reception each standing tree of the contractor's season is guaranteed."""
    reception: Any = situation.obj
    if situation.moved_to != "pronounced":
        return
    until = care.months_after(reception.received_on, reception.guarantee_months)
    for tree in received_trees(reception.contractor, reception.season):
        yield Consequence("tree", tree, {"guarantee_until": until})


def nothing_to_receive(situation: Situation) -> Any:
    reception: Any = situation.obj
    if situation.moved_to == "pronounced" and not (
        received_trees(reception.contractor, reception.season).exists()
    ):
        return _("No standing tree of this contractor and season waits for a guarantee.")
    return None


_received = needs("received_on", "no_date", _("Give the day of the reception."))

RECEPTION = Kind(
    name="reception",
    model="greening.Reception",
    starts=("prepared", "pronounced"),
    moves=(
        Move("prepared", "pronounced", "refused", guards=[_received]),
        Move("refused", "prepared"),
    ),
    fields=(
        "contractor",
        "season",
        "received_on",
        "guarantee_months",
        "reservations",
        "source",
        "synthetic",
    ),
    soft=("reservations",),
    guards=(
        season_is_one,
        not_in_the_future("received_on"),
        lambda situation: _received(situation) if situation.moved_to == "pronounced" else None,
    ),
    warners=(nothing_to_receive,),
    consequences=guarantee_runs,
    order=30,
)


# --- guarantee claims -------------------------------------------------------------------------------
def claimed_in_time(situation: Situation) -> Refusal | None:
    claim: Any = situation.obj
    if situation.overridden():
        return None
    until = claim.tree.guarantee_until
    if until is None:
        return Refusal("no_guarantee", _("No guarantee covers this tree."))
    if claim.claimed_on > until:
        return Refusal(
            "guarantee_over", _("The guarantee of this tree ended on %s.") % until.isoformat()
        )
    return None


def replacement_is_another_tree(situation: Situation) -> Refusal | None:
    claim: Any = situation.obj
    if claim.replacement is not None and claim.replacement.uuid == claim.tree.uuid:
        return Refusal("same_tree", _("A tree cannot replace itself."))
    return None


def tree_is_replaced(situation: Situation) -> Iterator[Consequence]:
    claim: Any = situation.obj
    if situation.moved_to == "replaced":
        yield Consequence("tree", claim.tree, {"replaced_by": claim.replacement})


_claimed_on = needs("claimed_on", "no_date", _("Give the day of the claim."))
_because = needs("reason", "no_reason", _("Say why."))

CLAIM = Kind(
    name="guarantee_claim",
    model="greening.GuaranteeClaim",
    starts=("noted",),
    moves=(
        Move("noted", "claimed", guards=[_claimed_on, claimed_in_time]),
        Move("noted", "dropped", guards=[_because]),
        Move("claimed", "accepted"),
        Move("claimed", "contested", "dropped", guards=[_because]),
        Move("contested", "accepted"),
        Move("contested", "dropped", guards=[_because]),
        Move(
            "accepted",
            "replaced",
            guards=[needs("replacement", "no_replacement", _("Name the tree that replaces it."))],
        ),
    ),
    fields=(
        "tree",
        "defect",
        "noted_on",
        "claimed_on",
        "answer_due",
        "reason",
        "replacement",
        "note",
        "source",
        "synthetic",
    ),
    soft=("note",),
    guards=(not_in_the_future("noted_on", "claimed_on"), replacement_is_another_tree),
    consequences=tree_is_replaced,
    order=60,
)


def declare() -> None:
    """Register purchases' kinds and who may change them."""
    register(ORDER, RECEPTION, CLAIM)
    bought = ("nursery_order", "reception", "guarantee_claim")
    grant(Role.PLANNER, bought, {*WRITE, "override"})
    grant(Role.CREW_LEAD, ("nursery_order",), {"edit", "move:received", "move:planted_out"})
    grant(Role.CREW_LEAD, ("guarantee_claim",), {"create", "edit"})
