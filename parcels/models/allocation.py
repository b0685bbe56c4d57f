"""How plots are given: the rules in force, the list that decisions queue at, draws, and the log of decisions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from greening.errors import BadInput
from greening.models.base import Identified
from greening.models.commune import Commune
from parcels.allocation import commitment, digest
from parcels.allocation_rules import Rules, RulesError
from parcels.models.garden import Plot, SharedGarden
from parcels.models.resident import Resident


def readable_rules(data: Any) -> None:
    try:
        Rules.read(data)
    except RulesError as error:
        raise ValidationError(str(error)) from error


class AllocationRulesQuerySet(models.QuerySet["AllocationRules"]):
    def in_force(self, day: dt.date) -> AllocationRules:
        """The rules of that day. Raises BadInput where none are."""
        found = self.filter(valid_from__lte=day).order_by("-valid_from", "-version").first()
        if found is None:
            raise BadInput(
                _("No allocation rules are in force: publish the town's rules before giving plots.")
            )
        return found


class AllocationRules(Identified):
    """One published version. From the day it is in force it never changes: a new version follows it."""

    commune = models.ForeignKey(
        Commune, models.PROTECT, related_name="allocation_rules", verbose_name=_("commune")
    )
    version = models.PositiveIntegerField(_("version"))
    valid_from = models.DateField(_("in force from"))
    rules = models.JSONField(_("rules"), validators=[readable_rules])
    text_fr = models.TextField(_("published text, French"), blank=True)
    text_en = models.TextField(_("published text, English"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)

    objects = AllocationRulesQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation rules")
        verbose_name_plural = _("allocation rules")
        ordering = ["-valid_from", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["commune", "version"], name="allocationrules_version")
        ]

    def __str__(self) -> str:
        return _("version %(version)s, in force from %(day)s") % {
            "version": self.version,
            "day": self.valid_from.isoformat(),
        }

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises BadInput where the version is in force already, or its rules cannot be read."""
        if self.pk is not None:
            self._refuse_if_in_force()
        try:
            Rules.read(self.rules)
        except RulesError as error:
            raise BadInput(str(error)) from error
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_if_in_force()
        return super().delete(*args, **kwargs)

    def _refuse_if_in_force(self) -> None:
        since = AllocationRules.objects.filter(pk=self.pk).values_list("valid_from", flat=True)
        if any(day <= timezone.localdate() for day in since):
            raise BadInput(
                _("Rules in force do not change: publish a new version with a later day.")
            )

    @property
    def read(self) -> Rules:
        return Rules.read(self.rules)

    @property
    def text(self) -> str:
        """The published text in the reader's language, or the other where that one is empty."""
        texts = (self.text_fr, self.text_en)
        first, second = texts if (get_language() or "fr").startswith("fr") else reversed(texts)
        return first or second


class WaitingList(Identified):
    """A garden's list. Whoever decides about it holds this row: decisions of one garden are made one by one."""

    garden = models.OneToOneField(
        SharedGarden, models.PROTECT, related_name="waiting_list", verbose_name=_("garden")
    )

    class Meta:
        verbose_name = _("waiting list")
        verbose_name_plural = _("waiting lists")

    def __str__(self) -> str:
        return str(self.garden)


class Draw(Identified):
    """A draw among those who applied on one day: its hash is published first, its seed once it is made.

    `key` is the day, with a number from the second draw of that day on; applications carry it as `order_key`.
    """

    garden = models.ForeignKey(
        SharedGarden, models.PROTECT, related_name="draws", verbose_name=_("garden")
    )
    key = models.CharField(_("day, and number on that day"), max_length=20)
    sealed = models.CharField(max_length=64, editable=False)  # shown by `seed` only
    commitment = models.CharField(_("published hash"), max_length=64, editable=False)
    committed_at = models.DateTimeField(_("hash published"), auto_now_add=True)
    revealed_at = models.DateTimeField(_("drawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("draw")
        verbose_name_plural = _("draws")
        constraints = [
            models.UniqueConstraint(fields=["garden", "key"], name="draw_once_a_key"),
        ]

    def __str__(self) -> str:
        return f"{self.garden} {self.key}"

    @property
    def seed(self) -> str:
        """The seed, or nothing before the draw."""
        return self.sealed if self.revealed_at else ""

    @property
    def honest(self) -> bool:
        """Whether the seed is the one whose hash was published."""
        return commitment(self.sealed) == self.commitment


class Decision(Identified):
    """One entry of a garden's log: what was decided about whom, by which rules and facts. Entries are only added.

    Each holds the hash of the one before it, so that none can be changed or taken out unseen.
    """

    class What(models.TextChoices):
        REFUSED = "refused", _("application refused")
        OFFERED = "offered", _("plot offered")
        EXPIRED = "expired", _("offer lapsed")
        LAPSED = "lapsed", _("application lapsed")
        DRAWN = "drawn", _("draw made")
        CLOSED = "closed", _("list closed")

    garden = models.ForeignKey(
        SharedGarden, models.PROTECT, related_name="decisions", verbose_name=_("garden")
    )
    number = models.PositiveIntegerField(_("number in the garden's log"))
    what = models.CharField(_("decision"), max_length=10, choices=What.choices)
    made_at = models.DateTimeField(_("made"))
    rules = models.ForeignKey(
        AllocationRules, models.PROTECT, related_name="decisions", verbose_name=_("rules")
    )
    application = models.UUIDField(_("application"), null=True, db_index=True)
    resident = models.ForeignKey(
        Resident,
        models.PROTECT,
        null=True,
        related_name="decisions",
        verbose_name=_("resident"),
    )
    plot = models.ForeignKey(
        Plot, models.PROTECT, null=True, related_name="decisions", verbose_name=_("plot")
    )
    facts = models.JSONField(_("facts"), default=dict)
    inputs_hash = models.CharField(_("hash of the facts"), max_length=64)
    previous = models.CharField(_("hash of the entry before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("allocation decision")
        verbose_name_plural = _("allocation decisions")
        ordering = ["garden", "number"]
        constraints = [
            models.UniqueConstraint(fields=["garden", "number"], name="decision_number_once"),
            models.UniqueConstraint(fields=["garden", "previous"], name="decision_chain"),
        ]

    def __str__(self) -> str:
        return f"{self.garden} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise BadInput("The log of decisions is never rewritten: add an entry.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise BadInput("The log of decisions is never shortened.")

    def content_hash(self) -> str:
        """The hash that this entry must carry."""
        return digest(
            {
                "garden": str(self.garden.uuid),
                "number": self.number,
                "what": self.what,
                "made_at": self.made_at.astimezone(dt.UTC).isoformat(),
                "rules": str(self.rules.uuid),
                "application": str(self.application) if self.application else None,
                "resident": str(self.resident.uuid) if self.resident else None,
                "plot": str(self.plot.uuid) if self.plot else None,
                "inputs_hash": digest(self.facts),
                "previous": self.previous,
            }
        )
