"""/programme/campaigns/<season>/: what a campaign aims at and where it stands, and its targets for who plans."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from frontend.programme.access import may_do, refused
from frontend.programme.forms import SpeciesField
from frontend.programme.graphs import campaign_tables
from frontend.programme.listing import address
from frontend.programme.names import species_names
from greening.models import Campaign, CampaignTarget, PlantingSite, Quarter

MOST_TREES = 100_000  # in one target: more is a slip of the finger


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    class Meta:
        model = Campaign
        fields = ("season", "starts_on", "ends_on", "note")
        widgets = {
            "season": forms.TextInput(attrs={"type": "text"}),
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea(attrs={"rows": 2}),
        }


class TargetForm(forms.Form):
    """One more portion of the aim; what is left empty means any."""

    trees = forms.IntegerField(
        label=gettext_lazy("trees aimed at"), min_value=1, max_value=MOST_TREES
    )
    species = SpeciesField(label=gettext_lazy("species"), required=False)
    manager = forms.ChoiceField(
        label=gettext_lazy("manager"),
        choices=[("", gettext_lazy("any")), *PlantingSite.Manager.choices],
        required=False,
    )
    quarter = forms.ModelChoiceField(
        Quarter.objects.all(),
        label=gettext_lazy("quarter"),
        required=False,
        empty_label=gettext_lazy("any"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new_campaign(request: HttpRequest) -> HttpResponseBase:
    if not may_do(request.user, "campaign", "create"):
        return refused(request)
    form = CampaignForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        campaign = form.save()
        messages.success(request, _("The campaign is set up: say now what it aims at."))
        return redirect("campaign", season=campaign.season)
    context = {"form": form, "title": _("New campaign")}
    return render(request, "frontend/programme/new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def campaign_page(request: HttpRequest, season: str) -> HttpResponseBase:
    campaign = get_object_or_404(Campaign, season=season)
    edits = may_do(request.user, "campaigntarget", "edit")
    target, dates = TargetForm(label_suffix=""), CampaignForm(instance=campaign, label_suffix="")
    status = 200
    if request.method == "POST":
        if not edits:
            return refused(request)
        asked = request.POST.get("do", "")
        if asked == "add":
            target = TargetForm(request.POST, label_suffix="")
            if target.is_valid():
                CampaignTarget.objects.create(campaign=campaign, **target.cleaned_data)
                messages.success(request, _("The target is added."))
                return redirect("campaign", season=season)
        elif asked == "dates":
            dates = CampaignForm(request.POST, instance=campaign, label_suffix="")
            if dates.is_valid():
                return redirect("campaign", season=dates.save().season)
        elif asked == "targets":
            changed, wrong = _keep_targets(campaign, request.POST)
            if not wrong:
                messages.success(
                    request, _("The targets are kept.") if changed else _("Nothing was different.")
                )
                return redirect("campaign", season=season)
            messages.error(request, _("A target is a whole number of trees, 0 to take it away."))
        status = 400
        campaign.refresh_from_db()
    targets = campaign.targets.select_related("species", "quarter").order_by("id")
    context = {
        "campaign": campaign,
        "tables": campaign_tables(campaign),
        "planned": campaign.planned_sites.count(),
        "planted": campaign.planted_trees.count(),
        "aimed": sum(each.trees for each in targets),
        "planned_url": address("sites", campaign=season, state="scheduled,ready"),
        "planted_url": address("trees", campaign=season, archived="all"),
        "targets": targets,
        "edits": edits,
        "target_form": target,
        "dates_form": dates,
        "species_names": species_names() if edits else "",
        "orders_url": address("orders", campaign=season),
    }
    return render(request, "frontend/programme/campaign.html", context, status=status)


@transaction.atomic
def _keep_targets(campaign: Campaign, post: Any) -> tuple[int, bool]:
    """Write the numbers of the table; 0 takes a target away. All of them or none."""
    changes: list[tuple[CampaignTarget, int]] = []
    for target in campaign.targets.select_for_update():
        text = post.get(f"trees-{target.pk}")
        if text is None:
            continue
        if not (text.isascii() and text.isdigit() and int(text) <= MOST_TREES):
            return 0, True
        if int(text) != target.trees:
            changes.append((target, int(text)))
    for target, trees in changes:
        if trees:
            target.trees = trees
            target.save(update_fields=["trees"])
        else:
            target.delete()
    return len(changes), False
