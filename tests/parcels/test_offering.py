"""Offers: to the first in line, answered in time or lost, then to the next; each in a log that can be checked."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from greening.events import Change, apply
from parcels.allocation import digest
from parcels.decisions import MENTION, answer, contest, place_in, read_by, replays, verify
from parcels.doorway import Refused
from parcels.models import (
    Adoption,
    AllocationRules,
    Application,
    Decision,
    Draw,
    Plot,
    Resident,
    SharedGarden,
)
from parcels.offering import accept, decline, expire_due, offer_next
from parcels.waiting import draw_to_come
from tests.factories import (
    AllocationRulesFactory,
    ApplicationFactory,
    PlotFactory,
    SharedGardenFactory,
)
from tests.parcels.gardeners import account, manager, neighbour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def days(number: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=number)


def line(garden: SharedGarden, *residents: Resident) -> list[Application]:
    """These people on the garden's list, in this order, a day apart."""
    return [
        ApplicationFactory(garden=garden, resident=resident, day=dt.date(2026, 1, 1 + number))
        for number, resident in enumerate(residents)
    ]


def fresh(application: Application) -> Application:
    return Application.objects.get(pk=application.pk)


def test_a_plot_is_offered_to_the_first_in_line_who_accepts() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    plot = PlotFactory()
    first, second = line(plot.garden, alix, robin)
    offered = offer_next(plot, by=manager())
    assert offered == first
    plot.refresh_from_db()
    assert (plot.state, fresh(first).offer_until) == ("offered", days(7))
    adoption = accept(first, by=account(alix))
    plot.refresh_from_db()
    assert (adoption.state, adoption.plot, adoption.resident) == ("active", plot, alix)
    assert (plot.state, fresh(first).state, fresh(second).state) == (
        "occupied",
        "accepted",
        "waiting",
    )
    assert accept(first, by=account(alix)) == adoption  # a second click
    assert Adoption.objects.count() == 1
    # The garden's only plot is taken: it is full by itself.
    assert SharedGarden.objects.get().state == "full"


def test_nobody_answers_an_offer_for_somebody_else() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    plot = PlotFactory()
    first, _second = line(plot.garden, alix, robin)
    offer_next(plot, by=None)
    for verb in (accept, decline):
        with pytest.raises(Refused) as refused:
            verb(first, by=account(robin))
        assert refused.value.code == "forbidden"
    assert fresh(first).state == "offered"


def test_a_resident_offers_nothing() -> None:
    alix = neighbour("alix")
    plot = PlotFactory()
    line(plot.garden, alix)
    with pytest.raises(Refused) as refused:
        offer_next(plot, by=account(alix))
    assert refused.value.code == "forbidden"
    assert not Decision.objects.exists()


def test_refusals_cost_what_the_rules_say_and_the_plot_goes_to_the_next() -> None:
    """The first costs nothing, the second six months, the third the end of the list, the fourth the application."""
    alix, robin = neighbour("alix"), neighbour("robin")
    garden = SharedGardenFactory()
    mine, other = line(garden, alix, robin)
    facts = []
    for number in range(4):
        plot = PlotFactory(garden=garden)
        # Whoever is first: only what becomes of Alix is told here.
        Application.objects.filter(pk=other.pk).update(state="checked")
        assert offer_next(plot, by=None) == mine
        Application.objects.filter(pk=other.pk).update(
            state="waiting" if number == 0 else "checked"
        )
        made = decline(mine, by=account(alix))
        facts.append((made.state, made.refusals, made.delay_months, made.behind_since))
        if number == 0:
            assert fresh(other).offered_plot == plot
            decline(other, by=account(robin))
            assert Plot.objects.get(pk=plot.pk).state == "available"  # nobody else is left
    today = timezone.localdate()
    assert facts == [
        ("waiting", 1, 0, None),
        ("waiting", 2, 6, None),
        ("waiting", 3, 6, today),
        ("declined", 3, 6, today),
    ]


def test_nobody_is_asked_twice_about_one_plot() -> None:
    alix = neighbour("alix")
    plot = PlotFactory()
    (mine,) = line(plot.garden, alix)
    offer_next(plot, by=None)
    decline(mine, by=account(alix))
    assert offer_next(plot, by=None) is None
    assert offer_next(PlotFactory(garden=plot.garden), by=None) == mine


def test_an_offer_that_nobody_answers_lapses_once_and_goes_to_the_next() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    plot = PlotFactory()
    first, second = line(plot.garden, alix, robin)
    offer_next(plot, by=None)
    assert expire_due(days(7)) == "0 offers lapsed, 0 plots offered to the next"  # the last day
    # Two nights were missed.
    assert expire_due(days(10)) == "1 offers lapsed, 1 plots offered to the next"
    assert expire_due(days(10)) == "0 offers lapsed, 0 plots offered to the next"
    assert (fresh(first).state, fresh(first).refusals) == ("waiting", 1)
    assert (fresh(second).state, fresh(second).offer_until) == ("offered", days(17))
    assert [entry.what for entry in Decision.objects.all()] == ["offered", "expired", "offered"]
    assert verify(plot.garden) == []


