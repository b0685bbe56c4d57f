"""Who may do what: the whole matrix role × action × kind, written by hand and tried at the real door.

The table is what the town decided, not what the code says: a change of the code that moves a right must change this
file too.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.gis.geos import MultiPolygon
from django.utils import timezone

from greening import roles
from greening.accounts.groups import make_groups
from greening.events import Change, apply
from greening.lifecycle import kinds
from greening.models import Contractor
from greening.roles import Role, limit, rights
from parcels.waiting import draw_to_come
from tests import factories as make
from tests.factories import PARK, TOWN_HALL, square
from tests.greening.people import person

pytestmark = pytest.mark.django_db

POINT = {"type": "Point", "coordinates": list(TOWN_HALL)}
SQUARE = square(*PARK)
AREA = {"type": "MultiPolygon", "coordinates": MultiPolygon(SQUARE).coords}
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def ref(obj: Any) -> str:
    return str(obj.uuid)


@dataclass(frozen=True)
class Trial:
    """How each action is tried on a kind: nothing but the role may stand in its way."""

    make: Callable[..., Any]  # an object
    create: Callable[[], dict[str, Any]]  # what a new one says
    edit: dict[str, Any]
    move: tuple[dict[str, Any], dict[str, Any]]  # the object before, and the patch that moves it
    archives: bool = True


def application_of(resident: Any) -> dict[str, Any]:
    garden = make.SharedGardenFactory()
    draw = draw_to_come(garden, timezone.localdate().isoformat())
    return {
        "state": "submitted",
        "garden": ref(garden),
        "resident": ref(resident),
        "rules": ref(make.AllocationRulesFactory()),
        "order_key": draw.key,
        "claim": str(resident.home),
    }


def adoption_of(resident: Any) -> dict[str, Any]:
    """Of a young tree, for three months."""
    until = timezone.localdate() + dt.timedelta(days=90)
    tree = ref(make.TreeFactory())
    return {
        "state": "active",
        "tree": tree,
        "resident": ref(resident),
        "since": "2026-03-02",
        "until": until.isoformat(),
    }


def contest_of(resident: Any) -> dict[str, Any]:
    decision = make.DecisionFactory(resident=resident)
    return {"state": "received", "decision": ref(decision), "resident": ref(resident)}


TRIALS = {
    "planting_site": Trial(
        make.PlantingSiteFactory,
        lambda: {"geom": POINT, "state": "proposed"},
        {"soil": "clay"},
        ({"state": "surveyed"}, {"state": "approved"}),
    ),
    "tree": Trial(
        make.TreeFactory,
        lambda: {
            "site": ref(make.PlantingSiteFactory(state="ready")),
            "geom": POINT,
            "state": "mature",
        },
        {"note": "leans"},
        ({"state": "planted"}, {"state": "establishing"}),
    ),
    "green_roof": Trial(
        make.GreenRoofFactory,
        lambda: {
            "name": "N",
            "geom": {"type": "Polygon", "coordinates": SQUARE.coords},
            "state": "candidate",
            "kind": "extensive",
        },
        {"substrate_cm": 12},
        ({"state": "candidate"}, {"state": "studied"}),
    ),
    "care_task": Trial(
        make.CareTaskFactory,
        lambda: {
            "tree": ref(make.TreeFactory()),
            "action": "mulch",
            "state": "planned",
            "due_from": "2026-07-01",
            "due_until": "2026-07-15",
        },
        {"note": "ladder"},
        ({"state": "planned", "action": "mulch"}, {"state": "cancelled"}),
        archives=False,
    ),
    "watering_round": Trial(
        make.WateringRoundFactory,
        lambda: {
            "day": "2026-07-01",
            "state": "planned",
            "tank_litres": 1000.0,
            "litres_per_tree": 80.0,
        },
        {"note": "north first"},
        ({"state": "assigned"}, {"state": "cancelled"}),
        archives=False,
    ),
    "survival_check": Trial(
        make.SurvivalCheckFactory,
        lambda: {
            "tree": ref(make.TreeFactory()),
            "autumn": 2026,
            "checked_on": "2026-10-01",
            "found": "alive",
            "state": "recorded",
        },
        {"note": "two shoots"},
        ({}, {"state": "withdrawn"}),
        archives=False,
    ),
    "inspection": Trial(
        make.InspectionFactory,
        lambda: {
            "tree": ref(make.TreeFactory()),
            "inspected_on": "2026-03-01",
            "crown": 0,
            "trunk": 0,
            "roots": 0,
            "overall": 0,
            "state": "recorded",
        },
        {"advice": "look again"},
        ({}, {"state": "withdrawn"}),
        archives=False,
    ),
    "observation": Trial(
        make.ObservationFactory,
        lambda: {
            "what": "damage",
            "seen_on": "2026-10-01",
            "geom": POINT,
            "state": "received",
        },
        {"note": "bark torn"},
        ({"state": "received"}, {"state": "validated"}),
        archives=False,
    ),
    "nursery_order": Trial(
        make.NurseryOrderFactory,
        lambda: {
            "nursery": "N",
            "species": ref(make.SpeciesFactory()),
            "ordered_count": 3,
            "state": "ordered",
        },
        {"note": "by phone"},
        ({"state": "ordered"}, {"state": "cancelled"}),
        archives=False,
    ),
    "reception": Trial(
        make.ReceptionFactory,
        lambda: {"contractor": "C", "season": "2024-2025", "state": "prepared"},
        {"reservations": "two stakes"},
        ({"state": "prepared", "received_on": dt.date(2026, 3, 1)}, {"state": "refused"}),
        archives=False,
    ),
    "guarantee_claim": Trial(
        make.GuaranteeClaimFactory,
        lambda: {
            "tree": ref(make.TreeFactory(guarantee_until=dt.date(2028, 1, 1))),
            "defect": "dead",
            "noted_on": "2026-10-01",
            "state": "noted",
        },
        {"note": "seen twice"},
        (
            {"state": "noted", "claimed_on": dt.date(2026, 10, 2), "reason": "r"},
            {"state": "dropped"},
        ),
        archives=False,
    ),
    "shared_garden": Trial(
        make.SharedGardenFactory,
        lambda: {"name": "G", "geom": AREA, "state": "draft"},
        {"address": "rue du Parc"},
        ({"state": "open"}, {"state": "full"}),
    ),
    "plot": Trial(
        make.PlotFactory,
        lambda: {
            "garden": ref(make.SharedGardenFactory()),
            "number": "7",
            "geom": {"type": "Polygon", "coordinates": SQUARE.coords},
            "state": "available",
        },
        {"accessible": True},
        ({"state": "available"}, {"state": "resting"}),
    ),
    "courtyard": Trial(
        make.CourtyardFactory,
        lambda: {"name": "Y", "geom": AREA, "state": "baseline"},
        {"pupils": 90},
        ({"state": "baseline"}, {"state": "scored"}),
    ),
    "application": Trial(
        make.ApplicationFactory,
        lambda: application_of(make.ResidentFactory()),
        {"reconfirmed_on": "2026-10-01"},
        ({}, {"state": "withdrawn"}),
    ),
    "adoption": Trial(
        make.AdoptionFactory,
        lambda: adoption_of(make.ResidentFactory()),
        {"renewed_on": "2026-10-01"},
        ({"ends_on": dt.date(2099, 1, 1)}, {"state": "notice"}),
    ),
    "co_gardener": Trial(
        make.CoGardenerFactory,
        lambda: {
            "adoption": ref(make.AdoptionFactory()),
            "resident": ref(make.ResidentFactory()),
            "state": "active",
        },
        {"source": "list of 2020"},
        ({}, {"state": "left"}),
        archives=False,
    ),
    "contest": Trial(
        make.ContestFactory,
        lambda: contest_of(make.ResidentFactory()),
        {"source": "letter"},
        ({"answer": "The list decided."}, {"state": "dismissed"}),
        archives=False,
    ),
}

#: c create, e edit, m the move tried above, a take out; a dot for what is refused.
#: The moves a role has one by one stand in MOVES below.
MATRIX = """
                 anonymous  resident  crew  crew_lead  garden_manager  planner  administrator  contractor
