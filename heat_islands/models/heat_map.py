"""Heat maps: immutable versions of one series, each with the scenes it was made from."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Identified
from heat_islands.models.scene import Scene


class HeatMapQuerySet(models.QuerySet["HeatMap"]):
    def newest(self, slug: str | None = None) -> HeatMap | None:
        """The newest version of a series, or of any series."""
        rows = self if slug is None else self.filter(slug=slug)
        return rows.order_by("-built_at", "-id").first()


class HeatMap(Identified):
    """One built version; a rebuild makes a new row. `directory` is relative to DATA_DIR."""

    slug = models.SlugField(_("slug"), max_length=60)
    version = models.CharField(
        _("version"),
        max_length=40,
        help_text=_("Hash of inputs and method; part of tile addresses."),
    )
    title = models.CharField(_("title"), max_length=160)
    date_from = models.DateField(_("from"))
    date_to = models.DateField(_("to"))
    min_scenes = models.PositiveSmallIntegerField(_("fewest clear scenes a cell"), default=5)
    scene_count = models.PositiveSmallIntegerField(_("scenes"))
    method = models.JSONField(
        _("method"), help_text=_("Parameters, software version and input hashes.")
    )
    grid = models.JSONField(_("grid"))
    bounds = models.PolygonField(_("bounds"), srid=WGS84)
    directory = models.CharField(_("directory"), max_length=200)
    statistics = models.JSONField(_("statistics over the commune"), default=dict)
    notes = models.JSONField(_("what a reader must know"), default=list)
    has_suhi = models.BooleanField(_("has a rural reference"), default=False)
    synthetic = models.BooleanField(_("demonstration data"), default=False)
    built_at = models.DateTimeField(_("built"), auto_now_add=True)
    scenes = models.ManyToManyField(
        Scene, through="HeatMapScene", related_name="heat_maps", verbose_name=_("scenes")
    )

    objects = HeatMapQuerySet.as_manager()

    class Meta:
        verbose_name = _("heat map")
        verbose_name_plural = _("heat maps")
        ordering = ["-built_at"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="heatmap_version_unique")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def path(self) -> Path:
        return settings.DATA_DIR / self.directory

    @property
    def analysis_path(self) -> Path:
        return self.path / "analysis.tif"

    @property
    def display_path(self) -> Path:
        return self.path / "display.tif"

    @property
    def item_path(self) -> Path:
        return self.path / "item.json"


class HeatMapScene(Identified):
    """A scene's part in a heat map: its scene-wide term, and whether it was refused and why."""

    heat_map = models.ForeignKey(HeatMap, models.CASCADE, related_name="scene_terms")
    scene = models.ForeignKey(Scene, models.PROTECT, related_name="heat_map_terms")
    term_k = models.FloatField(_("scene term, K"), null=True, blank=True)
    sigma_k = models.FloatField(_("within-scene σ, K"), null=True, blank=True)
    clear_share = models.FloatField(_("clear share of the reference"))
    refused = models.CharField(_("refused because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("scene of a heat map")
        verbose_name_plural = _("scenes of a heat map")
        constraints = [
            models.UniqueConstraint(fields=["heat_map", "scene"], name="heatmapscene_unique")
        ]

    def __str__(self) -> str:
        return f"{self.heat_map} / {self.scene}"
