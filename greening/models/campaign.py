"""Planting campaigns: seasons, what they aim at, and the town's quarters."""

from __future__ import annotations

import datetime as dt
import re

from django.contrib.gis.db import models
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Identified, Placed, valid_geometry
from greening.models.site import PlantingSite
from greening.models.tree import Tree

#: A season is counted from 1 July: what is planted in September from containers belongs to the coming winter, a
#: late planting in May to the one that ends. A campaign may set other dates.
SEASON_STARTS = (7, 1)


def season_dates(season: str) -> tuple[dt.date, dt.date]:
    """First and last day of a season.

    >>> season_dates("2026-2027")
    (datetime.date(2026, 7, 1), datetime.date(2027, 6, 30))
    """
    parts = re.fullmatch(r"(\d{4})-(\d{4})", season)
    if parts is None or int(parts[2]) != int(parts[1]) + 1:
        raise ValidationError(_("A season is two years that follow each other, as in 2026-2027."))
    start = dt.date(int(parts[1]), *SEASON_STARTS)
    return start, start.replace(year=start.year + 1) - dt.timedelta(days=1)


def season_of(day: dt.date) -> str:
    """The season that `day` belongs to, by the usual dates.

    >>> season_of(dt.date(2026, 11, 20)), season_of(dt.date(2027, 3, 1))
    ('2026-2027', '2026-2027')
    """
    start = day.year if (day.month, day.day) >= SEASON_STARTS else day.year - 1
    return f"{start}-{start + 1}"


def valid_season(season: str) -> None:
    season_dates(season)


class Quarter(Identified, Placed):
    """A neighbourhood of the town. Which quarter a site lies in is always asked of the outlines."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    geom = models.MultiPolygonField(_("outline"), srid=WGS84)
    synthetic = models.BooleanField(_("demonstration data"), default=False)

    class Meta:
        verbose_name = _("quarter")
        verbose_name_plural = _("quarters")
        ordering = ["name"]
        constraints = [valid_geometry("quarter")]

    def __str__(self) -> str:
        return self.name


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def on(self, day: dt.date) -> CampaignQuerySet:
        """The campaigns that run on `day`."""
        return self.filter(starts_on__lte=day, ends_on__gte=day)


class Campaign(Identified):
    """One planting season. A site belongs to it when its `campaign` holds this `season`."""

    season = models.CharField(
        _("season"),
        max_length=9,
        unique=True,
        validators=[valid_season],
        help_text=_("Two years, as in 2026-2027."),
    )
    starts_on = models.DateField(
        _("first day"), blank=True, help_text=_("1 July where left empty.")
    )
    ends_on = models.DateField(_("last day"), blank=True, help_text=_("30 June where left empty."))
    note = models.TextField(_("note"), blank=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("planting campaign")
        verbose_name_plural = _("planting campaigns")
        ordering = ["season"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="campaign_ends_after_start",
                violation_error_message=_("A campaign ends after it starts."),
            )
        ]

    def __str__(self) -> str:
        return self.season

    def clean(self) -> None:
        self._fill_dates()

    def save(self, *args: object, **kwargs: object) -> None:
        self._fill_dates()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def _fill_dates(self) -> None:
        first, last = season_dates(self.season)
        self.starts_on = self.starts_on or first
        self.ends_on = self.ends_on or last

    @property
    def planned_sites(self) -> models.QuerySet[PlantingSite]:
        """Its sites that still wait for their tree: scheduled or ready."""
        return PlantingSite.objects.planned().filter(campaign=self.season)

    @property
    def planted_trees(self) -> models.QuerySet[Tree]:
        """The programme's trees planted between its first and last day, lost ones too."""
        return (
            Tree.objects.programme()
            .planted()
            .filter(planted_on__range=(self.starts_on, self.ends_on))
        )


class CampaignTarget(Identified):
    """A portion of a campaign's aim: so many trees, of a species, by a manager, in a quarter; empty is any.

    Portions add up: 40 limes by GPSO and 30 limes by the town make 70 limes.
    """

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="targets", verbose_name=_("campaign")
    )
    species = models.ForeignKey(
        "greening.Species",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("species"),
    )
    manager = models.CharField(
        _("manager"), max_length=12, choices=PlantingSite.Manager.choices, blank=True
    )
    quarter = models.ForeignKey(
        Quarter,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("quarter"),
    )
    trees = models.PositiveIntegerField(_("trees aimed at"))

    class Meta:
        verbose_name = _("campaign target")
        verbose_name_plural = _("campaign targets")

    def __str__(self) -> str:
        return f"{self.campaign}: {self.trees}"
