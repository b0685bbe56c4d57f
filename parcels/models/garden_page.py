"""What a garden's public page tells beside its plots: whom to ask, when the gate is open, what is new."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified
from greening.roles import LABELS, Role
from parcels.models.garden import SharedGarden

#: The text a referent agrees to before their contact is published; a new wording takes a new version.
CONSENT_VERSION = "2026-11"


class GardenReferent(Identified):
    """The person neighbours may ask about a garden, as they agreed to be published.

    A row of its own, outside the garden's history: removing it removes the contact for good.
    """

    garden = models.OneToOneField(
        SharedGarden, models.CASCADE, related_name="referent", verbose_name=_("garden")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="refers_for",
        verbose_name=_("account"),
    )
    name = models.CharField(
        _("name as published"), max_length=80, help_text=_("A first name is enough.")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    consent_at = models.DateTimeField(_("agreed to be published"), default=timezone.now)
    consent_version = models.CharField(
        _("version of the text agreed to"), max_length=20, default=CONSENT_VERSION
    )

    class Meta:
        verbose_name = _("garden's referent")
        verbose_name_plural = _("gardens' referents")
        constraints = [
            models.CheckConstraint(
                condition=~Q(email="") | ~Q(phone=""),
                name="gardenreferent_can_be_reached",
                violation_error_message=_("Give an e-mail address or a telephone number."),
            )
        ]

    def __str__(self) -> str:
        # Logs print this: never a name.
        return f"{self._meta.verbose_name} #{self.pk}"


class OpenDayQuerySet(models.QuerySet["OpenDay"]):
    def coming(self, on: dt.date | None = None) -> OpenDayQuerySet:
        """Today's and later ones, the next first."""
        return self.filter(day__gte=on or timezone.localdate()).order_by("day", "starts", "id")


class OpenDay(Identified):
    """A day when the garden's gate is open to everybody."""

    garden = models.ForeignKey(
        SharedGarden, models.CASCADE, related_name="open_days", verbose_name=_("garden")
    )
    day = models.DateField(_("day"))
    starts = models.TimeField(_("from, o'clock"))
    ends = models.TimeField(_("until, o'clock"))
    place = models.CharField(
        _("where"),
        max_length=200,
        blank=True,
        help_text=_("Empty: at the garden's own address."),
    )
    note = models.TextField(_("what to know"), max_length=1000, blank=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = OpenDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("open day")
        verbose_name_plural = _("open days")
        ordering = ["day", "starts", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=models.F("starts")),
                name="openday_ends_after_it_starts",
                violation_error_message=_("An open day ends after it starts."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.garden}, {self.day.isoformat()}"

    @property
    def where(self) -> str:
        return self.place or self.garden.address or self.garden.name


class GardenNewsQuerySet(models.QuerySet["GardenNews"]):
    def published(self, at: dt.datetime | None = None) -> GardenNewsQuerySet:
        """What everybody may read by now, the newest first."""
        return self.filter(published_at__lte=at or timezone.now()).order_by("-published_at", "-id")


class GardenNews(Identified):
    """A short piece of news of one garden. Who wrote it is shown by role, never by name."""

    garden = models.ForeignKey(
        SharedGarden, models.CASCADE, related_name="news", verbose_name=_("garden")
    )
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(
        _("text"), max_length=5000, help_text=_("Plain text; Markdown for links and lists.")
    )
    published_at = models.DateTimeField(_("published"), default=timezone.now, db_index=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("who"),
    )
    author_role = models.CharField(
        _("written by"),
        max_length=20,
        editable=False,
        choices=[
            (role.value, LABELS[role]) for role in (Role.GARDEN_MANAGER, Role.GARDEN_REFERENT)
        ],
        default=Role.GARDEN_MANAGER.value,
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = GardenNewsQuerySet.as_manager()

    class Meta:
        verbose_name = _("garden news")
        verbose_name_plural = _("garden news")
        ordering = ["-published_at", "-id"]

    def __str__(self) -> str:
        return self.title
