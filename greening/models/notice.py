"""What a person is told: their notices with the mail each is to become, what they chose, their dates."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from greening.models.base import Identified

#: Added to an unread notice's number, so that one key puts the unread first and the newest first among them.
UNREAD_FIRST = 1 << 52


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at=None)

    def in_reading_order(self) -> NoticeQuerySet:
        """With `place`, by which a list is sorted (greatest first): unread before read, then the newest."""
        number = F("id")
        return self.annotate(
            place=Case(
                When(read_at=None, then=number + Value(UNREAD_FIRST)),
                default=number,
                output_field=models.BigIntegerField(),
            )
        )

    def to_be_mailed(self, before: dt.datetime) -> NoticeQuerySet:
        """Those whose mail should have left by then, the oldest first."""
        return self.filter(mail=Notice.Mail.WAITING, next_try_at__lte=before).order_by("id")

    def for_a_person(self) -> NoticeQuerySet:
        """Mail that no machine should decide about: perhaps sent, or given up."""
        return self.filter(mail__in=(Notice.Mail.UNCERTAIN, Notice.Mail.FAILED))


class Notice(Identified):
    """One thing told to one person: shown on their page, and mailed once unless they do not want that.

    The row is the outbox: it is written in the transaction of what it tells of, so both happen or neither does.
    """

    class Mail(models.TextChoices):
        NONE = "none", _("not mailed")
        WAITING = "waiting", pgettext_lazy("mail", "waiting")
        #: Somebody prepares it; nothing has been handed to the mail server.
        CLAIMED = "claimed", _("being prepared")
        #: Written before the text is handed over: found here after a crash, it may or may not have left.
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        UNCERTAIN = "uncertain", _("perhaps sent")
        FAILED = "failed", _("could not be sent")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name=_("person")
    )
    key = models.CharField(_("told once under"), max_length=200, unique=True)
    what = models.CharField(_("what"), max_length=60)
    facts = models.JSONField(_("facts"), default=dict)
    link = models.CharField(_("leads to"), max_length=300, blank=True)
    appointment = models.ForeignKey(
        "greening.Appointment",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("date"),
    )
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    mail = models.CharField(_("mail"), max_length=10, choices=Mail.choices, default=Mail.WAITING)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    claim = models.UUIDField(_("taken by"), null=True, editable=False)
    leased_until = models.DateTimeField(_("taken until"), null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(fields=["person", "read_at"], name="notice_of_person"),
            # What is still on its way is a handful of rows, however many were sent.
            models.Index(
                fields=["mail", "next_try_at"],
                name="notice_outbox",
                condition=~Q(mail__in=("none", "sent")),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(mail__in=("claimed", "sending"))
                | Q(claim__isnull=False, leased_until__isnull=False),
                name="notice_taken_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} #{self.pk}"

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    @property
    def is_certainly_unsent(self) -> bool:
        """Whether sending it again cannot make a twin."""
        return self.mail == self.Mail.FAILED


class Preference(models.Model):
    """What a person chose that must be known without their browser: the language they are written to."""

    id = models.BigAutoField(primary_key=True)
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="preference",
        verbose_name=_("person"),
    )
    language = models.CharField(_("language"), max_length=10)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"{self.person}: {self.language}"


class SilencedTopic(models.Model):
    """A topic that a person wants no mail about; their page tells it all the same."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="silenced_topics",
        verbose_name=_("person"),
    )
    topic = models.CharField(_("topic"), max_length=40)

    class Meta:
        verbose_name = _("silenced topic")
        verbose_name_plural = _("silenced topics")
        constraints = [
            models.UniqueConstraint(fields=["person", "topic"], name="topic_silenced_once")
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.topic}"


class Appointment(Identified):
    """A date in a person's calendar. Its `uuid` is what calendars know it by, its `sequence` grows as it changes."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="appointments",
        verbose_name=_("person"),
    )
    key = models.CharField(_("known here as"), max_length=200)
    sequence = models.PositiveIntegerField(_("times changed"), default=0)
    what = models.CharField(_("what"), max_length=60)
    facts = models.JSONField(_("facts"), default=dict)
    link = models.CharField(_("leads to"), max_length=300, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    #: Either whole days, the last one included, or two moments.
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    cancelled = models.BooleanField(_("cancelled"), default=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)

    class Meta:
        verbose_name = _("date in a calendar")
        verbose_name_plural = _("dates in calendars")
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="appointment_once_per_person"),
            models.CheckConstraint(
                condition=Q(
                    first_day__isnull=False,
                    last_day__gte=F("first_day"),
                    starts_at__isnull=True,
                    ends_at__isnull=True,
                )
                | Q(
                    starts_at__isnull=False,
                    ends_at__gte=F("starts_at"),
                    first_day__isnull=True,
                    last_day__isnull=True,
                ),
                name="appointment_days_or_moments",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.first_day or self.starts_at}"


class CalendarFeed(models.Model):
    """A person's calendar as an address to subscribe to; a new secret makes the old address lead nowhere."""

    id = models.BigAutoField(primary_key=True)
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="calendar_feed",
        verbose_name=_("person"),
    )
    secret = models.UUIDField(default=uuid_module.uuid4, unique=True, editable=False)
    made_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return str(self.person)


class DueMark(models.Model):
    """The newest period in which a piece of scheduled work was done, known to every host of the town."""

    name = models.CharField(_("work"), max_length=100, primary_key=True)
    period = models.DateField(_("newest period done"))
    done_at = models.DateTimeField(_("done"), default=timezone.now)

    class Meta:
        verbose_name = _("scheduled work done")
        verbose_name_plural = _("scheduled work done")

    def __str__(self) -> str:
        return f"{self.name}: {self.period}"
