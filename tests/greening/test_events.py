"""The only door: each change is answered, nothing is lost, nothing lands twice."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import Group, User

from greening.events import Change, Verdict, apply
from greening.models import Event, PlantingSite, Tree
from tests.factories import TOWN_HALL, PlantingSiteFactory, SpeciesFactory, TreeFactory

pytestmark = pytest.mark.django_db
POINT = {"type": "Point", "coordinates": list(TOWN_HALL)}


def site_change(**patch: object) -> Change:
    return Change(
        "planting_site", uuid.uuid4(), {"geom": POINT, "state": "proposed", **patch}, create=True
    )


def one(change: Change) -> Verdict:
    (verdict,) = apply(change)
    return verdict


def test_a_new_site_is_applied_with_its_first_revision_and_its_history() -> None:
    change = site_change(matricule="A-1")
    verdict = one(change)
    site = PlantingSite.objects.get(uuid=change.object_uuid)
    assert (verdict.status, verdict.rev, verdict.object_id) == ("applied", 1, site.pk)
    assert (site.rev, site.matricule, site.state) == (1, "A-1", "proposed")
    assert [event.rev for event in Event.objects.of(site)] == [1]


def test_the_same_change_twice_lands_once() -> None:
    change = site_change()
    assert [verdict.status for verdict in apply([change, change])] == ["applied", "duplicate"]
    assert one(change).status == "duplicate"
    assert PlantingSite.objects.count() == 1


def test_an_identifier_used_for_another_change_is_refused() -> None:
    change = site_change()
    one(change)
    other = Change("planting_site", change.object_uuid, {"soil": "clay"}, uuid=change.uuid)
    assert one(other).code == "uuid_reused"


def test_an_illegal_move_names_the_states_that_are_open() -> None:
    site = PlantingSiteFactory(state="proposed")
    verdict = one(Change("planting_site", site.uuid, {"state": "ready"}))
    assert (verdict.status, verdict.code) == ("rejected", "illegal_move")
    assert PlantingSite.objects.get().state == "proposed"
    assert Event.objects.get().status == "rejected"


def test_a_site_is_ready_only_once_its_networks_are_cleared() -> None:
    site = PlantingSiteFactory(state="scheduled")
    assert (
        one(Change("planting_site", site.uuid, {"state": "ready"})).code == "networks_not_cleared"
    )
    cleared = {"state": "ready", "networks_cleared_on": "2026-10-01"}
    assert one(Change("planting_site", site.uuid, cleared)).status == "applied"


def plant(site: PlantingSite, **options: object) -> Change:
    patch = {
        "site": str(site.uuid),
        "geom": POINT,
        "state": "planted",
        "planted_on": "2025-11-20",
        "species": str(SpeciesFactory().uuid),
    }
    return Change("tree", uuid.uuid4(), patch, create=True, **options)  # type: ignore[arg-type]


def test_planting_a_tree_occupies_its_site_in_the_same_transaction() -> None:
    site = PlantingSiteFactory(state="ready")
    assert one(plant(site)).status == "applied"
    site.refresh_from_db()
    assert (site.state, site.rev) == ("occupied", 1)
    assert Event.objects.of(site).get().cause is not None


def test_planting_waits_for_a_ready_site_unless_a_lead_gives_a_reason() -> None:
    site = PlantingSiteFactory(state="scheduled")
    assert one(plant(site)).code == "site_not_ready"
    lead = User.objects.create(username="lead")
    lead.groups.add(Group.objects.get_or_create(name="crew_lead")[0])
    assert one(plant(site, actor=lead, override="the pit was opened today")).status == "applied"
    site.refresh_from_db()
    assert site.state == "occupied"


def test_a_site_holds_one_living_tree_even_within_one_batch() -> None:
    site = PlantingSiteFactory(state="ready")
    verdicts = apply([plant(site), plant(site)])
    assert [verdict.code for verdict in verdicts] == ["", "site_taken"]
    assert Tree.objects.count() == 1


def test_no_planting_date_in_the_future() -> None:
    tree = TreeFactory()
    tomorrow = (dt.date.today() + dt.timedelta(days=2)).isoformat()
    assert one(Change("tree", tree.uuid, {"planted_on": tomorrow})).code == "future_date"


def test_changes_to_different_fields_merge_and_to_the_same_field_conflict() -> None:
    tree = TreeFactory(rev=0)
    assert one(Change("tree", tree.uuid, {"height_m": 4.0}, base_rev=0)).status == "applied"
    assert one(Change("tree", tree.uuid, {"girth_m": 0.2}, base_rev=0)).status == "merged"
    clash = one(Change("tree", tree.uuid, {"height_m": 5.0}, base_rev=0))
    assert (clash.status, Event.objects.to_settle().count()) == ("conflict", 1)
    tree.refresh_from_db()
    assert (tree.height_m, tree.girth_m, tree.rev) == (4.0, 0.2, 2)


def test_an_explicit_null_clears_a_field() -> None:
    tree = TreeFactory(height_m=4.0)
    one(Change("tree", tree.uuid, {"height_m": None}))
    tree.refresh_from_db()
    assert tree.height_m is None


def test_a_change_that_overtook_its_predecessor_waits_and_then_lands() -> None:
    first = site_change()
    second = Change("planting_site", first.object_uuid, {"state": "surveyed"}, after=first.uuid)
    assert one(second).status == "waiting"
    assert one(first).status == "applied"
    site = PlantingSite.objects.get()
    assert (site.state, site.rev) == ("surveyed", 2)
    assert one(second).status == "duplicate"


def test_one_bad_change_stops_no_other() -> None:
    good, bad = site_change(), site_change(geom={"type": "Point", "coordinates": [48.8, 202.27]})
    assert [verdict.status for verdict in apply([bad, good])] == ["rejected", "applied"]


def test_a_resident_changes_no_tree() -> None:
    resident = User.objects.create(username="resident")
    resident.groups.add(Group.objects.get_or_create(name="resident")[0])
    tree = TreeFactory()
    assert one(Change("tree", tree.uuid, {"height_m": 3.0}, actor=resident)).code == "forbidden"


def test_a_batch_of_a_hundred_sites_costs_few_queries(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    changes = [site_change(matricule=str(number)) for number in range(100)]
    with django_assert_max_num_queries(12):
        apply(changes)


def test_a_tree_and_its_successor_may_come_in_one_batch() -> None:
    site = PlantingSiteFactory(state="vacant")
    old, new = uuid.uuid4(), uuid.uuid4()
    common = {"site": str(site.uuid), "geom": POINT}
    verdicts = apply(
        [
            Change("tree", old, {**common, "state": "dead"}, create=True),
            Change("tree", new, {**common, "state": "established"}, create=True),
            Change("tree", old, {"replaced_by": str(new)}),
        ]
    )
    assert [verdict.status for verdict in verdicts] == ["applied"] * 3
    assert Tree.objects.get(uuid=old).replaced_by == Tree.objects.get(uuid=new)
    assert Tree.objects.get(uuid=old).rev == 2


def test_a_refused_change_sent_again_has_still_not_landed() -> None:
    site = PlantingSiteFactory(state="proposed")
    change = Change("planting_site", site.uuid, {"state": "occupied"}, base_rev=site.rev)
    assert one(change).status == "rejected"
    again = one(change)
    assert (again.status, again.code, again.landed) == ("duplicate", "rejected", False)
