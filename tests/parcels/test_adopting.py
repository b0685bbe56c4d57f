"""Adopting plots, tree pits and young trees: one machine from the start to the end, with helpers and water."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from greening.events import Change, apply
from greening.models import CareTask, PlantingSite
from greening.roles import Role
from parcels.adopting import (
    add_co_gardener,
    adopt,
    agree,
    disagree,
    end,
    give_notice,
    hand_over,
    log_watering,
    remove_co_gardener,
    renew,
    renewals,
    take_notice_back,
    what_is_due,
)
from parcels.allocation import months_after
from parcels.doorway import Refused
from parcels.models import Adoption, AllocationRules, CoGardener, Plot, Resident, Watering
from tests.factories import (
    AdoptionFactory,
    AllocationRulesFactory,
    ApplicationFactory,
    CareTaskFactory,
    PlantingSiteFactory,
    PlotFactory,
    TreeFactory,
)
from tests.greening.people import person
from tests.parcels.gardeners import account, manager, neighbour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def days(number: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=number)


def gardened(**facts: object) -> Adoption:
    """A plot that somebody gardens."""
    plot = PlotFactory(state="occupied", **facts)
    return AdoptionFactory(tree=None, plot=plot, resident=neighbour("alix"), until=days(100))


def gardened_by(resident: Resident) -> Adoption:
    plot = PlotFactory(state="occupied")
    return AdoptionFactory(tree=None, plot=plot, resident=resident, until=days(100))


def fresh(adoption: Adoption) -> Adoption:
    return Adoption.objects.get(pk=adoption.pk)


def plot_of(adoption: Adoption) -> Plot:
    return Plot.objects.get(pk=adoption.plot_id)


# --- starting ---------------------------------------------------------------------------------------
def test_a_resident_helps_a_young_tree_at_once_with_others_but_not_twice() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    tree = TreeFactory(state="establishing")
    assert adopt(tree, alix, by=account(alix)).state == "active"
    assert adopt(tree, robin, by=account(robin)).state == "active"
    with pytest.raises(Refused, match="You help this tree already"):
        adopt(tree, alix, by=account(alix))


@pytest.mark.parametrize("state", ["mature", "dead", "reserved"])
def test_only_young_trees_that_stand_have_helpers(state: str) -> None:
    alix = neighbour("alix")
    with pytest.raises(Refused, match="young trees only"):
        adopt(TreeFactory(state=state), alix, by=account(alix))


def test_helpers_end_with_their_tree() -> None:
    tree = TreeFactory(state="establishing")
    helping = AdoptionFactory(tree=tree)
    apply(Change("tree", tree.uuid, {"state": "dead", "ended_on": "2026-10-01"}))
    assert (fresh(helping).state, fresh(helping).ended_because) == ("ended", "target_gone")


def test_a_pit_needs_the_permit_of_who_manages_it() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    pit = PlantingSiteFactory(state="occupied", manager="gpso")
    asked = adopt(pit, alix, by=account(alix))
    assert asked.state == "requested"
    with pytest.raises(Refused, match="or has asked to"):
        adopt(pit, robin, by=account(robin))
    with pytest.raises(Refused) as refused:
        agree(asked, by=account(alix), agreed_by="gpso")
    assert refused.value.code == "not_yours"
    boss = manager()
    with pytest.raises(Refused, match="Grand Paris Seine Ouest"):
        agree(asked, by=boss, agreed_by="town")
    permit = agree(asked, by=boss, agreed_by="gpso", permit_reference="2026-017")
    assert (permit.state, permit.agreed_by, permit.permit_reference) == (
        "active",
        "gpso",
        "2026-017",
    )


def test_a_refused_request_leaves_the_pit_to_others() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    pit = PlantingSiteFactory(state="occupied")
    asked = adopt(pit, alix, by=account(alix))
    assert disagree(asked, by=person(Role.PLANNER)).state == "refused"
    assert end(adopt(pit, robin, by=account(robin)), by=account(robin)).state == "ended"


def test_plots_come_by_the_waiting_list_only() -> None:
    alix, plot = neighbour("alix"), PlotFactory()
    with pytest.raises(Refused, match="apply first"):
        adopt(plot, alix, by=account(alix))
    # The town writes down who gardened before this was kept.
    kept = adopt(plot, alix, by=manager())
    assert (kept.state, plot_of(kept).state) == ("active", "occupied")
    with pytest.raises(Refused, match="gardens this plot already"):
        adopt(plot, neighbour("robin"), by=None)


def test_nobody_adopts_in_somebody_elses_name() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    with pytest.raises(Refused) as refused:
        adopt(TreeFactory(), alix, by=account(robin))
    assert refused.value.code == "forbidden"
    mine = AdoptionFactory()
    taken = {"resident": str(robin.uuid)}
    (verdict,) = apply(Change("adoption", mine.uuid, taken, actor=account(robin)))
    assert verdict.code == "fixed"


# --- renewal, notice, end ---------------------------------------------------------------------------
def test_a_renewal_is_asked_for_in_its_window_and_runs_for_another_term() -> None:
    made = gardened()
    assert renewals(days(39)) == "0 renewals asked for, 0 not renewed, 0 adoptions ended"
    assert renewals(days(40)) == "1 renewals asked for, 0 not renewed, 0 adoptions ended"
    assert renewals(days(41)) == "0 renewals asked for, 0 not renewed, 0 adoptions ended"
    due = what_is_due(made.resident)
    assert [(each.code, each.day) for each in due] == [("renew", days(100))]
    with pytest.raises(Refused) as refused:
        renew(made, by=account(neighbour("robin")))
    assert refused.value.code == "forbidden"
    until = renew(made, by=account(made.resident)).until
    assert until is not None
    assert until.year == days(100).year + 1
    assert (fresh(made).state, plot_of(made).state) == ("active", "occupied")
    with pytest.raises(Refused, match="nothing to renew"):
        renew(made, by=account(made.resident))


def test_who_does_not_renew_leaves_after_the_notice_and_the_plot_is_free() -> None:
    made = gardened()
    assert renewals(days(60)) == "1 renewals asked for, 0 not renewed, 0 adoptions ended"
    assert renewals(days(100)).startswith("0 renewals asked for, 0 not renewed")
    assert renewals(days(101)) == "0 renewals asked for, 1 not renewed, 0 adoptions ended"
    assert (fresh(made).state, fresh(made).ends_on) == ("notice", days(131))
    assert plot_of(made).state == "notice"
    assert renewals(days(131)).endswith("0 adoptions ended")
    assert renewals(days(140)).endswith("1 adoptions ended")
    assert renewals(days(140)).endswith("0 adoptions ended")
    assert (fresh(made).ended_because, plot_of(made).state) == ("not_renewed", "available")


def test_who_is_asked_late_has_time_to_answer() -> None:
    """The night's work did not run for months: nobody is asked and given notice in one night."""
    made = gardened()
    assert renewals(days(130)) == "1 renewals asked for, 0 not renewed, 0 adoptions ended"
    assert (fresh(made).state, fresh(made).until) == ("renewal_due", days(160))
    assert renewals(days(160)) == "0 renewals asked for, 0 not renewed, 0 adoptions ended"
    assert renewals(days(161)) == "0 renewals asked for, 1 not renewed, 0 adoptions ended"


