"""What happened: history and receipt in one row, written in the same transaction as the change itself."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import new_uuid


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, obj: models.Model) -> EventQuerySet:
        """The history of one object, oldest first: what was applied to it."""
        return self.filter(object_uuid=obj.uuid, rev__isnull=False).order_by("rev")  # type: ignore[attr-defined]

    def to_settle(self) -> EventQuerySet:
        """Conflicts that wait for a person."""
        return self.filter(status=Event.Status.CONFLICT, settled_at__isnull=True)


class Event(models.Model):
    """One change asked for, and what became of it. Rows are only ever added; a settled conflict is marked."""

    class Status(models.TextChoices):
        APPLIED = "applied", _("applied")
        MERGED = "merged", _("merged")
        CONFLICT = "conflict", _("kept for a person")
        REJECTED = "rejected", _("refused")
        WAITING = "waiting", _("waiting for an earlier one")

    class Source(models.TextChoices):
        WEB = "web", _("website")
        ADMIN = "admin", _("back office")
        PHONE = "phone", _("field app")
        IMPORT = "import", _("import")
        OGC = "ogc", _("OGC API")
        SYSTEM = "system", _("the system itself")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(_("identifier"), default=new_uuid, unique=True)
    digest = models.CharField(
        max_length=64, help_text="Hash of what was asked: one identifier, one content."
    )
    kind = models.CharField(_("kind"), max_length=40)
    object_uuid = models.UUIDField(_("object"), db_index=True)
    create = models.BooleanField(_("new object"), default=False)
    patch = models.JSONField(_("asked values"), default=dict)
    before = models.JSONField(_("values until then"), default=dict)
    base_rev = models.PositiveIntegerField(_("revision seen by the writer"), null=True)
    rev = models.PositiveIntegerField(_("revision made"), null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("who"),
    )
    source = models.CharField(_("through"), max_length=8, choices=Source.choices)
    device = models.CharField(_("device"), max_length=64, blank=True)
    sequence = models.PositiveBigIntegerField(_("number on the device"), null=True)
    device_time = models.DateTimeField(_("time on the device"), null=True)
    server_time = models.DateTimeField(_("received"), db_index=True)
    after = models.UUIDField(_("to be applied after"), null=True)
    waiting_for = models.UUIDField(_("waits for"), null=True, db_index=True)
    cause = models.UUIDField(_("follows from"), null=True, db_index=True)
    batch = models.UUIDField(_("batch"), null=True, db_index=True)
    override = models.CharField(_("a lead's reason"), max_length=240, blank=True)
    position = models.PointField(_("position of the device"), srid=WGS84, null=True)
    accuracy_m = models.FloatField(_("accuracy, m"), null=True)
    samples = models.PositiveSmallIntegerField(_("readings of the position"), null=True)
    photos = models.JSONField(_("SHA-256 of the photos"), default=list)
    status = models.CharField(_("verdict"), max_length=8, choices=Status.choices, db_index=True)
    code = models.CharField(_("rule"), max_length=40, blank=True)
    message = models.TextField(_("what was answered"), blank=True)
    warnings = models.JSONField(_("warnings"), default=list)
    settled_at = models.DateTimeField(_("settled"), null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("settled by"),
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["object_uuid", "rev"],
                condition=models.Q(rev__isnull=False),
                name="event_one_per_revision",
            )
        ]
        indexes = [
            # A phone's balance looks at its own events only.
            models.Index(fields=["device", "sequence"], name="event_of_phone")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_uuid}: {self.get_status_display()}"

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be decided, once what it builds on has arrived."""
        return self.status == self.Status.WAITING
