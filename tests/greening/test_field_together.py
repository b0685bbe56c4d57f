"""Captures that come at the same moment share a batch at the door, and nothing else."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import translation

from greening.events import Change, Verdict
from greening.field.together import MOST_TOGETHER, Gathering

PATIENCE_S = 20


def change() -> Change:
    return Change("tree", uuid.uuid4(), {"note": "leans"})


class Door:
    """Keeps what it is asked; its first batch takes until `opened`, so that others queue meanwhile."""

    def __init__(self, refuse: Callable[[list[Change]], bool] = lambda batch: False) -> None:
        self.batches: list[list[Change]] = []
        self.entered, self.opened = threading.Event(), threading.Event()
        self.refuse = refuse

    def __call__(self, batch: list[Change]) -> list[Verdict]:
        self.batches.append(batch)
        if not self.entered.is_set():
            self.entered.set()
            assert self.opened.wait(PATIENCE_S)
        if self.refuse(batch):
            raise OperationalError("deadlock detected")
        return [Verdict(each.uuid, "applied") for each in batch]


def sent(door: Door, batches: list[list[Change]], languages: list[str] | None = None) -> list[Any]:
    """What each of the senders is told: the first is at the door while the others come, one after the other."""
    gathering = Gathering(door)
    told: list[Any] = [None] * len(batches)

    def send(number: int) -> None:
        with translation.override(languages[number] if languages else "fr"):
            try:
                told[number] = gathering.apply(batches[number])
            except OperationalError as error:
                told[number] = error
        connection.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(batches))]
    threads[0].start()
    assert door.entered.wait(PATIENCE_S)
    for waiting, thread in enumerate(threads[1:], start=1):
        thread.start()
        while len(gathering._queue) < waiting:
            assert thread.is_alive() or told[waiting] is not None
    door.opened.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    return told


def test_who_comes_while_a_batch_is_under_way_goes_in_together_with_the_others() -> None:
    batches = [[change()], [change(), change()], [change()], [change()]]
    door = Door()
    told = sent(door, batches)
    assert [len(batch) for batch in door.batches] == [1, 4]
    assert [[verdict.uuid for verdict in one] for one in told] == [
        [each.uuid for each in batch] for batch in batches
    ]


def test_a_common_batch_that_cannot_land_goes_in_one_by_one() -> None:
    batches = [[change()] for _ in range(4)]
    bad = batches[2][0]
    told = sent(Door(lambda batch: bad in batch), batches)
    assert [one if isinstance(one, Exception) else one[0].status for one in told[:2]] == [
        "applied",
        "applied",
    ]
    assert isinstance(told[2], OperationalError)
    assert told[3][0].status == "applied"


def test_phones_in_different_languages_never_share_a_batch() -> None:
    batches = [[change()] for _ in range(4)]
    door = Door()
    sent(door, batches, languages=["fr", "fr", "en", "fr"])
    assert sorted(len(batch) for batch in door.batches) == [1, 1, 2]
    assert [batches[1][0], batches[3][0]] in door.batches


def test_a_common_batch_has_an_end() -> None:
    batches = [[change()], *([change() for _ in range(MOST_TOGETHER // 2)] for _ in range(3))]
    door = Door()
    told = sent(door, batches)
    assert max(len(batch) for batch in door.batches) == MOST_TOGETHER
    assert [len(one) for one in told] == [1, 50, 50, 50]


@pytest.mark.django_db
def test_within_a_transaction_nobody_elses_captures_are_taken_in() -> None:
    door = Door()
    door.opened.set()
    gathering = Gathering(door)
    with transaction.atomic():
        gathering._queue.append(object())  # type: ignore[arg-type]  # never looked at
        (verdict,) = gathering.apply([change()])
    assert verdict.status == "applied"
