"""Scheduled work is done once in its period, whoever runs it, and is due again where it failed."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from greening import due
from greening.errors import TownError
from greening.models import CareTask, Commune, Street
from tests.factories import CommuneFactory, TreeFactory
from tests.greening.test_import_killed import address

pytestmark = pytest.mark.django_db  # PostGIS keeps the lock
DAY = dt.date(2026, 11, 23)


@pytest.fixture
def only_ours(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A registry of its own, and what its work wrote down."""
    monkeypatch.setattr(due, "_works", {})
    return []


def work(name: str, wrote: list[str], every_days: int = 1) -> due.Work:
    def run(day: dt.date) -> str:
        wrote.append(f"{name} {day}")
        return "done"

    return due.Work(name, run, every_days)


def test_work_is_done_once_in_its_period(only_ours: list[str]) -> None:
    due.register(work("daily", only_ours), work("weekly", only_ours, every_days=7))
    for days in range(8):
        for _again in range(2):
            list(due.run(DAY + dt.timedelta(days=days)))
    daily = [line for line in only_ours if line.startswith("daily")]
    assert daily == [f"daily {DAY + dt.timedelta(days=days)}" for days in range(8)]
    assert len(only_ours) - len(daily) == 2


def test_work_that_failed_is_due_again_and_keeps_no_other_from_being_done(
    only_ours: list[str],
) -> None:
    def fail(day: dt.date) -> str:
        raise ValueError("no weather today")

    due.register(due.Work("weather", fail), work("care", only_ours))
    done = list(due.run(DAY))
    assert [(each.name, each.failed) for each in done] == [("weather", True), ("care", False)]
    assert "no weather today" in done[0].sentence
    assert [each.name for each in due.due(DAY)] == ["weather"]


def test_missed_nights_are_caught_up_once_each_in_their_order(only_ours: list[str]) -> None:
    def run(day: dt.date) -> str:
        only_ours.append(str(day))
        return "told"

    due.register(due.Work("news", run, catches_up=True), work("care", only_ours))
    list(due.run(DAY))
    later = DAY + dt.timedelta(days=3)
    said = [(each.name, each.sentence) for each in due.run(later)]
    assert said == [
        ("news", "2026-11-24: told"),
        ("news", "2026-11-25: told"),
        ("news", "told"),
        ("care", "done"),  # looks at the town as it is: once
    ]
    assert list(due.run(later)) == []
    news = [line for line in only_ours if not line.startswith("care")]
    assert news == [str(DAY + dt.timedelta(days=n)) for n in range(4)]


def test_a_missed_night_that_fails_keeps_its_place(only_ours: list[str]) -> None:
    bad = DAY + dt.timedelta(days=2)

    def run(day: dt.date) -> str:
        if day == bad and "mended" not in only_ours:
            raise ValueError("no weather")
        only_ours.append(str(day))
        return "told"

    due.register(due.Work("news", run, catches_up=True))
    list(due.run(DAY))
    done = list(due.run(DAY + dt.timedelta(days=3)))
    assert [each.failed for each in done] == [False, True]
    only_ours.append("mended")
    list(due.run(DAY + dt.timedelta(days=3)))
    days = [line for line in only_ours if line != "mended"]
    assert days == [str(DAY + dt.timedelta(days=n)) for n in range(4)]


def test_a_town_that_slept_for_a_year_is_told_of_the_last_days_only(only_ours: list[str]) -> None:
    due.register(due.Work("news", lambda day: only_ours.append(str(day)) or "", catches_up=True))  # type: ignore[func-returns-value]
    list(due.run(DAY))
    list(due.run(DAY + dt.timedelta(days=400)))
    assert len(only_ours) == 1 + due.MOST_CAUGHT_UP


def test_a_clock_that_is_behind_does_nothing_again(only_ours: list[str]) -> None:
    due.register(work("care", only_ours))
    list(due.run(DAY))
    assert due.due(DAY - dt.timedelta(days=1)) == []


