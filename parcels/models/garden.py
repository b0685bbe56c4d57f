"""Shared gardens and their plots."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Living, Placed, valid_geometry


class SharedGarden(Living, Placed):
    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("open")
        FULL = "full", _("full")
        PAUSED = "paused", _("paused")
        CLOSED = "closed", _("closed")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.DRAFT, db_index=True
    )
    name = models.CharField(_("name"), max_length=120)
    source_id = models.CharField(
        _("identifier in the source"), max_length=80, blank=True, db_index=True
    )
    geom = models.MultiPolygonField(_("outline"), srid=WGS84)
    area_m2 = models.FloatField(_("area, m²"), null=True, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    rules_fr = models.TextField(_("rules of the garden, French"), max_length=10_000, blank=True)
    rules_en = models.TextField(_("rules of the garden, English"), max_length=10_000, blank=True)

    class Meta:
        verbose_name = _("shared garden")
        verbose_name_plural = _("shared gardens")
        ordering = ["name"]
        constraints = [valid_geometry("sharedgarden")]

    def __str__(self) -> str:
        return self.name

    @property
    def rules_text(self) -> str:
        """The garden's own rules in the reader's language, or in the other where that one is empty."""
        texts = (self.rules_fr, self.rules_en)
        first, second = texts if (get_language() or "fr").startswith("fr") else reversed(texts)
        return first or second


class Plot(Living, Placed):
    class State(models.TextChoices):
        AVAILABLE = "available", _("available")
        OFFERED = "offered", _("offered")
        OCCUPIED = "occupied", _("occupied")
        NOTICE = "notice", _("notice given")
        RESTING = "resting", _("resting")
        WITHDRAWN = "withdrawn", _("withdrawn")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.AVAILABLE, db_index=True
    )
    garden = models.ForeignKey(
        SharedGarden, models.PROTECT, related_name="plots", verbose_name=_("garden")
    )
    number = models.CharField(_("number"), max_length=12)
    geom = models.PolygonField(_("outline"), srid=WGS84)
    area_m2 = models.FloatField(_("area, m²"), null=True, blank=True)
    accessible = models.BooleanField(_("wheelchair accessible"), default=False)

    class Meta:
        verbose_name = _("plot")
        verbose_name_plural = _("plots")
        ordering = ["garden", "number"]
        constraints = [
            valid_geometry("plot"),
            models.UniqueConstraint(fields=["garden", "number"], name="plot_number_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.garden} {self.number}"
