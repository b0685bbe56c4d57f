"""What lists of work, checks and purchases are filtered by."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters as df
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from frontend.programme.filters import (
    ListFilters,
    campaign_choices,
    choice,
    day,
    placed,
    quarter_choices,
    text,
)
from frontend.programme.names import starting_with
from frontend.programme.quarters import in_quarter
from greening.models import CareTask, Crew, Inspection, Observation, SurvivalCheck


def crew_choices() -> list[tuple[int, str]]:
    return [(crew.pk, crew.name) for crew in Crew.objects.all()]


class TaskFilters(ListFilters):
    action = choice(_("What to do"), CareTask.Action.choices, "by_action")
    until_after = day(_("To be done from"), "by_until_after")
    until_before = day(_("To be done until"), "by_until_before")
    crew = choice(_("Crew"), crew_choices, "by_crew")
    round = df.NumberFilter(label=_("Round, number"), method="by_round", min_value=1)
    tree = df.NumberFilter(label=_("Tree, number"), method="by_tree", min_value=1)
    quarter = choice(_("Quarter"), quarter_choices, "by_quarter")
    box, near = placed()

    class Meta:
        model = CareTask
        fields: list[str] = []

    def by_action(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(action=value)

    def by_until_after(self, rows: Any, name: str, value: dt.date) -> Any:
        return rows.filter(due_until__gte=value)

    def by_until_before(self, rows: Any, name: str, value: dt.date) -> Any:
        return rows.filter(due_until__lte=value)

    def by_crew(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(crew_id=value)

    def by_round(self, rows: Any, name: str, value: Any) -> Any:
        return rows.filter(round_id=int(value))

    def by_quarter(self, rows: Any, name: str, value: str) -> Any:
        return in_quarter(rows, value, "tree__site_id")


class RoundFilters(ListFilters):
    after = day(_("From"), "by_after")
    before = day(_("Until"), "by_before")
    crew = choice(_("Crew"), crew_choices, "by_crew")

    def by_after(self, rows: Any, name: str, value: dt.date) -> Any:
        return rows.filter(day__gte=value)

    def by_before(self, rows: Any, name: str, value: dt.date) -> Any:
        return rows.filter(day__lte=value)

    def by_crew(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(crew_id=value)


class CheckFilters(ListFilters):
    autumn = df.NumberFilter(
        label=_("Autumn of"), method="by_autumn", min_value=1990, max_value=2200
    )
    found = choice(_("Found"), SurvivalCheck.Found.choices, "by_found")
    tree = df.NumberFilter(label=_("Tree, number"), method="by_tree", min_value=1)
    box, near = placed()

    class Meta:
        model = SurvivalCheck
        fields: list[str] = []

    def by_autumn(self, rows: Any, name: str, value: Any) -> Any:
        return rows.filter(autumn=int(value))

    def by_found(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(found=value)


SCORES = (
    (1, _("slight or worse")),
    (2, _("moderate or worse")),
    (3, _("serious or worse")),
    (4, _("dangerous")),
)
OVERDUE = (("yes", _("overdue")),)


class InspectionFilters(ListFilters):
    score = choice(_("Overall"), SCORES, "by_score")
    due = choice(_("Next inspection"), OVERDUE, "by_due")
    tree = df.NumberFilter(label=_("Tree, number"), method="by_tree", min_value=1)
    box, near = placed()

    class Meta:
        model = Inspection
        fields: list[str] = []

    def by_score(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(overall__gte=int(value))

    def by_due(self, rows: Any, name: str, value: str) -> Any:
        return rows.overdue(timezone.localdate()).order_by()


class ObservationFilters(ListFilters):
    what = choice(_("What"), Observation.What.choices, "by_what")
    score = choice(_("Severity"), SCORES, "by_score")
    due = choice(_("Deadline"), OVERDUE, "by_due")
    tree = df.NumberFilter(label=_("Tree, number"), method="by_tree", min_value=1)
    box, near = placed()

    class Meta:
        model = Observation
        fields: list[str] = []

    def by_what(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(what=value)

    def by_score(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(severity__gte=int(value))

    def by_due(self, rows: Any, name: str, value: str) -> Any:
        return rows.overdue(timezone.localdate()).order_by()


class OrderFilters(ListFilters):
    q = text(_("Number, lot, nursery"), "by_text")
    campaign = choice(_("Campaign"), campaign_choices, "by_campaign")

    def by_text(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(
            starting_with("number", value) | Q(lot__icontains=value) | Q(nursery__icontains=value)
        )

    def by_campaign(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(campaign__season=value)


class ReceptionFilters(ListFilters):
    contractor = text(_("Contractor"), "by_contractor")

    def by_contractor(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(contractor__icontains=value)


class ClaimFilters(ListFilters):
    tree = df.NumberFilter(label=_("Tree, number"), method="by_tree", min_value=1)


class CampaignFilters(ListFilters):
    """Campaigns are few: nothing to filter by."""

    state = None
