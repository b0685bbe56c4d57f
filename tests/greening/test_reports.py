"""Residents' reports: filed through the door, joined to one head, answered together, made into work."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.utils import timezone

from greening.errors import BadInput
from greening.events import Change, apply
from greening.models import CareTask, Event, Observation, PlantingSite, Report
from greening.models.notice import Notice
from greening.reports.filing import Where, add_to, file_report
from greening.reports.joining import follow_up, follow_up_of, join, likely_duplicates, separate
from greening.roles import Role
from tests import factories as make
from tests.factories import TOWN_HALL
from tests.greening.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def commune() -> Any:
    return make.CommuneFactory()


@pytest.fixture
def lead() -> User:
    return person(Role.CREW_LEAD)


def resident(name: str) -> User:
    return person(Role.RESIDENT, email=f"{name}@example.fr")


def filed(who: User, tree: Any = None, **facts: Any) -> Report:
    where = (
        Where(tree.geom, "tree", tree)
        if tree is not None
        else Where(facts.pop("point", Point(*TOWN_HALL, srid=4326)), "map")
    )
    said = {"what": "thirsty", "where": where, "change": uuid.uuid4(), **facts}
    return file_report(who, **said)


def moved(seen: Observation, by: User | None = None, **patch: Any) -> str:
    (verdict,) = apply(Change("observation", seen.uuid, patch, actor=by))
    return "yes" if verdict.landed else verdict.code


def states() -> list[str]:
    return list(Observation.objects.order_by("pk").values_list("state", flat=True))


def told(who: User) -> list[str]:
    return list(Notice.objects.filter(person=who).order_by("pk").values_list("what", flat=True))


# --- filing -------------------------------------------------------------------------------------------


def test_a_report_is_an_observation_whose_event_knows_neither_the_words_nor_the_person() -> None:
    ana, tree = resident("ana"), make.TreeFactory()
    report = filed(ana, tree, text="I am Ana, call me on 06 12 34 56 78")
    seen = report.observation
    assert (seen.state, seen.what, seen.tree, seen.site) == ("received", "thirsty", tree, tree.site)
    assert (seen.note, seen.severity) == ("", None)
    event = Event.objects.get(object_uuid=seen.uuid)
    assert event.actor == ana
    assert "06 12" not in str([event.patch, event.before, event.message])
    assert told(ana) == ["report-received"]


def test_the_same_form_sent_twice_is_one_report() -> None:
    ana, change = resident("ana"), uuid.uuid4()
    first, second = filed(ana, change=change), filed(ana, change=change)
    assert first == second
    assert (Report.objects.count(), Observation.objects.count()) == (1, 1)
    assert told(ana) == ["report-received"]


def test_nobody_gets_at_another_s_report_by_its_form() -> None:
    change = uuid.uuid4()
    filed(resident("ana"), change=change)
    with pytest.raises(BadInput, match="used already"):
        filed(resident("bob"), change=change)
    assert Report.objects.count() == 1


def test_an_idea_is_a_place_not_a_tree() -> None:
    report = filed(resident("ana"), make.TreeFactory(), what="idea")
    assert report.observation.tree is None


# --- what a resident may do at the door ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"state": "validated"}, "illegal_start"),
        ({"answer": "we come tomorrow"}, "forbidden"),
        ({"done_on": "2026-10-02"}, "forbidden"),
        ({"synthetic": True}, "forbidden"),
        ({"source": "the mayor"}, "forbidden"),
    ],
)
def test_a_resident_cannot_say_what_is_the_town_s_to_say(patch: dict[str, Any], code: str) -> None:
    facts = {
        "what": "thirsty",
        "seen_on": "2026-10-01",
        "geom": {"type": "Point", "coordinates": list(TOWN_HALL)},
        "state": "received",
    }
    (verdict,) = apply(
        Change("observation", uuid.uuid4(), facts | patch, create=True, actor=resident("ana"))
    )
    assert (verdict.status, verdict.code) == ("rejected", code)
    assert not Observation.objects.exists()


def test_a_resident_answers_a_question_and_does_nothing_else() -> None:
    ana, bob = resident("ana"), resident("bob")
    seen = filed(ana).observation
    assert moved(seen, ana, state="validated") == "forbidden"
    assert moved(seen, ana, what="dead") == "forbidden"
    assert moved(seen, state="refused", answer="not ours") == "yes"
    assert moved(seen, ana, state="received") == "forbidden"  # a refusal is the town's to take back
    assert moved(seen, state="received") == "yes"
    assert moved(seen, state="needs_info", answer="Which tree?") == "yes"
    assert moved(seen, bob, state="received") == "forbidden"
    assert moved(seen, ana, state="received", severity=4) == "forbidden"
    assert moved(seen, ana, state="received") == "yes"


def test_what_is_asked_is_answered_and_the_words_stay_beside_the_event() -> None:
    ana = resident("ana")
    report = filed(ana)
    with pytest.raises(BadInput, match="asks nothing"):
        add_to(report, "anything", by=ana)
    moved(report.observation, state="needs_info", answer="Which tree?")
    add_to(report, "The third from my door, 12 rue X", by=ana)
    report = Report.objects.get()
    assert (report.state, report.more) == ("received", "The third from my door, 12 rue X")
    assert not Event.objects.filter(patch__icontains="rue X").exists()
    assert told(ana) == ["report-received", "report-needs_info"]


# --- joining ------------------------------------------------------------------------------------------


def test_joined_reports_end_with_their_head_and_everybody_is_answered_once(lead: User) -> None:
    ana, bob, tree = resident("ana"), resident("bob"), make.TreeFactory(state="mature")
    first, second = filed(ana, tree), filed(bob, tree)
    join(first.observation, second.observation, by=lead)
    assert told(bob) == ["report-received", "report-joined"]
    head = Observation.objects.get(pk=first.number)
    assert moved(head, lead, state="validated") == "yes"
    assert states() == ["validated", "received"]  # the second rests: its head speaks for it
    assert Report.objects.get(reporter=bob).state == "validated"
    assert list(Observation.objects.open()) == [head]
    done = {"state": "acted_on", "done_on": "2026-10-05", "answer": "Watered."}
    assert moved(head, lead, **done) == "yes"
    assert states() == ["acted_on", "acted_on"]
    for who in (ana, bob):
        assert told(who)[-2:] == ["report-validated", "report-acted_on"]
        assert Report.objects.get(reporter=who).answer == "Watered."


@pytest.mark.parametrize("state", ["received", "validated", "needs_info"])
@pytest.mark.parametrize("end", ["acted_on", "refused"])
def test_from_whatever_state_a_joined_one_ends_and_is_taken_up_again(
    lead: User, state: str, end: str
) -> None:
    head, other = make.ObservationFactory(), make.ObservationFactory(state=state)
    join(head, other, by=lead)
    said = {"answer": "Seen to.", "done_on": "2026-10-05"}
    assert moved(head, state=end, **said) == "yes"
    assert states() == [end, end]
    again = "validated" if end == "acted_on" else "received"
    assert moved(head, state=again) == "yes"
    assert states() == [again, again]


def test_what_is_joined_late_ends_at_once(lead: User) -> None:
    bob = resident("bob")
    head = make.ObservationFactory(state="acted_on", done_on=dt.date(2026, 10, 2), answer="Done.")
    late = filed(bob)
    join(head, late.observation, by=lead)
    assert states() == ["acted_on", "acted_on"]
    assert told(bob) == ["report-received", "report-joined", "report-acted_on"]


def test_what_is_separated_is_looked_at_again(lead: User) -> None:
    head, other = make.ObservationFactory(), make.ObservationFactory()
    join(head, other, by=lead)
    moved(head, state="refused", answer="No.")
    separate(Observation.objects.get(pk=other.pk), by=lead)
    other.refresh_from_db()
    assert (other.joined_to, other.state) == (None, "received")
    assert states() == ["refused", "received"]


def test_a_head_that_is_joined_takes_its_own_along(lead: User) -> None:
    one, two, three = (make.ObservationFactory() for _ in range(3))
    join(two, three, by=lead)
    join(one, Observation.objects.get(pk=two.pk), by=lead)
    assert set(Observation.objects.filter(joined_to=one)) == {two, three}
    join(Observation.objects.get(pk=two.pk), make.ObservationFactory(), by=lead)
    assert Observation.objects.filter(joined_to=one).count() == 3


def test_chains_and_rings_are_refused(lead: User) -> None:
    one, two, three = (make.ObservationFactory() for _ in range(3))
    assert moved(one, lead, joined_to=str(one.uuid)) == "joined_to_itself"
    assert moved(two, lead, joined_to=str(one.uuid)) == "yes"
    assert moved(three, lead, joined_to=str(two.uuid)) == "not_a_head"
    assert moved(one, lead, joined_to=str(three.uuid)) == "is_a_head"
    assert moved(three, person(Role.CREW), joined_to=str(one.uuid)) == "forbidden"
    with pytest.raises(IntegrityError), transaction.atomic():
        Observation.objects.filter(pk=one.pk).update(joined_to=one.pk)


def test_likely_duplicates_are_of_the_same_tree_or_near_in_place_kind_and_time() -> None:
    tree = make.TreeFactory(state="mature")
    lon, lat = TOWN_HALL
    day = dt.date(2026, 10, 1)

    def seen(what: str = "thirsty", north_m: float = 0, days: int = 0, **facts: Any) -> Observation:
        found: Observation = make.ObservationFactory(
            what=what,
            geom=Point(lon, lat + north_m / 111_200, srid=4326),
            seen_on=day - dt.timedelta(days=days),
            **facts,
        )
        return found

    asked = seen(tree=tree)
    same_tree = seen("dead", tree=tree, days=5)
    near, far = seen(north_m=14, days=2), seen(north_m=17)
    old, other_kind = seen(days=31), seen("stake", north_m=3)
    joined = seen(days=1, joined_to=near)
    found = likely_duplicates(asked)
    assert found == [near, same_tree]
    assert not {far, old, other_kind, joined} & set(found)


# --- what a report asks for -----------------------------------------------------------------------------


def test_a_thirsty_tree_is_watered_and_the_reporters_are_told(lead: User) -> None:
    ana, tree = resident("ana"), make.TreeFactory(state="mature")
    seen = filed(ana, tree).observation
    follow_up(seen, by=lead)
    task = CareTask.objects.get()
    assert (task.action, task.tree, task.litres, task.state) == ("water", tree, 80.0, "planned")
    seen.refresh_from_db()
    assert seen.state == "validated"
    assert follow_up_of(seen) is None
    with pytest.raises(BadInput, match="already"):
        follow_up(seen, by=lead)
    day = timezone.localdate().isoformat()
    done = {"state": "done", "done_on": day, "litres_given": 80.0}
    (verdict,) = apply(Change("care_task", task.uuid, done))
    assert verdict.landed
    seen.refresh_from_db()
    assert (seen.state, str(seen.done_on)) == ("acted_on", day)
    assert told(ana) == ["report-received", "report-validated", "report-acted_on"]


@pytest.mark.parametrize(
    ("what", "state", "action"),
    [
        ("stake", "planted", "stake"),
        ("dead", "mature", "survival_check"),
        ("dead", "dead", "replace"),
    ],
)
def test_other_reports_ask_for_their_own_care(
    lead: User, what: str, state: str, action: str
) -> None:
    seen = filed(resident("ana"), make.TreeFactory(state=state), what=what).observation
    follow_up(seen, by=lead)
    assert CareTask.objects.get().action == action


def test_an_idea_becomes_a_proposed_site() -> None:
    planner = person(Role.PLANNER)
    seen = filed(resident("ana"), what="idea").observation
    follow_up(seen, by=planner)
    site = PlantingSite.objects.get()
    seen.refresh_from_db()
    assert (site.state, site.geom.coords) == ("proposed", seen.geom.coords)
    assert (seen.site, seen.state) == (site, "validated")


def test_what_has_no_tree_asks_for_no_care() -> None:
    assert follow_up_of(filed(resident("ana")).observation) is None


def test_the_queue_begins_with_the_severest_and_then_the_oldest() -> None:
    ana = resident("ana")
    a, b, c, d = (filed(ana).observation for _ in range(4))
    Observation.objects.filter(pk=c.pk).update(severity=3)
    Observation.objects.filter(pk=d.pk).update(severity=3)
    make.ObservationFactory(severity=4)  # a crew's own: no resident waits for its answer
    rows = Observation.objects.with_reports().most_urgent_first().order_by("turn")
    assert list(rows) == [c, d, a, b]
