"""What the demo's crews and residents saw since September: some of it settled, a few hazards, two reports joined."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from greening.demo.landing import land
from greening.demo.lives import TODAY
from greening.demo.load import source_of
from greening.events import Change
from greening.events.values import to_wire
from greening.models import Observation, Report, Tree
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


#: What residents reported, in a few words of theirs; made up. (what, words, the town's answer, where it stands)
REPORTED: tuple[tuple[str, str, str, str], ...] = (
    ("thirsty", "Les feuilles jaunissent depuis une semaine.", "", "received"),
    ("thirsty", "Il n’y a plus d’eau au pied de cet arbre.", "", "joined"),
    ("stake", "Le tuteur est tombé sur le trottoir.", "", "validated"),
    ("dead", "Aucune feuille cette année.", "Merci : l’arbre sera remplacé cet hiver.", "acted_on"),
    ("damage", "Une voiture a heurté le tronc.", "De quel côté est la blessure ?", "needs_info"),
    (
        "idea",
        "Un arbre ferait de l’ombre à l’arrêt de bus.",
        "Merci pour l’idée. Une conduite de gaz passe ici : on ne peut pas y planter.",
        "refused",
    ),
)


def add_reports(seed: int, rng: np.random.Generator) -> int:
    """Reports of residents whose names are forgotten already: the demo town has no people. How many there are."""
    alive = Tree.objects.filter(state__in=("establishing", "established")).order_by("id")
    numbers = np.array(alive.values_list("pk", flat=True))
    if len(numbers) < len(REPORTED):
        return 0
    chosen = rng.choice(numbers, size=len(REPORTED), replace=False).tolist()
    chosen[1] = chosen[0]  # two saw the same tree
    trees = alive.select_related("site").in_bulk(chosen)
    heads: dict[int, str] = {}
    made: list[tuple[str, str]] = []
    for turn, (number, (what, words, answer, state)) in enumerate(
        zip(chosen, REPORTED, strict=True)
    ):
        tree, seen = trees[number], new_uuid()
        day = TODAY - timedelta(days=3 * turn + 2)
        facts: dict[str, Any] = {
            "state": "received",
            "what": what,
            "seen_on": day.isoformat(),
            "geom": to_wire(tree.geom),
            "source": source_of(seed),
            "synthetic": True,
        }
        if what != "idea":
            facts |= {"tree": str(tree.uuid), "site": str(tree.site.uuid)}
        land([Change("observation", seen, facts, create=True)])
        said = {"answer": answer} if answer else {}
        if state == "joined":
            land([Change("observation", seen, {"joined_to": heads[number]})])
        elif state == "acted_on":
            done = {"done_on": min(day + timedelta(days=4), TODAY).isoformat()}
            land([Change("observation", seen, {"state": state, **said, **done})])
        elif state != "received":
            land([Change("observation", seen, {"state": state, **said})])
        heads[number] = str(seen)
        made.append((str(seen), words))
    observations = {str(each.uuid): each for each in Observation.objects.filter(synthetic=True)}
    Report.objects.bulk_create(
        Report(observation=observations[seen], text=words, placed=Report.Placed.TREE)
        for seen, words in made
    )
    return len(made)
