"""Random streams of changes, delivered badly, and what must hold whatever happened on the way."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from greening.events import Change, Verdict, apply
from greening.lifecycle import kinds
from greening.lives import HOLDING
from greening.models import CareTask, Event, PlantingSite, Species, SurvivalCheck, Tree

POINT = {"type": "Point", "coordinates": [2.2737, 48.8238]}
DAY = dt.date(2025, 11, 20)  # its stake comes off in 2027: planting makes that task


def stream(seed: int, *, devices: int = 3, length: int = 8) -> list[list[Change]]:
    """One list of changes a device, each building on the device's own last change of the same object.

    All devices work on the same two sites and their trees, so they disagree often; about a quarter of
    what they ask is illegal.
    """
    rng = random.Random(seed)

    def identifier() -> uuid.UUID:
        return uuid.UUID(int=rng.getrandbits(128), version=4)

    sites = [identifier() for _ in range(2)]
    trees = [identifier() for _ in range(3)]
    states = {"planting_site": _states("planting_site"), "tree": _states("tree")}
    devices_changes: list[list[Change]] = []
    opening = [
        Change(
            "planting_site",
            site,
            {"geom": POINT, "state": "scheduled"},
            create=True,
            uuid=identifier(),
        )
        for site in sites
    ]
    for device in range(devices):
        made: list[Change] = list(opening) if device == 0 else []
        last: dict[uuid.UUID, uuid.UUID] = {change.object_uuid: change.uuid for change in made}
        for number in range(length):
            if rng.random() < 0.15:
                check = _check(rng, identifier(), rng.choice(trees), identifier())
                made.append(replace(check, device=f"phone-{device}", sequence=number))
                continue
            kind = rng.choice(["planting_site", "tree", "tree"])
            target = rng.choice(sites if kind == "planting_site" else trees)
            create = kind == "tree" and rng.random() < 0.4
            patch: dict[str, object] = {}
            if create:
                patch = {
                    "site": str(rng.choice(sites)),
                    "geom": POINT,
                    "state": rng.choice(["reserved", "planted", "establishing", "dead"]),
                    "planted_on": DAY.isoformat(),
                }
            elif rng.random() < 0.7:
                patch["state"] = rng.choice(states[kind])
                if kind == "planting_site" and rng.random() < 0.7:
                    patch["networks_cleared_on"] = DAY.isoformat()
            elif kind == "tree":
                patch["height_m"] = rng.choice([None, 2.5, 3.0, 3.5])
            else:
                patch["soil"] = rng.choice(["", "clay", "loam"])
            change = Change(
                kind,
                target,
                patch,
                create=create,
                uuid=identifier(),
                base_rev=rng.choice([None, None, 0, 1, 2, 3]) if not create else None,
                after=last.get(target) if rng.random() < 0.5 else None,
                source="phone",
                device=f"phone-{device}",
                sequence=number,
                override="a lead's reason" if rng.random() < 0.3 else "",
            )
            last[target] = change.uuid
            made.append(change)
        devices_changes.append(made)
    return devices_changes


def _check(rng: random.Random, check: uuid.UUID, tree: uuid.UUID, event: uuid.UUID) -> Change:
    """A survival check: what it finds changes the tree, the site, and the tree's tasks."""
    patch = {
        "tree": str(tree),
        "autumn": 2026,
        "checked_on": "2026-09-15",
        "found": rng.choice(["alive", "dead", "outside"]),
        "gone": rng.random() < 0.5,
        "state": "recorded",
    }
    return Change("survival_check", check, patch, create=True, uuid=event, source="phone")


def _states(name: str) -> list[str]:
    return next(sorted(kind.states) for kind in kinds() if kind.name == name)


def deliver_badly(changes: Sequence[Sequence[Change]], seed: int) -> list[Verdict]:
    """Send every change at least once: shuffled, repeated, in batches of odd sizes."""
    rng = random.Random(~seed)
    post = [change for device in changes for change in device]
    post += rng.choices(post, k=len(post) // 2)
    rng.shuffle(post)
    verdicts: list[Verdict] = []
    while post:
        size = rng.choice([1, 1, 2, 5])
        verdicts += apply(post[:size])
        del post[:size]
    return verdicts


def check(changes: Sequence[Sequence[Change]], verdicts: Sequence[Verdict]) -> None:
    """Nothing lost, nothing twice, every state legal, one living tree a site, history = state."""
    sent = {change.uuid for device in changes for change in device}
    rows = list(Event.objects.order_by("id"))
    own = [row for row in rows if row.cause is None]
    assert Counter(row.uuid for row in own) == Counter(sent), (
        "every change is recorded exactly once"
    )
    assert {verdict.uuid for verdict in verdicts} == sent
    decided = {row.uuid for row in rows if row.status != "waiting"}
    standing = set(PlantingSite.objects.values_list("uuid", flat=True))
    standing |= set(Tree.objects.values_list("uuid", flat=True))
    standing |= set(SurvivalCheck.objects.values_list("uuid", flat=True))
    for row in own:
        if row.status == "waiting" and row.code != "ahead":
            assert row.waiting_for not in decided | standing, "nothing waits for what has arrived"
    for kind in kinds():
        for obj in kind.model_class._default_manager.all():
            history = [row for row in rows if row.object_uuid == obj.uuid and row.rev is not None]
            history.sort(key=lambda row: row.rev or 0)
            assert [row.rev for row in history] == list(range(1, obj.rev + 1)), (
                "no revision is missing"
            )
            state = None
            for row in history:
                if "state" in row.before or row.rev == 1:
                    entered = row.patch.get("state", obj.state if state is None else state)
                    if state is None:
                        assert entered in kind.starts
                    elif entered != state:
                        assert kind.allows(state, entered), f"{state} → {entered}"
                    state = entered
            assert state == obj.state, "the history ends where the object stands"
    checked = Counter(SurvivalCheck.objects.values_list("tree", "autumn"))
    assert set(checked.values()) <= {1}, "one check a tree and autumn"
    for site in PlantingSite.objects.all():
        assert Tree.objects.filter(site=site, state__in=HOLDING).count() <= 1


def clear() -> None:
    Event.objects.all().delete()
    SurvivalCheck.objects.all().delete()
    CareTask.objects.all().delete()
    Tree.objects.all().delete()
    PlantingSite.objects.all().delete()
    Species.objects.all().delete()
