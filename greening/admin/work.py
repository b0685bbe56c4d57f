"""Work, checks and purchases behind the door; crews as a reference table."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import ManyToManyField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from greening.accounts.people import named
from greening.back_office.living import LIFE, LivingAdmin, LivingMapAdmin
from greening.back_office.reference import ReferenceAdmin
from greening.models import (
    CareTask,
    Crew,
    GuaranteeClaim,
    Inspection,
    NurseryOrder,
    Observation,
    Reception,
    SurvivalCheck,
    WateringRound,
)
from greening.roles import STAFF

ORIGIN: Any = (_("Origin"), {"fields": ("source", "synthetic")})


class Members(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    def label_from_instance(self, obj: Any) -> str:
        return named(obj)


@admin.register(Crew)
class CrewAdmin(ReferenceAdmin):
    list_display = ("name", "active", "synthetic")
    list_filter = ("active",)
    search_fields = ("name",)
    filter_horizontal = ("members",)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Only the town's people can be members: residents' addresses are none of the office's business."""
        if db_field.name == "members":
            staff = User.objects.filter(groups__name__in=[role.value for role in STAFF]).distinct()
            kwargs |= {"queryset": staff.order_by("email"), "form_class": Members}
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(CareTask)
class CareTaskAdmin(LivingAdmin):
    list_display = ("id", "action", "tree", "state", "due_from", "due_until", "crew")
    list_filter = ("state", "action", "crew", "reason", "synthetic")
    list_select_related = ("tree__species", "crew")
    search_fields = ("tree__site__matricule", "rule", "note")
    date_hierarchy = "due_from"
    raw_id_fields = ("tree", "round")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("action", "tree", "state", "rule", "due_from", "due_until", "note")}),
        (_("Round"), {"fields": ("crew", "round", "stop")}),
        (
            _("Outcome"),
            {
                "fields": (
                    "done_on",
                    "litres",
                    "litres_given",
                    "reason",
                    "rain_mm",
                    "order_reference",
                )
            },
        ),
        ORIGIN,
        LIFE,
    )


@admin.register(WateringRound)
class WateringRoundAdmin(LivingAdmin):
    list_display = ("id", "name", "day", "state", "crew", "tank_litres", "litres_per_tree")
    list_display_links = ("id", "name")
    list_filter = ("state", "crew", "synthetic")
    list_select_related = ("crew",)
    search_fields = ("name",)
    date_hierarchy = "day"
    ordering = ("-day", "-id")
    fieldsets = (
        (None, {"fields": ("name", "day", "state", "crew", "note")}),
        (_("Water"), {"fields": ("tank_litres", "litres_per_tree", "length_m")}),
        (_("Skipped"), {"fields": ("skip_reason", "rain_mm", "order_reference")}),
        ORIGIN,
        LIFE,
    )


@admin.register(SurvivalCheck)
class SurvivalCheckAdmin(LivingAdmin):
    list_display = ("id", "tree", "autumn", "checked_on", "found", "gone", "state")
    list_filter = ("state", "autumn", "found", "synthetic")
    list_select_related = ("tree__species",)
    search_fields = ("tree__site__matricule", "tree__lot")
    raw_id_fields = ("tree",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("tree", "state", "autumn", "checked_on", "found", "gone", "cause")}),
        (_("Note"), {"fields": ("note",)}),
        ORIGIN,
        LIFE,
    )


@admin.register(Inspection)
class InspectionAdmin(LivingAdmin):
    list_display = ("id", "tree", "inspected_on", "overall", "next_due", "state")
    list_filter = ("state", "overall", "synthetic")
    list_select_related = ("tree__species",)
    search_fields = ("tree__site__matricule", "defects", "advice")
    date_hierarchy = "inspected_on"
    raw_id_fields = ("tree",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("tree", "state", "inspected_on", "next_due")}),
        (_("Scores"), {"fields": ("crown", "trunk", "roots", "overall")}),
        (_("Note"), {"fields": ("defects", "advice")}),
        ORIGIN,
        LIFE,
    )


@admin.register(NurseryOrder)
class NurseryOrderAdmin(LivingAdmin):
    list_display = (
        "id",
        "number",
        "nursery",
        "species",
        "ordered_count",
        "received_count",
        "state",
        "expected_on",
    )
    list_display_links = ("id", "number")
    list_filter = ("state", "campaign", "nursery", "synthetic")
    list_select_related = ("species",)
    search_fields = ("number", "nursery", "lot")
    autocomplete_fields = ("species",)
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "number",
                    "state",
                    "campaign",
                    "nursery",
                    "species",
                    "size_class",
                    "ordered_count",
                    "ordered_on",
                    "expected_on",
                    "note",
                )
            },
        ),
        (
            _("Delivery"),
            {
                "fields": (
                    "lot",
                    "received_on",
                    "received_count",
                    "refused_count",
                    "refusal_reason",
                    "planted_out_on",
                )
            },
        ),
        ORIGIN,
        LIFE,
    )


@admin.register(Reception)
class ReceptionAdmin(LivingAdmin):
    list_display = ("id", "contractor", "season", "received_on", "guarantee_months", "state")
    list_display_links = ("id", "contractor")
    list_filter = ("state", "season", "synthetic")
    search_fields = ("contractor",)
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "contractor",
                    "season",
                    "state",
                    "received_on",
                    "guarantee_months",
                    "reservations",
                )
            },
        ),
        ORIGIN,
        LIFE,
    )


@admin.register(GuaranteeClaim)
class GuaranteeClaimAdmin(LivingAdmin):
    list_display = ("id", "tree", "defect", "noted_on", "claimed_on", "answer_due", "state")
    list_filter = ("state", "defect", "synthetic")
    list_select_related = ("tree__species",)
    search_fields = ("tree__site__matricule", "tree__lot", "tree__contractor")
    raw_id_fields = ("tree", "replacement")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("tree", "state", "defect", "noted_on", "note")}),
        (_("Claim"), {"fields": ("claimed_on", "answer_due", "reason", "replacement")}),
        ORIGIN,
        LIFE,
    )


@admin.register(Observation)
class ObservationAdmin(LivingMapAdmin):
    list_display = ("id", "what", "state", "severity", "seen_on", "make_safe_by", "tree")
    list_filter = ("state", "what", "severity", "synthetic")
    list_select_related = ("tree__species",)
    search_fields = ("tree__site__matricule", "site__matricule", "note")
    raw_id_fields = ("tree", "site")
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {"fields": ("what", "state", "severity", "seen_on", "note", "site", "tree", "geom")},
        ),
        (_("Answer"), {"fields": ("answer", "done_on")}),
        ORIGIN,
        LIFE,
    )

    @admin.display(description=_("make safe by"))
    def make_safe_by(self, seen: Observation) -> dt.date | None:
        return seen.make_safe_by
