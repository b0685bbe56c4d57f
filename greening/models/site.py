"""Where trees stand or will stand: streets and planting sites."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.gis.db import models
from django.db.models import Count, F, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.errors import BadInput
from greening.models.base import Identified, Living, Placed, valid_geometry
from greening.spatial import SpatialQuerySet

SITE_CUTS = {"species": "target_species", "manager": "manager", "campaign": "campaign"}


def quarter_of(path: str) -> Subquery:
    """The id of the quarter that holds the point found under `path`, or null; on a common border, the lower id."""
    quarters = apps.get_model("greening", "Quarter")._default_manager
    return Subquery(
        quarters.filter(geom__intersects=OuterRef(path)).order_by("pk").values("pk")[:1]
    )


class Street(Identified, Placed):
    """A street's centre line: without a base map, our own streets carry the map."""

    name = models.CharField(_("name"), max_length=120, db_index=True)
    geom = models.LineStringField(_("centre line"), srid=WGS84)
    width_m = models.FloatField(_("width, m"), null=True, blank=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)

    class Meta:
        verbose_name = _("street")
        verbose_name_plural = _("streets")

    def __str__(self) -> str:
        return self.name


class PlantingSiteQuerySet(SpatialQuerySet["PlantingSite"]):
    def planned(self) -> PlantingSiteQuerySet:
        """Sites that wait for their tree: scheduled, or ready to plant."""
        return self.filter(state__in=("scheduled", "ready"), archived_at=None)

    def by(self, cut: str) -> models.QuerySet[Any, dict[str, Any]]:
        """One row a `key` of the cut with its number of `sites`; for species and quarters the key is their id."""
        rows: Any = self.cut(cut)
        counted: models.QuerySet[Any, dict[str, Any]] = (
            rows.order_by("key").values("key").annotate(sites=Count("pk"))
        )
        return counted

    def cut(self, name: str) -> PlantingSiteQuerySet:
        """Annotates each site with the `key` it falls under: species (aimed at), manager, campaign or quarter."""
        if name == "quarter":
            return self.annotate(key=quarter_of("geom"))
        if name not in SITE_CUTS:
            raise BadInput(
                f"Sites cannot be counted by {name}; try quarter, {', '.join(SITE_CUTS)}."
            )
        return self.annotate(key=F(SITE_CUTS[name]))


class PlantingSite(Living):
    """A place for one tree at a time; it keeps the history of its trees."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        SURVEYED = "surveyed", _("surveyed")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        SCHEDULED = "scheduled", _("scheduled")
        READY = "ready", _("ready to plant")
        OCCUPIED = "occupied", _("occupied")
        TO_FELL = "to_fell", _("to fell")
        STUMP = "stump", _("stump")
        VACANT = "vacant", _("vacant")
        RETIRED = "retired", _("retired")

    class Kind(models.TextChoices):
        STREET = "street", _("street")
        PARK = "park", _("park")
        SCHOOL = "school", _("school")
        CEMETERY = "cemetery", _("cemetery")
        PIT = "pit", _("tree pit")

    class FellingBasis(models.TextChoices):
        DECLARATION = "declaration", _("declaration")
        AUTHORISATION = "authorisation", _("authorisation")
        DANGER = "danger", _("imminent danger")

    class Manager(models.TextChoices):
        TOWN = "town", _("Town")
        GPSO = "gpso", _("Grand Paris Seine Ouest")
        DEPARTMENT = "department", _("Département")
        OTHER = "other", _("other")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PROPOSED, db_index=True
    )
    matricule = models.CharField(_("matricule"), max_length=40, blank=True, db_index=True)
    geom = models.PointField(_("position"), srid=WGS84)
    street = models.ForeignKey(
        Street,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="sites",
        verbose_name=_("street"),
    )
    kind = models.CharField(_("type"), max_length=10, choices=Kind.choices, default=Kind.STREET)
    manager = models.CharField(
        _("manager"), max_length=12, choices=Manager.choices, default=Manager.TOWN
    )
    pit_volume_m3 = models.FloatField(_("pit volume, m³"), null=True, blank=True)
    soil = models.CharField(_("soil"), max_length=120, blank=True)
    constraints = models.CharField(_("constraints"), max_length=240, blank=True)
    target_species = models.ForeignKey(
        "greening.Species",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("target species"),
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    in_alignment = models.BooleanField(
        _("in a street alignment"), default=False, help_text=_("Protected by article L350-3.")
    )
    networks_cleared_on = models.DateField(
        _("networks cleared (DT-DICT) on"), null=True, blank=True
    )
    felling_basis = models.CharField(
        _("legal basis of the felling"), max_length=14, choices=FellingBasis.choices, blank=True
    )
    campaign = models.CharField(_("campaign"), max_length=20, blank=True, db_index=True)

    objects = PlantingSiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("planting site")
        verbose_name_plural = _("planting sites")
        indexes = [models.Index(fields=["manager", "id"], name="site_manager")]
        constraints = [valid_geometry("plantingsite")]

    def __str__(self) -> str:
        return self.matricule or f"#{self.pk}"
