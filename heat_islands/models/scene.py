"""Satellite scenes and land-cover maps: what the heat map and the ranking are made from."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Identified


class SceneQuerySet(models.QuerySet["Scene"]):
    def current(self) -> SceneQuerySet:
        """Scenes that no newer processing of the same acquisition has superseded."""
        return self.filter(superseded_by__isnull=True)


class Scene(Identified):
    """One acquisition, read onto the territory's canonical grid. `directory` is relative to DATA_DIR."""

    product_id = models.CharField(_("product"), max_length=100, unique=True)
    acquisition_id = models.CharField(
        _("acquisition"),
        max_length=100,
        db_index=True,
        help_text=_("Platform, path/row and day: same in every reprocessing."),
    )
    platform = models.CharField(_("platform"), max_length=40)
    acquired_at = models.DateTimeField(_("acquired"), db_index=True)
    processed_on = models.DateField(_("processed on"), null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="supersedes",
        verbose_name=_("superseded by"),
    )
    footprint = models.PolygonField(_("footprint"), srid=WGS84, null=True, blank=True)
    source_srid = models.PositiveIntegerField(_("CRS of the product (EPSG)"))
    grid = models.JSONField(_("grid"))
    directory = models.CharField(_("directory"), max_length=200)
    sha256 = models.CharField(_("hash of the bands on the grid"), max_length=64)
    has_qa = models.BooleanField(_("has a quality band"))
    has_st_qa = models.BooleanField(_("has a temperature uncertainty band"))
    has_metadata = models.BooleanField(_("has a metadata file"))
    missing = models.JSONField(_("missing bands"), default=list, blank=True)
    clear_share = models.FloatField(_("clear share over the commune"))
    median_c = models.FloatField(_("median over the commune, °C"), null=True, blank=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = SceneQuerySet.as_manager()

    class Meta:
        verbose_name = _("scene")
        verbose_name_plural = _("scenes")
        ordering = ["acquired_at"]

    def __str__(self) -> str:
        return self.product_id

    @property
    def path(self) -> Path:
        return settings.DATA_DIR / self.directory


class Cover(Identified):
    """Land cover (and canopy height) as fractions on the canonical grid. `directory` is relative to DATA_DIR."""

    name = models.CharField(_("name"), max_length=120)
    sha256 = models.CharField(_("hash of the source"), max_length=64, unique=True)
    grid = models.JSONField(_("grid"))
    directory = models.CharField(_("directory"), max_length=200)
    resolution_m = models.FloatField(_("resolution of the source, m"), null=True, blank=True)
    mapping = models.JSONField(_("classes of the source → ours"), default=dict)
    observed_on = models.DateField(_("observed on"), null=True, blank=True)
    has_canopy_height = models.BooleanField(_("has canopy height"), default=False)
    covered_share = models.FloatField(_("share of the grid covered"), default=0.0)
    synthetic = models.BooleanField(_("demonstration data"), default=False)
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("land cover")
        verbose_name_plural = _("land covers")
        ordering = ["-added_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        return settings.DATA_DIR / self.directory
