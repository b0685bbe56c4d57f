"""An application for a plot, and what an applicant may contest."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.models.base import Living
from parcels.models.allocation import AllocationRules, Decision
from parcels.models.garden import Plot, SharedGarden
from parcels.models.resident import Resident

#: States in which an application still stands for its household.
OPEN = ("submitted", "checked", "waiting", "offered")


class ApplicationQuerySet(models.QuerySet["Application"]):
    def open(self) -> ApplicationQuerySet:
        return self.filter(state__in=OPEN)

    def waiting(self) -> ApplicationQuerySet:
        """Those who may be offered a plot."""
        return self.filter(state="waiting", archived_at=None)

    def of_user(self, user: User) -> ApplicationQuerySet:
        return self.filter(resident__user=user)


class Application(Living):
    """One person's wish for a plot of one garden. Its place in the order is fixed at submission.

    `answer` is written beside the history, not in it: it may speak of a person, and goes when they are erased.
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")
        CHECKED = "checked", _("checked")
        WAITING = "waiting", _("waiting")
        OFFERED = "offered", _("plot offered")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("offer lapsed")
        LAPSED = "lapsed", _("not reconfirmed")
        WITHDRAWN = "withdrawn", _("withdrawn")
        REFUSED = "refused", _("refused")
        CLOSED = "closed", _("garden closed")

    class Reason(models.TextChoices):
        NOT_RESIDENT = "not_resident", _("does not live in the town")
        NOT_ADULT = "not_adult", _("not of age")
        HAS_GARDEN = "has_garden", _("has a garden at home")
        HOUSEHOLD_HAS_PLOT = "household_has_plot", _("the household has a plot already")
        INCOMPLETE = "incomplete", _("papers are missing")
        OTHER = "other", _("other")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.SUBMITTED, db_index=True
    )
    garden = models.ForeignKey(
        SharedGarden, models.PROTECT, related_name="applications", verbose_name=_("garden")
    )
    resident = models.ForeignKey(
        Resident, models.PROTECT, related_name="applications", verbose_name=_("resident")
    )
    rules = models.ForeignKey(
        AllocationRules, models.PROTECT, related_name="applications", verbose_name=_("rules")
    )
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)
    order_key = models.CharField(_("day that orders"), max_length=20)
    claim = models.CharField(
        _("one per"),
        max_length=80,
        help_text=_("The household, with the garden where the rules allow one in each."),
    )
    moved_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="moved_to",
        verbose_name=_("keeps the place of"),
    )
    offered_plot = models.ForeignKey(
        Plot,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="offers",
        verbose_name=_("plot offered"),
    )
    offer_until = models.DateField(_("answer until"), null=True, blank=True)
    decision = models.ForeignKey(
        Decision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decision"),
    )
    refusals = models.PositiveSmallIntegerField(_("offers refused"), default=0)
    delay_months = models.PositiveSmallIntegerField(_("months lost by refusals"), default=0)
    behind_since = models.DateField(_("at the end of the list since"), null=True, blank=True)
    reconfirmed_on = models.DateField(_("reconfirmed"), null=True, blank=True)
    asked_on = models.DateField(_("asked to reconfirm"), null=True, blank=True)
    reason = models.CharField(_("why refused"), max_length=20, choices=Reason.choices, blank=True)
    answer = models.TextField(_("answer"), blank=True, editable=False)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints = [
            models.UniqueConstraint(
                fields=["claim"],
                condition=Q(state__in=OPEN),
                name="application_one_open_per_claim",
                violation_error_message=_("This household has an open application already."),
            ),
            models.UniqueConstraint(
                fields=["offered_plot"],
                condition=Q(state="offered"),
                name="application_one_offer_per_plot",
                violation_error_message=_("This plot is offered to somebody already."),
            ),
            models.CheckConstraint(
                condition=~Q(state="offered")
                | Q(offered_plot__isnull=False, offer_until__isnull=False),
                name="application_offer_is_whole",
                violation_error_message=_("An offer names its plot and its last day."),
            ),
        ]
        indexes = [models.Index(fields=["garden", "state"], name="application_garden_state")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class Contest(Living):
    """An applicant's objection to a decision, which a person answers.

    Both texts are written beside the history, not in it, and go when the person is erased.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        UPHELD = "upheld", _("accepted: the decision is looked at again")
        DISMISSED = "dismissed", _("the decision stands")
        WITHDRAWN = "withdrawn", _("withdrawn")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.RECEIVED, db_index=True
    )
    decision = models.ForeignKey(
        Decision, models.PROTECT, related_name="contests", verbose_name=_("decision")
    )
    resident = models.ForeignKey(
        Resident, models.PROTECT, related_name="contests", verbose_name=_("resident")
    )
    text = models.TextField(_("what is contested"), blank=True, editable=False)
    answer = models.TextField(_("answer"), blank=True, editable=False)

    class Meta:
        verbose_name = _("contested decision")
        verbose_name_plural = _("contested decisions")
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "resident"],
                condition=Q(state="received"),
                name="contest_one_open",
                violation_error_message=_("You have contested this decision already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"
