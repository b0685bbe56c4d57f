"""What the demo's crews saw since September: a dozen and a half observations, some settled, a few hazards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from greening.demo.lives import TODAY
from greening.demo.load import source_of
from greening.events import Change
from greening.events.values import to_wire
from greening.models import Tree
from greening.models.base import new_uuid

COUNT = 18
#: (what, severity, note); made up.
SEEN: tuple[tuple[str, int, str], ...] = (
    ("stake", 1, "Tuteur cassé, lien à refaire"),
    ("damage", 2, "Écorce arrachée côté chaussée"),
    ("vandalism", 2, "Branches basses cassées"),
    ("thirsty", 1, "Feuillage sec, cuvette vide"),
    ("disease", 2, "Suintements sur le tronc"),
    ("danger", 3, "Branche fendue au-dessus du trottoir"),
)


def observations(seed: int, rng: np.random.Generator) -> Iterator[Change]:
    """Through the door like a crew's: received, then looked at, then done."""
    alive = Tree.objects.filter(state__in=("establishing", "established", "mature")).order_by("id")
    numbers = np.array(alive.values_list("pk", flat=True))
    if not len(numbers):
        return
    chosen = rng.choice(numbers, size=min(COUNT, len(numbers)), replace=False)
    trees = {tree.pk: tree for tree in alive.select_related("site").filter(pk__in=chosen.tolist())}
    for turn, number in enumerate(chosen.tolist()):
        tree, seen = trees[number], new_uuid()
        what, severity, note = SEEN[turn % len(SEEN)]
        day = TODAY - timedelta(days=int(rng.integers(0, 60)))
        facts: dict[str, Any] = {
            "state": "received",
            "what": what,
            "severity": severity,
            "note": note,
            "seen_on": day.isoformat(),
            "tree": str(tree.uuid),
            "site": str(tree.site.uuid),
            "geom": to_wire(tree.geom),
            "source": source_of(seed),
            "synthetic": True,
        }
        yield Change("observation", seen, facts, create=True)
        if turn % 3:
            yield Change("observation", seen, {"state": "validated"})
        if turn % 3 == 2:
            done = min(day + timedelta(days=5), TODAY)
            yield Change("observation", seen, {"state": "acted_on", "done_on": done.isoformat()})
