"""Captures of a phone: each answered, none lost, none twice, whatever their neighbours are like."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from greening.models import CareTask, Event, SurvivalCheck, Tree, Unreadable
from greening.roles import Role
from tests.factories import (
    CareTaskFactory,
    CrewFactory,
    PlantingSiteFactory,
    SpeciesFactory,
    TreeFactory,
)
from tests.greening.field_phone import POINT, Phone, v7

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone() -> Phone:
    return Phone()


def test_a_planting_becomes_a_tree_with_its_phone_person_and_place(phone: Phone) -> None:
    site = PlantingSiteFactory(state="ready")
    lime = SpeciesFactory()
    event = phone.planting(
        site,
        position={"lon": 2.27371, "lat": 48.82379, "accuracy_m": 4.2, "samples": 7},
        photos=["ab" * 32],
    )
    event["patch"]["species"] = str(lime.uuid)
    (verdict,) = phone.send(event)
    tree = Tree.objects.get()
    assert (verdict["status"], verdict["rev"], verdict["object_id"]) == ("applied", 1, tree.pk)
    assert (str(tree.uuid), tree.species, tree.state) == (event["object_uuid"], lime, "planted")
    row = Event.objects.get(uuid=event["uuid"])
    assert (row.source, row.device, row.sequence, row.actor) == (
        "phone",
        str(phone.uuid),
        1,
        phone.user,
    )
    assert row.position.coords == (2.27371, 48.82379)
    assert (row.accuracy_m, row.samples, row.photos) == (4.2, 7, ["ab" * 32])
    site.refresh_from_db()
    assert site.state == "occupied"


def test_sent_again_it_is_a_duplicate_that_says_what_became_of_it_first(phone: Phone) -> None:
    site = PlantingSiteFactory(state="ready")
    good, bad = phone.planting(site), phone.planting(PlantingSiteFactory(state="refused"))
    first = phone.send(good, bad)
    assert [one["status"] for one in first] == ["applied", "rejected"]
    again = phone.send(bad, good, good)
    assert [(one["status"], one["first"]) for one in again] == [
        ("duplicate", "rejected"),
        ("duplicate", "applied"),
        ("duplicate", "applied"),
    ]
    assert again[0]["message"] == first[1]["message"]
    assert again[1]["object_id"] == first[0]["object_id"]
    assert Tree.objects.count() == 1


def test_one_identifier_for_two_contents_is_refused_and_changes_nothing(phone: Phone) -> None:
    event = phone.planting(PlantingSiteFactory(state="ready"))
    phone.send(event)
    other = {**event, "patch": {**event["patch"], "lot": "other"}, "sequence": 2}
    (verdict,) = phone.send(other)
    assert (verdict["status"], verdict["code"]) == ("rejected", "uuid_reused")
    assert Tree.objects.get().lot == ""
    # Refused, and not lost: a lead finds what was sent, once, and the balance counts it.
    phone.send(other)
    kept = Unreadable.objects.get()
    assert json.loads(kept.content) == other
    assert (str(kept.uuid), kept.sequence, kept.message) == (event["uuid"], 2, verdict["message"])
    said = phone.get("balance").json()
    assert (said["events"]["rejected"], said["sequences"]["missing"]) == (1, [])


BROKEN: list[Any] = [
    None,
    7,
    "text",
    [],
    {},
    {"uuid": "no"},
    {"uuid": 5},
    {"patch": {}},
    {"patch": None},
    {"patch": {"note": "a\x00b"}},
    {"patch": {"note": "\ud800"}},
    {"kind": None},
    {"kind": "Tree; --"},
    {"object_uuid": None},
    {"object_uuid": "x"},
    {"device_time": "yesterday"},
    {"device_time": "9999-12-31T23:59:59Z"},
    {"device_time": None},
    {"sequence": "1"},
    {"sequence": -1},
    {"sequence": True},
    {"sequence": 2**63},
    {"base_rev": 2**31},
    {"base_rev": 1.5},
    {"create": "yes"},
    {"create": 1},
    {"after": "x"},
    {"override": 5},
    {"photos": "ab" * 32},
    {"photos": ["../../etc/passwd"]},
    {"photos": ["ab" * 32] * 51},
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda item: json.dumps(item)[:40])
def test_a_malformed_item_is_answered_kept_and_stops_no_other(phone: Phone, broken: Any) -> None:
    item = broken
    if isinstance(broken, dict) and broken:
        item = phone.planting(PlantingSiteFactory(state="ready")) | broken
    good = phone.planting(PlantingSiteFactory(state="ready"))
    verdicts = phone.send(item, good)
    assert (verdicts[0]["status"], verdicts[0]["code"]) == ("rejected", "malformed")
    assert verdicts[0]["message"]
    assert verdicts[1]["status"] == "applied"
    phone.send(item)
    kept = Unreadable.objects.get()
    assert json.loads(kept.content) == item


@pytest.mark.parametrize(
    "patch",
    [
        {"girth_m": 1e999},
        {"girth_m": "wide"},
        {"planted_on": "31/12/2025"},
        {"species": "lime"},
        {"nobody": 1},
        {"geom": {"type": "Point", "coordinates": [1e400, 0]}},
        {"geom": {"type": "Polygon", "coordinates": []}},
        {"details": {"a": {"b": []}}, "lot": "x" * 5_000},
        {"state": {"a": 1}},
        {"state": ["planted"]},
        {"planted_on": 20251120},
        {"girth_m": 10**400},
        {"under_watch": "perhaps"},
    ],
    ids=lambda patch: str(patch)[:40],
)
def test_a_value_that_no_field_can_take_is_refused_and_stops_no_other(
    phone: Phone, patch: dict[str, Any]
) -> None:
    bad = phone.planting(PlantingSiteFactory(state="ready"))
    bad["patch"] |= patch
    text = json.dumps({"events": [bad, phone.planting(PlantingSiteFactory(state="ready"))]})
    answer = phone.client.post(
        "/api/field/events",
        text.replace("Infinity", "1e999"),
        "application/json",
        headers=phone.headers,
    )
    assert answer.status_code == 200, answer.content
    verdicts = answer.json()["verdicts"]
    assert [one["status"] for one in verdicts] == ["rejected", "applied"], verdicts
    assert Tree.objects.count() == 1


def test_captures_wait_for_what_has_not_arrived_and_are_applied_when_it_does(phone: Phone) -> None:
    site = PlantingSiteFactory(state="ready")
    planting = phone.planting(site)
    later = phone.event(
        "tree",
        {"note": "leans"},
        object_uuid=planting["object_uuid"],
        create=False,
        after=planting["uuid"],
    )
    (verdict,) = phone.send(later)
    assert (verdict["status"], verdict["waiting_for"]) == ("waiting", planting["uuid"])
    phone.send(planting)
    assert phone.send(later)[0]["first"] == "applied"
    assert Tree.objects.get().note == "leans"


def test_two_phones_that_disagree_leave_both_versions_for_a_lead() -> None:
    tree, one, other = TreeFactory(height_m=3.0), Phone(), Phone()
    assert one.send(one.change(tree, "tree", {"height_m": 4.0}))[0]["status"] == "applied"
    (verdict,) = other.send(other.change(tree, "tree", {"height_m": 5.0}))
    assert verdict["status"] == "conflict"
    tree.refresh_from_db()
    assert tree.height_m == 4.0
    assert Event.objects.to_settle().get().patch == {"height_m": 5.0}


def test_waterings_with_litres_close_their_task(phone: Phone) -> None:
    task = CareTaskFactory(state="assigned", crew=CrewFactory())
    patch = {"state": "done", "done_on": timezone.localdate().isoformat(), "litres_given": 80}
    assert phone.send(phone.change(task, "care_task", patch))[0]["status"] == "applied"
    task.refresh_from_db()
    assert (task.state, task.litres_given) == (CareTask.State.DONE, 80)


def test_an_explicit_null_clears_a_field(phone: Phone) -> None:
    tree = TreeFactory(height_m=3.0)
    phone.send(phone.change(tree, "tree", {"height_m": None}))
    tree.refresh_from_db()
    assert tree.height_m is None


# --- clocks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [-1, 1])
def test_a_phone_whose_clock_is_a_year_off_loses_nothing_and_is_told(
    phone: Phone, years: int
) -> None:
    wrong = timezone.now() + dt.timedelta(days=365 * years)
    event = phone.planting(
        PlantingSiteFactory(state="ready"),
        day=timezone.localtime(wrong).date(),
        device_time=wrong.isoformat(),
    )
    (verdict,) = phone.send(event, sent_at=wrong.isoformat())
    assert verdict["status"] == "applied"
    assert "clock" in verdict["warnings"][0]
    assert Tree.objects.get().planted_on == timezone.localdate()
    # Sent again, with the clock put right meanwhile: the same event still.
    assert phone.send(event, sent_at=timezone.now().isoformat())[0]["first"] == "applied"
    assert phone.send(event, sent_at=wrong.isoformat())[0]["first"] == "applied"


def test_a_capture_from_the_future_counts_as_made_when_it_arrived(phone: Phone) -> None:
    """The clock was put right between the capture and the sending: nobody knows by how much it was off."""
    wrong = timezone.now() + dt.timedelta(days=365)
    event = phone.planting(
        PlantingSiteFactory(state="ready"),
        day=timezone.localtime(wrong).date(),
        device_time=wrong.isoformat(),
    )
    assert phone.send(event, sent_at=timezone.now().isoformat())[0]["status"] == "applied"
    assert Tree.objects.get().planted_on == timezone.localdate()


def test_a_check_with_a_wrong_clock_belongs_to_the_right_autumn(phone: Phone) -> None:
    tree = TreeFactory(planted_on=dt.date(2024, 11, 20))
    wrong = timezone.now() + dt.timedelta(days=730)
    day = timezone.localtime(wrong).date()
    autumn = day.year if day.month >= 8 else day.year - 1
    event = phone.event(
        "survival_check",
        {"tree": str(tree.uuid), "autumn": autumn, "checked_on": day.isoformat(), "found": "alive",
         "state": "recorded"},
        device_time=wrong.isoformat(),
    )  # fmt: skip
    assert phone.send(event, sent_at=wrong.isoformat())[0]["status"] == "applied"
    assert SurvivalCheck.objects.get().autumn == autumn - 2


def test_a_day_that_was_chosen_on_purpose_is_left_alone(phone: Phone) -> None:
    wrong = timezone.now() - dt.timedelta(days=365)
    event = phone.planting(
        PlantingSiteFactory(state="ready"), day=dt.date(2024, 3, 1), device_time=wrong.isoformat()
    )
    phone.send(event, sent_at=wrong.isoformat())
    assert Tree.objects.get().planted_on == dt.date(2024, 3, 1)


# --- the request as a whole -------------------------------------------------------------------------


def test_too_many_or_too_large_is_413_and_nothing_is_applied(phone: Phone) -> None:
    many = [phone.planting(PlantingSiteFactory(state="ready")) for _ in range(2)] * 51
    assert phone.post("events", {"events": many}).json()["code"] == "too_large"
    large = phone.planting(PlantingSiteFactory(state="ready"))
    large["patch"]["note"] = "x" * 1_000_000
    answer = phone.post("events", {"events": [large]})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not Tree.objects.exists()


@pytest.mark.parametrize(
    ("body", "media", "status", "code"),
    [
        ("{", "application/json", 400, "malformed"),
        ("[]", "application/json", 400, "malformed"),
        ("{}", "application/json", 400, "malformed"),
        ('{"events": []}', "application/json", 400, "malformed"),
        ('{"events": {}}', "application/json", 400, "malformed"),
        ("[" * 100_000, "application/json", 400, "malformed"),
        ('{"events": [NaN]}', "application/json", 400, "malformed"),
        (b"\xff\xfe", "application/json", 400, "malformed"),
        ("events=1", "application/x-www-form-urlencoded", 415, "media_type"),
        ("x", "text/plain", 415, "media_type"),
    ],
)
def test_a_request_that_cannot_be_read_is_told_so(
    phone: Phone, body: Any, media: str, status: int, code: str
) -> None:
    answer = phone.client.generic(
        "POST", "/api/field/events", body, content_type=media, headers=phone.headers
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_crew_cannot_pass_a_lead_s_rule_with_a_reason_and_a_lead_can() -> None:
    site = PlantingSiteFactory(state="scheduled")
    crew, lead = Phone(Role.CREW), Phone(Role.CREW_LEAD)
    assert crew.send(crew.planting(site, override="it rains"))[0]["code"] == "site_not_ready"
    assert lead.send(lead.planting(site, override="it rains"))[0]["status"] == "applied"


def test_a_batch_of_a_hundred_asks_little_of_the_database(
    phone: Phone, django_assert_max_num_queries: Any
) -> None:
    events = [phone.planting(PlantingSiteFactory(state="ready")) for _ in range(100)]
    with django_assert_max_num_queries(45):
        verdicts = phone.send(*events)
    assert {one["status"] for one in verdicts} == {"applied"}


def test_a_place_that_makes_no_sense_costs_no_capture(phone: Phone) -> None:
    for position in (
        {"lon": 1e9, "lat": 0},
        {"lon": None},
        "here",
        {"lon": 2.27, "lat": 48.8, "accuracy_m": "x", "samples": "many"},
        {"lon": 2.27, "lat": 48.8, "samples": 10**9},
    ):
        event = phone.planting(PlantingSiteFactory(state="ready"), position=position)
        assert phone.send(event)[0]["status"] == "applied"


def test_what_is_unknown_waits_or_is_refused_but_never_falls_away(phone: Phone) -> None:
    unknown = phone.event("tree", {"note": "a"}, create=False)
    assert phone.send(unknown)[0]["status"] == "waiting"
    assert phone.send(phone.event("unicorn", {"note": "a"}))[0]["code"] == "unknown_kind"
    assert phone.send(phone.planting(PlantingSiteFactory(state="ready"), object_uuid=str(v7())))
    assert Event.objects.filter(device=str(phone.uuid), cause=None).count() == 3


def test_a_new_site_may_be_proposed_and_is_a_proposal(phone: Phone) -> None:
    (verdict,) = phone.send(phone.event("planting_site", {"geom": POINT, "state": "proposed"}))
    assert verdict["status"] == "applied"


def test_what_builds_on_a_refused_planting_is_kept_for_a_lead_and_says_so(phone: Phone) -> None:
    planting = phone.planting(PlantingSiteFactory(state="refused"))
    later = phone.event(
        "tree",
        {"note": "leans"},
        object_uuid=planting["object_uuid"],
        create=False,
        after=planting["uuid"],
    )
    assert phone.send(planting, later)[1]["code"] == "creation_refused"
    again = phone.send(later)[0]
    assert (again["status"], again["code"]) == ("waiting", "creation_refused")
    assert Event.objects.get(uuid=later["uuid"]).status == "waiting"


def test_a_watering_that_nobody_asked_for_is_logged_with_a_wrong_clock_too(phone: Phone) -> None:
    tree = TreeFactory()
    wrong = timezone.now() + dt.timedelta(days=365)
    day = timezone.localtime(wrong).date().isoformat()
    task = phone.event(
        "care_task",
        {
            "tree": str(tree.uuid),
            "action": "water",
            "state": "planned",
            "due_from": day,
            "due_until": day,
        },
        device_time=wrong.isoformat(),
    )
    done = phone.event(
        "care_task",
        {"state": "done", "done_on": day, "litres_given": 60},
        create=False,
        object_uuid=task["object_uuid"],
        after=task["uuid"],
        device_time=wrong.isoformat(),
    )
    said = phone.send(task, done, sent_at=wrong.isoformat())
    assert [one["status"] for one in said] == ["applied", "applied"]
    made = CareTask.objects.get()
    assert (made.due_from, made.done_on, made.litres_given) == (timezone.localdate(),) * 2 + (60,)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_busy_is_told_as_such_and_the_capture_lands_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another process holds what the capture needs for longer than the server waits."""
    phone, tree = Phone(), TreeFactory()
    event = phone.change(tree, "tree", {"note": "leans"})
    monkeypatch.setattr("greening.field.events.TRIES", 1)
    impatient = "PRAGMA busy_timeout = 50" if on_sqlite() else "SET lock_timeout = 50"
    patient = "PRAGMA busy_timeout = 20000" if on_sqlite() else "SET lock_timeout = 0"
    other = connection.copy()
    try:
        with other.cursor() as held:
            held.execute("BEGIN IMMEDIATE" if on_sqlite() else "BEGIN")
            held.execute("UPDATE greening_tree SET note = note")
            with connection.cursor() as ours:
                ours.execute(impatient)
            answer = phone.post("events", {"events": [event]})
            held.execute("ROLLBACK")
    finally:
        other.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer["Retry-After"] == "2"
    with connection.cursor() as ours:
        ours.execute(patient)
    assert phone.send(event)[0]["status"] == "applied"


def on_sqlite() -> bool:
    return connection.vendor == "sqlite"
