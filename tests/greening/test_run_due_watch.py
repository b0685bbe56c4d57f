"""`run_due --watch`: one process beside the server, from which mail leaves and scheduled work is done without cron."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from greening.models import DueMark, Notice
from tests.greening.mail_server import mail_server
from tests.greening.people import person
from tests.greening.test_import_killed import address


def until(question: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.django_db(transaction=True)
def test_mail_leaves_by_itself_and_it_ends_with_the_server_it_stands_beside(
    data_dir: Path, tmp_path: Path
) -> None:
    from greening.notices import notify

    boss = person(email="boss@example.fr")
    server = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    log = tmp_path / "log"
    with mail_server() as (postmaster, port), log.open("w") as errors:
        watcher = subprocess.Popen(
            [sys.executable, "-m", "django", "run_due", "--watch", "--beside", str(server.pid)],
            env={
                **os.environ,
                "DATABASE_URL": address(),
                "DATA_DIR": str(data_dir),
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            },
            stdout=errors,
            stderr=errors,
        )
        try:
            assert until(DueMark.objects.filter(name="mail held").exists), log.read_text()
            notify(boss, "mail-held", key="k", facts={"count": 3}, link="/account/mail/")
            assert until(lambda: len(postmaster.taken) == 1), log.read_text()
            assert until(Notice.objects.filter(mail="sent").exists)
            server.communicate(b"\n")
            assert watcher.wait(timeout=30) == 0, log.read_text()
        finally:
            watcher.kill()
            server.kill()


@pytest.mark.django_db(transaction=True)
def test_it_ends_when_it_is_told_to_even_where_the_shell_had_that_ignored(data_dir: Path) -> None:
    def ignored() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    watcher = subprocess.Popen(
        [sys.executable, "-m", "django", "run_due", "--watch"],
        env={
            **os.environ,
            "DATABASE_URL": address(),
            "DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        },
        stdout=subprocess.DEVNULL,
        preexec_fn=ignored,
    )
    try:
        assert until(DueMark.objects.filter(name="mail held").exists)
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(timeout=30) == 0
    finally:
        watcher.kill()


def test_it_follows_the_clock_only() -> None:
    with pytest.raises(CommandError, match="leave --day out"):
        call_command("run_due", "--watch", "--day", "2026-11-23")
