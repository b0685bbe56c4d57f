"""Where a tree may be planted, and what a reason cannot pass: the guards of domain.md, with who asks."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from greening.events import Change, Verdict, apply
from greening.lives import SITE
from greening.models import PlantingSite, Tree
from greening.roles import Role
from tests import factories as make
from tests.factories import TOWN_HALL
from tests.greening.people import person

pytestmark = pytest.mark.django_db
POINT = {"type": "Point", "coordinates": list(TOWN_HALL)}
REASON = "seen in the open trench"


def plant(site: PlantingSite, who: Role | None, *, state: str = "planted", reason: str = "") -> str:
    patch = {"site": str(site.uuid), "geom": POINT, "state": state, "planted_on": "2026-01-05"}
    actor: Any = person(who) if who else None
    return said(
        apply(Change("tree", uuid.uuid4(), patch, create=True, actor=actor, override=reason))
    )


def said(verdicts: list[Verdict]) -> str:
    return verdicts[0].code or verdicts[0].status


def state_of(site: PlantingSite) -> str:
    return str(PlantingSite.objects.get(pk=site.pk).state)


@pytest.mark.parametrize(
    ("who", "state", "reason", "answer"),
    [
        (Role.CREW, "planted", "", "dead_tree_stands"),
        (Role.CREW, "planted", REASON, "dead_tree_stands"),  # a crew's reason passes nothing
        (Role.CREW, "establishing", "", "dead_tree_stands"),
        (Role.PLANNER, "planted", "", "dead_tree_stands"),
        (Role.CREW_LEAD, "planted", REASON, "applied"),  # the old one is pulled out at the planting
        (None, "establishing", "", "applied"),  # an inventory of long ago
    ],
)
def test_nothing_is_planted_beside_a_dead_tree_that_stands(
    who: Role | None, state: str, reason: str, answer: str
) -> None:
    site = make.PlantingSiteFactory(state="occupied")
    make.TreeFactory(site=site, state="dead")
    assert plant(site, who, state=state, reason=reason) == answer


def test_a_dead_tree_that_is_gone_or_out_of_the_inventory_stands_in_nobodys_way() -> None:
    crew = person(Role.CREW)
    site = make.PlantingSiteFactory(state="ready")
    gone = make.TreeFactory(site=site, state="dead")
    make.TreeFactory(site=site, state="dead", archived_at="2025-01-01T00:00:00Z")
    tree = make.TreeFactory(site=site, state="reserved", planted_on=None)
    plants = {"state": "planted", "planted_on": "2026-01-05"}
    assert said(apply(Change("tree", tree.uuid, plants, actor=crew))) == "dead_tree_stands"
    both = apply(
        [
            Change("tree", gone.uuid, {"state": "missing"}, actor=crew),
            Change("tree", tree.uuid, plants, actor=crew),
        ]
    )
    assert [verdict.status for verdict in both] == ["applied", "applied"]


@pytest.mark.parametrize("where", ["vacant", "scheduled", "approved"])
def test_a_crew_does_not_call_a_new_tree_an_old_one_to_pass_by_readiness(where: str) -> None:
    site = make.PlantingSiteFactory(state=where)
    assert plant(site, Role.CREW, state="establishing") == "site_not_ready"
    assert plant(site, Role.PLANNER, state="establishing") == "applied"
    assert state_of(site) == "occupied"


def test_a_crew_records_a_tree_that_nobody_had_on_its_list() -> None:
    crew, site = person(Role.CREW), uuid.uuid4()
    place = {"geom": POINT, "state": "occupied"}
    tree = {"site": str(site), "geom": POINT, "state": "mature"}
    verdicts = apply(
        [
            Change("planting_site", site, place, create=True, actor=crew),
            Change("tree", uuid.uuid4(), tree, create=True, actor=crew),
        ]
    )
    assert [verdict.status for verdict in verdicts] == ["applied", "applied"]


@pytest.mark.parametrize("where", sorted(SITE.states - {"to_fell"}))
def test_a_leads_reason_leaves_no_living_tree_on_a_site_that_cannot_follow(where: str) -> None:
    site = make.PlantingSiteFactory(state=where)
    follows = where in ("approved", "scheduled", "ready", "occupied", "vacant")
    answer = plant(site, Role.CREW_LEAD, reason=REASON)
    assert answer == ("applied" if follows else "site_holds_none")
    assert (Tree.objects.count(), state_of(site)) == ((1, "occupied") if follows else (0, where))


def test_a_tree_recorded_at_another_site_takes_its_life_there() -> None:
    planner = person(Role.PLANNER)
    tree = make.TreeFactory()
    refused, vacant = (make.PlantingSiteFactory(state=state) for state in ("refused", "vacant"))
    to = Change("tree", tree.uuid, {"site": str(refused.uuid)}, actor=planner)
    assert said(apply(to)) == "site_holds_none"
    to = Change("tree", tree.uuid, {"site": str(vacant.uuid)}, actor=planner)
    assert said(apply(to)) == "applied"
    assert state_of(vacant) == "occupied"
