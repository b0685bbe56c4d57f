"""Reference tables in the back office: rows without a life, changed by the roles that `roles.py` names."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest

from greening.back_office.forms import MeasuredPlaceForm
from greening.back_office.living import MapAdmin
from greening.roles import OFFICE, holds, rights


class ReferenceMixin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Seen by the whole office; rights stand under the model's name."""

    show_full_result_count = False
    list_per_page = 50

    def _may(self, request: HttpRequest, action: str) -> bool:
        name = str(self.opts.model_name)
        return request.user.is_authenticated and action in rights(request.user, name)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return holds(request.user, *OFFICE)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, "edit")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, "delete")


class ReferenceAdmin(ReferenceMixin):
    """A reference table."""


class ReferenceMapAdmin(ReferenceMixin, MapAdmin):  # type: ignore[misc]  # django-leaflet is untyped
    """A reference table of places."""


class MeasuredReferenceAdmin(ReferenceMapAdmin):
    """A reference table of outlines, measured where a person gives no area."""

    form = MeasuredPlaceForm

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        for remark in form.remarks:
            messages.warning(request, remark)
        super().save_model(request, obj, form, change)
