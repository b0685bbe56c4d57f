"""/programme/: where the programme stands, for a meeting room: figures that open their rows, and what rests on them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from frontend.programme.access import may_do, works_here
from frontend.programme.graphs import (
    Table,
    campaign_tables,
    campaigns_table,
    guarantee_table,
    roofs_table,
    survival_table,
    work_table,
)
from frontend.programme.kinds import list_kinds
from frontend.progress import FAMILY, MAX_AGE_S, progress
from greening.indicators import read
from greening.models import Campaign, Commune, GreenRoof, SurvivalCheck, Tree


@require_safe
def programme_page(request: HttpRequest) -> HttpResponse:
    """The dashboard. Contractors, guarantees and the work due are shown to the town's people."""
    commune = Commune.objects.order_by("id").first()
    if commune is None:
        return render(request, "frontend/programme/dashboard.html", {"commune": None})
    today = timezone.localdate()
    staff = works_here(request.user)
    all_campaigns = list(Campaign.objects.prefetch_related("targets").order_by("season"))
    campaign = _chosen(request, all_campaigns)
    autumn = _newest_autumn()
    context: dict[str, Any] = {
        "progress": progress(read(FAMILY, MAX_AGE_S)),
        "campaigns": all_campaigns,
        "campaign": campaign,
        "campaigns_table": campaigns_table(all_campaigns) if all_campaigns else None,
        "campaign_tables": campaign_tables(campaign) if campaign else [],
        "autumn": autumn,
        "survival_tables": _survival(autumn, staff),
        "work": work_table(today) if staff else None,
        "guarantee": guarantee_table(today) if staff else None,
        "roofs": roofs_table() if GreenRoof.objects.exists() else None,
        "staff": staff,
        "rooms": [kind for kind in list_kinds() if kind.life and (staff or not kind.staff)],
        "may_campaign": may_do(request.user, "campaign", "create"),
        "may_check": may_do(request.user, "survival_check", "create"),
        "may_round": may_do(request.user, "watering_round", "create"),
        "now": timezone.now(),
    }
    return render(request, "frontend/programme/dashboard.html", context)


def _chosen(request: HttpRequest, found: list[Campaign]) -> Campaign | None:
    """The campaign asked for, else the one that runs today, else the newest."""
    by_season = {campaign.season: campaign for campaign in found}
    asked = by_season.get(request.GET.get("campaign", ""))
    today = timezone.localdate()
    running = [each for each in found if each.starts_on <= today <= each.ends_on]
    return asked or next(reversed(running or found), None)


def _newest_autumn() -> int:
    """The newest autumn somebody checked in, else the one that comes or came last."""
    newest = (
        SurvivalCheck.objects.filter(state="recorded")
        .order_by("-autumn")
        .values_list("autumn", flat=True)
    )
    today = timezone.localdate()
    return newest.first() or (today.year if today.month >= 8 else today.year - 1)


def _survival(autumn: int, staff: bool) -> list[Table]:
    if not Tree.objects.of_survival_check(autumn).exists():
        return []
    cuts = ("species", "lot", "contractor") if staff else ("species",)
    return [survival_table(autumn, cut) for cut in cuts]
