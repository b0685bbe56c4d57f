"""Who gardens and who waits in the demo town: adoptions of the plots that are taken, lists, and offers in the log."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from django.db import transaction
from django.utils import timezone

from greening.demo.landing import land
from greening.demo.load import source_of
from greening.demo.registry import DemoRun
from greening.events import Change
from greening.models import PlantingSite, Tree
from parcels.allocation import Candidate, commitment, months_after, rank
from parcels.application_lives import claim_of
from parcels.decisions import facts_of_offer, log
from parcels.default_rules import default_rules
from parcels.demo.people import add_people, name_of
from parcels.doorway import noon
from parcels.models import (
    Adoption,
    AllocationRules,
    Application,
    Decision,
    Draw,
    Plot,
    Resident,
    SharedGarden,
    Watering,
)
from parcels.waiting import candidate_of

RULES_SINCE = dt.date(2023, 1, 1)
#: People on each garden's list; the draft has none yet. The longest is that of the issue's example.
LISTS = (63, 41, 28, 34, 12, 9, 17, 22)
LONGEST_WAIT_DAYS = 1_000
#: A garden opens its list on one day, and so many come on that day.
FIRST_DAY = 0.15
HELPERS, PERMITS = 24, 9
TAKEN = ("occupied", "notice")


def is_done(run: DemoRun) -> bool:
    """Whether the demo's gardeners are there."""
    return Resident.objects.filter(synthetic=True).exists()


@transaction.atomic
def build(run: DemoRun) -> str:
    """The demo step: all of it or nothing; what was made, in a few words."""
    return add_gardeners(run.seed, timezone.localdate())


def add_gardeners(seed: int, today: dt.date) -> str:
    """Everybody, as of `today`: the same people in the same places whenever it is."""
    source = source_of(seed)
    rules = default_rules(RULES_SINCE)
    plots = list(Plot.objects.filter(source=source).select_related("garden").order_by("pk"))
    taken = [plot for plot in plots if plot.state in TAKEN]
    gardens = SharedGarden.objects.filter(source=source).exclude(state="draft").order_by("pk")
    lists = list(zip(gardens, LISTS, strict=False))
    trees = list(Tree.objects.filter(source=source, state="establishing").order_by("pk")[:HELPERS])
    pits = PlantingSite.objects.filter(source=source, kind="pit", state="occupied").order_by("pk")
    permits = list(pits[:PERMITS])
    waiting = sum(number for _garden, number in lists)
    people = add_people(seed, len(taken) + waiting + len(trees) + len(permits), RULES_SINCE)
    queue = iter(people)
    town = _Town(seed, today, rules, source)

    adoptions = land(town.gardening(taken, queue))
    adoptions += land(town.helping(trees, queue)) + land(town.permits(permits, queue))
    offers = 0
    for garden, number in lists:
        on_offer = [plot for plot in plots if plot.garden == garden and plot.state == "offered"]
        offers += town.wait(garden, [next(queue) for _ in range(number)], on_offer)
    town.water()
    return f"{waiting} on waiting lists, {offers} plots on offer, {adoptions} adoptions"


