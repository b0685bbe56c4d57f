"""Parcels, schools, courtyards and gardens in the Django admin, with their outlines on a map."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from greening.back_office.living import LIFE, MeasuredLivingAdmin
from greening.back_office.reference import MeasuredReferenceAdmin, ReferenceMapAdmin
from greening.exchange.shapes import CELL_M2
from parcels.models import Building, Courtyard, Parcel, Plot, School, SharedGarden


@admin.register(Parcel)
class ParcelAdmin(MeasuredReferenceAdmin):
    list_display = ("reference", "area_m2", "source", "synthetic")
    list_filter = ("source", "synthetic")
    search_fields = ("reference",)
    ordering = ("reference",)


@admin.register(Building)
class BuildingAdmin(ReferenceMapAdmin):
    list_display = ("reference", "height_m", "source", "synthetic")
    list_filter = ("source", "synthetic")
    search_fields = ("reference",)
    ordering = ("reference",)


class Doubtful(admin.SimpleListFilter):
    """Schools that an import marked for a person to look at."""

    title = gettext_lazy("to check")
    parameter_name = "doubtful"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.exclude(flag="")
        if self.value() == "no":
            return queryset.filter(flag="")
        return queryset


@admin.register(School)
class SchoolAdmin(ReferenceMapAdmin):
    list_display = ("name", "level", "uai", "pupils", "address", "yards", "flag")
    list_filter = ("level", Doubtful, "source", "synthetic")
    search_fields = ("name", "uai", "address")
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[School]:
        rows: QuerySet[School] = super().get_queryset(request)
        return rows.annotate(yard_count=Count("courtyards"))

    @admin.display(description=gettext_lazy("courtyards"), ordering="yard_count")
    def yards(self, school: Any) -> int:
        return int(school.yard_count)


@admin.register(Courtyard)
class CourtyardAdmin(MeasuredLivingAdmin):
    list_display = (
        "id",
        "name",
        "school",
        "state",
        "area_m2",
        "pupils",
        "cost_class",
        "vulnerability",
    )
    list_display_links = ("id", "name")
    list_filter = ("state", "cost_class", "source", "synthetic")
    list_select_related = ("school",)
    search_fields = ("name", "school__name", "school__uai")
    autocomplete_fields = ("school",)
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "school", "state", "geom", "area_m2")}),
        (gettext_lazy("Use"), {"fields": ("pupils", "vulnerability")}),
        (gettext_lazy("Design"), {"fields": ("design_canopy", "design_permeable", "cost_class")}),
        (gettext_lazy("Origin"), {"fields": ("source", "source_id", "synthetic")}),
        LIFE,
    )

    def save_model(
        self, request: HttpRequest, obj: Courtyard, form: ModelForm[Any], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if obj.area_m2 is not None and obj.area_m2 < CELL_M2:
            messages.warning(
                request,
                _(
                    "This courtyard (%(area)d m²) is smaller than one 10 m cell: its heat is its neighbours'."
                )
                % {"area": obj.area_m2},
            )


class PlotInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """A garden's plots at a glance; each is changed on its own page, where the door answers."""

    model = Plot
    fields = ("number", "state", "area_m2", "accessible")
    extra = 0
    show_change_link = True
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever sees the garden

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SharedGarden)
class SharedGardenAdmin(MeasuredLivingAdmin):
    list_display = ("id", "name", "state", "area_m2", "plot_count", "address", "synthetic")
    list_display_links = ("id", "name")
    list_filter = ("state", "source", "synthetic")
    search_fields = ("name", "address")
    ordering = ("name",)
    inlines = (PlotInline,)
    fieldsets = (
        (None, {"fields": ("name", "state", "address", "geom", "area_m2")}),
        (gettext_lazy("Origin"), {"fields": ("source", "source_id", "synthetic")}),
        LIFE,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SharedGarden]:
        rows: QuerySet[SharedGarden] = super().get_queryset(request)
        return rows.annotate(plots_in_it=Count("plots"))

    @admin.display(description=gettext_lazy("plots"), ordering="plots_in_it")
    def plot_count(self, garden: Any) -> int:
        return int(garden.plots_in_it)


@admin.register(Plot)
class PlotAdmin(MeasuredLivingAdmin):
    list_display = ("id", "number", "garden", "state", "area_m2", "accessible", "synthetic")
    list_display_links = ("id", "number")
    list_filter = ("state", "accessible", "garden", "synthetic")
    list_select_related = ("garden",)
    search_fields = ("number", "garden__name")
    autocomplete_fields = ("garden",)
    ordering = ("garden__name", "number")
    fieldsets = (
        (None, {"fields": ("garden", "number", "state", "accessible", "geom", "area_m2")}),
        (gettext_lazy("Origin"), {"fields": ("source", "synthetic")}),
        LIFE,
    )