planting_site    ....       ....      ce..  cema       ....            cema     cema           ....
tree             ....       ....      cem.  cema       ....            cema     cema           ....
green_roof       ....       ....      ....  ....       ....            cema     cema           ....
care_task        ...-       ...-      ce.-  cem-       ...-            cem-     cem-           ...-
watering_round   ...-       ...-      .e.-  cem-       ...-            cem-     cem-           ...-
survival_check   ...-       ...-      ce.-  cem-       ...-            cem-     cem-           ...-
inspection       ...-       ...-      ...-  cem-       ...-            cem-     cem-           ...-
observation      ...-       c..-      ce.-  cem-       ...-            cem-     cem-           ...-
nursery_order    ...-       ...-      ...-  .e.-       ...-            cem-     cem-           ...-
reception        ...-       ...-      ...-  ...-       ...-            cem-     cem-           ...-
guarantee_claim  ...-       ...-      ...-  ce.-       ...-            cem-     cem-           ...-
shared_garden    ....       ....      ....  ....       cema            ....     cema           ....
plot             ....       ....      ....  ....       cema            ....     cema           ....
courtyard        ....       ....      ....  ....       ....            cema     cema           ....
application      ....       ....      ....  ....       cema            ....     cema           ....
adoption         ....       ....      ....  ....       cema            .e..     cema           ....
co_gardener      ...-       ...-      ...-  ...-       cem-            ...-     cem-           ...-
contest          ...-       ...-      ...-  ...-       cem-            ...-     cem-           ...-
"""
#: Roles with little to do at the door: what does not stand here is refused them.
FEW_RIGHTS = """
                 inspector  garden_referent  elected_reader  publisher  dpo