@dataclass
class _Town:
    seed: int
    today: dt.date
    rules: AllocationRules
    source: str
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng([self.seed, 22])

    # --- adoptions ----------------------------------------------------------------------------------
    def gardening(self, plots: list[Plot], queue: Iterator[Resident]) -> Iterator[Change]:
        """Each plot that is taken has its gardener; a plot under notice, one who leaves."""
        for plot in plots:
            since = self._ago(30, 330) if plot.state == "occupied" else self._ago(200, 340)
            until = months_after(since, self.rules.read.adoption_months)
            due = until - dt.timedelta(days=self.rules.read.renewal_window_days) <= self.today
            patch = {
                "state": "renewal_due" if due else "active",
                "plot": str(plot.uuid),
                **self._terms(next(queue), since, until),
            }
            if plot.state == "notice":
                leaves = self.today + dt.timedelta(days=int(self.rng.integers(3, 30)))
                patch |= {"state": "notice", "ends_on": leaves.isoformat()}
                patch["ended_because"] = Adoption.Because.NOTICE.value
            yield self._adoption(patch, "plot", plot.uuid)

    def helping(self, trees: list[Tree], queue: Iterator[Resident]) -> Iterator[Change]:
        for tree in trees:
            since = self._ago(10, 250)
            terms = self._terms(next(queue), since, months_after(since, 12))
            yield self._adoption({"state": "active", "tree": str(tree.uuid), **terms}, tree.uuid)

    def permits(self, pits: list[PlantingSite], queue: Iterator[Resident]) -> Iterator[Change]:
        """Street gardening: two in three are agreed by who manages the pit, the others asked for."""
        for number, pit in enumerate(pits):
            since = self._ago(10, 250)
            terms = self._terms(next(queue), since, months_after(since, 12))
            patch: dict[str, object] = {"site": str(pit.uuid), **terms, "state": "requested"}
            if number % 3:
                reference = f"DEMO-{number:03d}"
                patch |= {
                    "state": "active",
                    "agreed_by": pit.manager,
                    "permit_reference": reference,
                }
            yield self._adoption(patch, pit.uuid)

    def _terms(self, resident: Resident, since: dt.date, until: dt.date) -> dict[str, str]:
        return {
            "resident": str(resident.uuid),
            "rules": str(self.rules.uuid),
            "since": since.isoformat(),
            "until": until.isoformat(),
        }

    def _adoption(self, patch: dict[str, object] | dict[str, str], *what: object) -> Change:
        made = {**patch, "source": self.source, "synthetic": True}
        return Change("adoption", name_of(self.seed, "adoption", *what), made, create=True)

    def water(self) -> None:
        """A can now and then, in the last weeks."""
        helping = Adoption.objects.running().filter(tree__isnull=False, synthetic=True)
        Watering.objects.bulk_create(
            Watering(
                adoption=adoption,
                resident=adoption.resident,
                day=self._ago(1, 40),
                litres=float(self.rng.choice([10, 10, 20])),
            )
            for adoption in helping.select_related("resident").order_by("pk")
            for _ in range(int(self.rng.integers(0, 4)))
        )

    # --- waiting lists ------------------------------------------------------------------------------
    def wait(self, garden: SharedGarden, people: list[Resident], on_offer: list[Plot]) -> int:
        """A garden's list, and an offer for each plot that is on offer; how many those are."""
        made = [self._application(garden, who, n) for n, who in enumerate(people)]
        seeds = self._draws(garden, made)
        offers = self._offers(garden, made, seeds, on_offer)
        land(self._asked(application, offers) for application in made)
        return len(offers)

    def _application(self, garden: SharedGarden, who: Resident, number: int) -> Application:
        opened = self.today - dt.timedelta(days=LONGEST_WAIT_DAYS)
        day = opened if self.rng.random() < FIRST_DAY else self._ago(1, LONGEST_WAIT_DAYS - 1)
        hour = dt.time(8 + int(self.rng.integers(12)), int(self.rng.integers(60)))
        # Some have refused a plot before; it cost the second-timers six months.
        refusals = int(self.rng.choice([0, 0, 0, 0, 0, 1, 1, 2]))
        waited = (self.today - day).days
        return Application(
            uuid=name_of(self.seed, "application", garden.source_id, number),
            garden=garden,
            resident=who,
            rules=self.rules,
            submitted_at=timezone.make_aware(dt.datetime.combine(day, hour)),
            order_key=day.isoformat(),
            refusals=refusals,
            delay_months=6 if refusals == 2 else 0,
            reconfirmed_on=self._ago(5, 330) if waited > 350 else None,
        )

    def _draws(self, garden: SharedGarden, made: list[Application]) -> dict[str, str]:
        """The draws of all these days are made; those that settled something stand in the log."""
        keys = [application.order_key for application in made]
        seeds = {key: self._seed(garden, key) for key in sorted(set(keys))}
        drawn = {key: noon(dt.date.fromisoformat(key) + dt.timedelta(days=1)) for key in seeds}
        Draw.objects.bulk_create(
            Draw(
                garden=garden,
                key=key,
                sealed=seed,
                commitment=commitment(seed),
                revealed_at=drawn[key],
            )
            for key, seed in seeds.items()
        )
        for key, seed in seeds.items():
            if keys.count(key) > 1:
                facts = {"key": key, "seed": seed, "commitment": commitment(seed)}
                log(garden, Decision.What.DRAWN, self.rules, drawn[key], facts=facts)
        return seeds

    def _seed(self, garden: SharedGarden, key: str) -> str:
        return hashlib.sha256(f"demo {self.seed} {garden.source_id} {key}".encode()).hexdigest()

    def _offers(
        self,
        garden: SharedGarden,
        made: list[Application],
        seeds: dict[str, str],
        on_offer: list[Plot],
    ) -> dict[str, Decision]:
        """The log's entry for each plot on offer, by application."""
        by_name = {application.uuid: application for application in made}
        entries: dict[str, Decision] = {}
        standing: list[Candidate] = [candidate_of(application) for application in made]
        for days, plot in enumerate(on_offer):
            places = rank(standing, self.rules.read, seeds=seeds, accessible=plot.accessible)
            if not places:
                break
            chosen = by_name[places[0].candidate.application]
            at = noon(self.today - dt.timedelta(days=max(5 - days, 0)))
            facts = facts_of_offer(standing, places, seeds, plot.accessible)
            what = Decision.What.OFFERED
            entries[str(chosen.uuid)] = log(
                garden, what, self.rules, at, application=chosen, plot=plot, facts=facts
            )
            standing = [one for one in standing if one.application != chosen.uuid]
        return entries

    def _asked(self, application: Application, offers: dict[str, Decision]) -> Change:
        entry = offers.get(str(application.uuid))
        patch: dict[str, object] = {
            "state": "waiting",
            "garden": str(application.garden.uuid),
            "resident": str(application.resident.uuid),
            "rules": str(self.rules.uuid),
            "submitted_at": application.submitted_at.isoformat(),
            "order_key": application.order_key,
            "claim": claim_of(application.resident, application.garden, self.rules.read),
            "refusals": application.refusals,
            "delay_months": application.delay_months,
            "source": self.source,
            "synthetic": True,
        }
        if application.reconfirmed_on:
            patch["reconfirmed_on"] = application.reconfirmed_on.isoformat()
        if entry is not None and entry.plot is not None:
            until = timezone.localdate(entry.made_at) + dt.timedelta(
                days=self.rules.read.answer_days
            )
            patch |= {
                "state": "offered",
                "offered_plot": str(entry.plot.uuid),
                "offer_until": until.isoformat(),
                "decision": str(entry.uuid),
            }
        return Change("application", application.uuid, patch, create=True)

    def _ago(self, least: int, most: int) -> dt.date:
        return self.today - dt.timedelta(days=int(self.rng.integers(least, most + 1)))
