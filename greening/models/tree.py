"""Trees: each one life on one site."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Living, valid_geometry
from greening.spatial import SpatialQuerySet

LIVING_STATES = ("planted", "establishing", "established", "mature", "senescent")


class TreeQuerySet(SpatialQuerySet["Tree"]):
    def alive(self) -> TreeQuerySet:
        """Trees in the ground and living; a reserved one is still at the nursery."""
        return self.filter(state__in=LIVING_STATES)

    def lost(self) -> TreeQuerySet:
        return self.filter(state__in=("dead", "missing", "felled"))


class Tree(Living):
    class State(models.TextChoices):
        RESERVED = "reserved", _("reserved")
        PLANTED = "planted", _("planted")
        ESTABLISHING = "establishing", _("establishing")
        ESTABLISHED = "established", _("established")
        MATURE = "mature", _("mature")
        SENESCENT = "senescent", _("senescent")
        DEAD = "dead", _("dead")
        MISSING = "missing", _("missing")
        FELLED = "felled", _("felled")
        TRANSPLANTED = "transplanted", _("transplanted")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.RESERVED, db_index=True
    )
    site = models.ForeignKey(
        "greening.PlantingSite",
        models.PROTECT,
        related_name="trees",
        verbose_name=_("planting site"),
    )
    geom = models.PointField(_("position"), srid=WGS84)
    species = models.ForeignKey(
        "greening.Species",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="trees",
        verbose_name=_("species"),
    )
    species_as_written = models.CharField(_("species as written"), max_length=160, blank=True)
    source_id = models.CharField(
        _("identifier in the source"), max_length=80, blank=True, db_index=True
    )
    contractor = models.CharField(_("contractor"), max_length=80, blank=True)
    note = models.TextField(_("note"), blank=True)
    nursery = models.CharField(_("nursery"), max_length=80, blank=True)
    lot = models.CharField(_("lot"), max_length=40, blank=True)
    size_class = models.CharField(
        _("size class"), max_length=20, blank=True, help_text=_("Girth at 1 m, cm: 18/20.")
    )
    planted_on = models.DateField(_("planted on"), null=True, blank=True, db_index=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    girth_m = models.FloatField(_("girth, m"), null=True, blank=True)
    height_m = models.FloatField(_("height, m"), null=True, blank=True)
    measured_on = models.DateField(_("measured on"), null=True, blank=True)
    under_watch = models.BooleanField(_("under watch"), default=False)
    guarantee_until = models.DateField(_("guarantee until"), null=True, blank=True)
    replaced_by = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaces",
        verbose_name=_("replaced by"),
    )

    objects = TreeQuerySet.as_manager()

    class Meta:
        verbose_name = _("tree")
        verbose_name_plural = _("trees")
        constraints = [
            valid_geometry("tree"),
            models.UniqueConstraint(
                fields=["site"],
                condition=models.Q(state__in=("reserved", *LIVING_STATES)),
                name="tree_one_living_per_site",
                violation_error_message=_("This site already holds a living or reserved tree."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.species or _('unknown species')} #{self.pk}"

    @property
    def is_alive(self) -> bool:
        return self.state in LIVING_STATES