def test_an_offer_that_cannot_lapse_stops_none_of_the_others() -> None:
    bad, good = PlotFactory(), PlotFactory()
    (stuck,), (mine,) = (
        line(bad.garden, neighbour("alix")),
        line(good.garden, neighbour("robin")),
    )
    offer_next(bad, by=None)
    offer_next(good, by=None)
    # By some accident the rules that it was made under cannot be read any more.
    broken = AllocationRulesFactory(version=2, valid_from=dt.date(2019, 1, 1))
    AllocationRules.objects.filter(pk=broken.pk).update(rules={})
    Application.objects.filter(pk=stuck.pk).update(decision=None, rules=broken)
    said = expire_due(days(8))
    assert said.startswith("1 offers lapsed, 0 plots offered to the next, 1 refused: application ")
    assert (fresh(stuck).state, fresh(mine).state) == ("offered", "waiting")
    assert Plot.objects.get(pk=bad.pk).state == "offered"  # nothing is half done


@pytest.mark.parametrize(
    ("unanswered", "state", "refusals"), [("out", "expired", 0), ("nothing", "waiting", 0)]
)
def test_what_silence_costs_is_the_rules_to_say(
    unanswered: str, state: str, refusals: int, rules: AllocationRules
) -> None:
    AllocationRules.objects.update(rules={**rules.rules, "unanswered": unanswered})
    plot = PlotFactory()
    (mine,) = line(plot.garden, neighbour("alix"))
    offer_next(plot, by=None)
    expire_due(days(8))
    assert (fresh(mine).state, fresh(mine).refusals) == (state, refusals)
    plot.refresh_from_db()
    assert plot.state == "available"


def test_nobody_accepts_a_plot_that_they_did_not_see() -> None:
    """The page showed one plot; by the time of the click that offer is over, and there is another."""
    alix = neighbour("alix")
    seen, other = PlotFactory(), None
    (mine,) = line(seen.garden, alix)
    as_read = offer_next(seen, by=None)
    assert as_read is not None
    expire_due(days(8))
    other = PlotFactory(garden=seen.garden)
    offer_next(other, by=None)
    for verb in (accept, decline):
        with pytest.raises(Refused, match="This offer is over"):
            verb(as_read, by=account(alix))
        with pytest.raises(Refused, match="This offer is over"):
            verb(fresh(mine), by=account(alix), plot=seen)
    assert accept(fresh(mine), by=account(alix), plot=other).plot == other


def test_a_paper_list_without_its_draw_is_drawn_when_a_plot_is_offered() -> None:
    plot = PlotFactory()
    ApplicationFactory.create_batch(3, garden=plot.garden)
    assert offer_next(plot, by=None) is not None
    assert Draw.objects.get().honest


def test_after_its_last_day_an_offer_cannot_be_accepted_any_more() -> None:
    alix = neighbour("alix")
    plot = PlotFactory()
    (mine,) = line(plot.garden, alix)
    offer_next(plot, by=None)
    Application.objects.update(offer_until=days(-1))
    with pytest.raises(Refused, match="goes to the next person"):
        accept(mine, by=account(alix))
    assert not Adoption.objects.exists()


def test_an_offer_does_not_lapse_while_there_is_time() -> None:
    plot = PlotFactory()
    (mine,) = line(plot.garden, neighbour("alix"))
    offer_next(plot, by=None)
    (verdict,) = apply(Change("application", mine.uuid, {"state": "expired"}))
    assert verdict.code == "offer_stands"


def test_an_accessible_plot_goes_first_to_who_needs_it_and_another_is_not_asked_of_them() -> None:
    garden = SharedGardenFactory()
    first, wheels = line(garden, neighbour("alix"), neighbour("robin", needs_accessible=True))
    assert offer_next(PlotFactory(garden=garden, accessible=True), by=None) == wheels
    assert offer_next(PlotFactory(garden=garden), by=None) == first
    Application.objects.filter(pk=wheels.pk).update(state="waiting", offered_plot=None)
    assert offer_next(PlotFactory(garden=garden), by=None) is None


def test_a_plot_that_is_taken_or_in_a_shut_garden_is_not_offered() -> None:
    line(SharedGardenFactory(), neighbour("alix"))
    with pytest.raises(Refused, match="not available"):
        offer_next(PlotFactory(state="occupied"), by=None)
    paused = PlotFactory(garden__state="paused")
    line(paused.garden, neighbour("robin"))
    with pytest.raises(Refused, match="gives no plots"):
        offer_next(paused, by=None)
    assert not Decision.objects.exists()


