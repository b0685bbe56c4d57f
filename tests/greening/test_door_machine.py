"""Property, as a state machine: several roles at one door, sending late, twice, mixed up, ahead of themselves."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from greening.events import Change, apply
from greening.lifecycle import kind as kind_named
from greening.lives import HOLDING
from greening.models import Contractor, Event, PlantingSite, Tree
from greening.roles import Role
from tests.greening.event_streams import DAY, POINT, check, clear
from tests.greening.people import person

pytestmark = pytest.mark.django_db

FIRM = "Vert"
WORKING = (Role.CREW, Role.CREW_LEAD, Role.PLANNER, Role.ADMINISTRATOR)
#: They may change nothing of sites and trees, whatever they send.
IDLE = (Role.RESIDENT, Role.GARDEN_MANAGER)
#: Mostly people who may, so that the streams get somewhere.
actors = st.sampled_from([*WORKING, *WORKING, None, Role.CONTRACTOR, *IDLE])
site_states = st.sampled_from(sorted(kind_named("planting_site").states))  # type: ignore[union-attr]
tree_states = st.sampled_from(sorted(kind_named("tree").states))  # type: ignore[union-attr]
bases = st.sampled_from([None, None, None, 0, 1, 2, 5])
reasons = st.sampled_from(["", "", "seen in the open trench"])
late = st.sampled_from([False, False, True])
edits = {
    "planting_site": st.sampled_from([{"soil": "clay"}, {"soil": ""}, {"pit_volume_m3": 8.0}]),
    "tree": st.sampled_from(
        [{"height_m": 3.0}, {"height_m": None}, {"contractor": FIRM}, {"guarantee_until": None}]
    ),
}


class Door(RuleBasedStateMachine):
    """What was sent and what was answered; the database is the other half of its state."""

    sites = Bundle("sites")
    trees = Bundle("trees")
    pocketed = Bundle("pocketed")

    def __init__(self) -> None:
        super().__init__()
        clear()
        self.sent: list[Change] = []
        self.verdicts: list[Any] = []
        self.pocket: list[Change] = []  # made on the phone, not sent yet
        self.made = 0

    # --- sending --------------------------------------------------------------------------------------

    def make(self, who: Role | None, kind: str, target: uuid.UUID, patch: Any, **more: Any) -> Any:
        self.made += 1
        return Change(
            kind,
            target,
            patch,
            uuid=uuid.UUID(int=self.made, version=4),
            actor=PEOPLE[who],
            source="system" if who is None else "phone",
            device="phone",
            sequence=self.made,
            **more,
        )

    def send(self, changes: list[Change], *, later: bool = False) -> None:
        if later:
            self.pocket += changes
            return
        verdicts = apply(changes)
        assert [verdict.uuid for verdict in verdicts] == [change.uuid for change in changes]
        self.sent += changes
        self.verdicts += verdicts

    @rule(target=sites, who=actors, site=st.uuids(version=4), state=site_states, later=late)
    def create_site(self, who: Role | None, site: uuid.UUID, state: str, later: bool) -> uuid.UUID:
        patch = {"geom": POINT, "state": state, "networks_cleared_on": DAY.isoformat()}
        self.send([self.make(who, "planting_site", site, patch, create=True)], later=later)
        return site

    @rule(
        target=trees,
        who=actors,
        tree=st.uuids(version=4),
        site=sites,
        state=tree_states,
        firm=st.sampled_from(["", FIRM]),
        reason=reasons,
        later=late,
    )
    def create_tree(
        self,
        who: Role | None,
        tree: uuid.UUID,
        site: uuid.UUID,
        state: str,
        firm: str,
        reason: str,
        later: bool,
    ) -> uuid.UUID:
        patch = {"site": str(site), "geom": POINT, "state": state, "contractor": firm}
        patch["planted_on"] = DAY.isoformat()
        change = self.make(who, "tree", tree, patch, create=True, override=reason)
        self.send([change], later=later)
        return tree

    @rule(who=actors, site=sites, state=site_states, base=bases, reason=reasons, later=late)
    def move_site(
        self, who: Any, site: uuid.UUID, state: str, base: int | None, reason: str, later: bool
    ) -> None:
        change = self.make(who, "planting_site", site, {"state": state}, base_rev=base)
        self.send([replace(change, override=reason)], later=later)

    @rule(who=actors, tree=trees, state=tree_states, base=bases, reason=reasons, later=late)
    def move_tree(
        self, who: Any, tree: uuid.UUID, state: str, base: int | None, reason: str, later: bool
    ) -> None:
        change = self.make(who, "tree", tree, {"state": state}, base_rev=base)
        self.send([replace(change, override=reason)], later=later)

    @rule(who=actors, site=sites, patch=edits["planting_site"], base=bases, later=late)
    def edit_site(self, who: Any, site: uuid.UUID, patch: Any, base: Any, later: bool) -> None:
        self.send([self.make(who, "planting_site", site, patch, base_rev=base)], later=later)

    @rule(who=actors, tree=trees, patch=edits["tree"], base=bases, later=late)
    def edit_tree(self, who: Any, tree: uuid.UUID, patch: Any, base: Any, later: bool) -> None:
        self.send([self.make(who, "tree", tree, patch, base_rev=base)], later=later)

    @rule(who=actors, tree=trees, site=sites)
    def move_tree_to_another_site(self, who: Any, tree: uuid.UUID, site: uuid.UUID) -> None:
        self.send([self.make(who, "tree", tree, {"site": str(site)})])

    @rule(target=pocketed, who=actors, site=st.uuids(version=4), tree=st.uuids(version=4))
    def build_on_unknown(self, who: Any, site: uuid.UUID, tree: uuid.UUID) -> tuple[Change, Change]:
        """A tree on a site, and that tree's correction, both here before what they build on."""
        places = self.make(
            who, "planting_site", site, {"geom": POINT, "state": "occupied"}, create=True
        )
        patch = {"site": str(site), "geom": POINT, "state": "mature"}
        plants = self.make(who, "tree", tree, patch, create=True)
        corrects = self.make(who, "tree", tree, {"height_m": 4.0}, base_rev=1, after=plants.uuid)
        self.send([corrects])
        assert self.verdicts[-1].status == "waiting"
        return places, plants

    @rule(both=consumes(pocketed))
    def what_was_unknown_arrives(self, both: tuple[Change, Change]) -> None:
        """The tree before its site: whoever may make both, has both, and the correction with them."""
        places, plants = both
        self.send([plants])
        self.send([places])
        if plants.actor is None or plants.actor == PEOPLE[Role.PLANNER]:
            tree = Tree.objects.get(uuid=plants.object_uuid)
            assert (tree.site.uuid, tree.height_m, tree.rev) == (places.object_uuid, 4.0, 2)

    @precondition(lambda self: self.pocket)
    @rule(seed=st.integers(0, 1000), together=st.booleans())
    def deliver_mixed_up(self, seed: int, together: bool) -> None:
        post, self.pocket = self.pocket, []
        random.Random(seed).shuffle(post)
        for part in [post] if together else [[change] for change in post]:
            self.send(part)

    @precondition(lambda self: self.sent)
    @rule(number=st.integers(0, 1000), twice=st.booleans())
    def resend(self, number: int, twice: bool) -> None:
        """Answered with what became of it the first time, and nothing moves."""
        change = self.sent[number % len(self.sent)]
        row, before = Event.objects.get(uuid=change.uuid), self.standing()
        for verdict in apply([change] * (2 if twice else 1)):
            waits = row.status == "waiting"
            assert (verdict.status, verdict.code) == (
                ("waiting", row.code) if waits else ("duplicate", row.status)
            )
        assert self.standing() == before

    @precondition(lambda self: self.sent)
    @rule(number=st.integers(0, 1000))
    def resend_with_other_content(self, number: int) -> None:
        """An identifier used for something else is refused; what it stood for first stays."""
        change, before = self.sent[number % len(self.sent)], self.standing()
        (verdict,) = apply(replace(change, patch={**change.patch, "source": "other"}))
        assert (verdict.status, verdict.code) == ("rejected", "uuid_reused")
        assert self.standing() == before

    # --- what holds after every step ------------------------------------------------------------------

    @staticmethod
    def standing() -> list[Any]:
        return [
            *PlantingSite.objects.order_by("pk").values_list("uuid", "rev", "state"),
            *Tree.objects.order_by("pk").values_list("uuid", "rev", "state", "site"),
            *Event.objects.order_by("pk").values_list("uuid", "status"),
        ]

    @invariant()
    def one_living_tree_a_site(self) -> None:
        held = list(Tree.objects.filter(state__in=HOLDING).values_list("site", flat=True))
        assert len(held) == len(set(held))

    @invariant()
    def the_site_of_a_living_tree_says_so(self) -> None:
        living = Tree.objects.alive().exclude(site__state__in=("occupied", "to_fell"))
        assert not living.exists()

    @invariant()
    def who_may_nothing_changed_nothing(self) -> None:
        idle = [PEOPLE[role] for role in IDLE]
        landed = Event.objects.filter(rev__isnull=False)
        assert not landed.filter(actor__in=idle).exists()
        firms = landed.filter(actor=PEOPLE[Role.CONTRACTOR])
        assert not firms.exclude(kind="tree", create=False).exists()

    @invariant()
    def every_change_has_one_verdict_on_record(self) -> None:
        rows = Event.objects.filter(cause=None).values_list("uuid", flat=True)
        assert sorted(rows) == sorted(change.uuid for change in self.sent)

    def teardown(self) -> None:
        """Legal from the first revision to the last, and the history ends where the objects stand."""
        check([self.sent], self.verdicts)


#: One of each role, made once: an example clears what it planted, not who did it.
PEOPLE: dict[Role | None, Any] = {}


def test_whoever_sends_whatever_in_whatever_order_the_town_stays_legal() -> None:
    PEOPLE[None] = None
    PEOPLE.update({role: person(role) for role in (*WORKING, Role.CONTRACTOR, *IDLE)})
    Contractor.objects.create(name=FIRM).members.add(PEOPLE[Role.CONTRACTOR])
    run_state_machine_as_test(
        Door,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
