"""Which part of the town a person works in: sectors of their crews, or a contractor's own lots."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from greening.models import CareTask, Crew, PlantingSite, Quarter, Tree, WateringRound
from greening.roles import WHOLE_TOWN, Role, grant, holds, limit


@dataclass(frozen=True)
class Scope:
    """A person's part of the town. Without crews' sectors it is all of it; a contractor's is their lots."""

    crews: Sequence[Crew]
    quarters: Sequence[Quarter]
    firms: Sequence[str] | None  # None for the town's own people

    @property
    def token(self) -> str:
        """Changes when the part does: a phone then needs everything anew."""
        parts = [
            *(f"crew {crew.pk}" for crew in self.crews),
            *(f"quarter {quarter.pk} {len(quarter.geom.wkb)}" for quarter in self.quarters),
            *(["firms", *self.firms] if self.firms is not None else []),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def trees(self) -> QuerySet[Tree]:
        rows: QuerySet[Tree] = Tree.objects.all()
        if self.firms is not None:
            return rows.filter(contractor__in=self.firms)
        return rows.filter(self._within("site"))

    def sites(self) -> QuerySet[PlantingSite]:
        rows: QuerySet[PlantingSite] = PlantingSite.objects.all()
        if self.firms is not None:
            own = Tree.objects.filter(site=OuterRef("pk"), contractor__in=self.firms)
            return rows.filter(Exists(own))
        return rows.filter(self._within("pk"))

    def tasks(self) -> QuerySet[CareTask]:
        rows: QuerySet[CareTask] = CareTask.objects.all()
        if self.firms is not None:
            return rows.filter(tree__contractor__in=self.firms)
        within = self._within("tree__site")
        return rows.filter(within | Q(crew__in=self.crews) if self.quarters else within)

    def rounds(self) -> QuerySet[WateringRound]:
        """Rounds to drive: those of the person's crews, or every crew's where they have none."""
        rows = WateringRound.objects.filter(state__in=("assigned", "started"))
        if self.firms is not None:
            return rows.none()
        return rows.filter(crew__in=self.crews) if self.crews else rows

    def _within(self, site: str) -> Q:
        """In the sectors, or a stop of a round of theirs; `site` is the path to the site's key."""
        if not self.quarters:
            return Q()
        driven = CareTask.objects.filter(round__in=self.rounds()).values("tree__site")
        inside = Q(**{f"{site}__in": driven})
        for quarter in self.quarters:
            there = PlantingSite.objects.intersecting(quarter.geom).values("pk")
            inside |= Q(**{f"{site}__in": there})
        return inside


def scope_of(user: Any) -> Scope:
    """The part of the town that `user` works in."""
    # A contractor's person who is a resident too (or reads as an elected member) still works on own lots only.
    if not holds(user, *WHOLE_TOWN):
        return Scope([], [], sorted(firms_of(user)))
    crews = list(user.crews.filter(active=True).order_by("pk"))
    quarters = Quarter.objects.filter(sectors__crew__in=crews).distinct().order_by("pk")
    return Scope(crews, list(quarters), None)


def firms_of(user: Any) -> frozenset[str]:
    """The names under which a contractor's person works, read once per request."""
    held: frozenset[str] | None = getattr(user, "_firms", None)
    if held is None:
        held = frozenset(user.contractors.values_list("name", flat=True)) - {""}
        user._firms = held
    return held


def own_tree(user: Any, tree: Any) -> bool:
    """Whether a tree is of the person's lots, as it was and as it would become: nobody takes a lot over."""
    firms = firms_of(user)
    if tree.contractor not in firms:
        return False
    was = Tree.objects.filter(uuid=tree.uuid).values_list("contractor", flat=True).first()
    return was is None or was in firms


def own_task(user: Any, task: Any) -> bool:
    """Whether a task is for a tree of the person's lots, as it was and as it would become."""
    if not own_tree(user, task.tree):
        return False
    rows = CareTask.objects.filter(uuid=task.uuid).values_list("tree__contractor", flat=True)
    was = rows.first()
    return was is None or was in firms_of(user)


def own_observation(user: Any, seen: Any) -> bool:
    """Whether an observation is of a tree of the person's lots."""
    return seen.tree is not None and own_tree(user, seen.tree)


def declare() -> None:
    """What a contractor may do, and that it ends where its lots end."""
    grant(Role.CONTRACTOR, ("observation",), {"create"})
    limit(Role.CONTRACTOR, ("observation",), own_observation)
    grant(Role.CONTRACTOR, ("tree",), {"edit", "move:planted"})
    grant(Role.CONTRACTOR, ("care_task",), {"edit", "move:started", "move:done", "move:not_done"})
    limit(Role.CONTRACTOR, ("tree",), own_tree)
    limit(Role.CONTRACTOR, ("care_task",), own_task)