survival_check   ce..       ....             ....            ....       ....
inspection       ce..       ....             ....            ....       ....
"""


def cells_of(table: str) -> tuple[list[str], dict[tuple[str, str], str]]:
    head, *rows = [line.split() for line in table.strip().splitlines()]
    return head, {
        (kind, who): cell for kind, *cells in rows for who, cell in zip(head, cells, strict=True)
    }


MANY, EXPECTED = cells_of(MATRIX)
FEW, RIGHTS_OF_FEW = cells_of(FEW_RIGHTS)
HEAD = MANY + FEW
EXPECTED |= {(kind, who): "" for kind in TRIALS for who in FEW} | RIGHTS_OF_FEW

#: Moves that a role has one by one: (role, kind, before, patch).
MOVES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("crew", "planting_site", {"state": "proposed"}, {"state": "surveyed"}),
    ("crew", "planting_site", {"state": "stump"}, {"state": "vacant"}),
    ("crew", "care_task", {"state": "planned", "action": "mulch"}, {"state": "started"}),
    (
        "crew",
        "care_task",
        {"state": "started", "action": "mulch"},
        {"state": "done", "done_on": "2026-07-02"},
    ),
    (
        "crew",
        "care_task",
        {"state": "started", "action": "mulch"},
        {"state": "not_done", "reason": "other"},
    ),
    ("crew", "watering_round", {"state": "assigned"}, {"state": "started"}),
    ("crew", "watering_round", {"state": "started"}, {"state": "done"}),
    (
        "crew_lead",
        "nursery_order",
        {"state": "ordered"},
        {"state": "received", "received_on": "2026-11-02", "lot": "L", "received_count": 20},
    ),
]


#: What a contractor may do to the trees of its own lots, and to their tasks.
OWN_LOTS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("tree", {}, {"note": "leans"}, "yes"),
    (
        "tree",
        {"state": "reserved", "planted_on": None},
        {"state": "planted", "planted_on": "2026-01-05"},
        "yes",
    ),
    ("tree", {}, {"state": "dead"}, "forbidden"),
    ("tree", {}, {"archived_at": "2026-11-01T00:00:00Z"}, "forbidden"),
    ("tree", {}, {"contractor": "Jardins"}, "forbidden"),
    ("tree", {"guarantee_until": dt.date(2027, 1, 1)}, {"guarantee_until": None}, "record_kept"),
    ("tree", {}, {"note": "leans", "source": "", "source_id": "7"}, "record_kept"),
    ("care_task", {"action": "mulch"}, {"note": "ladder"}, "yes"),
    ("care_task", {"action": "mulch"}, {"state": "started"}, "yes"),
    ("care_task", {"action": "mulch"}, {"state": "cancelled"}, "forbidden"),
    ("planting_site", {}, {"soil": "clay"}, "forbidden"),
]


#: What a resident may do to what is theirs; with another's, each of these is always refused.
OWN_GARDEN: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("application", {}, {"reconfirmed_on": "2026-10-01"}, "yes"),
    ("application", {}, {"state": "withdrawn"}, "yes"),
    ("application", {"state": "submitted"}, {"state": "checked"}, "forbidden"),
    ("application", {"state": "checked"}, {"state": "waiting"}, "forbidden"),
    ("application", {}, {"state": "refused", "reason": "other"}, "forbidden"),
    ("application", {}, {"archived_at": "2026-11-01T00:00:00Z"}, "forbidden"),
    ("application", {}, {"refusals": 3}, "not_yours"),
    ("application", {}, {"order_key": "2020-01-01"}, "fixed"),
    ("adoption", {"state": "renewal_due"}, {"state": "active"}, "yes"),
    ("adoption", {}, {"state": "notice", "ends_on": "2099-01-01"}, "yes"),
    ("adoption", {}, {"state": "ended", "ended_because": "left"}, "not_yours"),
    ("adoption", {}, {"until": "2099-01-01"}, "not_yours"),
    ("adoption", {}, {"agreed_by": "gpso"}, "not_yours"),
    ("adoption", {}, {"state": "renewal_due"}, "forbidden"),
    ("co_gardener", {}, {"state": "left"}, "yes"),
    ("co_gardener", {}, {"source": "letter"}, "forbidden"),
    ("contest", {}, {"state": "withdrawn"}, "yes"),
    ("contest", {"answer": "Granted."}, {"state": "upheld"}, "forbidden"),
]


@pytest.mark.parametrize(("kind", "before", "patch", "answer"), OWN_GARDEN)
def test_a_resident_acts_on_their_own_only(
    kind: str, before: dict[str, Any], patch: dict[str, Any], answer: str
) -> None:
    someone = person(Role.RESIDENT)
    mine = make.ResidentFactory(user=someone)
    for resident, expected in ((mine, answer), (make.ResidentFactory(), "forbidden")):
        obj = TRIALS[kind].make(resident=resident, **before)
        assert verdict_of(Change(kind, obj.uuid, patch, actor=someone)) == expected


@pytest.mark.parametrize("kind", ["application", "adoption", "co_gardener", "contest"])
def test_a_resident_makes_what_is_theirs_only(kind: str) -> None:
    someone = person(Role.RESIDENT)
    mine = make.ResidentFactory(user=someone)
    for resident, expected in ((mine, "yes"), (make.ResidentFactory(), "forbidden")):
        asked = {
            "application": lambda who=resident: application_of(who),
            "adoption": lambda who=resident: adoption_of(who),
            "contest": lambda who=resident: contest_of(who),
            "co_gardener": lambda who=resident: {
                "adoption": ref(make.AdoptionFactory(resident=who)),
                "resident": ref(make.ResidentFactory()),
                "state": "active",
            },
        }[kind]()
        change = Change(kind, uuid.uuid4(), asked, create=True, actor=someone)
        assert verdict_of(change) == expected


@pytest.mark.parametrize(("kind", "before", "patch", "answer"), OWN_LOTS)
def test_a_contractor_works_on_its_own_lots_only(
    kind: str, before: dict[str, Any], patch: dict[str, Any], answer: str
) -> None:
    """The same change is tried on a lot of theirs and on another's, which is always refused."""
    firm = person(Role.CONTRACTOR)
    Contractor.objects.create(name="Arbres et Rues").members.add(firm)
    for contractor, expected in (
        ("Arbres et Rues", answer),
        ("Vert", "forbidden"),
        ("", "forbidden"),
    ):
        site = make.PlantingSiteFactory(state="ready")
        tree = make.TreeFactory(
            site=site, contractor=contractor, **(before if kind == "tree" else {})
        )
        objects = {
            "tree": lambda tree=tree: tree,
            "care_task": lambda tree=tree: make.CareTaskFactory(tree=tree, **before),
            "planting_site": lambda site=site: site,
        }
        change = Change(kind, objects[kind]().uuid, patch, actor=firm)
        assert verdict_of(change) == expected, contractor


