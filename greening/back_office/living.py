"""The back office of a kind with a life: changed through the only door, taken out of the inventory, never deleted."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from leaflet.admin import LeafletGeoAdmin

from greening.back_office.bulk import ask_then_apply
from greening.back_office.forms import LivingForm, LivingPlaceForm, MeasuredForm, PlaceForm
from greening.lifecycle import Kind, kind_for
from greening.roles import OFFICE, holds, may, rights

#: What every object with a life shows of itself, last.
LIFE: Any = (
    gettext_lazy("Record"),
    {
        "fields": ("uuid", "rev", "archived_at", "created_at", "updated_at"),
        "classes": ("collapse",),
    },
)
LIFE_READONLY: Any = ("uuid", "rev", "archived_at", "created_at", "updated_at")


class MapAdmin(LeafletGeoAdmin):  # type: ignore[misc]
    """A noun with a place: the shape is drawn and edited on a map of our own static files."""

    form = PlaceForm
    readonly_fields: ClassVar[Any] = ("uuid",)
    map_template = "greening/admin/map.html"
    # Counting 250,000 rows for «1 result (250,000 total)» costs more than the page.
    show_full_result_count = False
    list_per_page = 50


class Archived(admin.SimpleListFilter):
    """What stands in the inventory, unless one asks for what was taken out."""

    title = gettext_lazy("in the inventory")
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("taken out")), ("all", gettext_lazy("all"))]

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            if choice["selected"] and self.value() is None:
                choice["display"] = _("there")
            yield choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(archived_at__isnull=False)
        return queryset if self.value() == "all" else queryset.filter(archived_at=None)


class LivingMixin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Rights are those of `roles.py`; every change is an event; its history is that of events."""

    form = LivingForm
    readonly_fields = LIFE_READONLY
    show_full_result_count = False
    list_per_page = 50
    actions = ("move", "archive", "restore")
    change_form_template = "greening/admin/living.html"

    @property
    def kind(self) -> Kind:
        found = kind_for(self.model)
        if found is None:
            raise TypeError(f"{self.model.__name__} has no registered life.")
        return found

    @property
    def archives(self) -> bool:
        """Whether objects of the kind can be taken out; the others end by their state (cancelled, withdrawn)."""
        return "archived_at" in self.kind.fields

    # --- who ----------------------------------------------------------------------------------------

    def held(self, request: HttpRequest, obj: Any = None) -> frozenset[str]:
        if not request.user.is_authenticated:
            return frozenset()
        return rights(request.user, self.kind.name, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return holds(request.user, *OFFICE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return "create" in self.held(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        held = self.held(request, obj)
        return any(action == "edit" or action.startswith("move") for action in held)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # an object is taken out of the inventory, and stays with its history

    def has_move_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def has_archive_permission(self, request: HttpRequest) -> bool:
        return self.archives and "archive" in self.held(request)

    # --- forms --------------------------------------------------------------------------------------

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [*super().get_list_filter(request), *([Archived] if self.archives else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may only move an object changes nothing else of it."""
        shown = tuple(super().get_readonly_fields(request, obj))
        if obj is None or "edit" in self.held(request, obj):
            return shown
        rest = [name for name in self.kind.fields if name in self._shown()]
        return (*shown, *(name for name in rest if name not in shown))

    def _shown(self) -> list[str]:
        return [str(name) for name in flatten_fieldsets(self.fieldsets or ())]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        *front, last = super().get_fieldsets(request, obj)
        own: Any = (
            LivingForm.OWN if may(self.held(request, obj), "override") else LivingForm.OWN[1:]
        )
        if not self.has_change_permission(request, obj) and obj is not None:
            return [*front, last]
        title = gettext_lazy("Decision") if own is LivingForm.OWN else None
        return [*front, (title, {"fields": own}), last]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kw: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kw)
        form.request = request
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        context["may_archive"] = self.has_archive_permission(request)
        return super().render_change_form(request, context, *args, **kw)

    # --- saving: the form has passed the door already -----------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing is written here: the row is read as the door left it, and what it said is shown."""
        stored = self.model._default_manager.get(uuid=obj.uuid)
        obj.pk, obj._state.adding = stored.pk, False
        obj.refresh_from_db()
        for remark in form.remarks:
            messages.warning(request, remark)
        if form.verdict is None:
            return
        for warning in form.verdict.warnings:
            messages.warning(request, warning)
        if form.verdict.status == "merged":
            messages.info(
                request, _("Somebody else changed other fields in the meantime: both are kept.")
            )

    # --- bulk ---------------------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Move to another state"), permissions=["move"])
    def move(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return ask_then_apply(self, request, queryset, "move")

    @admin.action(description=gettext_lazy("Take out of the inventory"), permissions=["archive"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return ask_then_apply(self, request, queryset, "archive")

    @admin.action(description=gettext_lazy("Put back into the inventory"), permissions=["archive"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return ask_then_apply(self, request, queryset, "restore")

    # --- history ------------------------------------------------------------------------------------

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The history of an object is that of its events, not of this office."""
        return redirect(reverse("history", args=[self.kind.name, object_id]))


class LivingAdmin(LivingMixin):
    """A kind with a life and no place of its own."""


class LivingMapAdmin(LivingMixin, MapAdmin):
    """A kind with a life and a place."""

    form = LivingPlaceForm
    readonly_fields = LIFE_READONLY


class MeasuredLivingAdmin(LivingMapAdmin):
    """A kind with a life and an outline."""

    form = MeasuredForm