def test_who_stays_after_all_has_a_term_again_and_no_notice_that_night() -> None:
    made = gardened()
    Adoption.objects.filter(pk=made.pk).update(state="renewal_due", until=days(-1))
    renewals(days(0))
    assert (fresh(made).state, fresh(made).ended_because) == ("notice", "not_renewed")
    stays = take_notice_back(made, by=manager())
    assert (stays.state, stays.ended_because, stays.ends_on) == ("active", "", None)
    assert stays.until == months_after(days(0), 12)
    assert renewals(days(0)) == "0 renewals asked for, 0 not renewed, 0 adoptions ended"
    # What ends it another year is that year's reason.
    give_notice(made, by=account(made.resident), ends_on=days(3))
    renewals(days(4))
    assert (fresh(made).state, fresh(made).ended_because) == ("ended", "notice")


def test_notice_is_given_by_the_holder_and_taken_back_by_the_town() -> None:
    made = gardened()
    holder = account(made.resident)
    made = give_notice(made, by=holder)
    assert (made.state, made.ends_on, plot_of(made).state) == ("notice", days(30), "notice")
    with pytest.raises(Refused) as refused:
        take_notice_back(made, by=holder)
    assert refused.value.code == "not_yours"
    kept = take_notice_back(made, by=manager())
    assert (kept.state, kept.until) == ("active", days(100))  # a term that runs runs on
    assert plot_of(made).state == "occupied"