#: What the inventory and its contracts rest on, of a tree that is recorded: a change of each, made when asked for.
RECORD: dict[str, Callable[[], Any]] = {
    "site": lambda: ref(make.PlantingSiteFactory(state="vacant")),
    "contractor": lambda: "Vert",
    "guarantee_until": lambda: None,
    "replaced_by": lambda: ref(make.TreeFactory()),
    "source": lambda: "mine",
    "source_id": lambda: "7",
    "synthetic": lambda: True,
}


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("resident", "forbidden"),
        ("crew", "record_kept"),
        ("garden_manager", "forbidden"),
        ("contractor", "forbidden"),  # of another's lot; its own stands in OWN_LOTS
        ("crew_lead", "yes"),
        ("planner", "yes"),
        ("administrator", "yes"),
    ],
)
@pytest.mark.parametrize("name", RECORD)
def test_what_a_tree_is_recorded_by_is_corrected_by_the_office(
    name: str, who: str, answer: str
) -> None:
    tree = make.TreeFactory(guarantee_until=dt.date(2027, 1, 1))
    change = Change("tree", tree.uuid, {name: RECORD[name]()}, actor=actor(who))
    assert verdict_of(change) == answer


def test_a_crew_names_the_contractor_at_the_planting_and_not_later() -> None:
    crew = person(Role.CREW)
    site = make.PlantingSiteFactory(state="ready")
    tree = make.TreeFactory(site=site, state="reserved", planted_on=None)
    planted = {"state": "planted", "planted_on": "2026-01-05", "contractor": "Vert"}
    assert verdict_of(Change("tree", tree.uuid, planted, actor=crew)) == "yes"
    assert verdict_of(Change("tree", tree.uuid, {"contractor": "Bleu"}, actor=crew)) == (
        "record_kept"
    )


