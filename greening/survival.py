"""How many young trees live, by species, nursery lot and contractor, with honest intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from greening.campaigns import labels
from greening.models import Campaign, Tree

#: Two-sided 95 % of the normal distribution.
Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Survival:
    """One row of the report. `lost` died or vanished by the inventory without an autumn's finding."""

    key: object  # a species' id, a lot, a contractor…
    label: str
    trees: int
    alive: int
    dead: int
    outside: int
    lost: int
    unchecked: int

    @property
    def known(self) -> int:
        """Trees whose fate is known: the denominator of the share."""
        return self.trees - self.unchecked

    @property
    def share_alive(self) -> float | None:
        """Of the trees whose fate is known; None where none is."""
        return self.alive / self.known if self.known else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval of `share_alive`."""
        return wilson(self.alive, self.known)

    @property
    def share_without_outside_causes(self) -> float | None:
        """What a contractor answers for: trees lost to an outside cause left out."""
        known = self.known - self.outside
        return self.alive / known if known else None


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float] | None:
    """Wilson's score interval of a share (Wilson, JASA 22, 1927); None without trials.

    >>> [round(bound, 3) for bound in wilson(81, 263)]
    [0.255, 0.366]
    """
    if trials == 0:
        return None
    share = successes / trials
    spread = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    centre = share + z**2 / (2 * trials)
    scale = 1 + z**2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


FATES = ("alive", "dead", "outside", "lost", "unchecked")


def counted(
    autumn: int, cut: str, trees: QuerySet[Tree] | None = None
) -> QuerySet[Any, dict[str, Any]]:
    """The report's rows in one query: `key`, `trees`, and one count a fate.

    `trees` narrows the trees asked about (a campaign's, a manager's); they are those of the autumn's check anyway.
    """
    asked: Any = Tree.objects.all() if trees is None else trees
    counts: QuerySet[Any, dict[str, Any]] = (
        asked.of_survival_check(autumn)
        .with_fate(autumn)
        .cut(cut)
        .order_by("key")
        .values("key")
        .annotate(
            trees=Count("pk"), **{f"n_{fate}": Count("pk", filter=Q(fate=fate)) for fate in FATES}
        )
    )
    return counts


def report(autumn: int, cut: str, campaign: Campaign | None = None) -> list[Survival]:
    """Survival in the autumn of year `autumn`, one row a key of `cut`, of one campaign's trees or of all."""
    trees = None if campaign is None else campaign.planted_trees
    rows = list(counted(autumn, cut, trees))
    names = labels(cut, [row["key"] for row in rows])
    return [
        Survival(
            key=row["key"],
            label=names[row["key"]],
            trees=row["trees"],
            **{fate: row[f"n_{fate}"] for fate in FATES},
        )
        for row in rows
    ]
