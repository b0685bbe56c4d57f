"""The lists there are: places, work, checks and purchases, each with its columns and the columns of its files."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from frontend.programme import filters as f
from frontend.programme import work_filters as w
from frontend.programme.kinds import Column, ListKind, register
from greening.layers import MapLayer
from greening.map_layers import OBSERVATIONS, ROOFS, SITES, TREES
from greening.models import (
    Campaign,
    CareTask,
    GreenRoof,
    GuaranteeClaim,
    Inspection,
    NurseryOrder,
    Observation,
    PlantingSite,
    Reception,
    SurvivalCheck,
    Tree,
    WateringRound,
)


@cache
def _labels(model: Any, name: str) -> dict[Any, Any]:
    """Value → label of a field's choices: Django's own `get_…_display` makes this dictionary for every cell."""
    return dict(model._meta.get_field(name).flatchoices)


def _label(row: Any, name: str) -> Any:
    model: Any = type(row)
    return _labels(model, name).get(getattr(row, name)) or None


def _shown(name: str) -> Any:
    return lambda row: _label(row, name)


STATE = Column("state", _("state"), _shown("state"), "state")


def _street(site: PlantingSite) -> str:
    return str(site.street or _label(site, "kind"))


def _species(row: Any) -> str | None:
    found = row.species
    return found.scientific_name if found else (getattr(row, "species_as_written", "") or None)


def _tree_name(row: Any) -> str:
    return str(row.tree)


def _of(name: str) -> Any:
    return lambda row: getattr(row, name)


PLACE = ("street__name", "kind", "manager", "campaign")
SPECIES = ("genus", "species", "infraspecific", "cultivar", "name_fr")
COMMON = ("synthetic", "source", "created_at", "updated_at")

register(
    ListKind(
        name="trees",
        title=_("Trees"),
        about=_("Trees planted by the town, living and lost."),
        rows=Tree.objects.all,
        filters=f.TreeFilters,
        related=("species", "site__street"),
        layer="trees",
        life="tree",
        columns=(
            Column("number", _("number"), _of("pk"), "id"),
            Column("species", _("species"), _species),
            STATE,
            Column("street", _("place"), lambda row: _street(row.site)),
            Column("planted_on", _("planted on"), _of("planted_on"), "planted_on"),
            Column("manager", _("manager"), lambda row: _label(row.site, "manager")),
            Column("contractor", _("contractor"), lambda row: row.contractor or None),
        ),
        export=(
            "id", "uuid", "source_id", "state", *(f"species__{name}" for name in SPECIES), "species_as_written",
            "planted_on", "ended_on", "girth_m", "height_m", "measured_on", "under_watch", "nursery", "lot",
            "contractor", "size_class", "guarantee_until", "site_id", "site__matricule",
            *(f"site__{name}" for name in PLACE), *COMMON,
        ),
        facts=TREES.facts,
    ),
    ListKind(
        name="sites",
        title=_("Planting sites"),
        about=_("Places for one tree each, with the history of the trees that stood there."),
        rows=PlantingSite.objects.all,
        filters=f.SiteFilters,
        related=("street", "target_species"),
        layer="sites",
        life="planting_site",
        columns=(
            Column("number", _("number"), _of("pk"), "id"),
            Column("matricule", _("matricule"), lambda row: row.matricule or None, "matricule"),
            STATE,
            Column("street", _("place"), _street),
            Column("campaign", _("campaign"), lambda row: row.campaign or None, "campaign"),
            Column("species", _("species aimed at"), lambda row: row.target_species),
            Column("manager", _("manager"), _shown("manager")),
        ),
        export=(
            "id", "uuid", "matricule", "state", *PLACE, "address", "pit_volume_m3", "soil", "constraints",
            *(f"target_species__{name}" for name in SPECIES), "in_alignment", "networks_cleared_on",
            "felling_basis", *COMMON,
        ),
        facts=SITES.facts,
    ),
    ListKind(
        name="roofs",
        title=_("Green roofs"),
        about=_("Roofs that carry plants, or are meant to."),
        rows=GreenRoof.objects.all,
        filters=f.RoofFilters,
        layer="roofs",
        life="green_roof",
        columns=(
            Column("number", _("number"), _of("pk"), "id"),
            Column("name", _("name"), lambda row: row.name or None, "name"),
            STATE,
            Column("type", _("type"), _shown("kind"), "kind"),
            Column("area", _("area declared"), _of("area_m2"), "area_m2", "m²"),
            Column("substrate", _("substrate"), _of("substrate_cm"), "substrate_cm", "cm"),
        ),
        export=("id", "uuid", "name", "state", "kind", "area_m2", "substrate_cm", *COMMON),
        facts=ROOFS.facts,
    ),
    ListKind(
        name="tasks",
        title=_("Care tasks"),
        about=_("What is to be done to which tree, and within which days."),
        rows=CareTask.objects.all,
        filters=w.TaskFilters,
        related=("tree__species", "tree__site__street", "crew", "round"),
        place="tree",
        layer="trees",
        life="care_task",
        sort="due_until",
        staff=True,
        archives=False,
        columns=(
            Column("action", _("what to do"), _shown("action")),
            Column("tree", _("tree"), _tree_name),
            Column("street", _("place"), lambda row: _street(row.tree.site)),
            STATE,
            Column("due_from", _("from"), _of("due_from"), "due_from"),
            Column("due_until", _("until"), _of("due_until"), "due_until"),
            Column("litres", _("litres"), _of("litres"), "", "l"),
            Column("crew", _("crew"), _of("crew")),
        ),
        export=(
            "id", "uuid", "action", "state", "tree_id", "tree__site__matricule", "tree__site__street__name", "rule",
            "due_from", "due_until", "litres", "litres_given", "crew__name", "round_id", "stop", "done_on", "reason",
            "rain_mm", "order_reference", "note", *COMMON,
        ),
    ),
    ListKind(
        name="rounds",
        title=_("Watering rounds"),
        about=_("One tank truck's day each: a crew, its litres, its stops in order."),
        rows=WateringRound.objects.all,
        filters=w.RoundFilters,
        related=("crew",),
        place=None,
        life="watering_round",
        sort="-day",
        staff=True,
        archives=False,
        columns=(
            Column("day", _("day"), _of("day"), "day"),
            Column("name", _("name"), lambda row: row.name or None, "name"),
            STATE,
            Column("crew", _("crew"), _of("crew")),
            Column("litres_per_tree", _("litres per tree"), _of("litres_per_tree"), "", "l"),
            Column("tank_litres", _("tank"), _of("tank_litres"), "", "l"),
        ),
        export=(
            "id", "uuid", "day", "name", "state", "crew__name", "tank_litres", "litres_per_tree", "length_m",
            "skip_reason", "rain_mm", "order_reference", "note", *COMMON,
        ),
    ),
    ListKind(
        name="checks",
        title=_("Survival checks"),
        about=_("Each autumn's finding, tree by tree: alive, dead, or lost to an outside cause."),
        rows=SurvivalCheck.objects.all,
        filters=w.CheckFilters,
        related=("tree__species", "tree__site__street"),
        place="tree",
        layer="trees",
        life="survival_check",
        sort="-checked_on",
        staff=True,
        archives=False,
        columns=(
            Column("tree", _("tree"), _tree_name),
            Column("street", _("place"), lambda row: _street(row.tree.site)),
            Column("autumn", _("autumn of"), lambda row: str(row.autumn), "autumn"),
            Column("found", _("found"), _shown("found"), "found"),
            Column("cause", _("outside cause"), lambda row: row.cause or None),
            Column("checked_on", _("checked on"), _of("checked_on"), "checked_on"),
            STATE,
        ),
        export=(
            "id", "uuid", "tree_id", "autumn", "checked_on", "found", "gone", "cause", "state", "note", *COMMON,
        ),
    ),
    ListKind(
        name="inspections",
        title=_("Inspections"),
        about=_("Visual assessments of trees: crown, trunk and roots from 0 (sound) to 4 (dangerous)."),
        rows=Inspection.objects.all,
        filters=w.InspectionFilters,
        related=("tree__species", "tree__site__street"),
        place="tree",
        layer="trees",
        life="inspection",
        sort="-inspected_on",
        staff=True,
        archives=False,
        columns=(
            Column("tree", _("tree"), _tree_name),
            Column("street", _("place"), lambda row: _street(row.tree.site)),
            Column("inspected_on", _("inspected on"), _of("inspected_on"), "inspected_on"),
            Column("overall", _("overall"), _of("overall"), "overall"),
            Column("crown", _("crown"), _of("crown")),
            Column("trunk", _("trunk"), _of("trunk")),
            Column("roots", _("roots and collar"), _of("roots")),
            Column("next_due", _("next inspection by"), _of("next_due"), "next_due"),
        ),
        export=(
            "id", "uuid", "tree_id", "inspected_on", "crown", "trunk", "roots", "overall", "defects", "advice",
            "next_due", "state", *COMMON,
        ),
    ),
    ListKind(
        name="observations",
        title=_("Observations"),
        about=_("What crews and residents saw: damage, thirst, dangers with their deadline, ideas for sites."),
        rows=Observation.objects.all,
        filters=w.ObservationFilters,
        own_layer=OBSERVATIONS,
        related=("tree__species", "site__street"),
        life="observation",
        sort="-seen_on",
        staff=True,
        archives=False,
        columns=(
            Column("number", _("number"), _of("pk"), "id"),
            Column("what", _("what"), _shown("what"), "what"),
            STATE,
            Column("severity", _("severity"), _of("severity"), "severity"),
            Column("street", _("place"), lambda row: _street(row.site) if row.site else None),
            Column("tree", _("tree"), lambda row: str(row.tree) if row.tree else None),
            Column("seen_on", _("seen on"), _of("seen_on"), "seen_on"),
            Column("make_safe_by", _("make safe by"), _of("make_safe_by")),
        ),
        export=(
            "id", "uuid", "state", "what", "severity", "seen_on", "site_id", "tree_id", "note",
            "answer", "done_on", *COMMON,
        ),
    ),
    ListKind(
        name="orders",
        title=_("Nursery orders"),
        about=_("Plants ordered from nurseries, delivered in lots, planted out."),
        rows=NurseryOrder.objects.all,
        filters=w.OrderFilters,
        related=("species", "campaign"),
        place=None,
        life="nursery_order",
        sort="-id",
        staff=True,
        archives=False,
        creates="new-object",
        columns=(
            Column("number", _("order number"), lambda row: row.number or None, "number"),
            Column("nursery", _("nursery"), _of("nursery"), "nursery"),
            Column("species", _("species"), _of("species")),
            STATE,
            Column("ordered_count", _("plants ordered"), _of("ordered_count"), "ordered_count"),
            Column("accepted_count", _("plants kept"), _of("accepted_count")),
            Column("lot", _("lot"), lambda row: row.lot or None, "lot"),
            Column("expected_on", _("expected on"), _of("expected_on"), "expected_on"),
        ),
        export=(
            "id", "uuid", "number", "campaign__season", "nursery", *(f"species__{name}" for name in SPECIES),
            "size_class", "state", "ordered_count", "ordered_on", "expected_on", "lot", "received_on",
            "received_count", "refused_count", "refusal_reason", "planted_out_on", "note", *COMMON,
        ),
    ),
    ListKind(
        name="receptions",
        title=_("Receptions of works"),
        about=_("A contractor's season as the town received it; from that day the guarantee runs."),
        rows=Reception.objects.all,
        filters=w.ReceptionFilters,
        place=None,
        life="reception",
        sort="-id",
        staff=True,
        archives=False,
        creates="new-object",
        columns=(
            Column("contractor", _("contractor"), _of("contractor"), "contractor"),
            Column("season", _("season"), _of("season"), "season"),
            STATE,
            Column("received_on", _("received on"), _of("received_on"), "received_on"),
            Column("guarantee_months", _("guarantee, months"), _of("guarantee_months")),
        ),
        export=(
            "id", "uuid", "contractor", "season", "state", "received_on", "guarantee_months", "reservations", *COMMON,
        ),
    ),
    ListKind(
        name="claims",
        title=_("Guarantee claims"),
        about=_("Defects of guaranteed trees, from the day somebody saw them to their replacement."),
        rows=GuaranteeClaim.objects.all,
        filters=w.ClaimFilters,
        related=("tree__species", "tree__site__street"),
        place="tree",
        layer="trees",
        life="guarantee_claim",
        sort="-noted_on",
        staff=True,
        archives=False,
        columns=(
            Column("tree", _("tree"), _tree_name),
            Column("defect", _("defect"), _shown("defect"), "defect"),
            STATE,
            Column("noted_on", _("noted on"), _of("noted_on"), "noted_on"),
            Column("guarantee_until", _("guarantee until"), lambda row: row.tree.guarantee_until),
            Column("answer_due", _("answer due"), _of("answer_due"), "answer_due"),
        ),
        export=(
            "id", "uuid", "tree_id", "tree__contractor", "tree__guarantee_until", "state", "defect", "noted_on",
            "claimed_on", "answer_due", "reason", "replacement_id", "note", *COMMON,
        ),
    ),
    ListKind(
        name="campaigns",
        title=_("Planting campaigns"),
        about=_("Seasons of planting and what they aim at."),
        rows=Campaign.objects.all,
        filters=w.CampaignFilters,
        place=None,
        sort="-season",
        archives=False,
        columns=(
            Column("season", _("season"), _of("season"), "season"),
            Column("starts_on", _("first day"), _of("starts_on"), "starts_on"),
            Column("ends_on", _("last day"), _of("ends_on"), "ends_on"),
            Column("note", _("note"), lambda row: row.note or None),
        ),
        export=("id", "uuid", "season", "starts_on", "ends_on", "note", "synthetic"),
    ),
)  # fmt: skip


def plain(layer: MapLayer) -> ListKind:
    """A list of a map layer that has no list of its own: its name, its state and its facts."""
    model = layer.rows().model
    names = {each.name for each in model._meta.get_fields()}
    return ListKind(
        name=layer.name,
        title=layer.title,
        about=layer.about,
        rows=layer.rows,
        filters=f.PlainFilters if "archived_at" in names else f.ListFilters,
        related=layer.related,
        layer=layer.name,
        archives="archived_at" in names,
        columns=(
            Column("number", _("number"), _of("pk"), "id"),
            Column("name", _("name"), str),
            STATE,
        ),
        export=("id", "uuid", *layer.columns),
        facts=layer.facts,
    )
