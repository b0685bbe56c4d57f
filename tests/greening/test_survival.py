"""Autumn survival checks: what a finding changes, and what the report counts."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.utils import translation
from scipy.stats import binomtest

from greening.errors import BadInput
from greening.events import Change, Verdict, apply
from greening.models import CareTask, GuaranteeClaim, SurvivalCheck, Tree
from greening.survival import Survival, report, wilson
from tests.factories import (
    CampaignFactory,
    CareTaskFactory,
    PlantingSiteFactory,
    SpeciesFactory,
    SurvivalCheckFactory,
    TreeFactory,
)

pytestmark = pytest.mark.django_db
AUTUMN = 2026


def finding(tree: Tree, found: str = "alive", **more: object) -> Change:
    patch = {
        "tree": str(tree.uuid),
        "autumn": AUTUMN,
        "checked_on": "2026-10-01",
        "found": found,
        **more,
    }
    actor = patch.pop("actor", None)
    return Change("survival_check", uuid.uuid4(), patch, create=True, actor=actor)  # type: ignore[arg-type]


def one(change: Change) -> Verdict:
    (verdict,) = apply(change)
    return verdict


def fresh(obj: Tree) -> Tree:
    return Tree.objects.get(pk=obj.pk)


# --- findings -----------------------------------------------------------------------------------------
def test_a_living_tree_changes_nothing_but_its_task() -> None:
    tree = TreeFactory()
    task = CareTaskFactory(tree=tree, action="survival_check", due_from=dt.date(2026, 9, 15),
                           due_until=dt.date(2026, 11, 15))  # fmt: skip
    assert one(finding(tree)).landed
    task.refresh_from_db()
    assert (task.state, task.done_on) == ("done", dt.date(2026, 10, 1))
    assert (fresh(tree).state, fresh(tree).rev) == ("planted", 0)


def test_a_dead_tree_is_dead_in_the_inventory_and_its_guarantee_is_claimed_on() -> None:
    tree = TreeFactory(guarantee_until=dt.date(2027, 12, 1))
    water = CareTaskFactory(tree=tree, due_until=dt.date(2026, 10, 10))
    check = CareTaskFactory(tree=tree, action="survival_check", due_from=dt.date(2026, 9, 15),
                            due_until=dt.date(2026, 11, 15))  # fmt: skip
    assert one(finding(tree, "dead")).landed
    assert (fresh(tree).state, fresh(tree).ended_on) == ("dead", dt.date(2026, 10, 1))
    assert fresh(tree).site.state == "occupied", "a dead tree still stands"
    claim = GuaranteeClaim.objects.get()
    assert (claim.tree, claim.state, claim.defect) == (tree, "noted", "dead")
    states = {task.action: task.state for task in CareTask.objects.filter(tree=tree)}
    assert states == {"water": "cancelled", "survival_check": "done"}
    assert {water.action, check.action} == states.keys()


def test_an_outside_cause_or_an_ended_guarantee_claims_nothing() -> None:
    one(finding(TreeFactory(guarantee_until=dt.date(2027, 12, 1)), "outside", cause="lorry"))
    one(finding(TreeFactory(guarantee_until=dt.date(2026, 9, 1)), "dead"))
    assert GuaranteeClaim.objects.count() == 0
    assert set(Tree.objects.values_list("state", flat=True)) == {"dead"}


def test_a_tree_that_is_gone_is_missing_and_leaves_its_site_vacant() -> None:
    tree = TreeFactory()
    one(finding(tree, "outside", gone=True, cause="stolen"))
    assert (fresh(tree).state, fresh(tree).site.state) == ("missing", "vacant")


def test_a_tree_is_checked_once_an_autumn_even_within_one_batch() -> None:
    tree = TreeFactory()
    first, second = apply([finding(tree), finding(tree, "dead")])
    assert (first.status, second.code) == ("applied", "already_checked")
    assert one(finding(tree, "dead")).code == "already_checked"
    assert fresh(tree).state == "planted"
    later = finding(tree, autumn=2025, checked_on="2025-12-01")
    assert one(later).landed, "another autumn is another check"


def test_a_withdrawn_check_makes_room_for_the_right_one() -> None:
    check = finding(TreeFactory())
    one(check)
    assert one(Change("survival_check", check.object_uuid, {"state": "withdrawn"})).landed
    assert one(finding(Tree.objects.get(), "dead")).landed
    assert SurvivalCheck.objects.filter(state="recorded").get().found == "dead"


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"autumn": 2025}, "wrong_autumn"),
        ({"checked_on": "2026-07-31"}, "wrong_autumn"),
        ({"gone": True}, "gone_alive"),
        ({"autumn": 2025, "checked_on": "2025-11-01"}, "before_planting"),
        ({"autumn": 2090, "checked_on": "2090-11-01"}, "future_date"),
    ],
)
def test_findings_that_cannot_be_true_are_refused(patch: dict[str, object], code: str) -> None:
    assert one(finding(TreeFactory(), **patch)).code == code


def test_a_tree_found_alive_though_recorded_lost_is_kept_and_warned_about() -> None:
    with translation.override("en"):
        verdict = one(finding(TreeFactory(state="missing")))
    assert verdict.landed
    assert "missing" in verdict.warnings[0]


@pytest.mark.parametrize(
    ("role", "may"),
    [("resident", False), ("garden_manager", False), ("crew", True), ("crew_lead", True)],
)
def test_who_may_check(role: str, may: bool) -> None:
    user = User.objects.create(username=role)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    assert one(finding(TreeFactory(), actor=user)).landed is may


# --- the report ---------------------------------------------------------------------------------------
def cohort() -> None:
    """Lot A: 3 alive, 1 dead. Lot B: 1 alive, 1 outside, 1 lost before anyone checked, 1 not checked."""
    for found in ("alive", "alive", "alive", "dead"):
        state = "planted" if found == "alive" else "dead"
        SurvivalCheckFactory(tree=TreeFactory(lot="A", contractor="X", state=state), found=found)
    for found in ("alive", "outside"):
        state = "planted" if found == "alive" else "dead"
        SurvivalCheckFactory(tree=TreeFactory(lot="B", contractor="X", state=state), found=found)
    TreeFactory(lot="B", contractor="X", state="felled", ended_on=dt.date(2026, 6, 1))
    TreeFactory(lot="B", contractor="X")


def by_key(rows: list[Survival]) -> dict[object, Survival]:
    return {row.key: row for row in rows}


def test_survival_by_lot_counts_every_fate_once() -> None:
    cohort()
    rows = by_key(report(AUTUMN, "lot"))
    a, b = rows["A"], rows["B"]
    assert (a.trees, a.alive, a.dead, a.outside, a.lost, a.unchecked) == (4, 3, 1, 0, 0, 0)
    assert (b.trees, b.alive, b.dead, b.outside, b.lost, b.unchecked) == (4, 1, 0, 1, 1, 1)
    assert a.share_alive == 0.75
    assert b.share_alive == pytest.approx(
        1 / 3
    )  # the unchecked one is not known, the felled one is
    assert b.share_without_outside_causes == 0.5
    assert a.interval == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_survival_by_contractor_and_species_takes_one_query_and_the_names(
    django_assert_num_queries,
) -> None:  # type: ignore[no-untyped-def]
    cohort()
    TreeFactory(species=SpeciesFactory(genus="Acer", species="campestre"))
    with django_assert_num_queries(1):
        (_blank, contractor) = report(AUTUMN, "contractor")
    assert (contractor.label, contractor.trees, contractor.alive) == ("X", 8, 4)
    with django_assert_num_queries(2):
        rows = report(AUTUMN, "species")
    assert {row.label: row.trees for row in rows} == {"Tilia cordata": 8, "Acer campestre": 1}
    assert next(row for row in rows if row.label == "Acer campestre").share_alive is None


def test_an_earlier_death_still_counts_and_an_earlier_life_does_not() -> None:
    dead, alive = TreeFactory(lot="C", state="dead"), TreeFactory(lot="C")
    for tree, found in ((dead, "outside"), (alive, "alive")):
        day = dt.date(2025, 12, 20)
        SurvivalCheckFactory(tree=tree, autumn=2025, checked_on=day, found=found)
    (row,) = report(AUTUMN, "lot")
    assert (row.outside, row.alive, row.unchecked) == (1, 0, 1)


def test_a_withdrawn_check_counts_for_nothing() -> None:
    SurvivalCheckFactory(state="withdrawn")
    (row,) = report(AUTUMN, "lot")
    assert (row.alive, row.unchecked) == (0, 1)


def test_only_the_last_three_plantings_are_asked_about() -> None:
    days = [dt.date(2023, 6, 30), dt.date(2023, 7, 1), dt.date(2026, 6, 30), dt.date(2026, 7, 1)]
    trees = [TreeFactory(planted_on=day) for day in days]
    TreeFactory(state="reserved", planted_on=None)
    TreeFactory(state="transplanted")
    TreeFactory(archived_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert set(Tree.objects.of_survival_check(AUTUMN)) == set(trees[1:3])


def test_who_is_not_checked_yet() -> None:
    checked, waiting = TreeFactory(), TreeFactory()
    TreeFactory(state="dead", ended_on=dt.date(2026, 3, 1))
    SurvivalCheckFactory(tree=checked)
    assert list(Tree.objects.due_for_survival_check(AUTUMN)) == [waiting]


def test_the_report_of_one_campaign_holds_its_plantings_only() -> None:
    campaign = CampaignFactory(season="2025-2026")
    CampaignFactory(season="2024-2025")
    site = PlantingSiteFactory(campaign="2025-2026", state="occupied")
    TreeFactory(site=site, lot="D")
    TreeFactory(lot="D")  # not of the programme
    other = PlantingSiteFactory(campaign="2024-2025", state="occupied")
    TreeFactory(site=other, lot="D", planted_on=dt.date(2024, 12, 1))
    (row,) = report(AUTUMN, "lot", campaign)
    assert row.trees == 1
    (everything,) = report(AUTUMN, "lot")
    assert everything.trees == 3


def test_an_unknown_cut_is_refused_in_a_sentence() -> None:
    with pytest.raises(BadInput, match="by colour"):
        report(AUTUMN, "colour")


# --- Wilson's interval --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("alive", "known"), [(0, 1), (1, 1), (0, 10), (9, 10), (81, 263), (500, 500)]
)
def test_the_interval_is_scipys(alive: int, known: int) -> None:
    theirs = binomtest(alive, known).proportion_ci(0.95, method="wilson")
    assert wilson(alive, known) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_nothing_known_has_no_interval() -> None:
    assert wilson(0, 0) is None