def test_a_rehearsal_for_a_far_day_does_not_stop_the_days_before_it(only_ours: list[str]) -> None:
    due.register(work("care", only_ours))
    list(due.run(timezone.localdate() + dt.timedelta(days=3000)))
    assert len(list(due.run())) == 1
    assert list(due.run()) == []


def test_whole_work_that_fails_is_taken_back_with_its_mark(only_ours: list[str]) -> None:
    def half(day: dt.date) -> str:
        CommuneFactory(name=f"half of {day}")
        raise ValueError("half-way")

    due.register(due.Work("half", half, whole=True))
    assert [each.failed for each in due.run(DAY)] == [True]
    assert not Commune.objects.exists()
    assert [each.name for each in due.due(DAY)] == ["half"]


KILLED = """
import datetime as dt, os, sys, time
import django
django.setup()
from greening import due
from greening.models import Street
from tests.factories import StreetFactory

def a_day(day):
    StreetFactory(name=str(day))
    time.sleep(0.05)
    return "done"

due._works.clear()
due.register(due.Work("news", a_day, catches_up=True, whole=True))
print("ready", flush=True)
list(due.run(dt.date.fromisoformat(sys.argv[1])))
"""


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_each_missed_day_is_done_exactly_once(
    data_dir: Path, tmp_path: Path, only_ours: list[str]
) -> None:
    due.register(due.Work("news", lambda day: "", catches_up=True))
    list(due.run(DAY))
    last = DAY + dt.timedelta(days=40)
    environment = {
        **os.environ,
        "DATABASE_URL": address(),
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    dice = random.Random(7)
    for attempt in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(last)], env=environment, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        if attempt < 11 and Street.objects.count() < 30:
            time.sleep(dice.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=120)
    days = [str(DAY + dt.timedelta(days=n)) for n in range(1, 41)]
    assert sorted(Street.objects.values_list("name", flat=True)) == days


def test_work_needs_a_period_of_a_day_or_more(only_ours: list[str]) -> None:
    with pytest.raises(TownError, match="at least one is needed"):
        due.register(work("never", only_ours, every_days=0))


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_each_piece_once(only_ours: list[str]) -> None:
    both_here = threading.Barrier(2, timeout=20)
    at_work = threading.Semaphore(1)
    met: list[str] = []

    def slow(day: dt.date) -> str:
        if not at_work.acquire(blocking=False):
            met.append("two at once")
        threading.Event().wait(0.2)
        only_ours.append("done")
        at_work.release()
        return "done"

    due.register(due.Work("slow", slow))
    failures: list[BaseException] = []

    def run() -> None:
        try:
            both_here.wait()
            list(due.run(DAY))
        except BaseException as error:  # noqa: BLE001 — told to the test's own thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert (only_ours, met) == (["done"], [])


def test_the_command_lays_out_care_and_a_second_run_adds_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    CommuneFactory()
    TreeFactory(state="establishing", planted_on=dt.date(2025, 11, 20))
    call_command("run_due", "--day", "2026-05-01")
    made = CareTask.objects.count()
    assert made > 5
    assert f"{made} tasks made" in capsys.readouterr().out
    call_command("run_due", "--day", "2026-05-01")
    assert capsys.readouterr().out == ""
    call_command("run_due", "--day", "2026-05-02")
    assert "care tasks: 1 trees looked at, 0 tasks made" in capsys.readouterr().out


def test_what_is_due_can_be_asked_without_doing_it(
    only_ours: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    due.register(work("care", only_ours))
    call_command("run_due", "--list")
    assert (capsys.readouterr().out, only_ours) == ("care\n", [])


def test_a_failure_is_exit_code_one_and_a_sentence(only_ours: list[str]) -> None:
    def fail(day: dt.date) -> str:
        raise OSError("disk full")

    due.register(due.Work("care", fail))
    with pytest.raises(CommandError, match="Not done, and due again: care: OSError: disk full"):
        call_command("run_due")


def test_a_day_that_is_none_is_refused_in_one_sentence() -> None:
    with pytest.raises(CommandError, match="write it as 2026-11-23"):
        call_command("run_due", "--day", "tomorrow")
