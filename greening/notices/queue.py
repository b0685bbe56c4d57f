"""Working off the queue in this process: for towns without a `db_worker` of their own, and `make run`.

`manage.py db_worker` does the same all day long, on as many hosts as one likes; both may run at once.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import time
from collections.abc import Callable
from types import FrameType

from django.core.management import call_command
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction
from uuid6 import uuid7

log = logging.getLogger(__name__)
#: Seconds between two looks at the queue, and at what is due.
LOOK_AT_QUEUE = 2.0
LOOK_AT_DUE = 60.0
#: Days that the trace of a task is kept; what it worked on is told elsewhere.
KEEP_TASKS = 7


def work_off(at_most: int | None = None) -> int:
    """Do the tasks that are ready, until none is or `at_most` are done; how many were."""
    worker = Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name=DEFAULT_TASK_BACKEND_ALIAS,
        startup_delay=False,
        max_tasks=at_most,
        worker_id=f"due-{uuid7().hex}",
        excluded_queue_names=[],
    )
    done = 0
    while at_most is None or done < at_most:
        ready = DBTaskResult.objects.ready().filter(backend_name=worker.backend_name)
        # Asked first: to claim takes the write lock on SQLite, found or not.
        if not ready.exists():
            break
        with exclusive_transaction():
            task = ready.get_locked()
            if task is not None:
                task.claim(worker.worker_id)
        if task is None:  # another worker was quicker
            break
        worker.run_task(task)
        done += 1
    return done


def watch(everything: Callable[[], list[str]], *, beside: int | None = None) -> None:
    """Work off the queue as it fills, and do `everything` each minute, until told to stop or `beside` ends."""
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    # Set even where the shell had them ignored, as it does for what it starts in the background.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    last = -LOOK_AT_DUE
    while not stopping and (beside is None or _is_alive(beside)):
        close_old_connections()
        try:
            if time.monotonic() - last >= LOOK_AT_DUE:
                last = time.monotonic()
                for failure in everything():
                    log.error("Not done, and due again: %s", failure)
            if work_off(at_most=20):
                continue
        except DatabaseError:
            log.exception("The database did not answer; trying again.")
        time.sleep(LOOK_AT_QUEUE)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def forget_tasks(day: dt.date) -> str:
    """Scheduled work: traces of finished tasks, and of those whose worker died, are deleted after a week."""
    call_command("prune_db_task_results", min_age_days=KEEP_TASKS, queue_name="*", verbosity=0)
    before = timezone.now() - dt.timedelta(days=KEEP_TASKS)
    dead, _by_model = DBTaskResult.objects.running().filter(started_at__lt=before).delete()
    return f"tasks of more than {KEEP_TASKS} days ago forgotten, {dead} of dead workers among them"