def actor(who: str) -> Any:
    """Somebody with one role. The door has no word for a stranger: an empty set of roles is one."""
    return person(email="nobody@example.fr") if who == "anonymous" else person(Role(who))


def verdict_of(change: Change) -> str:
    (verdict,) = apply(change)
    return "yes" if verdict.landed else verdict.code


def attempts(kind: str) -> Iterator[tuple[str, Change]]:
    trial = TRIALS[kind]
    yield "c", Change(kind, uuid.uuid4(), trial.create(), create=True)
    yield "e", Change(kind, trial.make().uuid, trial.edit)
    before, patch = trial.move
    yield "m", Change(kind, trial.make(**before).uuid, patch)
    if trial.archives:
        yield "a", Change(kind, trial.make().uuid, {"archived_at": "2026-11-01T00:00:00Z"})


def test_every_kind_at_the_door_stands_in_the_matrix() -> None:
    assert {kind.name for kind in kinds()} == set(TRIALS) == {kind for kind, _who in EXPECTED}
    assert set(HEAD) == {"anonymous", *Role}


@pytest.mark.parametrize("who", HEAD)
@pytest.mark.parametrize("kind", TRIALS)
def test_the_door_opens_to_whom_the_matrix_says(kind: str, who: str) -> None:
    someone = actor(who)
    said = {
        letter: verdict_of(dataclasses.replace(change, actor=someone))
        for letter, change in attempts(kind)
    }
    expected = {letter: "yes" if letter in EXPECTED[kind, who] else "forbidden" for letter in said}
    assert said == expected


@pytest.mark.parametrize(("who", "kind", "before", "patch"), MOVES)
def test_a_role_has_the_moves_it_works_with(
    who: str, kind: str, before: dict[str, Any], patch: dict[str, Any]
) -> None:
    change = Change(kind, TRIALS[kind].make(**before).uuid, patch, actor=actor(who))
    assert verdict_of(change) == "yes"


@pytest.mark.parametrize(
    ("who", "passes"),
    [
        ("resident", "forbidden"),
        ("crew", "forbidden"),
        ("garden_manager", "forbidden"),
        ("contractor", "forbidden"),
        ("inspector", "forbidden"),
        ("garden_referent", "forbidden"),
        ("elected_reader", "forbidden"),
        ("publisher", "forbidden"),
        ("dpo", "forbidden"),
        ("planner", "networks_not_cleared"),
        ("crew_lead", "yes"),
        ("administrator", "yes"),
    ],
)
def test_a_rule_is_passed_with_a_reason_by_a_lead_only(who: str, passes: str) -> None:
    site = make.PlantingSiteFactory(state="scheduled")
    change = Change(
        "planting_site", site.uuid, {"state": "ready"}, actor=actor(who), override="checked by hand"
    )
    assert verdict_of(change) == passes


def test_a_person_with_two_roles_has_the_rights_of_both() -> None:
    both = person(Role.CREW, Role.GARDEN_MANAGER)
    assert "create" in rights(both, "tree")
    assert "create" in rights(both, "plot")


def test_who_may_not_sign_in_may_nothing() -> None:
    closed = person(Role.ADMINISTRATOR, is_active=False)
    assert rights(closed, "tree") == rights(AnonymousUser(), "tree") == frozenset()
    first = User.objects.create(username="first", is_superuser=True, is_active=False)
    assert rights(first, "tree") == frozenset()


def test_a_group_that_is_no_role_gives_nothing() -> None:
    user = person()
    user.groups.add(Group.objects.create(name="gardeners of old"))
    assert rights(user, "plot") == frozenset()


def test_a_role_can_be_held_to_its_own_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contractor's case: rights on one's own lots only, asked of the object at the door."""
    monkeypatch.setattr(roles, "_limits", {})
    limit(Role.CREW, ["tree"], lambda _user, tree: tree.contractor == "Arbres et Rues")
    crew = person(Role.CREW)
    own, other = make.TreeFactory(contractor="Arbres et Rues"), make.TreeFactory(contractor="Vert")
    assert "edit" in rights(crew, "tree")  # of some tree
    assert verdict_of(Change("tree", own.uuid, {"note": "a"}, actor=crew)) == "yes"
    assert verdict_of(Change("tree", other.uuid, {"note": "a"}, actor=crew)) == "forbidden"


def test_each_role_has_its_group_after_migrate_and_only_once() -> None:
    make_groups()
    make_groups()
    assert sorted(Group.objects.values_list("name", flat=True)) == sorted(Role)
