"""Care tasks and rounds: laid out by the rules, given, done or left out, all through the door."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.gis.geos import Point
from django.db import connection

from greening.care import RULES, Rule, Weather, Yearly
from greening.care_schedule import Generated, generate, plan_round, skip_waterings
from greening.errors import BadInput
from greening.events import Change, Verdict, apply
from greening.models import CareTask, Event, PlantingSite, Tree, WateringRound
from tests.factories import (
    TOWN_HALL,
    CareTaskFactory,
    CommuneFactory,
    CrewFactory,
    PlantingSiteFactory,
    TreeFactory,
    WateringRoundFactory,
)

pytestmark = pytest.mark.django_db
POINT = {"type": "Point", "coordinates": list(TOWN_HALL)}
SUMMER = dt.date(2026, 7, 1)
WATER = Yearly("water", "water", opens=(5, 1), closes=(9, 30), times=(3, 2, 1), litres=80.0)


def one(change: Change) -> Verdict:
    (verdict,) = apply(change)
    return verdict


def move(obj: object, **patch: object) -> Verdict:
    kind = "care_task" if isinstance(obj, CareTask) else "watering_round"
    return one(Change(kind, obj.uuid, patch))  # type: ignore[attr-defined]


def person(role: str) -> User:
    user = User.objects.create(username=role)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


# --- generation -------------------------------------------------------------------------------------
def test_the_rules_make_tasks_once_however_often_they_run() -> None:
    TreeFactory()
    first = generate(SUMMER, [WATER])
    assert (first.trees, first.created, first.refused) == (
        1,
        4,
        (),
    )  # two windows left of 2026, and 2027's two
    assert generate(SUMMER, [WATER]).created == 0
    assert CareTask.objects.count() == 4
    assert set(CareTask.objects.values_list("rule", "state", "rev")) == {("water", "planned", 1)}


def test_a_later_run_adds_only_what_has_come_into_sight() -> None:
    TreeFactory()
    assert generate(SUMMER, [WATER], horizon_days=30).created == 1
    assert generate(SUMMER, [WATER], horizon_days=60).created == 1
    assert generate(SUMMER + dt.timedelta(days=60), [WATER], horizon_days=0).created == 0


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_make_each_task_once() -> None:
    TreeFactory.create_batch(12)

    def run(_number: int) -> Generated:
        try:
            return generate(SUMMER, [WATER])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(run, range(4)))
    assert CareTask.objects.count() == 48
    assert CareTask.objects.values("tree", "due_from").distinct().count() == 48
    assert Event.objects.filter(kind="care_task").count() == 48
    assert [refused for done in runs for refused in done.refused] == []


def test_the_same_window_is_never_made_twice_even_by_the_back_door_of_another_identifier() -> None:
    tree = TreeFactory()
    generate(SUMMER, [WATER], horizon_days=30)
    task = CareTask.objects.get()
    twin = {
        "tree": str(tree.uuid),
        "state": "planned",
        "action": "water",
        "rule": task.rule,
        "due_from": task.due_from.isoformat(),
        "due_until": task.due_until.isoformat(),
    }
    verdict = one(Change("care_task", uuid.uuid4(), twin, create=True))
    assert (verdict.status, verdict.code) == ("rejected", "constraint")
    assert CareTask.objects.count() == 1


def test_a_done_task_is_not_asked_for_again() -> None:
    TreeFactory()
    generate(SUMMER, [WATER], horizon_days=30)
    task = CareTask.objects.get()
    assert move(task, state="done", done_on="2026-07-02", litres_given=80.0).landed
    generate(SUMMER, [WATER], horizon_days=30)
    assert CareTask.objects.get().state == "done"


def test_planned_tasks_that_the_rules_no_longer_ask_for_are_withdrawn_and_taken_ones_stay() -> None:
    TreeFactory()
    generate(SUMMER, [WATER], horizon_days=60)
    mine = CareTask.objects.order_by("due_from")[0]
    crew = CrewFactory()
    assert move(mine, state="assigned", crew=str(crew.uuid)).landed
    less = Yearly("water", "water", opens=(5, 1), closes=(9, 30), times=(1,), litres=80.0)
    done = generate(SUMMER, [less], horizon_days=60)
    assert (done.created, done.withdrawn) == (1, 1)
    states = CareTask.objects.order_by("due_from", "id").values_list("state", "reason")
    assert list(states) == [("planned", ""), ("assigned", ""), ("cancelled", "superseded")]
    assert generate(SUMMER, [less], horizon_days=60).withdrawn == 0


def test_trees_that_are_lost_old_archived_or_at_the_nursery_get_no_watering() -> None:
    for facts in (
        {"state": "felled"},
        {"state": "reserved", "planted_on": None},
        {"planted_on": dt.date(2001, 11, 20)},
        {"state": "mature", "planted_on": None},
    ):
        TreeFactory(**facts)
    TreeFactory(archived_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    generate(SUMMER, [WATER])
    assert CareTask.objects.count() == 0


def test_a_dead_tree_gets_a_replacement_and_nothing_else() -> None:
    TreeFactory(state="dead", ended_on=dt.date(2026, 6, 1))
    generate(SUMMER, RULES)
    assert list(CareTask.objects.values_list("action", flat=True)) == ["replace"]


def test_a_batch_of_trees_costs_few_queries(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    TreeFactory.create_batch(60)
    with django_assert_max_num_queries(20):
        assert generate(SUMMER, [WATER], horizon_days=30).created == 60


# --- what a tree's life does to its tasks -------------------------------------------------------------
def plant(site: PlantingSite, day: dt.date) -> tuple[uuid.UUID, Verdict]:
    tree = uuid.uuid4()
    patch = {
        "site": str(site.uuid),
        "geom": POINT,
        "state": "planted",
        "planted_on": day.isoformat(),
    }
    return tree, one(Change("tree", tree, patch, create=True))


def test_planting_sets_the_day_the_stake_comes_off() -> None:
    day = dt.date.today() - dt.timedelta(days=10)
    tree, verdict = plant(PlantingSiteFactory(state="ready"), day)
    assert verdict.status == "applied"
    task = CareTask.objects.get()
    assert (task.tree.uuid, task.action) == (tree, "stake_removal")
    assert task.due_from.year == day.year + 2
    assert Event.objects.of(task).get().cause == Event.objects.of(task.tree).get().uuid
    stakes: list[Rule] = [rule for rule in RULES if rule.action == "stake_removal"]
    generate(dt.date.today(), stakes, horizon_days=5 * 366)
    assert CareTask.objects.count() == 1, "the rules find it made already"


def test_an_old_planting_entered_today_has_no_stake_to_remove() -> None:
    _tree, verdict = plant(PlantingSiteFactory(state="ready"), dt.date(2015, 11, 20))
    assert verdict.status == "applied"
    assert CareTask.objects.count() == 0


def test_a_tree_found_again_keeps_its_one_stake_task() -> None:
    day = dt.date.today() - dt.timedelta(days=10)
    tree, _verdict = plant(PlantingSiteFactory(state="ready"), day)
    assert one(Change("tree", tree, {"state": "missing"})).landed
    assert CareTask.objects.get().state == "cancelled"
    PlantingSite.objects.update(state="ready")
    assert one(Change("tree", tree, {"state": "planted"})).landed
    assert CareTask.objects.count() == 1


def test_a_dead_tree_asks_for_no_more_care() -> None:
    tree = TreeFactory()
    waiting, done = (
        CareTaskFactory(tree=tree),
        CareTaskFactory(tree=tree, state="done", due_from=dt.date(2026, 5, 1)),
    )
    other = CareTaskFactory()
    one(Change("tree", tree.uuid, {"state": "dead", "ended_on": "2026-07-01"}))
    for task in (waiting, done, other):
        task.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("cancelled", "tree_gone")
    assert (done.state, other.state) == ("done", "planned")


def test_a_tree_that_vanished_from_its_source_asks_for_no_more_care() -> None:
    task = CareTaskFactory()
    one(Change("tree", task.tree.uuid, {"archived_at": "2026-07-01T00:00:00Z"}))
    task.refresh_from_db()
    assert task.state == "cancelled"


# --- the life of a task -------------------------------------------------------------------------------
def test_a_task_is_assigned_started_and_done_with_its_litres() -> None:
    task, crew = CareTaskFactory(litres=80.0), CrewFactory()
    assert move(task, state="assigned").code == "no_crew"
    assert move(task, state="assigned", crew=str(crew.uuid)).landed
    assert move(task, state="started").landed
    assert move(task, state="done", done_on="2026-07-02").code == "no_litres"
    assert move(task, state="done", litres_given=0.0).code == "no_date"
    assert move(task, state="done", done_on="2026-07-02", litres_given=0.0).landed, "0 is a value"
    task.refresh_from_db()
    assert (task.state, task.rev) == ("done", 3)
    assert move(task, state="planned").code == "illegal_move"


def test_not_done_says_why_and_rain_says_how_much() -> None:
    task = CareTaskFactory()
    assert move(task, state="not_done").code == "no_reason"
    assert move(task, state="not_done", reason="rain").code == "no_rain_value"
    assert move(task, state="not_done", reason="drought_order").code == "no_order"
    assert move(task, state="not_done", reason="rain", rain_mm=22.5).landed


def test_work_in_the_future_or_backwards_in_time_is_refused() -> None:
    task = CareTaskFactory()
    tomorrow = (dt.date.today() + dt.timedelta(days=2)).isoformat()
    assert move(task, state="done", done_on=tomorrow, litres_given=80).code == "future_date"
    assert move(task, due_until="2026-06-01").code == "window"


def test_pruning_in_the_nesting_season_warns_and_work_outside_its_window_too() -> None:
    task = CareTaskFactory(action="prune")
    at = dt.datetime(2026, 5, 4, 8, tzinfo=dt.UTC)
    done = {"state": "done", "done_on": "2026-05-04"}
    (verdict,) = apply(Change("care_task", task.uuid, done, device_time=at))
    assert verdict.landed
    assert len(verdict.warnings) == 2
    assert "Nesting" in verdict.warnings[0]


def test_no_task_for_a_tree_that_is_gone_but_its_replacement() -> None:
    tree = TreeFactory(state="felled")
    window = {"due_from": "2026-11-15", "due_until": "2027-03-15", "tree": str(tree.uuid)}
    water = {**window, "action": "water", "state": "planned"}
    assert one(Change("care_task", uuid.uuid4(), water, create=True)).code == "no_living_tree"
    assert one(
        Change("care_task", uuid.uuid4(), {**water, "action": "replace"}, create=True)
    ).landed


ROLES = ["resident", "crew", "crew_lead", "planner", "administrator"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ["create", "assign", "done", "cancel"])
def test_who_may_do_what_to_a_task(role: str, action: str) -> None:
    may = {
        "resident": set(),
        "crew": {"create", "assign", "done"},
        "crew_lead": {"create", "assign", "done", "cancel"},
        "planner": {"create", "assign", "done", "cancel"},
        "administrator": {"create", "assign", "done", "cancel"},
    }[role]
    task, crew = CareTaskFactory(), CrewFactory()
    patches = {
        "create": {
            "tree": str(TreeFactory().uuid),
            "action": "mulch",
            "state": "planned",
            "due_from": "2026-03-01",
            "due_until": "2026-04-01",
        },
        "assign": {"state": "assigned", "crew": str(crew.uuid)},
        "done": {"state": "done", "done_on": "2026-07-02", "litres_given": 60},
        "cancel": {"state": "cancelled"},
    }
    created = action == "create"
    verdict = one(
        Change(
            "care_task",
            uuid.uuid4() if created else task.uuid,
            patches[action],
            create=created,
            actor=person(role),
        )
    )
    assert verdict.status == ("applied" if action in may else "rejected")


# --- rounds -------------------------------------------------------------------------------------------
def street_of_trees(count: int) -> list[CareTask]:
    """Trees 0.0005° (37 m) apart along a street, entered in a jumbled order."""
    tasks = []
    for number in sorted(range(count), key=lambda n: (n * 7) % count):
        site = PlantingSiteFactory(geom=Point(2.2700 + number * 0.0005, 48.8240), state="occupied")
        tasks.append(CareTaskFactory(tree=TreeFactory(site=site)))
    return tasks


def test_a_round_gives_its_trees_to_a_crew_in_driving_order() -> None:
    CommuneFactory()
    tasks, crew = street_of_trees(5), CrewFactory()
    tour, verdicts = plan_round(
        tasks,
        day=SUMMER,
        crew=crew,
        tank_litres=200,
        litres_per_tree=80,
        depot=Point(2.2690, 48.8240, srid=4326),
    )
    assert [verdict.status for verdict in verdicts] == ["applied"] * 6
    assert [stop.tree.geom.x for stop in tour.stops] == sorted(t.tree.geom.x for t in tasks)
    assert {(stop.state, stop.crew_id, stop.litres) for stop in tour.stops} == {
        ("assigned", crew.pk, 80.0)
    }
    assert tour.tanks_for(5) == 3
    assert tour.length_m == pytest.approx(0.003 * 73_330, rel=0.01)  # 111,320 m · cos 48.8°


def test_a_round_takes_only_planned_waterings() -> None:
    CommuneFactory()
    options = {"day": SUMMER, "crew": CrewFactory(), "tank_litres": 1000, "litres_per_tree": 80}
    for tasks in ([], [CareTaskFactory(action="prune")], [CareTaskFactory(state="done")]):
        with pytest.raises(BadInput):
            plan_round(tasks, **options)
    with pytest.raises(BadInput, match="whole tank"):
        plan_round([CareTaskFactory()], **{**options, "tank_litres": 50})
    assert WateringRound.objects.count() == 0


def test_a_task_taken_meanwhile_stops_no_round() -> None:
    CommuneFactory()
    tasks = street_of_trees(3)
    move(tasks[0], state="assigned", crew=str(CrewFactory().uuid))  # seen as planned by the planner
    with pytest.raises(BadInput):
        plan_round(
            CareTask.objects.all(),
            day=SUMMER,
            crew=CrewFactory(),
            tank_litres=900,
            litres_per_tree=80,
        )
    tour, verdicts = plan_round(
        tasks[1:], day=SUMMER, crew=CrewFactory(), tank_litres=900, litres_per_tree=80
    )
    assert len(verdicts) == 3
    assert tour.stops.count() == 2


def test_a_skipped_round_leaves_its_trees_with_the_value_used() -> None:
    tour = WateringRoundFactory(day=SUMMER)
    waiting = CareTaskFactory(round=tour, crew=tour.crew, state="assigned")
    done = CareTaskFactory(round=tour, crew=tour.crew, state="done")
    assert move(tour, state="skipped", skip_reason="rain").code == "no_rain_value"
    assert move(tour, state="skipped", skip_reason="rain", rain_mm=31.0).landed
    waiting.refresh_from_db()
    done.refresh_from_db()
    assert (waiting.state, waiting.reason, waiting.rain_mm) == ("not_done", "rain", 31.0)
    assert done.state == "done"


def test_a_cancelled_round_gives_its_trees_back() -> None:
    tour = WateringRoundFactory()
    waiting = CareTaskFactory(round=tour, crew=tour.crew, state="assigned", stop=1)
    begun = CareTaskFactory(round=tour, crew=tour.crew, state="started", stop=2)
    assert move(tour, state="cancelled").landed
    waiting.refresh_from_db()
    begun.refresh_from_db()
    assert (waiting.state, waiting.round, waiting.crew, waiting.stop) == (
        "planned",
        None,
        None,
        None,
    )
    assert begun.state == "started"


def test_a_round_closed_with_open_trees_says_so() -> None:
    tour = WateringRoundFactory(state="started")
    CareTaskFactory(round=tour, crew=tour.crew, state="assigned")
    (warning,) = move(tour, state="done").warnings
    assert warning.startswith("1 tree")


def test_only_waterings_go_into_a_round() -> None:
    tour, task = WateringRoundFactory(), CareTaskFactory(action="prune")
    assert move(task, round=str(tour.uuid)).code == "not_a_watering"


def test_rain_skips_the_days_rounds_and_the_waterings_about_to_close() -> None:
    tour = WateringRoundFactory(day=SUMMER)
    inside = CareTaskFactory(round=tour, crew=tour.crew, state="assigned")
    closing = CareTaskFactory(due_until=SUMMER + dt.timedelta(days=3))
    open_longer = CareTaskFactory(due_until=SUMMER + dt.timedelta(days=20))
    assert skip_waterings(Weather(4.0, "Villacoublay"), on=SUMMER) == []
    verdicts = skip_waterings(Weather(26.0, "Villacoublay"), on=SUMMER)
    assert [verdict.status for verdict in verdicts] == ["applied", "applied"]
    for task, state in ((inside, "not_done"), (closing, "not_done"), (open_longer, "planned")):
        task.refresh_from_db()
        assert task.state == state
    assert (closing.reason, closing.rain_mm) == ("rain", 26.0)
    assert "Villacoublay" in closing.note


def test_a_drought_order_is_named_on_what_it_leaves_out() -> None:
    task = CareTaskFactory(due_until=SUMMER)
    skip_waterings(Weather(None, "", drought_order="Arrêté 2026-113"), on=SUMMER)
    task.refresh_from_db()
    assert (task.reason, task.order_reference, task.rain_mm) == (
        "drought_order",
        "Arrêté 2026-113",
        None,
    )


# --- lists --------------------------------------------------------------------------------------------
def test_what_is_due_and_what_is_overdue() -> None:
    later = CareTaskFactory(due_from=dt.date(2026, 8, 1), due_until=dt.date(2026, 8, 9))
    now = CareTaskFactory()
    late = CareTaskFactory(due_from=dt.date(2026, 6, 1), due_until=dt.date(2026, 6, 9))
    CareTaskFactory(state="done")
    assert set(CareTask.objects.due(SUMMER)) == {now, late}
    assert set(CareTask.objects.overdue(SUMMER)) == {late}
    assert later in CareTask.objects.open()


# --- the engine: what follows may touch kinds that no change of the batch names ------------------------
def test_consequences_may_reach_a_tree_and_its_site_from_a_batch_that_holds_neither() -> None:
    """The guards of a tree ask which trees its site holds; that was read for batches of trees only."""
    tree = TreeFactory()
    check = {
        "tree": str(tree.uuid),
        "autumn": 2026,
        "checked_on": "2026-10-01",
        "found": "outside",
        "gone": True,
        "state": "recorded",
    }
    assert one(Change("survival_check", uuid.uuid4(), check, create=True)).landed
    tree.refresh_from_db()
    assert (tree.state, tree.site.state) == ("missing", "vacant")
    assert Tree.objects.alive().count() == 0
