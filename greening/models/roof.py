"""Green roofs."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.db.models import Count, Func, Q, Sum
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Living, valid_geometry
from greening.models.commune import Commune
from greening.spatial import SpatialQuerySet


class GreenRoofQuerySet(SpatialQuerySet["GreenRoof"]):
    def measured(self, metric_srid: int | None = None) -> GreenRoofQuerySet:
        """Adds `outline_m2`, the outline's area in the town's metric CRS; `area_m2` is what was declared."""
        srid = metric_srid or Commune.objects.the().metric_srid
        area = Func(Transform("geom", srid), function="ST_Area", output_field=models.FloatField())
        return self.annotate(outline_m2=area)

    def areas(self, metric_srid: int | None = None) -> models.QuerySet[Any, dict[str, Any]]:
        """One row a state and kind: `roofs`, their `total_outline_m2`, `declared_m2` and how many `declared` one.

        `declared_m2` is null where no roof declares an area. Roofs gone from their source are left out.
        """
        rows: Any = self.filter(archived_at=None).measured(metric_srid)
        areas: models.QuerySet[Any, dict[str, Any]] = (
            rows.order_by("state", "kind")
            .values("state", "kind")
            .annotate(
                roofs=Count("pk"),
                total_outline_m2=Sum("outline_m2"),
                declared_m2=Sum("area_m2"),
                declared=Count("pk", filter=Q(area_m2__isnull=False)),
            )
        )
        return areas


class GreenRoof(Living):
    class State(models.TextChoices):
        CANDIDATE = "candidate", _("candidate")
        STUDIED = "studied", _("studied")
        APPROVED = "approved", _("approved")
        WORKS = "works", _("works under way")
        DELIVERED = "delivered", _("delivered")
        IN_SERVICE = "in_service", _("in service")
        DEGRADED = "degraded", _("degraded")
        REMOVED = "removed", _("removed")

    class Kind(models.TextChoices):
        EXTENSIVE = "extensive", _("extensive")
        SEMI_INTENSIVE = "semi_intensive", _("semi-intensive")
        INTENSIVE = "intensive", _("intensive")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.CANDIDATE, db_index=True
    )
    name = models.CharField(_("name"), max_length=120, blank=True)
    geom = models.PolygonField(_("outline"), srid=WGS84)
    kind = models.CharField(_("type"), max_length=16, choices=Kind.choices, default=Kind.EXTENSIVE)
    substrate_cm = models.FloatField(_("substrate, cm"), null=True, blank=True)
    area_m2 = models.FloatField(_("area, m²"), null=True, blank=True)

    objects = GreenRoofQuerySet.as_manager()

    class Meta:
        verbose_name = _("green roof")
        verbose_name_plural = _("green roofs")
        constraints = [valid_geometry("greenroof")]

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"