def test_an_offer_by_hand_without_its_entry_in_the_log_is_refused() -> None:
    plot = PlotFactory()
    (mine,) = line(plot.garden, neighbour("alix"))
    patch = {
        "state": "offered",
        "offered_plot": str(plot.uuid),
        "offer_until": days(7).isoformat(),
    }
    (verdict,) = apply(Change("application", mine.uuid, patch, actor=manager()))
    assert verdict.code == "no_decision"


def test_a_plot_on_offer_or_gardened_is_not_freed_by_hand() -> None:
    alix = neighbour("alix")
    plot = PlotFactory()
    (mine,) = line(plot.garden, alix)
    offer_next(plot, by=None)
    (verdict,) = apply(Change("plot", plot.uuid, {"state": "available"}))
    assert verdict.code == "on_offer"
    accept(mine, by=account(alix))
    apply(Change("plot", plot.uuid, {"state": "notice"}))
    (verdict,) = apply(Change("plot", plot.uuid, {"state": "available"}))
    assert verdict.code == "adopted"


# --- one plot a household ---------------------------------------------------------------------------
def one_in_each_garden(rules: AllocationRules, **more: object) -> tuple[Application, Application]:
    """A household that waits in two gardens, as some towns allow: Alix in one, Robin in the other."""
    changed = {**rules.rules, "one_application_per": "household_and_garden", **more}
    AllocationRules.objects.update(rules=changed)
    alix = neighbour("alix")
    robin = neighbour("robin", household=alix.household)
    first, second = SharedGardenFactory(), SharedGardenFactory()
    return (
        ApplicationFactory(garden=first, resident=alix, rules=rules, claim="one"),
        ApplicationFactory(garden=second, resident=robin, rules=rules, claim="two"),
    )


def on_offer(application: Application) -> Application:
    """A plot on offer to this application, as if both gardens had looked at the same instant."""
    rows = Application.objects.filter(state="offered")
    held = list(rows.values_list("pk", flat=True))
    rows.update(state="checked")
    assert offer_next(PlotFactory(garden=application.garden), by=None) == application
    Application.objects.filter(pk__in=held).update(state="offered")
    return fresh(application)


def test_a_household_with_two_offers_takes_one_plot(rules: AllocationRules) -> None:
    mine, theirs = one_in_each_garden(rules)
    mine, theirs = on_offer(mine), on_offer(theirs)
    alix, robin = account(mine.resident), account(theirs.resident)
    accept(mine, by=alix)
    with pytest.raises(Refused, match="has a plot already: decline this one") as refused:
        accept(theirs, by=robin)
    assert refused.value.code == "household_has_plot"
    # Through the door as well, with nothing half done.
    (verdict,) = apply(Change("application", theirs.uuid, {"state": "accepted"}, actor=robin))
    assert verdict.code == "household_has_plot"
    assert Adoption.objects.count() == 1
    assert (fresh(theirs).state, decline(theirs, by=robin).state) == ("offered", "waiting")


def test_rules_may_allow_a_household_several_plots(rules: AllocationRules) -> None:
    for made in one_in_each_garden(rules, one_plot_per_household=False):
        offer_next(PlotFactory(garden=made.garden), by=None)
        accept(fresh(made), by=account(made.resident))
    assert Adoption.objects.running().count() == 2


def test_who_has_an_offer_to_answer_is_left_out_elsewhere_and_keeps_their_place(
    rules: AllocationRules,
) -> None:
    mine, theirs = one_in_each_garden(rules)
    sacha = ApplicationFactory(garden=theirs.garden, resident=neighbour("sacha"))
    Application.objects.filter(pk=sacha.pk).update(order_key="2026-03-03")
    assert offer_next(PlotFactory(garden=mine.garden), by=None) == mine
    # Robin stands first, but Alix may still say yes.
    assert offer_next(PlotFactory(garden=theirs.garden), by=None) == sacha
    entry = Decision.objects.latest("pk")
    left_out = [each for each in entry.facts["candidates"] if each.get("household_has_offer")]
    assert [each["application"] for each in left_out] == [str(theirs.uuid)]
    assert verify(theirs.garden) == []
    assert (fresh(theirs).state, fresh(theirs).refusals) == ("waiting", 0)
    decline(fresh(mine), by=account(mine.resident))
    assert offer_next(PlotFactory(garden=theirs.garden), by=None) == theirs


