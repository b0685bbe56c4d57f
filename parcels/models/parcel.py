"""Cadastral parcels and buildings: the fabric that yards and gardens stand in."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Identified, Placed, valid_geometry


class Parcel(Identified, Placed):
    reference = models.CharField(
        _("cadastral reference"),
        max_length=20,
        unique=True,
        help_text=_("Commune, prefix, section and number."),
    )
    geom = models.MultiPolygonField(_("outline"), srid=WGS84)
    area_m2 = models.FloatField(_("area, m²"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        constraints = [valid_geometry("parcel")]

    def __str__(self) -> str:
        return self.reference


class Building(Identified, Placed):
    reference = models.CharField(_("reference"), max_length=60, unique=True)
    geom = models.MultiPolygonField(_("footprint"), srid=WGS84)
    height_m = models.FloatField(_("height, m"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)

    class Meta:
        verbose_name = _("building")
        verbose_name_plural = _("buildings")
        constraints = [valid_geometry("building")]

    def __str__(self) -> str:
        return self.reference
