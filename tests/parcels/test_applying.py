"""Applying for a plot: who may, once a household, in an order that nobody moves."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.utils import timezone

from greening.events import Change, apply
from greening.models import Event
from greening.models.notice import Notice
from parcels.applying import (
    apply_for,
    check,
    close_garden,
    draws,
    reconfirm,
    reconfirmations,
    refuse,
    standing,
    withdraw,
)
from parcels.decisions import verify
from parcels.doorway import Refused
from parcels.models import AllocationRules, Application, Decision, Draw, Resident
from tests.factories import (
    AdoptionFactory,
    AllocationRulesFactory,
    ApplicationFactory,
    PlotFactory,
    SharedGardenFactory,
)
from tests.parcels.gardeners import account, manager, neighbour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def test_a_resident_applies_is_checked_and_waits() -> None:
    alix, garden = neighbour("alix"), SharedGardenFactory()
    made = apply_for(alix, garden, by=account(alix))
    assert (made.state, made.order_key) == ("submitted", timezone.localdate().isoformat())
    assert standing(made).place is None
    made = check(made, by=manager())
    place = standing(made).place
    assert made.state == "waiting"
    assert place is not None
    assert (place.rank, place.last, place.of) == (1, 1, 1)


def test_the_place_is_told_with_how_many_stand_before_and_why() -> None:
    garden = SharedGardenFactory()
    ApplicationFactory.create_batch(11, garden=garden, day=dt.date(2026, 1, 5))
    mine = ApplicationFactory(garden=garden, day=dt.date(2026, 1, 6))
    ApplicationFactory.create_batch(3, garden=garden, day=dt.date(2026, 1, 7))
    ApplicationFactory(day=dt.date(2026, 1, 1))  # another garden's
    place = standing(mine).place
    assert place is not None
    assert (place.rank, place.of) == (12, 15)
    assert [(why.code, why.ahead) for why in place.reasons] == [("day_of_application", 11)]


def test_no_name_and_no_address_stands_in_any_event() -> None:
    alix, garden = neighbour("alix", phone="0600000000"), SharedGardenFactory()
    made = apply_for(alix, garden, by=account(alix))
    refuse(made, "incomplete", by=manager(), answer="Alix, please bring a paper.")
    said = " ".join(str((event.patch, event.before)) for event in Event.objects.all())
    for secret in (alix.name, alix.address, alix.phone, "bring a paper", "Exemple"):
        assert secret not in said
    made.refresh_from_db()
    assert made.answer == "Alix, please bring a paper."


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        ("declares_adult", "not_adult"),
        ("declares_resident", "not_resident"),
        ("declares_no_own_garden", "has_garden"),
    ],
)
def test_the_rules_say_who_may_apply(fact: str, code: str) -> None:
    alix = neighbour("alix", **{fact: False})
    with pytest.raises(Refused) as refused:
        apply_for(alix, SharedGardenFactory(), by=account(alix))
    assert refused.value.code == code
    assert not Application.objects.exists()


def test_a_household_applies_once_and_again_when_it_is_over() -> None:
    alix, garden = neighbour("alix"), SharedGardenFactory()
    robin = neighbour("robin", household=alix.household)
    first = apply_for(alix, garden, by=account(alix))
    for place in (garden, SharedGardenFactory()):
        with pytest.raises(Refused, match="This household has an open application already"):
            apply_for(robin, place, by=account(robin))
    withdraw(first, by=account(alix))
    assert apply_for(robin, garden, by=account(robin)).state == "submitted"


def test_rules_may_allow_one_application_in_each_garden(rules: AllocationRules) -> None:
    changed = {**rules.rules, "one_application_per": "household_and_garden"}
    AllocationRules.objects.filter(pk=rules.pk).update(rules=changed)
    alix, garden = neighbour("alix"), SharedGardenFactory()
    apply_for(alix, garden, by=account(alix))
    apply_for(alix, SharedGardenFactory(), by=account(alix))
    with pytest.raises(Refused, match="open application already"):
        apply_for(alix, garden, by=account(alix))


def test_who_gardens_already_does_not_apply() -> None:
    alix = neighbour("alix")
    AdoptionFactory(tree=None, plot=PlotFactory(state="occupied"), resident=alix)
    robin = neighbour("robin", household=alix.household)
    with pytest.raises(Refused, match="has a plot already"):
        apply_for(robin, SharedGardenFactory(), by=account(robin))


@pytest.mark.parametrize("state", ["draft", "paused", "closed"])
def test_a_garden_that_is_not_open_takes_no_applications(state: str) -> None:
    alix = neighbour("alix")
    with pytest.raises(Refused, match="takes no applications"):
        apply_for(alix, SharedGardenFactory(state=state), by=account(alix))


def test_nobody_applies_for_somebody_else() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    with pytest.raises(Refused) as refused:
        apply_for(alix, SharedGardenFactory(), by=account(robin))
    assert refused.value.code == "forbidden"


def test_nobody_withdraws_for_somebody_else() -> None:
    robin, made = neighbour("robin"), ApplicationFactory()
    with pytest.raises(Refused) as refused:
        withdraw(made, by=account(robin))
    assert refused.value.code == "forbidden"


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"order_key": "2020-01-01"}, "fixed"),
        ({"submitted_at": "2020-01-01T00:00:00Z"}, "fixed"),
        ({"resident": "own"}, "fixed"),
        ({"refusals": 0, "delay_months": 0}, "not_yours"),
        ({"behind_since": None, "source": "mine"}, "not_yours"),
        ({"state": "offered", "offered_plot": "plot"}, "forbidden"),
        ({"state": "checked"}, "forbidden"),
    ],
)
def test_a_crafted_change_moves_nobody_up(patch: dict[str, Any], code: str) -> None:
    alix = neighbour("alix")
    other = ApplicationFactory(delay_months=6, refusals=2)
    mine = ApplicationFactory(resident=alix, delay_months=6, refusals=2, garden=other.garden)
    for made, expected in ((mine, code), (other, None)):
        asked = {
            name: {"own": str(alix.uuid), "plot": str(PlotFactory().uuid)}.get(str(value), value)
            for name, value in patch.items()
        }
        (verdict,) = apply(Change("application", made.uuid, asked, actor=account(alix)))
        assert verdict.status in ("rejected", "applied")
        assert verdict.code in ((expected, "unchanged") if expected else ("forbidden", "fixed"))


def test_an_application_made_by_hand_takes_no_place_of_another_day() -> None:
    alix, garden = neighbour("alix"), SharedGardenFactory()
    patch = {
        "state": "submitted",
        "garden": str(garden.uuid),
        "resident": str(alix.uuid),
        "rules": str(AllocationRules.objects.get().uuid),
        "claim": str(alix.home),
        "order_key": "2020-01-01",
    }
    user = account(alix)
    (verdict,) = apply(Change("application", uuid.uuid4(), patch, create=True, actor=user))
    assert verdict.code == "order"
    patch["order_key"], patch["claim"] = timezone.localdate().isoformat(), str(uuid.uuid4())
    (verdict,) = apply(Change("application", uuid.uuid4(), patch, create=True, actor=user))
    assert verdict.code == "claim"


def test_even_an_administrator_moves_nobody_in_the_order() -> None:
    made = ApplicationFactory()
    (verdict,) = apply(Change("application", made.uuid, {"order_key": "2020-01-01"}))
    assert verdict.code == "fixed"


def test_a_refusal_needs_its_reason_and_stands_in_the_log() -> None:
    made = ApplicationFactory(state="submitted")
    with pytest.raises(Refused, match="Say why"):
        refuse(made, "", by=manager())
    refuse(made, "has_garden", by=None)
    entry = Decision.objects.get()
    assert (entry.what, entry.facts, entry.resident) == (
        "refused",
        {"reason": "has_garden"},
        made.resident,
    )
    assert verify(made.garden) == []


# --- draws of a day ---------------------------------------------------------------------------------
def test_the_hash_of_a_draw_stands_before_anybody_is_in_it_and_the_seed_after_the_day() -> None:
    garden = SharedGardenFactory()
    for name in ("alix", "robin", "sacha"):
        neighbour_of = neighbour(name)
        check(apply_for(neighbour_of, garden, by=account(neighbour_of)), by=None)
    draw = Draw.objects.get()
    assert (draw.seed, len(draw.commitment), draw.honest) == ("", 64, True)
    places = [standing(made).place for made in Application.objects.all()]
    assert {(place.rank, place.last) for place in places if place} == {(1, 3)}
    draws(timezone.localdate())  # the day is not over
    assert Draw.objects.get().seed == ""
    assert draws(timezone.localdate() + dt.timedelta(days=2)) == "1 draws made"
    assert draws(timezone.localdate() + dt.timedelta(days=2)) == "0 draws made"
    places = [standing(made).place for made in Application.objects.all()]
    assert sorted(place.rank for place in places if place) == [1, 2, 3]
    assert Decision.objects.get().facts["seed"] == Draw.objects.get().seed
    assert verify(garden) == []


# --- reconfirming -----------------------------------------------------------------------------------
def test_who_does_not_reconfirm_within_the_days_of_grace_lapses_once() -> None:
    made = ApplicationFactory(day=dt.date(2026, 3, 2), resident=neighbour("alix"))
    other = ApplicationFactory(
        garden=made.garden, day=dt.date(2026, 3, 2), resident=neighbour("robin")
    )
    assert reconfirmations(dt.date(2027, 3, 1)) == "0 asked to reconfirm, 0 lapsed"
    assert standing(made, dt.date(2027, 3, 1)).reconfirm_by is None
    assert reconfirmations(dt.date(2027, 3, 2)) == "2 asked to reconfirm, 0 lapsed"
    assert reconfirmations(dt.date(2027, 3, 3)) == "0 asked to reconfirm, 0 lapsed"  # told once
    assert standing(made, dt.date(2027, 3, 2)).reconfirm_by == dt.date(2027, 4, 1)
    Application.objects.filter(pk=other.pk).update(reconfirmed_on=dt.date(2027, 3, 5))
    # Three nights were missed: the next run catches up.
    assert reconfirmations(dt.date(2027, 4, 4)) == "0 asked to reconfirm, 1 lapsed"
    assert reconfirmations(dt.date(2027, 4, 4)) == "0 asked to reconfirm, 0 lapsed"
    made.refresh_from_db()
    assert made.state == "lapsed"
    assert [entry.what for entry in Decision.objects.all()] == ["lapsed"]


def told(resident: Resident) -> list[str]:
    return list(
        Notice.objects.filter(person=account(resident))
        .order_by("pk")
        .values_list("what", flat=True)
    )


def test_nobody_lapses_unasked_however_late_the_town_looks() -> None:
    """Cron was down for months past the days of grace: the days of grace begin when it is asked."""
    alix = neighbour("alix")
    made = ApplicationFactory(day=dt.date(2026, 3, 2), resident=alix)
    assert reconfirmations(dt.date(2027, 9, 1)) == "1 asked to reconfirm, 0 lapsed"
    made.refresh_from_db()
    assert (made.state, made.asked_on) == ("waiting", dt.date(2027, 9, 1))
    assert standing(made, dt.date(2027, 9, 2)).reconfirm_by == dt.date(2027, 10, 1)
    assert reconfirmations(dt.date(2027, 10, 1)) == "0 asked to reconfirm, 0 lapsed"
    assert reconfirmations(dt.date(2027, 10, 2)) == "0 asked to reconfirm, 1 lapsed"
    entry = Decision.objects.get()
    assert entry.facts == {"asked": "2027-09-01", "until": "2027-10-01"}
    assert told(alix) == ["reconfirm-please", "application-lapsed"]


def test_who_was_checked_late_is_asked_before_they_lapse() -> None:
    alix = neighbour("alix")
    made = ApplicationFactory(state="submitted", day=dt.date(2025, 1, 2), resident=alix)
    check(made, by=None)
    assert reconfirmations(timezone.localdate()) == "1 asked to reconfirm, 0 lapsed"


def test_who_lapsed_by_mistake_is_asked_anew_and_not_lost_again_that_night() -> None:
    alix = neighbour("alix")
    made = ApplicationFactory(day=dt.date(2026, 3, 2), resident=alix)
    for day in (dt.date(2027, 3, 2), dt.date(2027, 4, 2)):
        reconfirmations(day)
    made.refresh_from_db()
    assert made.state == "lapsed"
    (verdict,) = apply(Change("application", made.uuid, {"state": "waiting"}, actor=manager()))
    assert verdict.landed
    assert reconfirmations(dt.date(2027, 4, 2)) == "1 asked to reconfirm, 0 lapsed"
    assert reconfirmations(dt.date(2027, 4, 3)) == "0 asked to reconfirm, 0 lapsed"
    assert told(alix) == ["reconfirm-please", "application-lapsed", "reconfirm-please"]
    assert reconfirmations(dt.date(2027, 5, 3)) == "0 asked to reconfirm, 1 lapsed"


def test_who_takes_their_place_to_another_garden_has_said_that_they_still_want_one() -> None:
    alix = neighbour("alix")
    left = ApplicationFactory(state="closed", resident=alix, day=dt.date(2024, 1, 5))
    moved = check(apply_for(alix, SharedGardenFactory(), by=account(alix), keeping=left), by=None)
    assert moved.submitted_at == left.submitted_at
    assert reconfirmations(timezone.localdate()) == "0 asked to reconfirm, 0 lapsed"


def test_an_asking_answered_is_not_the_next_years() -> None:
    alix = neighbour("alix")
    today = timezone.localdate()
    made = ApplicationFactory(resident=alix, day=dt.date(2025, 1, 2))
    reconfirmations(today)
    reconfirm(made, by=account(alix))
    assert reconfirmations(today + dt.timedelta(days=40)) == "0 asked to reconfirm, 0 lapsed"
    assert reconfirmations(today + dt.timedelta(days=400)) == "1 asked to reconfirm, 0 lapsed"


def test_one_who_cannot_be_asked_stops_none_of_the_others() -> None:
    broken = AllocationRulesFactory(version=2, valid_from=dt.date(2019, 1, 1))
    AllocationRules.objects.filter(pk=broken.pk).update(rules={})
    stuck = ApplicationFactory(rules=broken, resident=neighbour("alix"))
    ApplicationFactory(resident=neighbour("robin"))
    said = reconfirmations(dt.date(2027, 3, 2))
    assert said.startswith("1 asked to reconfirm, 0 lapsed, 1 refused: ")
    assert f"application {stuck.pk} (" in said


def test_who_has_no_account_is_asked_by_letter_and_does_not_lapse_unasked() -> None:
    made = ApplicationFactory(day=dt.date(2020, 1, 1))
    assert reconfirmations(timezone.localdate()).endswith("0 lapsed, 1 to be asked by letter")
    made.refresh_from_db()
    assert made.state == "waiting"


def test_reconfirming_keeps_the_place_for_a_year() -> None:
    alix = neighbour("alix")
    made = ApplicationFactory(resident=alix, day=dt.date(2025, 1, 2))
    made = reconfirm(made, by=account(alix))
    assert made.reconfirmed_on == timezone.localdate()
    assert standing(made).reconfirm_by is None
    withdraw(made, by=account(alix))
    with pytest.raises(Refused, match="apply again"):
        reconfirm(made, by=account(alix))


# --- closing a garden -------------------------------------------------------------------------------
def test_a_closed_garden_ends_its_list_and_the_place_is_kept_elsewhere_once() -> None:
    alix = neighbour("alix")
    garden = SharedGardenFactory()
    made = ApplicationFactory(garden=garden, resident=alix, day=dt.date(2026, 1, 5))
    offered = PlotFactory(garden=garden, state="occupied")
    with pytest.raises(Refused, match="end these first"):
        close_garden(garden, by=manager())
    offered.state = "available"
    offered.save()
    (closed,) = close_garden(garden, by=None)
    assert (closed.state, closed.garden.state) == ("closed", "closed")
    assert [entry.what for entry in Decision.objects.all()] == ["closed"]

    elsewhere = SharedGardenFactory()
    ApplicationFactory(garden=elsewhere, day=dt.date(2026, 1, 5))
    ApplicationFactory(garden=elsewhere, day=dt.date(2026, 1, 6))
    moved = check(apply_for(alix, elsewhere, by=account(alix), keeping=closed), by=None)
    place = standing(moved).place
    assert moved.submitted_at == made.submitted_at
    assert place is not None
    assert (place.rank, place.of) == (2, 3)
    withdraw(moved, by=account(alix))
    with pytest.raises(Refused, match="kept once"):
        apply_for(alix, elsewhere, by=account(alix), keeping=closed)


def test_a_place_is_kept_from_a_closed_garden_of_ones_own_only() -> None:
    alix = neighbour("alix")
    open_still = ApplicationFactory(day=dt.date(2020, 1, 5))
    others = ApplicationFactory(day=dt.date(2020, 1, 5), state="closed")
    for old in (open_still, others):
        with pytest.raises(Refused, match="kept once"):
            apply_for(alix, SharedGardenFactory(), by=account(alix), keeping=old)
