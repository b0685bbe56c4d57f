"""Nursery orders, receptions of works and guarantee claims."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from greening.events import Change, Verdict, apply
from greening.models import GuaranteeClaim, NurseryOrder, Reception, Tree
from tests.factories import (
    CampaignFactory,
    GuaranteeClaimFactory,
    NurseryOrderFactory,
    PlantingSiteFactory,
    ReceptionFactory,
    SpeciesFactory,
    TreeFactory,
)

pytestmark = pytest.mark.django_db
KINDS = {
    NurseryOrder: "nursery_order",
    Reception: "reception",
    GuaranteeClaim: "guarantee_claim",
    Tree: "tree",
}


def one(change: Change) -> Verdict:
    (verdict,) = apply(change)
    return verdict


def move(obj: Any, actor: User | None = None, override: str = "", **patch: object) -> Verdict:
    return one(Change(KINDS[type(obj)], obj.uuid, patch, actor=actor, override=override))


def person(role: str) -> User:
    user = User.objects.create(username=role)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


# --- orders -------------------------------------------------------------------------------------------
DELIVERY = {"state": "received", "lot": "L-7", "received_on": "2026-02-10", "received_count": 20}


def test_an_order_is_placed_received_and_planted_out() -> None:
    order = uuid.uuid4()
    placed = {
        "nursery": "Pépinière du Val",
        "species": str(SpeciesFactory().uuid),
        "campaign": str(CampaignFactory().uuid),
        "ordered_count": 20,
        "ordered_on": "2025-10-01",
        "state": "ordered",
    }
    assert one(Change("nursery_order", order, placed, create=True)).landed
    assert one(Change("nursery_order", order, DELIVERY)).landed
    assert one(
        Change(
            "nursery_order",
            order,
            {"state": "planted_out", "planted_out_on": "2026-03-01"},
        )
    ).landed
    assert NurseryOrder.objects.get().rev == 3


@pytest.mark.parametrize(
    ("missing", "code"),
    [("lot", "no_lot"), ("received_on", "no_date"), ("received_count", "no_count")],
)
def test_a_delivery_names_its_lot_its_day_and_its_count(missing: str, code: str) -> None:
    patch = {name: value for name, value in DELIVERY.items() if name != missing}
    assert move(NurseryOrderFactory(), **patch).code == code


def test_refused_plants_have_a_reason_and_are_no_more_than_came() -> None:
    order = NurseryOrderFactory()
    assert move(order, **DELIVERY, refused_count=3).code == "no_refusal_reason"
    dry = {"refused_count": 21, "refusal_reason": "dry root balls"}
    assert move(order, **DELIVERY, **dry).code == "counts"
    assert move(order, **DELIVERY, **{**dry, "refused_count": 3}).landed
    assert NurseryOrder.objects.get().accepted_count == 17
    assert move(NurseryOrderFactory(), refused_count=1, refusal_reason="x").code == "counts"


def test_a_short_delivery_warns_and_a_lot_refused_whole_cannot_be_planted_out() -> None:
    order = NurseryOrderFactory()
    verdict = move(order, **{**DELIVERY, "received_count": 12})
    assert verdict.warnings == ("12 plants were delivered, 20 were ordered.",)
    assert move(order, refused_count=12, refusal_reason="frost").landed
    out = {"state": "planted_out", "planted_out_on": "2026-03-01"}
    assert move(order, **out).code == "nothing_kept"
    assert move(order, state="cancelled").landed


def test_planting_out_compares_with_the_trees_logged_from_the_lot() -> None:
    order = NurseryOrderFactory(state="received", lot="L-7", received_count=3, refused_count=1)
    plant = {"nursery": order.nursery, "lot": "L-7", "species": order.species}
    TreeFactory(**plant)
    TreeFactory(**plant, state="reserved", planted_on=None)  # still in its container
    TreeFactory(**plant | {"lot": "L-8"})
    TreeFactory(**plant | {"nursery": "another"})
    verdict = move(
        order, state="planted_out", planted_out_on="2026-03-01", refusal_reason="one dry"
    )
    assert verdict.warnings == ("1 trees of this lot are logged as planted, 2 were kept.",)
    assert NurseryOrder.objects.with_planted().get().planted == 1 == order.planted_count


def test_orders_without_a_lot_claim_no_trees() -> None:
    order = NurseryOrderFactory()
    TreeFactory(nursery=order.nursery, species=order.species)
    assert NurseryOrder.objects.with_planted().get().planted == 0 == order.planted_count


def test_orders_that_are_late() -> None:
    late = NurseryOrderFactory(expected_on=dt.date(2026, 2, 1))
    NurseryOrderFactory(expected_on=dt.date(2026, 2, 1), state="received")
    NurseryOrderFactory(expected_on=dt.date(2026, 3, 1))
    NurseryOrderFactory()
    assert list(NurseryOrder.objects.late(dt.date(2026, 2, 2))) == [late]


def test_an_order_is_never_received_twice_nor_from_the_future() -> None:
    order = NurseryOrderFactory(state="planted_out")
    assert move(order, **DELIVERY).code == "illegal_move"
    assert move(NurseryOrderFactory(), **{**DELIVERY, "received_on": "2090-01-01"}).code == (
        "future_date"
    )


@pytest.mark.parametrize(
    ("role", "may"),
    [("resident", False), ("crew", False), ("crew_lead", True), ("planner", True)],
)
def test_who_may_receive_an_order(role: str, may: bool) -> None:
    assert move(NurseryOrderFactory(), person(role), **DELIVERY).landed is may


# --- receptions ---------------------------------------------------------------------------------------
def planted_by(contractor: str = "Arbres et Rues", **facts: Any) -> Tree:
    return TreeFactory(contractor=contractor, **facts)


def test_from_its_reception_a_season_is_guaranteed_two_years() -> None:
    mine = [planted_by() for _ in range(3)]
    dead = planted_by(state="dead")
    others = [
        planted_by("somebody else"),
        planted_by(planted_on=dt.date(2024, 12, 1)),
        planted_by(state="felled"),
    ]
    assert move(ReceptionFactory(), state="pronounced", received_on="2026-03-15").landed
    until = dt.date(2028, 3, 15)
    assert {tree.guarantee_until for tree in Tree.objects.filter(
        pk__in=[tree.pk for tree in [*mine, dead]])} == {until}  # fmt: skip
    assert {Tree.objects.get(pk=tree.pk).guarantee_until for tree in others} == {None}
    assert Tree.objects.get(pk=mine[0].pk).rev == 1, "through the door, with its history"


def test_a_reception_needs_its_day_and_happens_once() -> None:
    reception = ReceptionFactory()
    assert move(reception, state="pronounced").code == "no_date"
    verdict = move(reception, state="pronounced", received_on="2026-03-15")
    assert "No standing tree" in verdict.warnings[0]
    twin = {
        "contractor": reception.contractor,
        "season": reception.season,
        "received_on": "2026-03-16",
        "state": "pronounced",
    }
    again = one(Change("reception", uuid.uuid4(), twin, create=True))
    assert (again.code, again.message) == (
        "constraint",
        "This contractor's season is received already.",
    )
    assert (
        one(Change("reception", uuid.uuid4(), {**twin, "season": "2026"}, create=True)).code
        == "season"
    )


def test_a_reception_of_two_hundred_trees_reads_them_at_once(
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(40):
        planted_by()
    with django_assert_max_num_queries(30):
        move(ReceptionFactory(), state="pronounced", received_on="2026-03-15")
    assert Tree.objects.filter(guarantee_until=dt.date(2028, 3, 15)).count() == 40


# --- claims -------------------------------------------------------------------------------------------
def test_a_defect_is_claimed_accepted_and_replaced() -> None:
    claim = GuaranteeClaimFactory()
    assert move(claim, state="claimed").code == "no_date"
    assert move(claim, state="claimed", claimed_on="2026-10-05", answer_due="2026-11-05").landed
    assert move(claim, state="accepted").landed
    assert move(claim, state="replaced").code == "no_replacement"
    assert move(claim, state="replaced", replacement=str(claim.tree.uuid)).code == "same_tree"
    new = TreeFactory()
    assert move(claim, state="replaced", replacement=str(new.uuid)).landed
    assert Tree.objects.get(pk=claim.tree.pk).replaced_by == new


def test_a_claim_after_the_guarantee_needs_a_reason_from_who_may_override() -> None:
    claim = GuaranteeClaimFactory(tree__guarantee_until=dt.date(2026, 10, 1))
    late = {"state": "claimed", "claimed_on": "2026-10-02"}
    assert move(claim, **late).code == "guarantee_over"
    planner = person("planner")
    assert move(claim, planner, override="the letter went out in time", **late).landed
    none = GuaranteeClaimFactory(tree__guarantee_until=None)
    assert move(none, **late).code == "no_guarantee"


def test_a_contested_or_dropped_claim_says_why() -> None:
    claim = GuaranteeClaimFactory(state="claimed", claimed_on=dt.date(2026, 10, 5))
    assert move(claim, state="contested").code == "no_reason"
    assert move(claim, state="contested", reason="vandalism").landed
    assert move(claim, state="accepted").landed


def test_what_must_be_claimed_soon_and_what_is_unanswered() -> None:
    urgent = GuaranteeClaimFactory(tree__guarantee_until=dt.date(2026, 12, 1))
    GuaranteeClaimFactory(tree__guarantee_until=dt.date(2027, 12, 1))
    silent = GuaranteeClaimFactory(state="claimed", answer_due=dt.date(2026, 11, 1))
    claims = GuaranteeClaim.objects
    assert list(claims.must_be_claimed_before(dt.date(2027, 1, 1))) == [urgent]
    assert list(claims.unanswered(dt.date(2026, 11, 2))) == [silent]
    assert claims.open().count() == 3


def test_guarantees_that_end_soon_are_told_in_time() -> None:
    day = dt.date(2026, 11, 22)

    def until(days: int, **facts: Any) -> Tree:
        return TreeFactory(guarantee_until=day + dt.timedelta(days=days), **facts)

    last, first, today = until(30), until(3, state="dead"), until(0)
    until(-1)
    until(31)
    until(5, state="felled")
    until(5, archived_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    TreeFactory()
    GuaranteeClaimFactory(tree=first, state="claimed")
    GuaranteeClaimFactory(tree=last)  # noted, but not yet claimed
    found = Tree.objects.guarantee_ending(30, on=day)
    assert list(found) == [today, first, last]
    assert [tree.claimed for tree in found] == [False, True, False]
    assert list(Tree.objects.guarantee_ending(30, on=day).filter(claimed=False)) == [today, last]
    assert PlantingSiteFactory._meta.model.objects.count() == 8
