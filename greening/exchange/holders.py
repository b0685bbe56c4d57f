"""Who else holds on to a tree that vanished from its source: floors above register to be asked before it goes."""

from __future__ import annotations

import uuid as uuid_module
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from greening.models import CareTask, GuaranteeClaim, Tree


@dataclass(frozen=True)
class Hold:
    """One reason not to let a tree go unnoticed; with `keeps`, the import leaves it in place for a person."""

    sentence: str
    keeps: bool = False


Holder = Callable[[Sequence[Tree]], Mapping[uuid_module.UUID, Sequence[Hold]]]
_holders: list[Holder] = []


def register(holder: Holder) -> None:
    """Let `holder` be asked, a batch of trees at a time; called from an app's `ready`."""
    if holder not in _holders:
        _holders.append(holder)


def unregister(holder: Holder) -> None:
    _holders.remove(holder)


def holds_on(trees: Sequence[Tree]) -> dict[uuid_module.UUID, list[Hold]]:
    """Every hold on each of these trees; trees that nobody holds on to are absent."""
    found: dict[uuid_module.UUID, list[Hold]] = {}
    for holder in (ground_holds, *_holders):
        for identifier, holds in holder(trees).items():
            found.setdefault(identifier, []).extend(holds)
    return found


def ground_holds(trees: Sequence[Tree]) -> dict[uuid_module.UUID, list[Hold]]:
    """Work still planned on these trees, and claims on their guarantee."""
    found: dict[uuid_module.UUID, list[Hold]] = {}
    keys = [tree.pk for tree in trees]
    tasks = CareTask.objects.filter(tree_id__in=keys, state__in=("planned", "assigned", "started"))
    for identifier in tasks.values_list("tree__uuid", flat=True).distinct():
        found.setdefault(identifier, []).append(Hold(_("work is still planned on it")))
    claims = GuaranteeClaim.objects.filter(tree_id__in=keys).exclude(state="dropped")
    for identifier in claims.values_list("tree__uuid", flat=True).distinct():
        found.setdefault(identifier, []).append(Hold(_("its guarantee was claimed")))
    return found
