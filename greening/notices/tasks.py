"""The queue's tasks. A task only wakes the outbox: the notice's row says what is to be done, so a lost task loses
nothing and one that is run twice does nothing twice."""

from __future__ import annotations

from django_tasks import task


@task()
def deliver_mail(number: int) -> str:
    """Send one notice's mail, and see to what a killed worker left behind."""
    from greening.notices.outbox import deliver, sweep

    outcome = deliver(number)
    sweep(limit=20)
    return outcome
