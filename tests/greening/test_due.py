"""Scheduled work is done once in its period, whoever runs it, and is due again where it failed."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from greening import due
from greening.errors import TownError
from greening.models import CareTask
from tests.factories import CommuneFactory, TreeFactory

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


def test_an_unreadable_mark_means_that_nothing_was_done(only_ours: list[str]) -> None:
    due.register(work("care", only_ours))
    list(due.run(DAY))
    (due._folder() / "done.json").write_text("{half a li")
    assert [each.name for each in due.due(DAY)] == ["care"]


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
