"""Workers to be killed: a process that keeps a queue's worker alive, a new one for each that dies.

    python -m tests.greening.mail_worker LEASE_SECONDS

Django is set up once; each worker is a fork that runs the real `db_worker`. Their numbers are written to standard
output as they start; the process ends with its standard input.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import threading


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from greening.notices import outbox, register
    from tests.greening.notices_told import OFFERED, TOPIC

    register(TOPIC, OFFERED)

    # As in the town, only quicker: nobody waits for five minutes here.
    outbox.LEASE = dt.timedelta(seconds=float(sys.argv[1]))
    ended = threading.Event()
    child = 0
    while not ended.is_set():
        child = os.fork()
        if not child:
            call_command("db_worker", interval=0.01, startup_delay=False, verbosity=0)
            os._exit(0)
        print(child, flush=True)
        if not sys.stdin.readline():
            os.kill(child, signal.SIGKILL)
            ended.set()
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
