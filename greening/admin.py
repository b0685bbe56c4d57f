"""The ground's nouns in the Django admin, with their places on a map."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from leaflet.admin import LeafletGeoAdmin

from greening.errors import BadInput
from greening.models import Commune, GreenRoof, PlantingSite, Species, Street, Tree
from greening.spatial import area_m2

admin.site.site_header = gettext_lazy("Urban greening")
admin.site.site_title = gettext_lazy("Urban greening")


class MapForm(ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """The form of a noun with a place: a shape without any point is none, though every engine stores it."""

    def clean_geom(self) -> GEOSGeometry:
        geom: GEOSGeometry = self.cleaned_data["geom"]
        if geom.empty:
            raise ValidationError(_("Nothing is drawn yet."), code="required")
        return geom


class MapAdmin(LeafletGeoAdmin):  # type: ignore[misc]
    """A noun with a place: the shape is drawn and edited on a map of our own static files."""

    form = MapForm
    readonly_fields: Any = ("uuid",)
    map_template = "greening/admin/map.html"
    # Counting 250,000 rows for «1 result (250,000 total)» costs more than the page.
    show_full_result_count = False
    list_per_page = 50


class MeasuredAdmin(MapAdmin):
    """A noun with an outline: its area is measured in the metric CRS unless a person gives another one."""

    def save_model(
        self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool
    ) -> None:
        redrawn = "geom" in form.changed_data and "area_m2" not in form.changed_data
        if obj.area_m2 is None or redrawn:
            try:
                obj.area_m2 = round(area_m2(obj.geom), 1)
            except BadInput as error:
                messages.warning(
                    request, _("The area was not measured: %(reason)s") % {"reason": error}
                )
        super().save_model(request, obj, form, change)


#: What every object with a life shows of itself, last.
LIFE = (
    gettext_lazy("History"),
    {"fields": ("uuid", "rev", "created_at", "updated_at"), "classes": ("collapse",)},
)
LIFE_READONLY = ("uuid", "rev", "created_at", "updated_at")


@admin.register(Commune)
class CommuneAdmin(MapAdmin):
    list_display = ("name", "insee", "population", "tree_target", "metric_srid", "synthetic")
    search_fields = ("name", "insee")


@admin.register(Species)
class SpeciesAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ("scientific_name", "name_fr", "name_en", "taxref_cd_nom", "wikidata")
    list_filter = ("genus",)
    search_fields = ("genus", "species", "infraspecific", "cultivar", "name_fr", "name_en")
    readonly_fields = ("uuid",)


@admin.register(Street)
class StreetAdmin(MapAdmin):
    list_display = ("name", "width_m", "synthetic")
    list_filter = ("synthetic",)
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(PlantingSite)
class PlantingSiteAdmin(MapAdmin):
    list_display = (
        "id",
        "matricule",
        "state",
        "kind",
        "manager",
        "street",
        "target_species",
        "campaign",
    )
    list_display_links = ("id", "matricule")
    list_filter = ("state", "kind", "manager", "campaign", "synthetic")
    list_select_related = ("street", "target_species")
    search_fields = ("matricule", "street__name")
    autocomplete_fields = ("street", "target_species")
    readonly_fields = LIFE_READONLY
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("matricule", "state", "kind", "manager", "street", "geom")}),
        (gettext_lazy("Ground"), {"fields": ("pit_volume_m3", "soil", "constraints")}),
        (gettext_lazy("Plan"), {"fields": ("target_species", "campaign")}),
        (gettext_lazy("Origin"), {"fields": ("source", "synthetic")}),
        LIFE,
    )


@admin.register(Tree)
class TreeAdmin(MapAdmin):
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
    readonly_fields = LIFE_READONLY
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("site", "state", "species", "under_watch", "geom")}),
        (gettext_lazy("Measurements"), {"fields": ("girth_m", "height_m", "measured_on")}),
        (
            gettext_lazy("Planting"),
            {"fields": ("planted_on", "nursery", "lot", "size_class", "guarantee_until")},
        ),
        (gettext_lazy("End"), {"fields": ("ended_on", "replaced_by")}),
        (gettext_lazy("Origin"), {"fields": ("source", "synthetic")}),
        LIFE,
    )


@admin.register(GreenRoof)
class GreenRoofAdmin(MeasuredAdmin):
    list_display = ("id", "name", "state", "kind", "substrate_cm", "area_m2", "synthetic")
    list_display_links = ("id", "name")
    list_filter = ("state", "kind", "synthetic")
    search_fields = ("name",)
    readonly_fields = LIFE_READONLY
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("name", "state", "kind", "substrate_cm", "area_m2", "geom")}),
        (gettext_lazy("Origin"), {"fields": ("source", "synthetic")}),
        LIFE,
    )
