"""Green roofs."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Living, Placed, valid_geometry


class GreenRoof(Living, Placed):
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

    class Meta:
        verbose_name = _("green roof")
        verbose_name_plural = _("green roofs")
        constraints = [valid_geometry("greenroof")]

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"
