"""Trees: each one life on one site."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.apps import apps
from django.contrib.gis.db import models
from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.errors import BadInput
from greening.models.base import Living, valid_geometry
from greening.models.site import quarter_of
from greening.spatial import SpatialQuerySet

LIVING_STATES = ("planted", "establishing", "established", "mature", "senescent")


LOST_STATES = ("dead", "missing", "felled")
ENDED_STATES = (*LOST_STATES, "transplanted")

#: What counts of trees can be cut by; `quarter` asks the outlines where each site lies.
TREE_CUTS = {
    "species": "species",
    "manager": "site__manager",
    "campaign": "site__campaign",
    "nursery": "nursery",
    "lot": "lot",
    "contractor": "contractor",
}
#: A tree takes part in the survival checks of the first three autumns after its planting season
#: (establishing takes three growing seasons, domain.md).
CHECKED_AUTUMNS = 3


class TreeQuerySet(SpatialQuerySet["Tree"]):
    def alive(self) -> TreeQuerySet:
        """Trees in the ground and living; a reserved one is still at the nursery."""
        return self.filter(state__in=LIVING_STATES)

    def lost(self) -> TreeQuerySet:
        return self.filter(state__in=LOST_STATES)

    def planted(self) -> TreeQuerySet:
        """Trees that were put in the ground on a known day, lost ones too."""
        return self.filter(planted_on__isnull=False).exclude(state="reserved")

    def programme(self) -> TreeQuerySet:
        """Trees of the programme: on a site of a campaign, planted since the first campaign's first day.

        Old trees that stood there before are not its; nor is a tree that vanished from the inventory while it was
        said to live. Where no campaign is declared, every dated tree on a campaign's site counts.
        """
        campaigns = apps.get_model("greening", "Campaign")._default_manager
        first_day = campaigns.order_by().values(only=Value(1)).annotate(day=Min("starts_on"))
        since = Coalesce(Subquery(first_day.values("day")), Value(dt.date.min))
        return self.filter(
            Q(archived_at=None) | Q(state__in=ENDED_STATES), planted_on__gte=since
        ).exclude(site__campaign="")

    def by(self, cut: str) -> models.QuerySet[Any, dict[str, Any]]:
        """One row a `key` of the cut with its number of `trees`; for species and quarters the key is their id."""
        rows: Any = self.cut(cut)
        counted: models.QuerySet[Any, dict[str, Any]] = (
            rows.order_by("key").values("key").annotate(trees=Count("pk"))
        )
        return counted

    def cut(self, name: str) -> TreeQuerySet:
        """Annotates each tree with the `key` it falls under in a cut of TREE_CUTS, or "quarter"."""
        if name == "quarter":
            return self.annotate(key=quarter_of("site__geom"))
        if name not in TREE_CUTS:
            raise BadInput(
                f"Trees cannot be counted by {name}; try quarter, {', '.join(TREE_CUTS)}."
            )
        return self.annotate(key=F(TREE_CUTS[name]))

    # --- survival -----------------------------------------------------------------------------------

    def of_survival_check(self, autumn: int) -> TreeQuerySet:
        """Trees whose survival the autumn of year `autumn` asks about: planted in the three seasons before it.

        Lost ones too, or the survivors would be all that is counted; not those dug up to live elsewhere.
        """
        first, last = dt.date(autumn - CHECKED_AUTUMNS, 7, 1), dt.date(autumn, 6, 30)
        return (
            self.planted()
            .filter(Q(archived_at=None) | Q(state__in=LOST_STATES))
            .filter(planted_on__range=(first, last))
            .exclude(state="transplanted")
        )

    def with_fate(self, autumn: int) -> TreeQuerySet:
        """Adds `fate` as of that autumn: alive, dead, outside (all three as checked), lost (recorded, unchecked),
        or unchecked.

        An earlier autumn's finding that a tree was lost still holds; that it lived does not.
        """
        checks = apps.get_model("greening", "SurvivalCheck")._default_manager
        found = (
            checks.filter(tree=OuterRef("pk"), state="recorded", autumn__lte=autumn)
            .exclude(~Q(autumn=autumn), found="alive")
            .order_by("-autumn")
            .values("found")[:1]
        )
        lost = Q(state__in=LOST_STATES) & (
            Q(ended_on=None) | Q(ended_on__lte=dt.date(autumn + 1, 6, 30))
        )
        unchecked = Case(When(lost, then=Value("lost")), default=Value("unchecked"))
        return self.annotate(fate=Coalesce(Subquery(found), unchecked))

    def due_for_survival_check(self, autumn: int) -> TreeQuerySet:
        """Trees that nobody has checked yet in the autumn of year `autumn`."""
        rows: Any = self.of_survival_check(autumn).with_fate(autumn)
        found: TreeQuerySet = rows.filter(fate="unchecked")
        return found

    # --- guarantee ----------------------------------------------------------------------------------

    def under_guarantee(self, on: dt.date) -> TreeQuerySet:
        return self.filter(guarantee_until__gte=on, archived_at=None)

    def guarantee_ending(self, within_days: int, on: dt.date | None = None) -> TreeQuerySet:
        """Trees whose guarantee ends within so many days from `on` (today), the most urgent first.

        Adds `claimed`: whether a claim is open or settled already, so that the rest can be looked at in time.
        """
        day = on or timezone.localdate()
        claims = apps.get_model("greening", "GuaranteeClaim")._default_manager
        standing = claims.filter(tree=OuterRef("pk")).exclude(state__in=("noted", "dropped"))
        return (
            self.under_guarantee(day)
            .filter(guarantee_until__lte=day + dt.timedelta(days=within_days))
            .exclude(state__in=("reserved", "felled", "transplanted"))
            .annotate(claimed=Exists(standing))
            .order_by("guarantee_until", "id")
        )


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
    details = models.JSONField(
        _("further details"),
        default=dict,
        blank=True,
        help_text=_("What inventories say beyond our own fields: remarkable, stage, crown…"),
    )
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
        indexes = [
            # What lists and counters ask of trees by their site or their planting date, without the rows.
            models.Index(fields=["site", "archived_at"], name="tree_site_archived"),
            models.Index(
                fields=["planted_on", "id", "state", "archived_at", "site"], name="tree_planted"
            ),
        ]
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
