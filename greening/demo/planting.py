"""The demo's sites, trees and roofs as changes for the door: what a town's inventory would tell of them."""

from __future__ import annotations

import uuid as uuid_module
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.contrib.gis.geos import Point, Polygon

from greening.care import months_after
from greening.demo.landing import wire
from greening.demo.plans import RoofPlan, SitePlan, TreePlan
from greening.events import Change
from greening.lives import ROOF
from greening.models import Species, Street
from greening.models.base import new_uuid

GUARANTEE_MONTHS = 24  # the usual "garantie de reprise" of a planting contract
CONTRACTORS = {"town": "Régie des parcs", "gpso": "Paysages Réunis", "department": "Vert Horizon"}
CLEARED_BEFORE = timedelta(days=40)
#: States that only a move leads to, and where the move starts.
COMES_FROM = {"refused": "surveyed", "to_fell": "occupied", "retired": "vacant"}


@dataclass(frozen=True, slots=True)
class PlacedSite:
    """A planned site with its identity and its place in WGS 84."""

    plan: SitePlan
    uuid: uuid_module.UUID
    place: Point
    street: Street | None


def season(campaign: int | None) -> str:
    """The season of a campaign that starts in the autumn of a year.

    >>> season(2026), season(None)
    ('2026-2027', '')
    """
    return "" if campaign is None else f"{campaign}-{campaign + 1}"


def site_changes(
    sites: Sequence[PlacedSite], species: dict[str, Species], said: dict[str, Any]
) -> Iterator[Change]:
    """Every site's creation; those whose state only a move leads to are created where the move starts."""
    for site in sites:
        plan = site.plan
        patch = {
            "state": COMES_FROM.get(plan.state, plan.state),
            "matricule": plan.matricule,
            "geom": wire(site.place),
            "street": None if site.street is None else str(site.street.uuid),
            "kind": plan.kind,
            "manager": plan.manager,
            "target_species": str(species[plan.target_species].uuid),
            "campaign": season(plan.campaign),
            "pit_volume_m3": plan.pit_volume_m3,
            "in_alignment": plan.street is not None,
            "networks_cleared_on": _cleared(plan),
            **said,
        }
        yield Change("planting_site", site.uuid, patch, create=True)


def tree_changes(
    sites: Sequence[PlacedSite], species: dict[str, Species], said: dict[str, Any]
) -> Iterator[Change]:
    """Every site's trees, oldest first, then what replaced which, and the sites' own last moves."""
    replaced: list[Change] = []
    for site in sites:
        earlier: uuid_module.UUID | None = None
        for plan in site.plan.trees:
            tree = new_uuid()
            if plan.state == "dead" and site.plan.state == "to_fell":
                # It stood alive before: a site from which an earlier tree vanished is occupied again by it.
                alive = replace(plan, state="establishing", ended_on=None)
                yield _tree(tree, alive, site, species, said)
                yield Change("tree", tree, {"state": "dead", "ended_on": _day(plan.ended_on)})
            else:
                yield _tree(tree, plan, site, species, said)
            if earlier is not None:
                replaced.append(Change("tree", earlier, {"replaced_by": str(tree)}))
            earlier = tree
    yield from replaced
    for site in sites:
        before = COMES_FROM.get(site.plan.state)
        if before is not None:
            basis = {"felling_basis": "declaration"} if site.plan.state == "to_fell" else {}
            yield Change("planting_site", site.uuid, {"state": site.plan.state, **basis})


def roof_changes(
    roofs: Iterable[tuple[RoofPlan, Polygon]], said: dict[str, Any]
) -> Iterator[Change]:
    """Every roof; one that is gone was in service first."""
    for plan, polygon in roofs:
        roof = new_uuid()
        start = plan.state if plan.state in ROOF.starts else "in_service"
        patch = {
            "state": start,
            "name": plan.name,
            "geom": wire(polygon),
            "kind": plan.kind,
            "substrate_cm": plan.substrate_cm,
            "area_m2": plan.area_m2,
            **said,
        }
        yield Change("green_roof", roof, patch, create=True)
        if start != plan.state:
            yield Change("green_roof", roof, {"state": plan.state})


def _tree(
    tree: uuid_module.UUID,
    plan: TreePlan,
    site: PlacedSite,
    species: dict[str, Species],
    said: dict[str, Any],
) -> Change:
    patch = {
        "state": plan.state,
        "site": str(site.uuid),
        "geom": wire(site.place),
        "species": str(species[plan.species].uuid),
        "planted_on": _day(plan.planted_on),
        "ended_on": _day(plan.ended_on),
        "height_m": plan.height_m,
        "girth_m": plan.girth_m,
        "measured_on": _day(plan.measured_on),
        "size_class": plan.size_class,
        "nursery": plan.nursery,
        "lot": plan.lot,
        "contractor": _contractor(plan, site.plan),
        "under_watch": plan.under_watch,
        "guarantee_until": _day(
            months_after(plan.planted_on, GUARANTEE_MONTHS) if plan.planted_on else None
        ),
        **said,
    }
    return Change("tree", tree, patch, create=True)


def _contractor(plan: TreePlan, site: SitePlan) -> str:
    return CONTRACTORS[site.manager] if plan.planted_on else ""


def _cleared(plan: SitePlan) -> str | None:
    """The network clearance of a site that is, or was, ready to plant."""
    if plan.state not in ("ready", "occupied", "to_fell", "stump", "vacant"):
        return None
    planted = [tree.planted_on for tree in plan.trees if tree.planted_on]
    if planted:
        return _day(min(planted) - CLEARED_BEFORE)
    return _day(date(plan.campaign, 10, 1)) if plan.campaign else None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
