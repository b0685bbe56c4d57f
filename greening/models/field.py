"""What the field leaves behind beside its events: phones, photos, what could not be read, and who works where."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified
from greening.models.campaign import Quarter
from greening.models.care import Crew


class Device(Identified):
    """A phone that sends captures. Its identifier is its own; nobody's position is kept with it."""

    uuid = models.UUIDField(_("identifier"), unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80, blank=True)
    platform = models.CharField(_("system"), max_length=120, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="field_devices",
        verbose_name=_("last used by"),
    )
    session_key = models.CharField(max_length=40, blank=True, editable=False)
    registered_at = models.DateTimeField(_("registered"), auto_now_add=True)
    last_seen = models.DateTimeField(_("last seen"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("revoked by"),
    )

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        ordering = ["-last_seen", "-id"]

    def __str__(self) -> str:
        return self.name or str(self.uuid)[:8]

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None


class Upload(models.Model):
    """A photo on its way from one device. How much is here is never written down: the file's length says it."""

    id = models.BigAutoField(primary_key=True)
    sha256 = models.CharField(max_length=64)
    device = models.ForeignKey(Device, models.CASCADE, related_name="uploads")
    length = models.PositiveBigIntegerField(_("bytes"))
    mime = models.CharField(_("type"), max_length=40)
    event = models.UUIDField(_("event"), null=True)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.UniqueConstraint(fields=["sha256", "device"], name="upload_once_per_device")
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.device})"


class PhotoQuerySet(models.QuerySet["Photo"]):
    def stored(self) -> PhotoQuerySet:
        return self.filter(code="")


class Photo(Identified):
    """A photo by its content: the receipt that a phone waits for. A refused one has a code and no file."""

    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    length = models.PositiveBigIntegerField(_("bytes"))
    mime = models.CharField(_("type"), max_length=40, blank=True)
    width = models.PositiveIntegerField(_("width"), null=True)
    height = models.PositiveIntegerField(_("height"), null=True)
    event = models.UUIDField(_("event"), null=True, db_index=True)
    device = models.ForeignKey(
        Device,
        models.SET_NULL,
        null=True,
        related_name="photos",
        verbose_name=_("phone"),
    )
    received_at = models.DateTimeField(_("received"), db_index=True)
    received_from = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("from"),
    )
    code = models.CharField(_("refused by"), max_length=40, blank=True)
    reason = models.TextField(_("why refused"), blank=True)
    published_at = models.DateTimeField(_("published"), null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("published by"),
    )

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def is_stored(self) -> bool:
        return not self.code


class Unreadable(models.Model):
    """An item that no rule could even look at, kept as it came: what a phone sent is never thrown away.

    Also one that is well formed and bears the identifier of another event.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(_("identifier"), null=True)
    device = models.ForeignKey(
        Device,
        models.SET_NULL,
        null=True,
        related_name="unreadable",
        verbose_name=_("phone"),
    )
    sequence = models.PositiveBigIntegerField(_("number on the device"), null=True)
    digest = models.CharField(max_length=64)
    content = models.TextField(_("what was sent"))
    message = models.TextField(_("what was answered"))
    received_at = models.DateTimeField(_("received"))
    received_from = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("from"),
    )
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("unreadable item")
        verbose_name_plural = _("unreadable items")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["device", "digest"], name="unreadable_once")]

    def __str__(self) -> str:
        return f"{self.device}: {self.message}"


class SeenRefusal(models.Model):
    """A refused event that a lead has looked at: it leaves the desk, never the history."""

    id = models.BigAutoField(primary_key=True)
    event = models.OneToOneField(
        "greening.Event", models.CASCADE, related_name="seen", verbose_name=_("event")
    )
    seen_at = models.DateTimeField(_("seen"), auto_now_add=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("refusal seen")
        verbose_name_plural = _("refusals seen")

    def __str__(self) -> str:
        return str(self.event)


class Sector(models.Model):
    """A quarter that a crew works in: its phones carry that part of the town."""

    id = models.BigAutoField(primary_key=True)
    crew = models.ForeignKey(Crew, models.CASCADE, related_name="sectors", verbose_name=_("crew"))
    quarter = models.ForeignKey(
        Quarter, models.CASCADE, related_name="sectors", verbose_name=_("quarter")
    )

    class Meta:
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")
        ordering = ["crew__name", "quarter__name"]
        constraints = [
            models.UniqueConstraint(fields=["crew", "quarter"], name="sector_once_per_crew")
        ]

    def __str__(self) -> str:
        return f"{self.crew}: {self.quarter}"


class Contractor(Identified):
    """A firm whose people sign in; its lots are the trees whose `contractor` is its name."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="contractors", verbose_name=_("members")
    )

    class Meta:
        verbose_name = _("contractor")
        verbose_name_plural = _("contractors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
