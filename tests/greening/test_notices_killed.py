"""A worker killed at any instant mails nothing twice and skips nothing: real processes, a real server, SIGKILL."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from greening.models import Notice
from greening.notices import outbox
from tests.greening.mail_server import Postmaster, mail_server
from tests.greening.notices_told import _test_kinds, resident, tell
from tests.greening.test_import_killed import address

__all__ = ["_test_kinds"]
pytestmark = pytest.mark.django_db(transaction=True)

NOTICES = 60
KILLS = 30
LEASE_S = 1.0


class Workers:
    """One worker at a time; killed, it is followed by another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.number = self._read()

    def _read(self) -> int:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the worker did not start: see the log"
        return int(line)

    def kill(self) -> None:
        os.kill(self.number, signal.SIGKILL)
        assert self.process.stdin is not None
        self.process.stdin.write("another\n")
        self.process.stdin.flush()
        self.number = self._read()


@contextmanager
def workers(port: int, data_dir: Path, log: Path) -> Iterator[Workers]:
    environment = {
        **os.environ,
        "DATABASE_URL": address(),
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
    }
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.greening.mail_worker", str(LEASE_S)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield Workers(process)
        finally:
            process.communicate(timeout=60)


def wait_for(question: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not question() and time.monotonic() < deadline:
        time.sleep(0.002)


def settle(seconds: float = 90) -> None:
    """Until nothing is on its way any more; what dead workers held is taken back as `run_due` does."""
    on_the_way = Notice.objects.filter(mail__in=("waiting", "claimed", "sending"))
    deadline = time.monotonic() + seconds
    while on_the_way.exists() and time.monotonic() < deadline:
        outbox.sweep(limit=0)
        lost = on_the_way.filter(mail="waiting").values_list("pk", flat=True)
        for number in lost:
            outbox.deliver_mail.enqueue(number)
        time.sleep(0.3)
    assert not on_the_way.exists()


def in_balance(postmaster: Postmaster) -> dict[str, int]:
    """Each notice against what the server took: sent is once, uncertain is once or not at all, nothing is twice."""
    taken = postmaster.by_id
    counted = {"sent": 0, "uncertain": 0, "uncertain and taken": 0}
    for notice in Notice.objects.all():
        arrived = sum(count for name, count in taken.items() if str(notice.uuid) in name)
        assert notice.mail in ("sent", "uncertain"), (notice, notice.error)
        assert arrived == 1 if notice.mail == "sent" else arrived in (0, 1), notice
        counted[notice.mail] += 1
        counted["uncertain and taken"] += notice.mail == "uncertain" and arrived == 1
    return counted


def test_workers_killed_at_random_send_nothing_twice_and_skip_nothing(
    data_dir: Path, tmp_path: Path
) -> None:
    lea = resident()
    dice = random.Random(20261127)
    for number in range(NOTICES // 2):
        tell(lea, f"before-{number}")
    with (
        mail_server() as (postmaster, port),
        workers(port, data_dir, tmp_path / "log") as at_work,
    ):
        postmaster.slow_s = 0.05
        for number in range(KILLS):
            if number % 3:  # while a message is on its way; else at any time, its start included
                asked = postmaster.asked
                wait_for(lambda asked=asked: postmaster.asked > asked, 5)
            time.sleep(dice.uniform(0.0, 0.15))
            at_work.kill()
            tell(lea, f"meanwhile-{number}")
        settle()
        counted = in_balance(postmaster)
    assert Notice.objects.count() == NOTICES
    assert counted["sent"] + counted["uncertain"] == NOTICES
    # The kills did meet messages half-way: some are in doubt, and many more are not.
    assert 0 < counted["uncertain"] < counted["sent"]


def test_a_worker_killed_while_the_server_has_the_text_leaves_doubt_not_a_twin(
    data_dir: Path, tmp_path: Path
) -> None:
    tell(resident())
    with (
        mail_server() as (postmaster, port),
        workers(port, data_dir, tmp_path / "log") as at_work,
    ):
        postmaster.answers_after_s = 3.0
        wait_for(lambda: bool(postmaster.taken))
        at_work.kill()
        postmaster.answers_after_s = 0.0
        settle()
        assert in_balance(postmaster) == {"sent": 0, "uncertain": 1, "uncertain and taken": 1}


def test_a_worker_killed_before_the_text_is_followed_by_one_that_sends(
    data_dir: Path, tmp_path: Path
) -> None:
    tell(resident())
    with (
        mail_server() as (postmaster, port),
        workers(port, data_dir, tmp_path / "log") as at_work,
    ):
        postmaster.welcomes_after_s = 3.0
        wait_for(lambda: postmaster.asked > 0)
        at_work.kill()
        postmaster.welcomes_after_s = 0.0
        settle()
        assert in_balance(postmaster) == {"sent": 1, "uncertain": 0, "uncertain and taken": 0}
