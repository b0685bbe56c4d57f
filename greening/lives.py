"""The lives of the ground's kinds: states, moves and guards of sites, trees and green roofs (domain.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.lifecycle import Consequence, Kind, Move, Refusal, Situation, World, register
from greening.models import PlantingSite, Tree
from greening.models.base import Living
from greening.models.tree import LIVING_STATES
from greening.roles import WRITE, Role, grant

#: Months in which birds nest in Île-de-France: pruning and felling then need a check for nests first.
#: LPO's advice, 15 March to 31 July, by whole months.
NESTING_MONTHS = (3, 4, 5, 6, 7)
HOLDING = ("reserved", *LIVING_STATES)


# --- planting sites -------------------------------------------------------------------------------
def networks_cleared(situation: Situation) -> Refusal | None:
    site: Any = situation.obj
    if site.networks_cleared_on or situation.overridden():
        return None
    return Refusal(
        "networks_not_cleared",
        _("Tick the network clearance (DT-DICT) with its date before this site is ready to plant."),
    )


def felling_is_lawful(situation: Situation) -> Refusal | None:
    site: Any = situation.obj
    if not site.in_alignment or site.felling_basis:
        return None
    return Refusal(
        "alignment_protected",
        _(
            "This tree belongs to an alignment protected by article L350-3: give the declaration, the "
            "authorisation, or “imminent danger” first."
        ),
    )


def no_living_tree(situation: Situation) -> Refusal | None:
    if situation.world["holding"].get(situation.obj.uuid):
        return Refusal(
            "tree_still_there", _("A living tree stands on this site: end its life first.")
        )
    return None


def nesting_season(situation: Situation) -> Any:
    moves = {"to_fell", "stump"} if isinstance(situation.obj, PlantingSite) else {"felled"}
    if situation.moved_to in moves and timezone.localtime(situation.at).month in NESTING_MONTHS:
        return _("Nesting season: check for nests before any felling or pruning.")
    return None


def preload_sites(sites: list[Living], world: World) -> None:
    """Which living or reserved trees each site holds, read once a batch."""
    _holding(world, [site for site in sites if site.pk])


def _holding(world: World, sites: list[Living]) -> None:
    holding, dead = world.setdefault("holding", {}), world.setdefault("dead", {})
    asked = world.setdefault("asked", set())
    fresh = [site.pk for site in sites if site.pk and site.uuid not in asked]
    asked.update(site.uuid for site in sites)
    if fresh:
        rows = Tree.objects.filter(site_id__in=fresh, state__in=(*HOLDING, "dead"))
        rows = rows.exclude(state="dead", archived_at__isnull=False)
        for site, tree, state in rows.values_list("site__uuid", "uuid", "state"):
            (dead if state == "dead" else holding).setdefault(site, set()).add(tree)


def a_tree_is_there(situation: Situation) -> Refusal | None:
    if situation.world["holding"].get(situation.obj.uuid):
        return None
    return Refusal("no_tree", _("No tree stands here: log the planting, and the site follows."))


# --- trees ----------------------------------------------------------------------------------------
def record_is_kept(situation: Situation) -> Refusal | None:
    """Origin, guarantee and place are not corrected in the field; who plants is named at the planting."""
    if situation.created:
        return None
    planting = situation.before.get("state") == "reserved" and situation.moved_to == "planted"
    writable = TREE.writable(situation.patch, situation.rights)
    held = situation.patch.keys() - {*writable, *(("contractor",) if planting else ())}
    if not held:
        return None
    field_named: Any = TREE.model_class._meta.get_field
    names = sorted(str(field_named(name).verbose_name) for name in held)
    return Refusal(
        "record_kept",
        _("Only a planner or a crew lead changes this of a tree that is recorded: %s.")
        % ", ".join(names),
    )


def one_living_tree(situation: Situation) -> Refusal | None:
    tree: Any = situation.obj
    if tree.state not in HOLDING:
        return None
    others = situation.world["holding"].get(tree.site.uuid, set()) - {tree.uuid}
    if others:
        return Refusal("site_taken", _("This site already holds a living or reserved tree."))
    return None


def not_in_the_future(situation: Situation) -> Refusal | None:
    tree: Any = situation.obj
    today = timezone.localdate()
    for name in ("planted_on", "ended_on", "measured_on"):
        day = getattr(tree, name)
        if name in situation.patch and day and day > today:
            return Refusal("future_date", _("%s lies in the future.") % day.isoformat())
    return None


def site_is_ready(situation: Situation) -> Refusal | None:
    """What is planted needs a ready site. Trees that stand already are recorded by who keeps the inventory."""
    tree: Any = situation.obj
    recorded = situation.created and tree.state in LIVING_STATES
    if situation.moved_to != "planted" and (not recorded or "record" in situation.rights):
        return None
    if situation.overridden():
        return None
    if tree.site.state not in ("ready", "occupied"):
        return Refusal(
            "site_not_ready",
            _("The site is “%s”, not “ready to plant”; a lead can override this with a reason.")
            % tree.site.get_state_display(),
        )
    if situation.world["dead"].get(tree.site.uuid, set()) - {tree.uuid}:
        return Refusal(
            "dead_tree_stands",
            _(
                "A dead tree still stands here: log its felling first, or that it is gone; a lead can override this "
                "with a reason."
            ),
        )
    return None


def site_can_hold(situation: Situation) -> Refusal | None:
    """The site follows its tree, or nothing may live on it: no reason given changes what the table knows no way to."""
    tree: Any = situation.obj
    comes = "site" in situation.patch or situation.before.get("state") not in (
        None,
        *LIVING_STATES,
    )
    if tree.state not in LIVING_STATES or not (comes or situation.created):
        return None
    if tree.site.state == "occupied" or SITE.allows(tree.site.state, "occupied"):
        return None
    return Refusal(
        "site_holds_none",
        _("No tree can live on a site that is “%s”: move the site on first, or make a new one.")
        % tree.site.get_state_display(),
    )


def planted_has_a_date(situation: Situation) -> Refusal | None:
    tree: Any = situation.obj
    if situation.moved_to == "planted" and tree.planted_on is None:
        return Refusal("no_planting_date", _("Give the planting date."))
    return None


def preload_trees(trees: list[Living], world: World) -> None:
    known = world["references"].get(PlantingSite, {}).values()
    _holding(world, [*known, *(tree.site for tree in trees)])  # type: ignore[attr-defined]


def remember_tree(situation: Situation) -> None:
    tree: Any = situation.obj
    held = {"holding": tree.state in HOLDING, "dead": tree.state == "dead" and not tree.archived_at}
    for name, here in held.items():
        if "site" in situation.before:
            situation.world[name].get(situation.before["site"].uuid, set()).discard(tree.uuid)
        trees = situation.world[name].setdefault(tree.site.uuid, set())
        (trees.add if here else trees.discard)(tree.uuid)


def felling_was_decided(situation: Situation) -> Refusal | None:
    tree: Any = situation.obj
    if situation.created or situation.moved_to != "felled" or situation.overridden():
        return None
    if tree.site.state == "to_fell":
        return None
    return Refusal(
        "felling_not_decided",
        _(
            "Mark the site “to fell” first, with its legal basis where the tree stands in an alignment."
        ),
    )


#: What becomes of the site when its tree's state changes; a dead tree still stands, so its site waits for a
#: person to decide the felling.
SITE_AFTER = {
    **dict.fromkeys(LIVING_STATES, "occupied"),
    "felled": "stump",
    "missing": "vacant",
    "transplanted": "vacant",
}


def site_follows(situation: Situation) -> Iterator[Consequence]:
    tree: Any = situation.obj
    comes = "site" in situation.patch and tree.state in LIVING_STATES
    target = SITE_AFTER.get(tree.state) if situation.moved_to or comes else None
    if target and tree.site.state != target and SITE.allows(tree.site.state, target):
        yield Consequence("planting_site", tree.site, {"state": target})


ENDS = ("dead", "missing", "felled", "transplanted")

SITE = Kind(
    name="planting_site",
    model="greening.PlantingSite",
    # An inventory records sites that are occupied or vacant already; the programme's own start as proposals.
    starts=(
        "proposed",
        "surveyed",
        "approved",
        "scheduled",
        "ready",
        "occupied",
        "stump",
        "vacant",
    ),
    moves=(
        Move("proposed", "surveyed"),
        Move("surveyed", "approved", "refused"),
        Move("approved", "scheduled"),
        Move("scheduled", "ready", guards=[networks_cleared]),
        Move("ready", "occupied"),
        Move("occupied", "to_fell", guards=[felling_is_lawful]),
        Move(
            "occupied", "vacant", guards=[no_living_tree]
        ),  # torn out or moved: nothing is left to fell
        Move("to_fell", "occupied"),  # the decision is taken back
        Move("to_fell", "stump", guards=[no_living_tree]),
        Move("stump", "vacant"),
        Move("vacant", "scheduled", "retired"),
        # A lead may plant where the table would make a crew wait; the tree's own guard asks for the reason.
        Move("approved", "occupied", guards=[a_tree_is_there]),
        Move("scheduled", "occupied", guards=[a_tree_is_there]),
        Move("vacant", "occupied", guards=[a_tree_is_there]),
    ),
    fields=(
        "matricule",
        "geom",
        "street",
        "kind",
        "manager",
        "pit_volume_m3",
        "soil",
        "constraints",
        "target_species",
        "campaign",
        "source",
        "synthetic",
        "in_alignment",
        "networks_cleared_on",
        "felling_basis",
        "archived_at",
        "address",
    ),
    soft=("soil", "constraints", "address"),
    warners=(nesting_season,),
    preload=preload_sites,
    order=10,
)

TREE = Kind(
    name="tree",
    model="greening.Tree",
    starts=("reserved", "planted", "establishing", "established", "mature", "senescent", *ENDS),
    moves=(
        Move("reserved", "planted", "missing"),
        Move("planted", "establishing", *ENDS),
        Move("establishing", "established", *ENDS),
        Move("established", "mature", *ENDS),
        Move("mature", "senescent", *ENDS),
        Move("senescent", *ENDS),
        Move("dead", "felled", "missing"),
        Move("missing", "planted", "establishing", "established", "mature"),  # found again
    ),
    fields=(
        "site",
        "geom",
        "species",
        "species_as_written",
        "nursery",
        "lot",
        "contractor",
        "size_class",
        "planted_on",
        "ended_on",
        "girth_m",
        "height_m",
        "measured_on",
        "under_watch",
        "guarantee_until",
        "replaced_by",
        "source",
        "synthetic",
        "archived_at",
        "source_id",
        "note",
        "details",
    ),
    soft=("note",),
    record=(
        "site",
        "contractor",
        "guarantee_until",
        "replaced_by",
        "source",
        "source_id",
        "synthetic",
    ),
    guards=(
        record_is_kept,
        one_living_tree,
        not_in_the_future,
        site_is_ready,
        site_can_hold,
        planted_has_a_date,
        felling_was_decided,
    ),
    warners=(nesting_season,),
    preload=preload_trees,
    remember=remember_tree,
    consequences=site_follows,
    order=20,
)

ROOF = Kind(
    name="green_roof",
    model="greening.GreenRoof",
    starts=("candidate", "studied", "approved", "works", "delivered", "in_service", "degraded"),
    moves=(
        Move("candidate", "studied"),
        Move("studied", "approved"),
        Move("approved", "works"),
        Move("works", "delivered"),
        Move("delivered", "in_service"),
        Move("in_service", "degraded", "removed"),
        Move("degraded", "in_service", "removed"),
    ),
    fields=(
        "name",
        "geom",
        "kind",
        "substrate_cm",
        "area_m2",
        "source",
        "synthetic",
        "archived_at",
    ),
    order=10,
)


def declare() -> None:
    """Register the ground's kinds and who may change them."""
    register(SITE, TREE, ROOF)
    ground = ("planting_site", "tree", "green_roof")
    grant(Role.PLANNER, ground, WRITE)
    grant(Role.CREW_LEAD, ("planting_site", "tree"), {*WRITE, "override"})
    grant(Role.CREW, ("tree",), {"create", "edit", "move"})
    grant(
        Role.CREW,
        ("planting_site",),
        {"create", "edit", "move:surveyed", "move:occupied", "move:stump", "move:vacant"},
    )
