"""Two hundred people at the same instant, each with a connection of their own: the database itself keeps the rules."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from greening.models import Event
from parcels.allocation_rules import DEFAULT
from parcels.applying import apply_for, withdraw
from parcels.decisions import verify
from parcels.doorway import Refused
from parcels.models import Adoption, Application, Decision, Plot, Resident, SharedGarden
from parcels.offering import accept, decline, expire_due, offer_next
from tests.factories import (
    AllocationRulesFactory,
    ApplicationFactory,
    HouseholdFactory,
    PlotFactory,
    SharedGardenFactory,
)
from tests.parcels.gardeners import account, neighbour

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, THREADS = 200, 40


def at_once(asked: Sequence[Callable[[], Any]]) -> list[str]:
    """Do all of these, as many at the same instant as there are threads; what became of each."""
    together = Barrier(min(THREADS, len(asked)), timeout=60)
    first = iter(range(together.parties))

    def one(verb: Callable[[], Any]) -> str:
        try:
            if next(first, None) is not None:
                together.wait()
            verb()
        except Refused as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, asked))


@pytest.fixture
def garden() -> SharedGarden:
    AllocationRulesFactory()
    return SharedGardenFactory()


def people(number: int, *, a_household: int = 1) -> list[Resident]:
    with transaction.atomic():
        homes = [HouseholdFactory() for _ in range(number // a_household)]
        return [neighbour(f"person-{n}", household=homes[n // a_household]) for n in range(number)]


def test_of_two_hundred_who_apply_at_once_each_household_gets_one_application(
    garden: SharedGarden,
) -> None:
    residents = people(PEOPLE, a_household=2)
    said = at_once(
        [
            lambda who=who: apply_for(who, garden, by=account(who))  # type: ignore[misc]
            for who in residents
        ]
    )
    assert Counter(said) == {"done": PEOPLE // 2, "constraint": PEOPLE // 2}
    made = Application.objects.filter(state="submitted")
    assert made.count() == made.values("claim").distinct().count() == PEOPLE // 2
    assert made.values("resident__household").distinct().count() == PEOPLE // 2
    # Every answer has its receipt, and all of one day stand in one draw.
    assert Event.objects.filter(kind="application", create=True, rev=1).count() == PEOPLE // 2
    assert set(made.values_list("order_key", flat=True)) == {timezone.localdate().isoformat()}


def offers(garden: SharedGarden, residents: list[Resident]) -> list[Application]:
    """A plot on offer to each of these people."""
    with transaction.atomic():
        for number, who in enumerate(residents):
            day = dt.date(2025, 1, 1) + dt.timedelta(days=number)
            ApplicationFactory(garden=garden, resident=who, day=day)
            assert offer_next(PlotFactory(garden=garden), by=None) is not None
    return list(Application.objects.filter(state="offered").order_by("pk"))


def test_accepted_declined_and_withdrawn_at_once_a_plot_has_one_gardener_or_one_offer(
    garden: SharedGarden,
) -> None:
    """Each of fifty offers is answered four times at the same instant, in different ways; thirty more people wait."""
    residents = people(80)
    asked = offers(garden, residents[:50])
    waiting = [
        ApplicationFactory(garden=garden, resident=who, day=dt.date(2026, 1, 1))
        for who in residents[50:]
    ]
    verbs = [
        lambda made=made, verb=verb: verb(made, by=account(made.resident))
        for made in asked
        for verb in (accept, accept, decline, withdraw)
    ]
    said = at_once(verbs)
    assert len(said) == PEOPLE
    running = Adoption.objects.running()
    assert running.count() == running.values("plot").distinct().count()
    open_offers = Application.objects.filter(state="offered")
    assert open_offers.count() == open_offers.values("offered_plot").distinct().count()
    taken, offered = set(running.values_list("plot", flat=True)), set()
    for made in open_offers:
        offered.add(made.offered_plot_id)
    assert not taken & offered
    for plot in Plot.objects.filter(garden=garden):
        expected = (
            "occupied" if plot.pk in taken else "offered" if plot.pk in offered else "available"
        )
        assert plot.state == expected
    accepted = Application.objects.filter(state="accepted")
    assert accepted.count() == running.count()
    assert set(running.values_list("application", flat=True)) == set(
        accepted.values_list("pk", flat=True)
    )
    # Nobody is lost: those who waited wait on, or have an offer.
    kept = Application.objects.filter(pk__in=[made.pk for made in waiting])
    assert set(kept.values_list("state", flat=True)) <= {"waiting", "offered"}
    assert kept.count() == 30
    assert verify(garden) == []


def test_a_plot_offered_by_twenty_at_once_is_offered_to_one(garden: SharedGarden) -> None:
    for who in people(5):
        ApplicationFactory(garden=garden, resident=who)
    plots = [PlotFactory(garden=garden) for _ in range(2)]
    said = at_once([lambda plot=plot: offer_next(plot, by=None) for plot in plots * 20])
    assert Counter(said) == {"done": 2, "plot_taken": 38}
    assert Application.objects.filter(state="offered").count() == 2
    assert Decision.objects.filter(what="offered").count() == 2
    assert verify(garden) == []


def test_offers_lapse_once_however_many_look_and_never_under_an_answer(
    garden: SharedGarden,
) -> None:
    asked = offers(garden, people(10))
    Application.objects.update(offer_until=timezone.localdate())
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    said = at_once(
        [
            *(lambda: expire_due(tomorrow) for _ in range(5)),
            *(lambda made=made: accept(made, by=account(made.resident)) for made in asked),
        ]
    )
    done = Application.objects.filter(state="accepted").count()
    assert said[:5] == ["done"] * 5
    assert said[5:].count("done") == done == Adoption.objects.running().count()
    expired = Decision.objects.filter(what="expired")
    assert expired.count() == 10 - done
    assert expired.values("application").distinct().count() == expired.count()
    assert verify(garden) == []


def test_of_a_households_offers_answered_at_once_one_becomes_a_plot() -> None:
    """Twenty couples have an offer in each of two gardens, and both say yes at the same instant."""
    rules = AllocationRulesFactory(rules={**DEFAULT, "one_application_per": "household_and_garden"})
    residents = people(40, a_household=2)
    gardens = SharedGardenFactory(), SharedGardenFactory()
    asked = []
    for number, who in enumerate(residents):
        plot = PlotFactory(garden=gardens[number % 2], state="offered")
        made = ApplicationFactory(
            garden=plot.garden,
            resident=who,
            rules=rules,
            claim=f"{who.home}:{plot.garden.uuid}",
            state="offered",
            offered_plot=plot,
            offer_until=timezone.localdate(),
        )
        asked.append(made)
    said: list[str] = []
    for number in range(0, len(asked), 2):
        # A couple at a time: in a crowd, each garden's own lock keeps most couples apart.
        couple = asked[number : number + 2]
        said += at_once(
            [lambda made=made: accept(made, by=account(made.resident)) for made in couple]
        )
    assert Counter(said) == {"done": 20, "household_has_plot": 20}
    running = Adoption.objects.running()
    assert running.count() == running.values("resident__household").distinct().count() == 20


def test_applied_and_accepted_at_once_nobody_stands_behind_a_plot_of_their_own(
    garden: SharedGarden,
) -> None:
    """While thirty accept, the others of their households and thirty neighbours apply to the same garden.

    Each household ends with its plot and no application beside it; each neighbour stands on the list, once.
    """
    residents = people(60, a_household=2)
    holders, partners = residents[::2], residents[1::2]
    asked = offers(garden, holders)
    with transaction.atomic():
        neighbours = [neighbour(f"neighbour-{n}") for n in range(30)]
    verbs: list[Callable[[], Any]] = []
    for made, partner, other in zip(asked, partners, neighbours, strict=True):
        verbs += [
            lambda made=made: accept(made, by=account(made.resident)),
            lambda who=partner: apply_for(who, garden, by=account(who)),
            lambda who=other: apply_for(who, garden, by=account(who)),
        ]
    said = at_once(verbs)
    assert said[::3] == ["done"] * 30
    # Before the plot was taken the household's own application stood against it, afterwards the plot does.
    assert set(said[1::3]) <= {"constraint", "household_has_plot"}
    assert said[2::3] == ["done"] * 30
    assert Adoption.objects.running().count() == 30
    waiting = Application.objects.open()
    assert set(waiting.values_list("resident", flat=True)) == {who.pk for who in neighbours}
    assert waiting.count() == 30
    assert verify(garden) == []