def test_nothing_ends_before_its_last_day_or_without_a_reason() -> None:
    made = gardened()
    with pytest.raises(Refused, match="last day cannot lie in the past"):
        give_notice(made, by=None, ends_on=days(-1))
    with pytest.raises(Refused, match="Give notice first"):
        end(made, by=None, because="notice")
    made = give_notice(made, by=None, ends_on=days(3))
    with pytest.raises(Refused, match="not over"):
        end(made, by=None, because="notice")
    assert end(made, by=manager()).ended_because == "by_town"
    assert plot_of(made).state == "available"


def test_a_resident_does_not_end_at_once_what_needs_notice() -> None:
    made = gardened()
    with pytest.raises(Refused) as refused:
        end(made, by=account(made.resident), because="left")
    assert refused.value.code == "not_yours"


def test_a_garden_with_an_adoption_is_not_closed_even_if_its_plot_says_otherwise() -> None:
    made = gardened()
    Plot.objects.update(state="resting")
    garden = plot_of(made).garden
    (verdict,) = apply(Change("shared_garden", garden.uuid, {"state": "closed"}))
    assert verdict.code == "plots_taken"


def test_a_pit_that_changes_hands_stops_nobody_from_leaving_and_no_night() -> None:
    alix = neighbour("alix")
    pit = PlantingSiteFactory(state="occupied", manager="gpso")
    permit = adopt(pit, alix, by=manager(), agreed_by="gpso")
    Adoption.objects.filter(pk=permit.pk).update(until=days(-1))
    PlantingSite.objects.filter(pk=pit.pk).update(manager="town")
    other = AdoptionFactory(
        tree=None, plot=PlotFactory(state="occupied"), resident=neighbour("robin"), until=days(9)
    )
    assert renewals(days(0)) == "2 renewals asked for, 0 not renewed, 0 adoptions ended"
    assert fresh(other).state == "renewal_due"
    # Another term is the new manager's to give.
    with pytest.raises(Refused, match="another manager by now"):
        renew(permit, by=account(alix))
    left = give_notice(permit, by=account(alix))
    assert left.state == "notice"
    assert renewals(days(31)).endswith("1 adoptions ended")


def test_a_row_that_cannot_be_done_stops_none_of_the_others() -> None:
    # By some accident the rules of one adoption cannot be read any more.
    broken = AllocationRulesFactory(version=2, valid_from=dt.date(2019, 1, 1))
    AllocationRules.objects.filter(pk=broken.pk).update(rules={})
    first, second = gardened(), gardened_by(neighbour("robin"))
    Adoption.objects.filter(pk=first.pk).update(rules=broken)
    said = renewals(days(70))
    assert said.startswith("1 renewals asked for, 0 not renewed, 0 adoptions ended, 1 refused: ")
    assert f"adoption {first.pk} (" in said
    assert (fresh(first).state, fresh(second).state) == ("active", "renewal_due")


# --- handing over -----------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["active", "notice"])
def test_a_plot_is_handed_over_with_nothing_in_between(state: str) -> None:
    made, robin = gardened(), neighbour("robin")
    if state == "notice":
        give_notice(made, by=None)
    new = hand_over(made, robin, by=manager())
    old = fresh(made)
    assert (old.state, old.ended_because, old.successor) == ("ended", "handed_over", new.uuid)
    assert (new.state, new.resident, new.plot, new.until) == (
        "active",
        robin,
        made.plot,
        months_after(days(0), 12),
    )
    assert plot_of(new).state == "occupied"


def test_a_new_gardener_does_not_begin_with_the_old_ones_late_renewal() -> None:
    made, robin = gardened(), neighbour("robin")
    Adoption.objects.filter(pk=made.pk).update(state="renewal_due", until=days(-10))
    new = hand_over(made, robin, by=manager())
    assert renewals(days(1)) == "0 renewals asked for, 0 not renewed, 0 adoptions ended"
    assert fresh(new).state == "active"


def test_a_plot_is_not_handed_past_the_waiting_list_by_its_holder() -> None:
    made, robin = gardened(), neighbour("robin")
    with pytest.raises(Refused) as refused:
        hand_over(made, robin, by=account(made.resident))
    assert refused.value.code == "not_yours"
    assert (fresh(made).state, Adoption.objects.count()) == ("active", 1)


