"""The demo's work since the end of summer: waterings in rounds, survival checks, inspections, claims, and
what lies ahead. All of it through the door, by the same rules as a town's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

from greening import care
from greening.care_schedule import generate, plan_round, skip_waterings
from greening.check_lives import next_inspection
from greening.demo.landing import land
from greening.demo.lives import TODAY
from greening.demo.load import source_of
from greening.demo.seen import add_reports, observations
from greening.errors import TownError
from greening.events import Change
from greening.models import CareTask, Crew, GuaranteeClaim, Tree
from greening.models.base import new_uuid
from greening.models.tree import CHECKED_AUTUMNS

CREWS = ("Équipe Nord", "Équipe Sud", "Équipe Parcs")
LAST_WATERING = date(2026, 9, 16)  # the last window of the summer opens
ROUND_DAYS = (date(2026, 9, 21), date(2026, 9, 22), date(2026, 9, 23))
STOPS = 30
#: Enough to leave the rest of the waterings out; made up.
RAIN = care.Weather(26.5, "station de démonstration")
RAIN_DAY = date(2026, 9, 26)
CHECKED_SHARE = 0.8  # of this autumn's checks are made; the rest is the crews' next work
OUTSIDE_SHARE = 0.15  # of the losses: vehicles, works, vandalism
CAUSES = ("véhicule", "vandalisme", "travaux")
AHEAD_DAYS = 150


def add_work(seed: int) -> str:
    """Everything in the order it happened; what was made, in a few words."""
    crews = Crew.objects.bulk_create(Crew(name=name, synthetic=True) for name in CREWS)
    rng = np.random.default_rng([seed, 9])
    _laid_out(LAST_WATERING, days=60)
    for day in ROUND_DAYS:
        for crew in crews:
            _water(day, crew, rng)
    _welcome(skip_waterings(RAIN, on=RAIN_DAY))
    checks = land(_checks(seed, TODAY.year - 1, rng)) + land(_checks(seed, TODAY.year, rng))
    inspections = land(_inspections(seed, rng))
    land(_claims(seed, rng))
    land(observations(seed, np.random.default_rng([seed, 10])))
    add_reports(seed, np.random.default_rng([seed, 11]))
    _laid_out(TODAY, days=AHEAD_DAYS)
    return f"{checks} survival checks, {inspections} inspections, {CareTask.objects.count()} tasks"


def _laid_out(day: date, days: int) -> None:
    refused = generate(day, horizon_days=days).refused
    if refused:
        raise TownError(f"The demo's work contradicts the rules: {refused[0]}")


def _welcome(verdicts: Any) -> None:
    for verdict in verdicts:
        if not verdict.landed:
            raise TownError(f"The demo's work contradicts the rules: {verdict.message}")


def _water(day: date, crew: Crew, rng: np.random.Generator) -> None:
    """One round: planned, driven, and a stop or two not reached."""
    tasks = CareTask.objects.waterings().filter(state="planned", round=None)
    streets = tasks.exclude(tree__site__street=None).order_by("tree__site__street", "id")
    chosen = list(streets[:STOPS])
    if not chosen:
        return
    tour, verdicts = plan_round(
        chosen,
        day=day,
        crew=crew,
        tank_litres=3_000.0,
        litres_per_tree=80.0,
        name=f"{crew.name}, {day:%d/%m}",
    )
    _welcome(verdicts)
    land([Change("watering_round", tour.uuid, {"state": "started"})])
    land(_stop(task, day, rng) for task in tour.stops)
    land([Change("watering_round", tour.uuid, {"state": "done"})])


def _stop(task: CareTask, day: date, rng: np.random.Generator) -> Change:
    if rng.random() < 0.05:
        return Change("care_task", task.uuid, {"state": "not_done", "reason": "access"})
    done = {"state": "done", "done_on": day.isoformat(), "litres_given": task.litres}
    return Change("care_task", task.uuid, done)


def _checks(seed: int, autumn: int, rng: np.random.Generator) -> Iterator[Change]:
    """One autumn's "constat de reprise": what stood, what was found dead, what was lost to others."""
    trees = Tree.objects.of_survival_check(autumn).order_by("site__street", "id")
    known = trees.values_list("uuid", "state", "ended_on")
    running = autumn == TODAY.year
    for uuid, state, ended_on in list(known):
        checked_on = date(autumn, 9, 15) + timedelta(days=int(rng.integers(0, 56)))
        if ended_on is not None and ended_on < date(autumn - 1, 11, 10):
            continue  # an earlier autumn found it
        if running and rng.random() > CHECKED_SHARE:
            continue
        lost = ended_on is not None and ended_on <= checked_on
        patch: dict[str, Any] = {
            "state": "recorded",
            "tree": str(uuid),
            "autumn": autumn,
            "checked_on": checked_on.isoformat(),
            "found": "alive",
            "source": source_of(seed),
            "synthetic": True,
        }
        if lost:
            outside = state == "missing" or rng.random() < OUTSIDE_SHARE
            patch |= {
                "found": "outside" if outside else "dead",
                "gone": state in ("missing", "felled"),
                "cause": str(rng.choice(CAUSES)) if outside else "",
            }
        yield Change("survival_check", new_uuid(), patch, create=True)


def _inspections(seed: int, rng: np.random.Generator) -> Iterator[Change]:
    """Old trees, and those under watch, looked at this year."""
    old = Tree.objects.filter(state__in=("mature", "senescent"))
    for tree in (old | Tree.objects.filter(under_watch=True)).order_by("id"):
        day = TODAY - timedelta(days=int(rng.integers(20, 400)))
        worst = {"senescent": 2, "mature": 1}.get(tree.state, 0)
        parts = [min(4, worst + int(rng.integers(0, 2))) for _ in range(3)]
        overall = max(parts)
        yield Change(
            "inspection",
            new_uuid(),
            {
                "state": "recorded",
                "tree": str(tree.uuid),
                "inspected_on": day.isoformat(),
                "crown": parts[0],
                "trunk": parts[1],
                "roots": parts[2],
                "overall": overall,
                "defects": "Bois mort dans le houppier" if overall > 1 else "",
                "next_due": next_inspection(day, overall).isoformat(),
                "source": source_of(seed),
                "synthetic": True,
            },
            create=True,
        )


def _claims(seed: int, rng: np.random.Generator) -> Iterator[Change]:
    """Trees that died under guarantee: some claimed, some answered."""
    covered = Tree.objects.filter(state="dead", guarantee_until__gte=TODAY)
    claimed = GuaranteeClaim.objects.values("tree")
    for tree in covered.exclude(pk__in=claimed).order_by("id"):
        claim = new_uuid()
        noted = max(tree.ended_on or TODAY, date(TODAY.year - CHECKED_AUTUMNS, 9, 15))
        yield Change(
            "guarantee_claim",
            claim,
            {
                "state": "noted",
                "tree": str(tree.uuid),
                "defect": "dead",
                "noted_on": noted.isoformat(),
                "source": source_of(seed),
                "synthetic": True,
            },
            create=True,
        )
        if rng.random() < 0.3:
            continue
        day = min(noted + timedelta(days=10), TODAY)
        due = day + timedelta(days=30)
        patch = {"state": "claimed", "claimed_on": day.isoformat(), "answer_due": due.isoformat()}
        yield Change("guarantee_claim", claim, patch)
        if rng.random() < 0.5:
            yield Change("guarantee_claim", claim, {"state": "accepted"})
