"""What a resident told the town of an observation: words, photos, and who they are until that is forgotten."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified
from greening.models.field import Photo
from greening.models.observation import Observation


class ReportQuerySet(models.QuerySet["Report"]):
    def of(self, person: object) -> ReportQuerySet:
        """A person's own reports."""
        return self.filter(reporter=person)  # type: ignore[misc]

    def about(self, head: Observation) -> ReportQuerySet:
        """Everybody's reports that `head` answers: its own, and those joined to it."""
        return self.filter(Q(observation=head) | Q(observation__joined_to=head))

    def to_forget(self, before: dt.datetime) -> ReportQuerySet:
        """Reports whose observation ended, and was not touched any more since `before`."""
        ended = Q(
            observation__joined_to=None,
            observation__state__in=Observation.ENDED,
            observation__updated_at__lt=before,
        ) | Q(
            observation__joined_to__state__in=Observation.ENDED,
            observation__joined_to__updated_at__lt=before,
        )
        return self.filter(ended, erased_at=None)


class Report(Identified):
    """One report: the person beside an observation. The event knows what, where and when, and none of this.

    The person is kept by account: there is no report without one, so each can be answered.
    """

    class Placed(models.TextChoices):
        MAP = "map", _("on the map")
        TREE = "tree", _("by choosing the tree")
        ADDRESS = "address", _("by its address: the middle of the street")

    observation = models.OneToOneField(
        Observation, models.PROTECT, related_name="report", verbose_name=_("observation")
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="reports",
        verbose_name=_("reported by"),
    )
    text = models.TextField(_("in their words"), blank=True)
    more = models.TextField(_("what they added"), blank=True)
    address = models.CharField(_("address as written"), max_length=200, blank=True)
    placed = models.CharField(_("place given"), max_length=8, choices=Placed.choices)
    photos = models.ManyToManyField(
        Photo, blank=True, related_name="reports", verbose_name=_("photos")
    )
    received_at = models.DateTimeField(_("received"), auto_now_add=True, db_index=True)
    erased_at = models.DateTimeField(_("person forgotten"), null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.observation)

    @property
    def number(self) -> int:
        """The number that the person and the town's people call it by."""
        return self.observation_id

    @property
    def head(self) -> Observation:
        """The observation that speaks for this report: its own, or the one it is joined to."""
        return self.observation.joined_to or self.observation

    @property
    def is_joined(self) -> bool:
        return self.observation.joined_to_id is not None

    @property
    def state(self) -> str:
        return str(self.head.state)

    @property
    def answer(self) -> str:
        """What the town said: to all who reported the same, or to this person before the reports were joined."""
        return self.head.answer or self.observation.answer

    @property
    def asks(self) -> bool:
        """Whether the town waits for a word of the person."""
        return self.state == Observation.State.NEEDS_INFO
