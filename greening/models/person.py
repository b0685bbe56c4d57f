"""What is kept of people beside their account: what they agreed to, what they asked about their data, a warning."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified

#: The law's month to answer in (GDPR, article 12.3).
DAYS_TO_ANSWER = 30


class Consent(models.Model):
    """Somebody read and agreed to a text, in the version that stood then."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="consents",
        verbose_name=_("who"),
    )
    text = models.CharField(_("text"), max_length=40)
    version = models.CharField(_("version"), max_length=40)
    given_at = models.DateTimeField(_("agreed"), default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "text", "version"], name="consent_once_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.text} {self.version}"


class PrivacyRequestQuerySet(models.QuerySet["PrivacyRequest"]):
    def open(self) -> PrivacyRequestQuerySet:
        """What still waits for an answer, the most pressing first."""
        return self.filter(answered_at__isnull=True).order_by("asked_at", "id")


class PrivacyRequest(Identified):
    """A question about one's data that the pages do not settle. It outlives the account, without a name."""

    class What(models.TextChoices):
        ACCESS = "access", _("what do you hold of me?")
        RECTIFY = "rectify", _("something is wrong")
        ERASE = "erase", _("erase something of mine")
        OBJECT = "object", _("I object to a use")
        CONTEST = "contest", _("a person should look at an automatic decision")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="privacy_requests",
        verbose_name=_("who"),
    )
    what = models.CharField(_("what you ask"), max_length=8, choices=What.choices)
    message = models.TextField(_("in your words"), max_length=2_000, blank=True)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    answer = models.TextField(_("answer"), max_length=4_000, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)

    objects = PrivacyRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("question about personal data")
        verbose_name_plural = _("questions about personal data")
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_what_display()} #{self.pk}"

    @property
    def due_on(self) -> dt.date:
        """The last day to answer."""
        return timezone.localdate(self.asked_at) + dt.timedelta(days=DAYS_TO_ANSWER)

    @property
    def is_late(self) -> bool:
        return self.answered_at is None and timezone.localdate() > self.due_on


class UnusedNotice(models.Model):
    """Somebody was told that their unused account will be erased; signing in again makes it void."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="unused_notice",
        verbose_name=_("who"),
    )
    sent_at = models.DateTimeField(_("told"), default=timezone.now)

    class Meta:
        verbose_name = _("notice to an unused account")
        verbose_name_plural = _("notices to unused accounts")

    def __str__(self) -> str:
        return str(self.user_id)