# --- ties -------------------------------------------------------------------------------------------
def tied(garden: SharedGarden, number: int) -> list[Application]:
    """So many who applied on one day, of which the draw is still to come."""
    draw_to_come(garden, "2026-01-05")
    return ApplicationFactory.create_batch(number, garden=garden, day=dt.date(2026, 1, 5))


def test_a_tie_at_the_head_is_drawn_when_the_plot_is_offered() -> None:
    plot = PlotFactory()
    tied(plot.garden, 5)
    draw = Draw.objects.get()
    chosen = offer_next(plot, by=None)
    draw.refresh_from_db()
    assert draw.honest
    assert len(draw.seed) == 64
    drawn, offered = Decision.objects.order_by("number")
    assert (drawn.what, drawn.facts["seed"], drawn.facts["commitment"]) == (
        "drawn",
        draw.seed,
        draw.commitment,
    )
    assert chosen is not None
    assert offered.facts["places"][0]["application"] == str(chosen.uuid)
    assert replays(offered)


def test_who_applies_after_the_draw_of_their_day_comes_behind() -> None:
    plot = PlotFactory()
    tied(plot.garden, 2)
    offer_next(plot, by=None)
    assert draw_to_come(plot.garden, "2026-01-05").key == "2026-01-05#02"
    late = ApplicationFactory(
        garden=plot.garden, order_key="2026-01-05#02", day=dt.date(2026, 1, 5)
    )
    assert offer_next(PlotFactory(garden=plot.garden), by=None) != late


# --- the log ----------------------------------------------------------------------------------------
def logged() -> SharedGarden:
    garden = SharedGardenFactory()
    line(garden, *(neighbour(name) for name in ("alix", "robin", "sacha")))
    for _ in range(3):
        offer_next(PlotFactory(garden=garden), by=None)
    assert verify(garden) == []
    return garden


@pytest.mark.parametrize("touched", ["made_at", "resident", "facts", "removed", "hash"])
def test_a_touched_log_is_seen(touched: str) -> None:
    garden = logged()
    rows = Decision.objects.filter(garden=garden, number=2)
    if touched == "removed":
        Application.objects.update(state="waiting", decision=None)
        rows._raw_delete(rows.db)  # a hand in the database
    elif touched == "made_at":
        rows.update(made_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    elif touched == "resident":
        rows.update(resident=Decision.objects.get(number=3).resident)
    elif touched == "hash":
        rows.update(hash="0" * 64)
    else:
        facts = rows.get().facts
        facts["places"][0]["rank"] = 2
        rows.update(facts=facts)
    assert verify(garden) != []


def test_the_log_is_not_rewritten_or_shortened_from_the_code() -> None:
    logged()
    entry = Decision.objects.first()
    assert entry is not None
    with pytest.raises(Exception, match="never rewritten"):
        entry.save()
    with pytest.raises(Exception, match="never shortened"):
        entry.delete()


def test_an_offer_that_does_not_follow_from_its_facts_is_seen_even_with_good_hashes() -> None:
    plot = PlotFactory()
    line(plot.garden, neighbour("alix"), neighbour("robin"))
    offer_next(plot, by=None)
    entry = Decision.objects.get()
    facts = entry.facts
    facts["places"] = facts["places"][1:]
    entry.facts = facts
    entry.inputs_hash = digest(facts)
    Decision.objects.update(facts=facts, inputs_hash=entry.inputs_hash, hash=entry.content_hash())
    assert verify(plot.garden) == ["Entry 1 does not follow from its facts and rules."]


def test_an_applicant_reads_where_they_stood_and_contests_and_a_person_answers() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    plot = PlotFactory()
    _first, second = line(plot.garden, alix, robin)
    offer_next(plot, by=None)
    Application.objects.filter(pk=second.pk).update(
        submitted_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    )
    (entry,) = read_by(fresh(second))
    place = place_in(entry, second)
    assert place is not None
    assert (place.rank, place.of, place.reasons[0].ahead) == (2, 2, 1)
    assert "algorithm" in str(MENTION)
    with pytest.raises(Refused, match="Only the person"):
        contest(entry, robin, "I was here first.", by=account(robin))
    with pytest.raises(Refused, match="in your own words"):
        contest(entry, alix, " ", by=account(alix))
    objection = contest(entry, alix, "I wanted another one.", by=account(alix))
    with pytest.raises(Refused, match="contested this decision already"):
        contest(entry, alix, "Again.", by=account(alix))
    with pytest.raises(Refused) as refused:
        answer(objection, "Granted!", upheld=True, by=account(alix))
    assert refused.value.code == "forbidden"
    boss = manager()
    with pytest.raises(Refused, match="Answer in a sentence"):
        answer(objection, " ", upheld=False, by=boss)
    answered = answer(objection, "The list decided.", upheld=False, by=boss)
    assert (answered.state, answered.answer) == ("dismissed", "The list decided.")
