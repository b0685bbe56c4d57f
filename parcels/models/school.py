"""Schools and their courtyards."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Identified, Living, Placed, valid_geometry

SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class School(Identified, Placed):
    class Level(models.TextChoices):
        NURSERY = "nursery", _("nursery school")
        PRIMARY = "primary", _("primary school")
        COMBINED = "combined", _("nursery and primary school")
        SECONDARY = "secondary", _("secondary school")
        OTHER = "other", _("other")

    name = models.CharField(_("name"), max_length=160)
    uai = models.CharField(
        _("UAI"),
        max_length=8,
        blank=True,
        db_index=True,
        validators=[RegexValidator(r"^[0-9]{7}[A-Z]$")],
    )
    source_id = models.CharField(
        _("identifier in the source"), max_length=80, blank=True, db_index=True
    )
    level = models.CharField(_("level"), max_length=10, choices=Level.choices, default=Level.OTHER)
    address = models.CharField(_("address"), max_length=200, blank=True)
    pupils = models.PositiveIntegerField(_("pupils"), null=True, blank=True)
    geom = models.PointField(_("position"), srid=WGS84)
    flag = models.CharField(
        _("to check"),
        max_length=240,
        blank=True,
        help_text=_("What an import found doubtful about this entry."),
    )
    source = models.CharField(_("source"), max_length=200, blank=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)

    class Meta:
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Courtyard(Living, Placed):
    """A school courtyard and the conversion drawn for it."""

    class State(models.TextChoices):
        BASELINE = "baseline", _("baseline")
        SCORED = "scored", _("scored")
        SHORTLISTED = "shortlisted", _("shortlisted")
        CODESIGN = "codesign", _("co-design")
        FUNDED = "funded", _("funded")
        WORKS = "works", _("works under way")
        DELIVERED = "delivered", _("delivered")
        MONITORED = "monitored", _("monitored")

    class CostClass(models.IntegerChoices):
        LOW = 1, _("light (planting, benches)")
        MEDIUM = 2, _("medium (unsealing in part)")
        HIGH = 3, _("heavy (unsealing, networks, drainage)")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.BASELINE, db_index=True
    )
    name = models.CharField(_("name"), max_length=160)
    source_id = models.CharField(
        _("identifier in the source"), max_length=80, blank=True, db_index=True
    )
    school = models.ForeignKey(
        School,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="courtyards",
        verbose_name=_("school"),
    )
    geom = models.MultiPolygonField(_("outline"), srid=WGS84)
    area_m2 = models.FloatField(_("area, m²"), null=True, blank=True)
    pupils = models.PositiveIntegerField(
        _("pupils using it"), null=True, blank=True, help_text=_("Empty: those of the school.")
    )
    design_canopy = models.FloatField(
        _("canopy share of the design"), default=0.4, validators=SHARE
    )
    design_permeable = models.FloatField(
        _("permeable share of the design"), default=0.6, validators=SHARE
    )
    cost_class = models.PositiveSmallIntegerField(
        _("cost class"), choices=CostClass.choices, default=CostClass.MEDIUM
    )
    vulnerability = models.FloatField(
        _("vulnerability"),
        null=True,
        blank=True,
        validators=SHARE,
        help_text=_("0 to 1, where the town has it."),
    )

    class Meta:
        verbose_name = _("school courtyard")
        verbose_name_plural = _("school courtyards")
        constraints = [
            valid_geometry("courtyard"),
            models.CheckConstraint(
                condition=models.Q(design_canopy__gte=0, design_canopy__lte=1)
                & models.Q(design_permeable__gte=0, design_permeable__lte=1),
                name="courtyard_design_shares",
                violation_error_message=_("A design's shares lie between 0 and 1."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def children(self) -> int | None:
        """Pupils who use the yard: its own figure, else the school's."""
        if self.pupils is not None:
            return self.pupils
        return self.school.pupils if self.school else None
