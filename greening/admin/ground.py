"""What stands in the ground: sites, trees and roofs behind the door, species and streets as reference tables."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from greening.back_office.living import LIFE, LIFE_READONLY, LivingMapAdmin, MeasuredLivingAdmin
from greening.back_office.reference import ReferenceAdmin, ReferenceMapAdmin
from greening.models import (
    Campaign,
    CampaignTarget,
    Commune,
    GreenRoof,
    PlantingSite,
    Quarter,
    Species,
    Street,
    Synonym,
    Tree,
)


@admin.register(Commune)
class CommuneAdmin(ReferenceMapAdmin):
    list_display = ("name", "insee", "population", "tree_target", "metric_srid", "synthetic")
    search_fields = ("name", "insee")


@admin.register(Quarter)
class QuarterAdmin(ReferenceMapAdmin):
    list_display = ("name", "synthetic")
    search_fields = ("name",)


@admin.register(Species)
class SpeciesAdmin(ReferenceAdmin):
    list_display = ("scientific_name", "name_fr", "name_en", "taxref_cd_nom", "wikidata")
    list_filter = ("genus",)
    search_fields = ("genus", "species", "infraspecific", "cultivar", "name_fr", "name_en")
    autocomplete_fields = ("merged_into",)
    readonly_fields = ("uuid",)


@admin.register(Synonym)
class SynonymAdmin(ReferenceAdmin):
    list_display = ("name", "species")
    list_select_related = ("species",)
    search_fields = ("name", "species__genus", "species__species")
    autocomplete_fields = ("species",)


@admin.register(Street)
class StreetAdmin(ReferenceMapAdmin):
    list_display = ("name", "width_m", "synthetic")
    list_filter = ("synthetic",)
    search_fields = ("name",)
    ordering = ("name",)


class TargetInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """A campaign's portions; whoever may change the campaign may change them."""

    model = CampaignTarget
    fields = ("trees", "species", "manager", "quarter")
    autocomplete_fields = ("species",)
    extra = 0

    has_view_permission = ReferenceAdmin.has_view_permission
    has_add_permission = ReferenceAdmin.has_add_permission
    has_change_permission = ReferenceAdmin.has_change_permission
    has_delete_permission = ReferenceAdmin.has_delete_permission
    _may = ReferenceAdmin._may


@admin.register(Campaign)
class CampaignAdmin(ReferenceAdmin):
    list_display = ("season", "starts_on", "ends_on", "synthetic")
    search_fields = ("season",)
    inlines = (TargetInline,)


@admin.register(CampaignTarget)
class CampaignTargetAdmin(ReferenceAdmin):
    list_display = ("campaign", "trees", "species", "manager", "quarter")
    list_filter = ("campaign", "manager")
    list_select_related = ("campaign", "species", "quarter")
    autocomplete_fields = ("species",)


@admin.register(PlantingSite)
class PlantingSiteAdmin(LivingMapAdmin):
    list_display = (
        "id",
        "matricule",
        "state",
        "kind_of_place",
        "manager",
        "street",
        "target_species",
        "campaign",
    )
    list_display_links = ("id", "matricule")
    list_filter = ("state", "kind", "manager", "campaign", "synthetic")
    list_select_related = ("street", "target_species")
    search_fields = ("matricule", "street__name", "address")
    autocomplete_fields = ("street", "target_species")
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "matricule",
                    "state",
                    "kind",
                    "manager",
                    "street",
                    "address",
                    "in_alignment",
                    "geom",
                )
            },
        ),
        (_("Ground"), {"fields": ("pit_volume_m3", "soil", "constraints")}),
        (
            _("Plan"),
            {"fields": ("target_species", "campaign", "networks_cleared_on", "felling_basis")},
        ),
        (_("Origin"), {"fields": ("source", "synthetic")}),
        LIFE,
    )

    @admin.display(description=_("type"), ordering="kind")
    def kind_of_place(self, site: PlantingSite) -> str:
        return site.get_kind_display()


@admin.register(Tree)
class TreeAdmin(LivingMapAdmin):
    list_display = (
        "id",
        "species",
        "state",
        "site",
        "planted_on",
        "girth_m",
        "height_m",
        "under_watch",
    )
    list_filter = ("state", "under_watch", "size_class", "synthetic")
    list_select_related = ("species", "site")
    search_fields = (
        "species__genus",
        "species__species",
        "species__name_fr",
        "site__matricule",
        "lot",
    )
    date_hierarchy = "planted_on"
    autocomplete_fields = ("species",)
    # Thousands of sites and trees: a number is typed or looked up, never chosen from a list.
    raw_id_fields = ("site", "replaced_by")
    readonly_fields = (*LIFE_READONLY, "details")
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "site",
                    "state",
                    "species",
                    "species_as_written",
                    "under_watch",
                    "note",
                    "geom",
                )
            },
        ),
        (_("Measurements"), {"fields": ("girth_m", "height_m", "measured_on", "details")}),
        (
            _("Planting"),
            {
                "fields": (
                    "planted_on",
                    "nursery",
                    "lot",
                    "contractor",
                    "size_class",
                    "guarantee_until",
                )
            },
        ),
        (_("End"), {"fields": ("ended_on", "replaced_by")}),
        (_("Origin"), {"fields": ("source", "source_id", "synthetic")}),
        LIFE,
    )


@admin.register(GreenRoof)
class GreenRoofAdmin(MeasuredLivingAdmin):
    list_display = ("id", "name", "state", "kind_of_roof", "substrate_cm", "area_m2", "synthetic")
    list_display_links = ("id", "name")
    list_filter = ("state", "kind", "synthetic")
    search_fields = ("name",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("name", "state", "kind", "substrate_cm", "area_m2", "geom")}),
        (_("Origin"), {"fields": ("source", "synthetic")}),
        LIFE,
    )

    @admin.display(description=_("kind"), ordering="kind")
    def kind_of_roof(self, roof: GreenRoof) -> str:
        return roof.get_kind_display()
