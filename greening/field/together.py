"""Captures that arrive at the same moment go through the door together.

The door decides a batch of twenty in a fifth of the time of twenty batches of one, and at the end of a working day
two hundred phones send at once. So whoever comes while a batch is under way waits at the door, and the first of them
takes all the others' captures in with its own. A phone alone waits for nobody, and no item shares another's fate: where
a common batch cannot land, each goes in by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import get_language

from greening.events import Change, Verdict

#: Captures in one common batch: it holds its objects' locks until all of them are decided.
MOST_TOGETHER = 100
Door = Callable[[list[Change]], list[Verdict]]


@dataclass(slots=True)
class _Ticket:
    """One request's captures, and what the door said of them; None where it must go in by itself."""

    changes: Sequence[Change]
    language: str | None = field(default_factory=get_language)  # the door answers in the reader's
    taken: bool = False
    verdicts: list[Verdict] | None = None


class Gathering:
    """The queue at one process's door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._queue: list[_Ticket] = []
        self._queue_lock, self._door_lock = threading.Lock(), threading.Lock()

    def apply(self, changes: list[Change]) -> list[Verdict]:
        """The door's verdicts for these changes, whoever's batch they went in with; raises what the door raises."""
        if transaction.get_connection().in_atomic_block:  # another's batch cannot be part of it
            return self._door(changes)
        ticket = _Ticket(changes)
        with self._queue_lock:
            self._queue.append(ticket)
        with self._door_lock:
            if not ticket.taken:
                taken = self._take(ticket)
                if len(taken) == 1:
                    return self._door(changes)
                self._serve(taken)
        if ticket.verdicts is None:
            return self._door(changes)
        return ticket.verdicts

    def _take(self, own: _Ticket) -> list[_Ticket]:
        """The own ticket and those that fit beside it, in the order they came."""
        room = MOST_TOGETHER - len(own.changes)
        with self._queue_lock:
            for ticket in self._queue:
                if ticket is own:
                    ticket.taken = True
                elif ticket.language == own.language and len(ticket.changes) <= room:
                    ticket.taken = True
                    room -= len(ticket.changes)
            taken = [ticket for ticket in self._queue if ticket.taken]
            self._queue = [ticket for ticket in self._queue if not ticket.taken]
        return taken

    def _serve(self, tickets: list[_Ticket]) -> None:
        """Put the common batch through the door; where that fails, every ticket stays without verdicts."""
        batch = [change for ticket in tickets for change in ticket.changes]
        try:
            verdicts = self._door(batch)
        except Exception:  # noqa: BLE001 — whatever it was, each meets it by itself and tells its own phone
            return
        start = 0
        for ticket in tickets:
            ticket.verdicts = verdicts[start : start + len(ticket.changes)]
            start += len(ticket.changes)
