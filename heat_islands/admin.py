"""Scenes, covers, heat maps and ranking runs in the Django admin: to look at, not to change.

Each is the immutable record of a computation; a correction is a new scene, a new build, a new run.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from greening.admin.records import RecordAdmin as BaseRecordAdmin
from greening.roles import OFFICE, holds
from heat_islands.models import Cover, HeatMap, HeatMapScene, RankedCourtyard, RankingRun, Scene


class RecordAdmin(BaseRecordAdmin):
    """The record of a computation: the whole office may read it, nobody changes it."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return holds(request.user, *OFFICE)


class SceneTerms(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    model = HeatMapScene
    fields = ("scene", "term_k", "sigma_k", "clear_share", "refused")
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True  # whoever sees the record

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RankedYards(admin.TabularInline):  # type: ignore[type-arg]
    model = RankedCourtyard
    fields = (
        "rank",
        "rank_low",
        "rank_high",
        "courtyard",
        "score",
        "effect_k",
        "effect_low_k",
        "effect_high_k",
    )
    extra = 0
    can_delete = False
    has_view_permission = SceneTerms.has_view_permission
    has_add_permission = SceneTerms.has_add_permission
    has_change_permission = SceneTerms.has_change_permission


class Current(admin.SimpleListFilter):
    """Scenes that count, and those that a newer processing replaced."""

    title = _("current")
    parameter_name = "current"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("Superseded"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("yes", "no"):
            return queryset.filter(superseded_by__isnull=self.value() == "yes")
        return queryset


@admin.register(Scene)
class SceneAdmin(RecordAdmin):
    list_display = (
        "product_id",
        "acquired_at",
        "platform",
        "clear_share",
        "median_c",
        "has_qa",
        "superseded_by",
        "synthetic",
    )
    list_filter = ("platform", Current, "has_qa", "synthetic")
    list_select_related = ("superseded_by",)
    search_fields = ("product_id", "acquisition_id")
    date_hierarchy = "acquired_at"


@admin.register(Cover)
class CoverAdmin(RecordAdmin):
    list_display = (
        "name",
        "observed_on",
        "resolution_m",
        "covered_share",
        "has_canopy_height",
        "synthetic",
    )
    list_filter = ("has_canopy_height", "synthetic")
    search_fields = ("name", "sha256")


@admin.register(HeatMap)
class HeatMapAdmin(RecordAdmin):
    list_display = (
        "title",
        "slug",
        "version",
        "scene_count",
        "date_from",
        "date_to",
        "has_suhi",
        "built_at",
        "synthetic",
    )
    list_filter = ("slug", "has_suhi", "synthetic")
    search_fields = ("title", "slug", "version")
    date_hierarchy = "built_at"
    inlines = (SceneTerms,)
    readonly_fields = ("addresses",)

    @admin.display(description=_("addresses"))
    def addresses(self, heat_map: HeatMap) -> SafeString:
        """Where desktop GIS and web maps find it."""
        names = {"TileJSON": "heat-map-tilejson", "WMTS": "heat-map-wmts"}
        links = [
            format_html(
                '<a href="{}?v={}">{}</a>',
                reverse(name, args=[heat_map.slug]),
                heat_map.version,
                text,
            )
            for text, name in names.items()
        ]
        return format_html("{} · {}", *links)


@admin.register(RankingRun)
class RankingRunAdmin(RecordAdmin):
    list_display = (
        "__str__",
        "heat_map",
        "cover",
        "model_version",
        "yard_count",
        "cover_estimated",
        "synthetic",
    )
    list_filter = ("cover_estimated", "synthetic")
    list_select_related = ("heat_map", "cover")
    search_fields = ("fingerprint", "heat_map__slug")
    date_hierarchy = "created_at"
    inlines = (RankedYards,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RankingRun]:
        rows: QuerySet[RankingRun] = super().get_queryset(request)
        return rows.select_related("heat_map", "cover").annotate(yard_count=Count("yards"))

    @admin.display(description=_("yards"), ordering="yard_count")
    def yard_count(self, run: Any) -> int:
        return int(run.yard_count)
