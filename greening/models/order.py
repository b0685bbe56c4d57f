"""What the town buys and holds its suppliers to: nursery orders, receptions of works, guarantee claims."""

from __future__ import annotations

import datetime as dt

from django.contrib.gis.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from greening.models.base import Living
from greening.models.tree import Tree


class NurseryOrderQuerySet(models.QuerySet["NurseryOrder"]):
    def late(self, on: dt.date) -> NurseryOrderQuerySet:
        """Ordered, expected before `on`, and not here."""
        return self.filter(state="ordered", expected_on__lt=on)

    def with_planted(self) -> NurseryOrderQuerySet:
        """Adds `planted`: trees put in the ground (lost ones too) with the order's nursery, lot and species."""
        trees = (
            Tree.objects.filter(
                nursery=OuterRef("nursery"), lot=OuterRef("lot"), species=OuterRef("species")
            )
            .planted()
            .exclude(lot="")
            .order_by()
            .values("lot")
            .annotate(n=Count("pk"))
        )
        return self.annotate(planted=Coalesce(Subquery(trees.values("n")), 0))


class NurseryOrder(Living):
    """So many plants of one species from one nursery; several deliveries are several orders."""

    class State(models.TextChoices):
        ORDERED = "ordered", _("ordered")
        RECEIVED = "received", _("received")
        PLANTED_OUT = "planted_out", _("planted out")
        CANCELLED = "cancelled", _("cancelled")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.ORDERED, db_index=True
    )
    campaign = models.ForeignKey(
        "greening.Campaign",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("campaign"),
    )
    number = models.CharField(_("order number"), max_length=40, blank=True, db_index=True)
    nursery = models.CharField(_("nursery"), max_length=80)
    species = models.ForeignKey(
        "greening.Species", models.PROTECT, related_name="+", verbose_name=_("species")
    )
    size_class = models.CharField(_("size class"), max_length=20, blank=True)
    ordered_count = models.PositiveIntegerField(_("plants ordered"))
    ordered_on = models.DateField(_("ordered on"), null=True, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    lot = models.CharField(_("lot"), max_length=40, blank=True)
    received_on = models.DateField(_("received on"), null=True, blank=True)
    received_count = models.PositiveIntegerField(_("plants delivered"), null=True, blank=True)
    refused_count = models.PositiveIntegerField(_("plants refused"), default=0)
    refusal_reason = models.CharField(_("why refused"), max_length=240, blank=True)
    planted_out_on = models.DateField(_("planted out on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    objects = NurseryOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("nursery order")
        verbose_name_plural = _("nursery orders")

    def __str__(self) -> str:
        return self.number or f"#{self.pk}"

    @property
    def accepted_count(self) -> int | None:
        """Plants kept after the refused ones went back; None until the delivery."""
        return None if self.received_count is None else self.received_count - self.refused_count

    @property
    def planted_count(self) -> int:
        """Trees in the ground (lost ones too) that carry this nursery, lot and species."""
        if not self.lot:
            return 0
        lot = Tree.objects.filter(nursery=self.nursery, lot=self.lot, species=self.species)
        return lot.planted().count()


class Reception(Living):
    """The town receives a contractor's plantings of one season: from that day their guarantee runs."""

    class State(models.TextChoices):
        PREPARED = "prepared", _("prepared")
        PRONOUNCED = "pronounced", _("pronounced")
        REFUSED = "refused", _("refused")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PREPARED, db_index=True
    )
    contractor = models.CharField(_("contractor"), max_length=80)
    season = models.CharField(_("season"), max_length=9)
    received_on = models.DateField(_("received on"), null=True, blank=True)
    # Two years of "finalisation" by default (domain.md); a contract may say otherwise.
    guarantee_months = models.PositiveSmallIntegerField(_("guarantee, months"), default=24)
    reservations = models.TextField(_("reservations"), blank=True)

    class Meta:
        verbose_name = _("reception of works")
        verbose_name_plural = _("receptions of works")
        constraints = [
            models.UniqueConstraint(
                fields=["contractor", "season"],
                condition=Q(state="pronounced"),
                name="reception_once_per_contractor_season",
                violation_error_message=_("This contractor's season is received already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.contractor} {self.season}"


class GuaranteeClaimQuerySet(models.QuerySet["GuaranteeClaim"]):
    def open(self) -> GuaranteeClaimQuerySet:
        return self.filter(state__in=("noted", "claimed", "contested", "accepted"))

    def unanswered(self, on: dt.date) -> GuaranteeClaimQuerySet:
        """Claimed, with the day for an answer before `on`."""
        return self.filter(state="claimed", answer_due__lt=on)

    def must_be_claimed_before(self, day: dt.date) -> GuaranteeClaimQuerySet:
        """Defects noted, not yet claimed, on trees whose guarantee ends before `day`; the most urgent first."""
        return self.filter(state="noted", tree__guarantee_until__lt=day).order_by(
            F("tree__guarantee_until").asc(), "id"
        )


class GuaranteeClaim(Living):
    """A defect of a guaranteed tree, from the day somebody saw it to its replacement."""

    class State(models.TextChoices):
        NOTED = "noted", _("defect noted")
        CLAIMED = "claimed", _("replacement claimed")
        ACCEPTED = "accepted", _("accepted by the contractor")
        CONTESTED = "contested", _("contested by the contractor")
        REPLACED = "replaced", _("replaced")
        DROPPED = "dropped", _("dropped")

    class Defect(models.TextChoices):
        DEAD = "dead", _("dead")
        DYING = "dying", _("dying back")
        WOUND = "wound", _("wounded")
        WRONG_PLANT = "wrong_plant", _("not the plant ordered")
        STAKE = "stake", _("stake or tie")
        OTHER = "other", _("other")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.NOTED, db_index=True
    )
    tree = models.ForeignKey(Tree, models.PROTECT, related_name="claims", verbose_name=_("tree"))
    defect = models.CharField(_("defect"), max_length=12, choices=Defect.choices)
    noted_on = models.DateField(_("noted on"))
    claimed_on = models.DateField(_("claimed on"), null=True, blank=True)
    answer_due = models.DateField(_("answer due"), null=True, blank=True)
    reason = models.CharField(_("why contested or dropped"), max_length=240, blank=True)
    replacement = models.ForeignKey(
        Tree,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("replacement"),
    )
    note = models.TextField(_("note"), blank=True)

    objects = GuaranteeClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("guarantee claim")
        verbose_name_plural = _("guarantee claims")

    def __str__(self) -> str:
        return f"{self.tree}: {self.get_defect_display()}"
