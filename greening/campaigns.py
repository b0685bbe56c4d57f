"""Where a campaign stands: aimed at, planned, planted, by species, manager or quarter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Sum
from django.utils.translation import gettext as _

from greening.models import Campaign, PlantingSite, Quarter, Species

CUTS = ("species", "manager", "quarter")


@dataclass(frozen=True, slots=True)
class Progress:
    """One row: `planned` sites still wait for their tree, `planted` trees are in the ground (lost ones too)."""

    key: object  # None or "": whatever the others do not name
    label: str
    target: int
    planned: int
    planted: int


def progress(campaign: Campaign, cut: str) -> list[Progress]:
    """The campaign by one cut, in three queries (targets, sites, trees) and one for the names.

    A site counts by its target species, a tree by its own. Rows come by label, the unnamed one last.
    """
    targets = campaign.targets.order_by().values(cut).annotate(n=Sum("trees"))
    aimed = {row[cut] or None: row["n"] for row in targets}
    sites = {row["key"] or None: row["sites"] for row in campaign.planned_sites.by(cut)}  # type: ignore[attr-defined]
    trees = {row["key"] or None: row["trees"] for row in campaign.planted_trees.by(cut)}  # type: ignore[attr-defined]
    keys = aimed.keys() | sites.keys() | trees.keys()
    names = labels(cut, keys)
    rows = [
        Progress(key, names[key], aimed.get(key, 0), sites.get(key, 0), trees.get(key, 0))
        for key in keys
    ]
    return sorted(rows, key=lambda row: (row.key is None, row.label))


def labels(cut: str, keys: Iterable[object]) -> Mapping[object, str]:
    """What to call the keys of a cut of sites or trees."""
    keys = list(keys)
    names: dict[object, str]
    if cut == "species":
        names = {row.pk: str(row) for row in Species.objects.filter(pk__in=[k for k in keys if k])}
    elif cut == "quarter":
        names = {row.pk: row.name for row in Quarter.objects.filter(pk__in=[k for k in keys if k])}
    elif cut == "manager":
        names = {value: str(label) for value, label in PlantingSite.Manager.choices}
    else:
        names = {key: str(key) for key in keys if key}
    return {key: names.get(key, _("not stated")) for key in keys}
