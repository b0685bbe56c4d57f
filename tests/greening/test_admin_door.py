"""The back office passes the only door: a save is an event, a refusal a sentence; nothing is lost or deleted."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.gis.geos import MultiPolygon
from django.test import Client
from django.urls import reverse

from greening.events import Change, apply
from greening.models import CareTask, Event, GreenRoof, NurseryOrder, PlantingSite, Tree
from greening.roles import Role
from parcels.models import Plot
from tests.factories import (
    PARK,
    STREET_CORNER,
    CareTaskFactory,
    CommuneFactory,
    GreenRoofFactory,
    NurseryOrderFactory,
    PlantingSiteFactory,
    PlotFactory,
    SpeciesFactory,
    TreeFactory,
    square,
)
from tests.greening.people import person, signed_in

pytestmark = pytest.mark.django_db


def address(obj: Any, page: str = "change") -> str:
    meta = obj._meta
    arguments = [] if page in ("add", "changelist") else [obj.pk]
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=arguments)


def opened(client: Client, there: str) -> dict[str, Any]:
    """The form as a browser would send it back untouched."""
    page = client.get(there)
    assert page.status_code == 200
    form = page.context["adminform"].form
    sent: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if bound.name == "geom":
            found = re.search(
                r'<textarea id="id_geom".*?>(.*?)</textarea>', page.content.decode(), re.S
            )
            assert found
            value = found[1].replace("&quot;", '"').strip()
        if value is None or value is False:
            continue
        sent[bound.name] = "on" if value is True else str(value)
    for inline in page.context["inline_admin_formsets"]:
        counts = inline.formset.management_form
        sent |= {counts.add_prefix(name): str(value) for name, value in counts.initial.items()}
    return sent


def errors(page: Any) -> dict[str, list[str]]:
    form = page.context["adminform"].form
    return {name: [str(each) for each in said] for name, said in form.errors.items()}


def said(page: Any) -> list[str]:
    return [str(message) for message in page.context["messages"]]


@pytest.fixture
def planner() -> Client:
    return signed_in(Role.PLANNER)


@pytest.fixture
def lead() -> Client:
    return signed_in(Role.CREW_LEAD)


# --- saving -----------------------------------------------------------------------------------------


def test_saving_is_an_event_with_its_author_device_and_only_what_changed(planner: Client) -> None:
    tree = TreeFactory(height_m=4.0)
    form = opened(planner, address(tree)) | {"height_m": "5.5", "note": "leans"}
    assert planner.post(address(tree), form).status_code == 302
    tree.refresh_from_db()
    assert (tree.height_m, tree.note, tree.rev) == (5.5, "leans", 1)
    event = Event.objects.of(tree).get()
    assert event.patch == {"height_m": 5.5, "note": "leans"}
    assert event.before == {"height_m": 4.0, "note": ""}
    assert (event.source, event.actor, event.base_rev) == ("admin", planner.user, 0)  # type: ignore[attr-defined]
    assert event.device == "Firefox, Linux"


def test_saving_without_a_change_makes_no_event(planner: Client) -> None:
    for obj in (TreeFactory(), GreenRoofFactory(area_m2=1.0), NurseryOrderFactory()):
        assert planner.post(address(obj), opened(planner, address(obj))).status_code == 302
        obj.refresh_from_db()
        assert obj.rev == 0
    assert not Event.objects.exists()


def test_a_new_object_sent_twice_is_one_object(planner: Client) -> None:
    there = reverse("admin:greening_plantingsite_add")
    form = opened(planner, there) | {
        "matricule": "N-1",
        "geom": json.dumps({"type": "Point", "coordinates": STREET_CORNER}),
    }
    assert planner.post(there, form).status_code == 302
    assert planner.post(there, form).status_code == 302  # a nervous second click
    site = PlantingSite.objects.get()
    assert (site.matricule, site.state, site.rev) == ("N-1", "proposed", 1)
    assert Event.objects.of(site).get().create


def test_a_field_can_be_cleared(planner: Client) -> None:
    tree = TreeFactory(height_m=4.0)
    form = opened(planner, address(tree))
    del form["height_m"]
    planner.post(address(tree), form | {"height_m": ""})
    tree.refresh_from_db()
    assert tree.height_m is None
    assert Event.objects.of(tree).get().patch == {"height_m": None}


def test_what_follows_from_a_change_follows_here_too(planner: Client) -> None:
    site = PlantingSiteFactory(state="ready")
    there = reverse("admin:greening_tree_add")
    form = opened(planner, there) | {
        "site": site.pk,
        "state": "planted",
        "planted_on": "2025-11-20",
        "species": SpeciesFactory().pk,
        "geom": site.geom.geojson,
    }
    assert planner.post(there, form).status_code == 302
    site.refresh_from_db()
    assert site.state == "occupied"
    assert CareTask.objects.filter(tree=Tree.objects.get(), action="stake_removal").exists()


def test_an_outline_is_measured_before_it_passes_the_door(planner: Client) -> None:
    CommuneFactory()
    roof = GreenRoofFactory(area_m2=500)
    form = opened(planner, address(roof)) | {"geom": square(*PARK, side=0.0003).geojson}
    planner.post(address(roof), form)
    # 0.0003° × 0.0003° at 48.8215°: 22.0 m × 33.4 m = 735 m².
    assert GreenRoof.objects.get().area_m2 == pytest.approx(735, rel=0.002)
    assert set(Event.objects.get().patch) == {"geom", "area_m2"}


# --- moving -----------------------------------------------------------------------------------------


def states(client: Client, there: str) -> list[str]:
    field = client.get(there).context["adminform"].form.fields["state"]
    return [value for value, _label in field.choices]


def test_only_the_next_states_are_offered_and_only_those_of_ones_role(
    planner: Client, lead: Client
) -> None:
    site = PlantingSiteFactory(state="surveyed")
    assert states(planner, address(site)) == ["surveyed", "approved", "refused"]
    assert "ready" not in states(planner, reverse("admin:greening_greenroof_add"))
    order = NurseryOrderFactory()
    assert states(lead, address(order)) == ["ordered", "received"]  # a lead cancels no order
    assert states(planner, address(order)) == ["ordered", "received", "cancelled"]


def test_a_move_that_is_not_offered_is_not_taken(planner: Client) -> None:
    site = PlantingSiteFactory(state="surveyed")
    page = planner.post(address(site), opened(planner, address(site)) | {"state": "occupied"})
    assert "state" in errors(page)
    site.refresh_from_db()
    assert site.state == "surveyed"


def test_the_doors_own_sentence_stands_beside_the_field(planner: Client) -> None:
    site = PlantingSiteFactory(state="scheduled")
    page = planner.post(address(site), opened(planner, address(site)) | {"state": "ready"})
    assert list(errors(page)) == ["networks_cleared_on"]
    assert Event.objects.get().code == "networks_not_cleared"  # the refusal is on record
    form = page.context["adminform"].form
    again = opened(planner, address(site)) | {
        "state": "ready",
        "networks_cleared_on": "2026-10-01",
        "change": str(form["change"].value()),
    }
    assert planner.post(address(site), again).status_code == 302
    site.refresh_from_db()
    assert site.state == "ready"


def test_a_lead_passes_a_rule_with_a_reason_and_a_planner_is_not_asked_for_one(
    planner: Client, lead: Client
) -> None:
    site = PlantingSiteFactory(state="scheduled")
    assert "override" not in opened(planner, address(site))
    form = opened(lead, address(site)) | {"state": "ready", "override": "seen with GRDF on site"}
    assert lead.post(address(site), form).status_code == 302
    assert Event.objects.of(site).get().override == "seen with GRDF on site"
    sneaky = opened(planner, address(PlantingSiteFactory(state="scheduled")))
    other = PlantingSite.objects.get(state="scheduled")
    page = planner.post(address(other), sneaky | {"state": "ready", "override": "because"})
    assert page.status_code == 200


def test_a_warning_of_the_door_is_shown(planner: Client) -> None:
    order = NurseryOrderFactory(ordered_count=20)
    form = opened(planner, address(order)) | {
        "state": "received",
        "received_on": "2025-11-02",
        "received_count": "18",
        "lot": "L-1",
    }
    page = planner.post(address(order), form, follow=True)
    assert any("18" in each and "20" in each for each in said(page))
    assert NurseryOrder.objects.get().state == "received"


# --- two people at once -----------------------------------------------------------------------------


def change(obj: Any, kind: str, **patch: Any) -> None:
    colleague = person(Role.PLANNER, email="bo@example.fr", first_name="Bo")
    (verdict,) = apply(Change(kind, obj.uuid, patch, actor=colleague, source="phone"))
    assert verdict.status == "applied", verdict


def test_changes_of_other_fields_in_the_meantime_are_both_kept(planner: Client) -> None:
    tree = TreeFactory(height_m=4.0, girth_m=0.2)
    form = opened(planner, address(tree))
    change(tree, "tree", height_m=6.0)
    page = planner.post(address(tree), form | {"girth_m": "0.25"}, follow=True)
    tree.refresh_from_db()
    assert (tree.height_m, tree.girth_m, tree.rev) == (6.0, 0.25, 2)
    assert Event.objects.of(tree).last().patch == {"girth_m": 0.25}  # type: ignore[union-attr]
    assert any("entre-temps" in each for each in said(page))


def test_a_contradiction_is_shown_kept_and_settled_by_saving_again(planner: Client) -> None:
    tree = TreeFactory(height_m=4.0)
    form = opened(planner, address(tree))
    change(tree, "tree", height_m=6.0)
    page = planner.post(address(tree), form | {"height_m": "5.5"})
    assert page.status_code == 200
    assert "Bo" in errors(page)["height_m"][0]
    assert "6" in errors(page)["height_m"][0]
    assert page.context["adminform"].form["height_m"].value() == "5.5"  # nothing typed is lost
    tree.refresh_from_db()
    assert tree.height_m == 6.0
    kept = Event.objects.to_settle().get()

    bound = page.context["adminform"].form
    carried = {name: str(bound[name].value()) for name in ("base_rev", "change", "settles")}
    assert planner.post(address(tree), form | {"height_m": "5.5"} | carried).status_code == 302
    tree.refresh_from_db()
    assert tree.height_m == 5.5
    kept.refresh_from_db()
    assert kept.settled_by == planner.user  # type: ignore[attr-defined]


def test_nobody_settles_anothers_change_by_a_forged_form(planner: Client) -> None:
    tree = TreeFactory(height_m=4.0)
    other = signed_in(Role.CREW_LEAD)
    form = opened(other, address(tree))
    change(tree, "tree", height_m=6.0)
    other.post(address(tree), form | {"height_m": "5.5"})
    kept = Event.objects.to_settle().get()
    forged = opened(planner, address(tree)) | {"note": "x", "settles": str(kept.uuid)}
    planner.post(address(tree), forged)
    assert Event.objects.to_settle().exists()


def test_a_stale_form_whose_state_moved_meanwhile_moves_nothing_back(planner: Client) -> None:
    site = PlantingSiteFactory(state="surveyed")
    form = opened(planner, address(site))
    change(site, "planting_site", state="approved")
    assert planner.post(address(site), form | {"soil": "clay"}).status_code == 302
    site.refresh_from_db()
    assert (site.state, site.soil) == ("approved", "clay")


# --- taking out -------------------------------------------------------------------------------------


def post_action(client: Client, model: Any, action: str, objects: list[Any], **more: Any) -> Any:
    form = {"action": action, "index": "0", "_selected_action": [obj.pk for obj in objects]}
    return client.post(address(model, "changelist") + "?archived=all", form | more, follow=True)


def test_nothing_is_deleted_it_is_taken_out_and_can_be_put_back(planner: Client) -> None:
    tree = TreeFactory()
    assert planner.post(address(tree, "delete"), {"post": "yes"}).status_code == 403
    asked = post_action(planner, Tree, "archive", [tree])
    assert "confirmed" in asked.content.decode()
    assert Tree.objects.get().archived_at is None
    post_action(planner, Tree, "archive", [tree], confirmed="yes")
    tree.refresh_from_db()
    assert tree.archived_at is not None
    assert Event.objects.of(tree).get().source == "admin"
    listed = planner.get(address(Tree, "changelist")).context["cl"]
    assert listed.result_count == 0
    post_action(planner, Tree, "restore", [tree], confirmed="yes")
    tree.refresh_from_db()
    assert (tree.archived_at, tree.rev) == (None, 2)


def test_work_and_checks_end_by_their_state_and_are_never_taken_out(planner: Client) -> None:
    task = CareTaskFactory()
    actions = [name for name, _label in planner.get(address(task, "changelist")).context[
        "action_form"].fields["action"].choices]  # fmt: skip
    assert "archive" not in actions
    assert "delete_selected" not in actions
    assert "move" in actions


def test_many_move_at_once_and_each_refusal_is_told(planner: Client) -> None:
    good = PlantingSiteFactory.create_batch(2, state="surveyed")
    bad = PlantingSiteFactory(state="vacant", matricule="V-1")
    page = post_action(
        planner, PlantingSite, "move", [*good, bad], confirmed="yes", target="approved"
    )
    assert list(PlantingSite.objects.order_by("pk").values_list("state", flat=True)) == [
        "approved",
        "approved",
        "vacant",
    ]
    assert any("V-1" in each for each in said(page))
    batches = set(Event.objects.values_list("batch", flat=True))
    assert len(batches) == 1
    assert None not in batches


def test_a_bulk_move_needs_a_confirmed_and_legal_target(planner: Client) -> None:
    site = PlantingSiteFactory(state="surveyed")
    for more in ({}, {"confirmed": "yes"}, {"confirmed": "yes", "target": "occupied"}):
        page = post_action(planner, PlantingSite, "move", [site], **more)
        assert 'value="approved"' in page.content.decode()
    assert not Event.objects.exists()


def test_a_role_without_the_right_finds_no_bulk_action(planner: Client) -> None:
    gardener = signed_in(Role.GARDEN_MANAGER)
    tree, plot = TreeFactory(), PlotFactory()
    post_action(gardener, Tree, "archive", [tree], confirmed="yes")
    assert Tree.objects.get().archived_at is None
    post_action(gardener, Plot, "archive", [plot], confirmed="yes")
    assert Plot.objects.get().archived_at is not None
    assert gardener.get(address(tree)).status_code == 200
    assert gardener.post(address(tree), {"note": "x"}).status_code == 403


def test_a_courtyard_passes_the_same_door(planner: Client) -> None:
    CommuneFactory()
    there = reverse("admin:parcels_courtyard_add")
    form = opened(planner, there) | {
        "name": "Cour",
        "geom": MultiPolygon(square(*PARK)).geojson,
        "school": "",
    }
    assert planner.post(there, form).status_code == 302
    assert Event.objects.get().kind == "courtyard"


def test_the_history_button_leads_to_the_events(planner: Client) -> None:
    tree = TreeFactory()
    answer = planner.get(address(tree, "history"))
    assert answer.url == reverse("history", args=["tree", tree.pk])  # type: ignore[attr-defined]


#: Residents' own business: it has desks and pages of its own, and no place in the back office.
RESIDENTS = {"application", "contest", "adoption", "co_gardener"}


def test_every_kind_can_be_opened_and_saved_in_the_back_office() -> None:
    from greening.lifecycle import kinds
    from tests.greening.test_permissions import TRIALS

    boss = signed_in(Role.ADMINISTRATOR)
    for kind in kinds():
        if kind.name in RESIDENTS:
            assert not site.is_registered(kind.model_class)
            continue
        obj = TRIALS[kind.name].make()
        answer = boss.post(address(obj), opened(boss, address(obj)))
        assert answer.status_code == 302, (kind.name, errors(answer))
        obj.refresh_from_db()
        assert obj.rev == 0, (kind.name, Event.objects.last())
