"""The ground's own map layers: streets, green roofs, planting sites, trees."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from greening.layers import Fact, Group, MapLayer
from greening.models import GreenRoof, Observation, PlantingSite, Street, Tree


def _tree(tree: Tree) -> Iterable[Fact]:
    yield _("species"), tree.species.scientific_name if tree.species else None, ""
    if tree.species and tree.species.name_fr:
        yield _("French name"), tree.species.name_fr, ""
    yield _("state"), tree.get_state_display(), ""
    yield _("planted on"), tree.planted_on, ""
    if tree.ended_on:
        yield _("ended on"), tree.ended_on, ""
    yield _("height"), tree.height_m, "m"
    yield _("girth"), None if tree.girth_m is None else round(tree.girth_m * 100), "cm"
    if tree.guarantee_until:
        yield _("guarantee until"), tree.guarantee_until, ""
    yield from _place(tree.site)


def _site(site: PlantingSite) -> Iterable[Fact]:
    yield _("state"), site.get_state_display(), ""
    if site.target_species:
        yield _("target species"), site.target_species.scientific_name, ""
    yield _("planting season"), site.campaign or None, ""
    yield from _place(site)
    yield _("pit volume"), site.pit_volume_m3, "m³"


def _place(site: PlantingSite) -> Iterable[Fact]:
    if site.street:
        yield _("street"), site.street.name, ""
    yield _("type of place"), site.get_kind_display(), ""
    yield _("managed by"), site.get_manager_display(), ""
    yield _("matricule"), site.matricule or None, ""


def _roof(roof: GreenRoof) -> Iterable[Fact]:
    yield _("state"), roof.get_state_display(), ""
    yield _("type"), roof.get_kind_display(), ""
    yield _("planted area"), roof.area_m2, "m²"
    yield _("substrate"), roof.substrate_cm, "cm"


STREETS = MapLayer(
    name="streets",
    order=2,
    title=_("Streets"),
    about=_("Centre lines of the town's streets."),
    rows=Street.objects.all,
    columns=("name", "width_m"),
    changed="",
    ground=True,
)

ROOFS = MapLayer(
    name="roofs",
    order=50,
    title=_("Green roofs"),
    about=_("Roofs that carry plants, or are meant to."),
    rows=GreenRoof.objects.all,
    columns=("state", "name", "kind", "area_m2"),
    min_zoom=11,
    groups=(
        Group(
            "green", pgettext_lazy("roofs", "planted"), ("delivered", "in_service"), "area", "roof"
        ),
        Group(
            "planned",
            _("planned or under way"),
            ("candidate", "studied", "approved", "works"),
            "area-dashed",
            "roof",
        ),
        Group("gone", _("degraded or removed"), ("degraded", "removed"), "area-crossed", "lost"),
    ),
    facts=_roof,
)

SITES = MapLayer(
    name="sites",
    order=60,
    title=_("Planting sites"),
    about=_("Places for one tree each; those that hold one are drawn as the tree."),
    rows=PlantingSite.objects.all,
    columns=("state", "matricule", "kind", "manager", "campaign"),
    min_zoom=9,
    single_from=14,
    groups=(
        Group("planned", _("planned"), ("approved", "scheduled"), "diamond-open", "site"),
        Group("ready", _("ready to plant"), ("ready",), "diamond", "site"),
        Group("idea", _("proposed, being studied"), ("proposed", "surveyed"), "point", "idea"),
        Group(
            "free",
            _("waiting for a new tree"),
            ("to_fell", "stump", "vacant"),
            "square-open",
            "lost",
        ),
        Group("given_up", _("given up"), ("refused", "retired"), "dash", "idea"),
        Group("occupied", _("with a tree"), ("occupied",), "none", "tree"),
    ),
    related=("street", "target_species"),
    facts=_site,
)

TREES = MapLayer(
    name="trees",
    order=70,
    title=_("Trees"),
    about=_("Trees planted by the town, living and lost."),
    rows=Tree.objects.all,
    columns=("state", "planted_on", "under_watch"),
    min_zoom=9,
    single_from=14,
    groups=(
        Group(
            "young", _("young, still being watered"), ("planted", "establishing"), "ring", "tree"
        ),
        Group(
            "grown",
            pgettext_lazy("trees", "established"),
            ("established", "mature", "senescent"),
            "circle",
            "tree",
        ),
        Group(
            "lost",
            _("lost: dead, missing or felled"),
            ("dead", "missing", "felled"),
            "cross",
            "lost",
        ),
        Group(
            "other",
            _("reserved at the nursery, or moved"),
            ("reserved", "transplanted"),
            "none",
            "idea",
        ),
    ),
    related=("species", "site__street"),
    facts=_tree,
)


def _report(seen: Observation) -> Iterable[Fact]:
    yield _("what"), seen.get_what_display(), ""
    yield _("seen on"), seen.seen_on, ""


#: What, where, when and how far: nobody's words, nobody's name. It waits for a moderator, and until it is asked for.
REPORTS = MapLayer(
    name="reports",
    order=80,
    title=_("Residents' reports"),
    about=_("What residents reported and the town confirmed: what and where, nothing more."),
    rows=Observation.objects.public,
    columns=("state", "what"),
    min_zoom=12,
    groups=(
        Group("confirmed", _("confirmed"), ("validated",), "diamond", "lost"),
        Group("done", pgettext_lazy("reports", "done"), ("acted_on",), "circle", "idea"),
        Group(
            "unseen",
            pgettext_lazy("reports", "not shown"),
            ("draft", "received", "needs_info", "refused"),
            "none",
            "idea",
        ),
    ),
    facts=_report,
    shown=False,
)

#: Not a layer of the town's map, where everybody reads: the symbols of the list's own map.
OBSERVATIONS = MapLayer(
    name="observations",
    title=_("Observations"),
    about=_("What crews and residents saw."),
    rows=Observation.objects.all,
    groups=(
        Group("open", _("waiting for the town"), Observation.OPEN, "diamond", "lost"),
        Group("settled", _("settled"), ("acted_on", "refused", "draft"), "circle", "idea"),
    ),
)
