"""Who changed what, when, from which device, field by field; and contradictions settled by a person."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from greening.events import Change, apply
from greening.history import seen_at
from greening.lifecycle import kind_of
from greening.models import Event, PlantingSite, Tree
from greening.roles import Role
from greening.settling import settle
from tests.factories import (
    CareTaskFactory,
    CommuneFactory,
    PlantingSiteFactory,
    SpeciesFactory,
    TreeFactory,
)
from tests.greening.people import person, signed_in

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


def words(client: Client, address: str, **query: Any) -> str:
    page = client.get(address, query, headers=ENGLISH)
    assert page.status_code == 200, page.status_code
    html = page.content.decode()
    text = re.sub(r"<[^>]+>", " ", html[html.index("<main") :])
    return re.sub(r"\s+", " ", text.replace("&#x27;", "'").replace("&quot;", '"'))


def of(obj: Any) -> str:
    return reverse("history", args=[kind_of(obj).name, obj.pk])


def change(obj: Any, **options: Any) -> Any:
    patch = options.pop("patch")
    with translation.override("en"):  # the door answers in its caller's language
        (verdict,) = apply(Change(kind_of(obj).name, obj.uuid, patch, **options))
    return verdict


@pytest.fixture
def tree() -> Tree:
    return TreeFactory(height_m=4.0)


# --- one object's history ---------------------------------------------------------------------------


def test_the_towns_people_read_who_changed_what_from_which_device(tree: Tree) -> None:
    ana = person(Role.CREW, email="ana@example.fr", first_name="Ana", last_name="Petit")
    lime = SpeciesFactory(genus="Tilia", species="tomentosa")
    change(
        tree,
        patch={"height_m": 5.5, "species": str(lime.uuid), "under_watch": True},
        actor=ana,
        source="phone",
        device="phone 7",
    )
    page = words(signed_in(Role.CREW_LEAD), of(tree))
    assert "Ana Petit · field app · phone 7" in page
    assert "height, m 4.0 → 5.5" in page
    assert "Tilia cordata → Tilia tomentosa" in page
    assert "under watch no → yes" in page


def test_the_public_reads_what_changed_and_no_name_note_or_refusal(tree: Tree) -> None:
    ana = person(Role.CREW, email="ana@example.fr", first_name="Ana")
    change(tree, patch={"height_m": 5.5, "note": "secret"}, actor=ana, device="phone 7")
    change(tree, patch={"note": "only this"}, actor=ana)
    change(tree, patch={"state": "reserved"}, actor=ana)
    for client in (Client(), signed_in(Role.RESIDENT)):
        page = words(client, of(tree))
        assert "height, m 4.0 → 5.5" in page
        for hidden in ("Ana", "phone 7", "secret", "only this", "cannot become", "example.fr"):
            assert hidden not in page
    staff = words(signed_in(Role.PLANNER), of(tree))
    assert "secret" in staff
    assert "cannot become" in staff


def test_the_history_of_work_is_the_towns_own() -> None:
    task = CareTaskFactory()
    assert Client().get(of(task)).status_code == 302
    assert signed_in(Role.RESIDENT).get(of(task)).status_code == 403
    assert signed_in(Role.CREW).get(of(task)).status_code == 200


def test_a_site_keeps_the_history_of_its_trees() -> None:
    site = PlantingSiteFactory(state="occupied")
    dead = TreeFactory(site=site, state="felled")
    young = TreeFactory(site=site)
    html = Client().get(of(site)).content.decode()
    assert of(dead) in html
    assert of(young) in html
    assert of(site) in Client().get(of(young)).content.decode()


def test_an_unknown_kind_number_or_page_is_not_found(tree: Tree) -> None:
    for address in ("/history/rocket/1/", "/history/tree/999999/", of(tree) + "?page=nonsense"):
        assert Client().get(address).status_code == 404


def test_a_long_history_is_read_page_by_page_with_a_fixed_number_of_questions(
    tree: Tree, django_assert_num_queries: Any
) -> None:
    client = signed_in(Role.PLANNER)
    CommuneFactory()
    for number in range(3):
        change(tree, patch={"height_m": 5.0 + number})
    client.get(of(tree))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(of(tree))
    apply([Change("tree", tree.uuid, {"height_m": 8 + n / 100}) for n in range(60)])
    with django_assert_num_queries(len(few)):
        page = client.get(of(tree))
    assert len(page.context["entries"]) == 50
    rest = client.get(of(tree), {"page": page.context["page"].next})
    assert len(rest.context["entries"]) == 13


def test_values_are_known_as_they_were_at_a_revision(tree: Tree) -> None:
    oak = SpeciesFactory(genus="Quercus", species="ilex")
    lime = tree.species
    change(tree, patch={"height_m": 5.0})
    change(tree, patch={"height_m": 6.0, "species": str(oak.uuid)})
    tree.refresh_from_db()
    assert seen_at(tree, kind_of(tree), 1) == {"height_m": 5.0, "species": lime}
    assert seen_at(tree, kind_of(tree), 0) == {"height_m": 4.0, "species": lime}
    assert seen_at(tree, kind_of(tree), 2) == {}


# --- the journal ------------------------------------------------------------------------------------


@pytest.fixture
def a_week() -> dict[str, Any]:
    """A crew's planting, a planner's refused move, an import of two sites."""
    ana = person(Role.CREW, email="ana@example.fr", first_name="Ana")
    bo = person(Role.PLANNER, email="bo@example.fr")
    tree, site = TreeFactory(), PlantingSiteFactory(state="proposed")
    batch = uuid.uuid4()
    change(tree, patch={"height_m": 5.0}, actor=ana, source="phone", device="phone 7")
    change(site, patch={"state": "ready"}, actor=bo, source="web", device="Firefox, Linux")
    for other in PlantingSiteFactory.create_batch(2):
        change(other, patch={"soil": "clay"}, source="import", batch=batch)
    return {"tree": tree, "site": site, "batch": batch}


def test_the_journal_is_searched_by_all_that_is_known_of_a_change(a_week: dict[str, Any]) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    today = timezone.localdate()
    found: dict[tuple[tuple[str, Any], ...], int] = {
        (): 4,
        (("kind", "tree"),): 1,
        (("person", "ana@"),): 1,
        (("person", "Ana"),): 1,
        (("source", "import"),): 2,
        (("device", "phone"),): 1,
        (("batch", a_week["batch"]),): 2,
        (("status", "rejected"),): 1,
        (("since", today),): 4,
        (("until", today - dt.timedelta(days=1)),): 0,
        (("kind", "planting_site"), ("source", "web")): 1,
    }
    for query, count in found.items():
        page = client.get(reverse("journal"), dict(query))
        assert len(page.context["entries"]) == count, query
    wrong = client.get(reverse("journal"), {"batch": "not one", "since": "yesterday"})
    assert len(wrong.context["entries"]) == 0
    assert set(wrong.context["form"].errors) == {"batch", "since"}


def test_a_refusal_is_in_the_journal_with_its_reason(a_week: dict[str, Any]) -> None:
    page = words(signed_in(Role.PLANNER), reverse("journal"), status="rejected")
    assert "cannot become" in page
    assert "bo@example.fr · website · Firefox, Linux" in page


def test_the_journal_asks_no_more_for_fifty_than_for_four(
    a_week: dict[str, Any], django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(Role.PLANNER)
    client.get(reverse("journal"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("journal"))
    for number in range(60):
        change(a_week["tree"], patch={"height_m": 8 + number})
        change(a_week["site"], patch={"soil": f"soil {number}"})
    with django_assert_num_queries(len(few)):
        page = client.get(reverse("journal"))
    numbers = [entry.event.pk for entry in page.context["entries"]]
    after = client.get(reverse("journal"), {"page": page.context["page"].next})
    more = [entry.event.pk for entry in after.context["entries"]]
    assert numbers == sorted(numbers, reverse=True)
    assert max(more) < min(numbers)


# --- contradictions ---------------------------------------------------------------------------------


@pytest.fixture
def kept(tree: Tree) -> Event:
    """A phone asked for 5.5 m and a note, against an old revision; somebody had written 6 m."""
    ana = person(Role.CREW, email="ana@example.fr")
    change(tree, patch={"height_m": 6.0})
    verdict = change(
        tree, patch={"height_m": 5.5, "girth_m": 0.3}, base_rev=0, actor=ana, source="phone"
    )
    assert verdict.status == "conflict"
    return Event.objects.to_settle().get()


def decide(client: Client, event: Event, **sides: str) -> Any:
    form = {f"field-{name}": side for name, side in sides.items()}
    return client.post(reverse("settle", args=[event.pk]), form, headers=ENGLISH)


def test_ours_is_written_through_the_door_field_by_field(tree: Tree, kept: Event) -> None:
    client = signed_in(Role.CREW_LEAD)
    page = words(client, reverse("to-settle"))
    assert "ana@example.fr" in page
    assert decide(client, kept, height_m="theirs", girth_m="ours").status_code == 302
    tree.refresh_from_db()
    kept.refresh_from_db()
    assert (tree.height_m, tree.girth_m) == (6.0, 0.3)
    assert kept.settled_by == client.user  # type: ignore[attr-defined]
    written = Event.objects.of(tree).last()
    assert written is not None
    assert (written.patch, written.cause) == ({"girth_m": 0.3}, kept.uuid)
    assert "Nothing waits for a decision" in words(client, reverse("to-settle"))


def test_theirs_leaves_everything_as_it_stands(tree: Tree, kept: Event) -> None:
    client = signed_in(Role.PLANNER)
    decide(client, kept, height_m="theirs", girth_m="theirs")
    tree.refresh_from_db()
    assert (tree.height_m, tree.girth_m, tree.rev) == (6.0, None, 1)
    assert not Event.objects.to_settle().exists()
    page = words(client, reverse("settle", args=[kept.pk]))
    assert "Settled by planner@example.fr" in page


def test_a_decision_is_made_for_every_field(kept: Event) -> None:
    page = decide(signed_in(Role.PLANNER), kept, height_m="ours")
    assert "Choose for each field" in page.content.decode()
    assert Event.objects.to_settle().exists()


def test_a_decision_that_a_rule_refuses_leaves_the_change_open(tree: Tree) -> None:
    change(tree, patch={"state": "establishing"})
    change(tree, patch={"state": "dead"}, base_rev=0)
    kept = Event.objects.to_settle().get()
    change(tree, patch={"state": "established"})
    change(tree, patch={"state": "mature"})
    change(tree, patch={"state": "dead"})
    change(tree, patch={"state": "missing"})
    page = decide(signed_in(Role.PLANNER), kept, state="ours")
    assert "cannot become" in page.content.decode()
    assert Event.objects.to_settle().exists()


def test_two_people_settle_a_change_once(tree: Tree, kept: Event) -> None:
    from greening.errors import BadInput

    lead = person(Role.CREW_LEAD)
    settle(kept, {"girth_m"}, by=lead)
    with pytest.raises(BadInput):
        settle(kept, {"height_m"}, by=lead)
    tree.refresh_from_db()
    assert tree.height_m == 6.0


def test_who_may_not_settle_does_not(kept: Event) -> None:
    for role in (Role.RESIDENT, Role.CREW, Role.GARDEN_MANAGER):
        assert decide(signed_in(role), kept, height_m="ours", girth_m="ours").status_code == 403
    assert Event.objects.to_settle().exists()


def test_what_waits_for_an_earlier_change_is_seen_waiting(tree: Tree) -> None:
    change(tree, patch={"height_m": 9.0}, after=uuid.uuid4(), device="phone 7")
    page = words(signed_in(Role.PLANNER), reverse("to-settle"))
    assert "Waiting for an earlier change" in page
    assert "phone 7" in page


def test_a_site_created_by_the_door_is_marked_new() -> None:
    identifier = uuid.uuid4()
    point = {"type": "Point", "coordinates": [2.27, 48.82]}
    apply(Change("planting_site", identifier, {"geom": point, "state": "proposed"}, create=True))
    site = PlantingSite.objects.get(uuid=identifier)
    assert "new" in words(Client(), of(site))
    assert "48.820000, 2.270000" in words(Client(), of(site))