def test_a_plot_is_not_handed_to_who_has_one() -> None:
    made, robin = gardened(), neighbour("robin")
    AdoptionFactory(tree=None, plot=PlotFactory(state="occupied"), resident=robin)
    with pytest.raises(Refused, match="has a plot already"):
        hand_over(made, robin, by=manager())
    assert fresh(made).state == "active"


# --- together ---------------------------------------------------------------------------------------
def test_co_gardeners_come_by_the_holder_leave_by_themselves_and_with_the_adoption() -> None:
    made, robin, sacha = gardened(), neighbour("robin"), neighbour("sacha")
    with pytest.raises(Refused):
        add_co_gardener(made, robin, by=account(robin))
    with_them = add_co_gardener(made, robin, by=account(made.resident))
    add_co_gardener(made, sacha, by=account(made.resident))
    with pytest.raises(Refused, match="tends it with you already"):
        add_co_gardener(made, robin, by=account(made.resident))
    with pytest.raises(Refused, match="need not be added"):
        add_co_gardener(made, made.resident, by=account(made.resident))
    with pytest.raises(Refused):
        remove_co_gardener(with_them, by=account(sacha))
    assert remove_co_gardener(with_them, by=account(robin)).state == "left"
    end(made, by=None)
    assert set(CoGardener.objects.values_list("state", flat=True)) == {"left"}


# --- water ------------------------------------------------------------------------------------------
def watched() -> tuple[Adoption, CareTask]:
    """A tree with a helper, and a watering of 80 litres asked for these days."""
    alix = neighbour("alix")
    helping = AdoptionFactory(resident=alix)
    task = CareTaskFactory(
        tree=helping.tree, due_from=days(-5), due_until=days(5), litres=80.0, rule="water"
    )
    return helping, task


def test_cans_add_up_to_the_task_and_no_crew_drives_there() -> None:
    helping, task = watched()
    alix, user = helping.resident, account(helping.resident)
    log_watering(helping, alix, 30, by=user, day=days(-6))  # before the window
    log_watering(helping, alix, 30, by=user, day=days(-1))
    due = what_is_due(alix)
    assert [(each.code, each.facts) for each in due] == [
        ("water", {"litres": 80.0, "missing": 50.0})
    ]
    robin = neighbour("robin")
    also = AdoptionFactory(tree=helping.tree, resident=robin)
    log_watering(also, robin, 50, by=account(robin))
    task.refresh_from_db()
    assert (task.state, task.litres_given, task.done_on) == ("done", 80.0, days(0))
    assert what_is_due(alix) == []


def test_a_watering_is_written_down_once() -> None:
    helping, _task = watched()
    name = uuid.uuid4()
    for _twice in range(2):
        log_watering(helping, helping.resident, 10, by=account(helping.resident), uuid=name)
    assert Watering.objects.count() == 1


@pytest.mark.parametrize(
    ("litres", "day", "code"),
    [
        (0, 0, "litres"),
        (900, 0, "litres"),
        (float("nan"), 0, "litres"),
        (10, 1, "day"),
        (10, -31, "day"),
    ],
)
def test_a_watering_must_be_plausible(litres: float, day: int, code: str) -> None:
    helping, _task = watched()
    with pytest.raises(Refused) as refused:
        log_watering(helping, helping.resident, litres, by=account(helping.resident), day=days(day))
    assert refused.value.code == code


def test_only_who_tends_it_writes_down_water() -> None:
    helping, _task = watched()
    robin = neighbour("robin")
    for who in (robin, helping.resident):
        with pytest.raises(Refused):
            log_watering(helping, who, 10, by=account(robin))
    add_co_gardener(helping, robin, by=account(helping.resident))
    assert log_watering(helping, robin, 10, by=account(robin)).litres == 10


# --- what is due ------------------------------------------------------------------------------------
def test_the_most_pressing_comes_first() -> None:
    made = gardened()
    alix = made.resident
    give_notice(made, by=None, ends_on=days(3))
    helping = AdoptionFactory(resident=alix)
    CareTaskFactory(tree=helping.tree, due_from=days(-1), due_until=days(1), litres=80.0)
    ApplicationFactory(
        resident=alix,
        state="offered",
        offered_plot=PlotFactory(state="offered"),
        offer_until=days(2),
    )
    assert [due.code for due in what_is_due(alix)] == ["water", "answer_offer", "last_day"]
