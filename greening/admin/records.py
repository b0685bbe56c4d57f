"""What the product writes down itself: events and import runs, to look at and never to change."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from leaflet.admin import LeafletGeoAdminMixin

from greening.history import kept_from
from greening.models import Event
from greening.roles import READERS_OF_JOURNAL, holds


class RecordAdmin(LeafletGeoAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg, misc]
    """Rows that are only ever added, by the product itself; read by those who read the journal."""

    modifiable = False
    show_full_result_count = False
    list_per_page = 50
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return holds(request.user, *READERS_OF_JOURNAL)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ("id", "server_time", "kind", "actor", "source", "status", "code", "rev")
    list_filter = ("status", "source", "kind")
    list_select_related = ("actor",)
    search_fields = ("=object_uuid", "=uuid", "=batch", "actor__email")
    search_help_text = "UUID, e-mail"
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Changes that tell of people are read here by nobody who does not read them elsewhere."""
        rows: QuerySet[Event] = super().get_queryset(request)
        return rows.exclude(kind__in=kept_from(request.user))


def register_runs() -> None:
    """Runs of imports, where this town's product keeps them."""
    runs: Any = apps.all_models["greening"].get("importrun")
    if runs is not None:
        admin.site.register(runs, type("ImportRunAdmin", (RecordAdmin,), {"ordering": ("-pk",)}))


register_runs()
