"""The demo's campaigns, orders and work: made once, by the same rules as a town's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from greening.campaigns import progress
from greening.demo import programme
from greening.demo.ground import Ground, build_ground
from greening.demo.load import load_ground
from greening.demo.registry import DemoRun
from greening.demo.sites import build_sites
from greening.indicators import read
from greening.models import (
    Campaign,
    CareTask,
    Event,
    NurseryOrder,
    PlantingSite,
    Report,
    SurvivalCheck,
    WateringRound,
)
from greening.survival import report

SEED, SITES = 5, 300


@pytest.fixture(scope="module")
def ground() -> Ground:
    bare = build_ground(SEED, programme=False)
    return replace(bare, sites=build_sites(SEED, bare.outline, bare.streets, bare.parks, SITES))


@pytest.mark.django_db
def test_the_programme_passes_the_door_and_its_figures_agree(ground: Ground) -> None:
    load_ground(ground)
    run = cast(DemoRun, SimpleNamespace(seed=SEED, ground=ground))
    assert not programme.is_done(run)
    said = programme.build(run)
    assert programme.is_done(run)
    assert said.startswith("5 campaigns, ")

    assert not Event.objects.exclude(status="applied").exists()
    for kind, model in (("survival_check", SurvivalCheck), ("watering_round", WateringRound)):
        created = Event.objects.filter(kind=kind, create=True).count()
        assert created == model._default_manager.count() > 0

    running = Campaign.objects.order_by("season").last()
    assert running is not None
    for cut in ("quarter", "manager", "species"):
        rows = progress(running, cut)
        assert sum(row.planned + row.planted for row in rows) <= sum(row.target for row in rows)
    counted = read("programme")
    plans = Counter(site.state for site in ground.sites)
    assert counted["trees_planned"].value == plans["scheduled"] + plans["ready"]
    lost = [
        tree for site in ground.sites for tree in site.trees if tree.state in ("dead", "missing")
    ]
    assert counted["trees_lost"].value == len(lost)

    assert set(NurseryOrder.objects.values_list("state", flat=True)) >= {"received", "planted_out"}
    assert WateringRound.objects.filter(state="done").exists()
    assert CareTask.objects.open().filter(due_from__year=2027).exists()
    reports = Report.objects.all()
    assert Counter(each.state for each in reports)["received"] == 2  # two saw the same thirsty tree
    assert sum(each.is_joined for each in reports) == 1
    assert {each.reporter for each in reports} == {None}
    found = report(2026, "contractor")
    assert sum(row.alive for row in found) > sum(row.dead + row.outside for row in found)
    assert any(row.unchecked for row in found)


@pytest.mark.django_db
def test_every_site_lies_where_the_plan_says_and_in_the_state_it_says(ground: Ground) -> None:
    load_ground(ground)
    plans = {site.matricule: site for site in ground.sites}
    other = [
        site.matricule
        for site in PlantingSite.objects.all()
        if site.state != plans[site.matricule].state
    ]
    # A tree that vanished leaves its site vacant, whatever the plan had in mind for the stump before it.
    assert len(other) <= 1
