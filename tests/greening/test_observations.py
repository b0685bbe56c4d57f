"""Observations: what is seen is received, looked at and acted on; a hazard has a deadline and watches its tree."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from greening.events import Change, apply
from greening.models import Contractor, Observation, Tree
from greening.roles import Role
from tests import factories as make
from tests.greening.people import person, signed_in

pytestmark = pytest.mark.django_db
POINT = {"type": "Point", "coordinates": [2.2731, 48.8241]}


def seen(**patch: Any) -> Change:
    facts = {"what": "danger", "seen_on": "2026-10-01", "geom": POINT, "state": "received"}
    return Change("observation", uuid.uuid4(), facts | patch, create=True)


def test_a_hazard_has_a_deadline_and_puts_its_tree_under_watch() -> None:
    tree = make.TreeFactory(state="mature")
    (verdict,) = apply(seen(tree=str(tree.uuid), site=str(tree.site.uuid), severity=4))
    assert verdict.status == "applied"
    assert "crew lead today" in str(verdict.warnings[0])
    hazard = Observation.objects.get()
    assert hazard.make_safe_by == dt.date(2026, 10, 2)
    assert Tree.objects.get().under_watch is True
    assert list(Observation.objects.overdue(dt.date(2026, 10, 3))) == [hazard]
    assert not Observation.objects.overdue(dt.date(2026, 10, 2)).exists()


def test_a_slight_damage_has_no_deadline_and_leaves_the_tree() -> None:
    tree = make.TreeFactory(state="mature")
    apply(seen(what="damage", tree=str(tree.uuid), severity=1))
    assert Observation.objects.get().make_safe_by is None
    assert not Observation.objects.hazards().exists()
    assert Tree.objects.get().under_watch is False


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"state": "refused"}, "no_answer"),
        ({"state": "needs_info"}, "no_question"),
        ({"state": "acted_on"}, "no_date"),
        ({"state": "draft"}, "illegal_move"),
        ({"seen_on": "2999-01-01"}, "future_date"),
        ({"severity": 5}, "invalid"),
    ],
)
def test_what_a_move_lacks_is_said(patch: dict[str, Any], code: str) -> None:
    observation = make.ObservationFactory()
    (verdict,) = apply(Change("observation", observation.uuid, patch))
    assert (verdict.status, verdict.code) == ("rejected", code)


def test_a_tree_of_another_site_is_refused() -> None:
    tree, site = make.TreeFactory(), make.PlantingSiteFactory()
    (verdict,) = apply(seen(tree=str(tree.uuid), site=str(site.uuid)))
    assert (verdict.status, verdict.code) == ("rejected", "other_site")


def test_a_repair_that_did_not_hold_is_taken_up_again() -> None:
    observation = make.ObservationFactory()
    for patch in (
        {"state": "validated"},
        {"state": "acted_on", "done_on": "2026-10-03"},
        {"state": "validated"},
    ):
        (verdict,) = apply(Change("observation", observation.uuid, patch))
        assert verdict.status == "applied", patch
    assert list(Observation.objects.open()) == [Observation.objects.get()]


def test_a_contractor_reports_on_its_own_trees_only() -> None:
    firm = person(Role.CONTRACTOR)
    Contractor.objects.create(name="Vert").members.add(firm)
    own, other = make.TreeFactory(contractor="Vert"), make.TreeFactory(contractor="Jardins")
    told = {}
    for name, patch in (
        ("own", {"tree": str(own.uuid)}),
        ("other", {"tree": str(other.uuid)}),
        ("none", {}),
    ):
        change = seen(**patch)
        (verdict,) = apply(
            Change(change.kind, change.object_uuid, change.patch, create=True, actor=firm)
        )
        told[name] = verdict.code or verdict.status
    assert told == {"own": "applied", "other": "forbidden", "none": "forbidden"}


def test_a_lead_reports_from_the_trees_page_and_settles_it() -> None:
    tree = make.TreeFactory(state="mature")
    client = signed_in(Role.CREW_LEAD)
    page = reverse("object", args=("trees", tree.pk))
    facts = {
        "report-what": "danger",
        "report-severity": "3",
        "report-seen_on": "2026-10-01",
        "report-note": "limb",
    }
    asked = {"do": "make:report", "change": str(uuid.uuid4()), **facts}
    assert client.post(page, asked).status_code == 302
    observation = Observation.objects.get()
    assert (observation.tree, observation.site, observation.geom) == (tree, tree.site, tree.geom)
    assert f"/list/observations/{observation.pk}/" in client.get(page).text
    own = reverse("object", args=("observations", observation.pk))
    moved = {
        "do": "move:validated",
        "rev": observation.rev,
        "change": str(uuid.uuid4()),
        "to-validated-severity": "2",
    }
    assert client.post(own, moved).status_code == 302
    observation.refresh_from_db()
    assert (observation.state, observation.severity) == ("validated", 2)
    listed = client.get(
        reverse("list"), {"layer": "observations", "state": "open", "what": "danger"}
    )
    assert f"/list/observations/{observation.pk}/" in listed.text


def test_observations_are_shown_to_the_towns_people_only(client: Client) -> None:
    observation = make.ObservationFactory()
    answer = client.get(reverse("object", args=("observations", observation.pk)))
    assert answer.status_code == 302
    assert (
        signed_in(Role.RESIDENT).get(reverse("list"), {"layer": "observations"}).status_code == 403
    )


def test_late_hazards_are_found_by_the_list() -> None:
    late = make.ObservationFactory(severity=4, seen_on=dt.date(2026, 1, 1))
    slight = make.ObservationFactory(severity=1, seen_on=dt.date(2026, 1, 1))
    listed = signed_in(Role.CREW_LEAD).get(reverse("list"), {"layer": "observations", "due": "yes"})
    assert f"/list/observations/{late.pk}/" in listed.text
    assert f"/list/observations/{slight.pk}/" not in listed.text
