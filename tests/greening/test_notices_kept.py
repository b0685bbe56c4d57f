"""Notices are forgotten in time, exported to and erased with their person; the queue keeps no long memory."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from greening.models import Appointment, CalendarFeed, Notice, Preference, SilencedTopic
from greening.notices import CalendarEntry, feeds, kept, queue
from greening.notices.people import remember_language, silence
from tests.greening.notices_told import _test_kinds, resident, tell

__all__ = ["_test_kinds"]
pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 23)


def test_a_notice_is_forgotten_some_time_after_it_was_read(settings: Any) -> None:
    settings.NOTICE_DAYS = 10
    lea = resident()
    now = timezone.now()
    days = {"read long ago": 11, "read lately": 9, "held": 11}
    for key, ago in days.items():
        tell(lea, key)
        Notice.objects.filter(key=key).update(
            read_at=now - dt.timedelta(days=ago), mail="uncertain" if key == "held" else "sent"
        )
    for key, ago in {"unread for long": 21, "unread": 19}.items():
        tell(lea, key)
        Notice.objects.filter(key=key).update(created_at=now - dt.timedelta(days=ago), mail="sent")
    said = kept.forget_notices(TODAY)
    assert said == "2 notices and 0 dates forgotten"
    assert set(Notice.objects.values_list("key", flat=True)) == {"read lately", "held", "unread"}


def test_a_date_to_come_outlives_its_notice_and_one_long_passed_goes(settings: Any) -> None:
    settings.NOTICE_DAYS = 1
    lea = resident()
    tell(lea, "a", calendar=CalendarEntry("renewal", timezone.localdate() + dt.timedelta(days=300)))
    tell(lea, "b", calendar=CalendarEntry("past", timezone.localdate() - dt.timedelta(days=61)))
    Notice.objects.update(read_at=timezone.now() - dt.timedelta(days=2), mail="sent")
    kept.forget_notices(TODAY)
    assert not Notice.objects.exists()
    assert list(Appointment.objects.values_list("key", flat=True)) == ["renewal"]


def test_everything_about_a_person_is_exported_and_erased() -> None:
    lea, tom = resident(), resident("tom@example.fr")
    for who in (lea, tom):
        tell(who, f"offer-{who.pk}")
        remember_language(who, "en")
        silence(who, "test-offers")
        feeds.renew(who)
    told = json.loads(json.dumps(kept.export(lea)))
    assert told["notices"][0]["subject"] == "A plot in Jardin des Épinettes"
    assert told["dates"] == [{"what": "Answer: Jardin des Épinettes", "when": "2027-05-01"}]
    assert (told["language"], told["no mail about"]) == ("en", ["test-offers"])
    kept.erase(lea)
    models: list[Any] = [Notice, Appointment, Preference, SilencedTopic, CalendarFeed]
    for model in models:
        assert [row.person for row in model.objects.all()] == [tom]
    queue.work_off()  # the task of what was erased finds nothing and fails nobody
    assert not DBTaskResult.objects.failed().exists()


def test_traces_of_tasks_are_forgotten_those_of_dead_workers_too() -> None:
    lea = resident()
    for n in range(4):
        tell(lea, f"k{n}")
    old = timezone.now() - dt.timedelta(days=8)
    done, dead, running, _ready = DBTaskResult.objects.values_list("pk", flat=True)
    DBTaskResult.objects.filter(pk=done).update(status="SUCCESSFUL", finished_at=old)
    DBTaskResult.objects.filter(pk=dead).update(status="RUNNING", started_at=old)
    DBTaskResult.objects.filter(pk=running).update(status="RUNNING", started_at=timezone.now())
    queue.forget_tasks(TODAY)
    assert DBTaskResult.objects.count() == 2
