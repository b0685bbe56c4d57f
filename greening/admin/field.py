"""The field in the back office: who works where; phones and photos to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import ManyToManyField
from django.http import HttpRequest

from greening.admin.records import RecordAdmin
from greening.admin.work import Members
from greening.back_office.reference import ReferenceAdmin
from greening.models import Contractor, Device, Photo, Sector, SeenRefusal, Unreadable, Upload
from greening.roles import Role


@admin.register(Sector)
class SectorAdmin(ReferenceAdmin):
    list_display = ("crew", "quarter")
    list_select_related = ("crew", "quarter")
    list_filter = ("crew",)


@admin.register(Contractor)
class ContractorAdmin(ReferenceAdmin):
    list_display = ("name",)
    search_fields = ("name",)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """People who have the contractor's role, by name."""
        if db_field.name == "members":
            people = User.objects.filter(groups__name=Role.CONTRACTOR).distinct()
            kwargs |= {"queryset": people.order_by("email"), "form_class": Members}
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Device)
class DeviceAdmin(RecordAdmin):
    list_display = ("uuid", "name", "platform", "person", "last_seen", "revoked_at")
    list_select_related = ("person",)
    search_fields = ("name", "=uuid")
    ordering = ("-id",)


@admin.register(Photo)
class PhotoAdmin(RecordAdmin):
    list_display = ("sha256", "length", "mime", "device", "received_at", "code", "published_at")
    list_select_related = ("device",)
    list_filter = ("code",)
    search_fields = ("=sha256", "=event")
    ordering = ("-id",)


@admin.register(Unreadable)
class UnreadableAdmin(RecordAdmin):
    list_display = ("id", "received_at", "device", "sequence", "message", "settled_at")
    list_select_related = ("device",)
    ordering = ("-id",)


@admin.register(Upload)
class UploadAdmin(RecordAdmin):
    list_display = ("id", "sha256", "device", "length", "started_at")
    list_select_related = ("device",)
    ordering = ("-id",)


@admin.register(SeenRefusal)
class SeenRefusalAdmin(RecordAdmin):
    list_display = ("id", "event", "seen_at", "seen_by")
    list_select_related = ("event", "seen_by")
    raw_id_fields = ("event",)
    ordering = ("-id",)
