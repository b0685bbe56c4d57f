"""Work on trees: crews, watering rounds and care tasks."""

from __future__ import annotations

import datetime as dt
import math

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified, Living
from greening.models.tree import Tree

OPEN_TASK_STATES = ("planned", "assigned", "started")


class Crew(Identified):
    """People who work together; tasks are given to crews, and nobody's position is ever kept."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="crews", verbose_name=_("members")
    )
    active = models.BooleanField(_("active"), default=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)

    class Meta:
        verbose_name = _("crew")
        verbose_name_plural = _("crews")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SkipReason(models.TextChoices):
    """Why watering was left out for everybody's good; the value used is kept with it."""

    RAIN = "rain", _("enough rain fell")
    DROUGHT_ORDER = "drought_order", _("a drought order forbids it")


class WateringRound(Living):
    """One tank truck's day: a crew, its litres, and its stops in order."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        ASSIGNED = "assigned", _("assigned")
        STARTED = "started", _("started")
        DONE = "done", _("done")
        SKIPPED = "skipped", _("skipped")
        CANCELLED = "cancelled", _("cancelled")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PLANNED, db_index=True
    )
    name = models.CharField(_("name"), max_length=80, blank=True)
    day = models.DateField(_("day"), db_index=True)
    crew = models.ForeignKey(
        Crew,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rounds",
        verbose_name=_("crew"),
    )
    tank_litres = models.FloatField(_("tank, litres"))
    litres_per_tree = models.FloatField(_("litres per tree"))
    length_m = models.FloatField(
        _("length, m"), null=True, blank=True, help_text=_("Straight lines between the stops.")
    )
    skip_reason = models.CharField(
        _("why skipped"), max_length=14, choices=SkipReason.choices, blank=True
    )
    rain_mm = models.FloatField(_("rain counted, mm"), null=True, blank=True)
    order_reference = models.CharField(_("drought order"), max_length=160, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("watering round")
        verbose_name_plural = _("watering rounds")
        constraints = [
            models.CheckConstraint(
                condition=Q(tank_litres__gt=0, litres_per_tree__gt=0),
                name="round_litres_positive",
                violation_error_message=_("Tank and litres per tree are more than zero."),
            )
        ]

    def __str__(self) -> str:
        return self.name or f"{self.day.isoformat()} #{self.pk}"

    @property
    def stops(self) -> models.QuerySet[CareTask]:
        """Its tasks in driving order."""
        return self.tasks.select_related("tree__site", "tree__species").order_by("stop", "id")

    @property
    def trees_per_tank(self) -> int:
        return max(1, math.floor(self.tank_litres / self.litres_per_tree))

    def tanks_for(self, stops: int) -> int:
        """How many fillings `stops` trees take.

        >>> WateringRound(tank_litres=1000, litres_per_tree=80).tanks_for(25)
        3
        """
        return math.ceil(stops / self.trees_per_tank)


class CareTaskQuerySet(models.QuerySet["CareTask"]):
    def open(self) -> CareTaskQuerySet:
        """Still to do: planned, assigned or started."""
        return self.filter(state__in=OPEN_TASK_STATES)

    def due(self, on: dt.date) -> CareTaskQuerySet:
        """Open, and its window has begun by `on`; overdue ones too."""
        return self.open().filter(due_from__lte=on)

    def overdue(self, on: dt.date) -> CareTaskQuerySet:
        return self.open().filter(due_until__lt=on)

    def for_crew(self, crew: Crew) -> CareTaskQuerySet:
        return self.filter(crew=crew)

    def waterings(self) -> CareTaskQuerySet:
        return self.filter(action="water")


class CareTask(Living):
    """One thing to do to one tree within a window of days."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        ASSIGNED = "assigned", _("assigned")
        STARTED = "started", _("started")
        DONE = "done", _("done")
        NOT_DONE = "not_done", _("not done")
        CANCELLED = "cancelled", _("cancelled")

    class Action(models.TextChoices):
        WATER = "water", _("watering")
        STAKE = "stake", _("stakes and ties")
        STAKE_REMOVAL = "stake_removal", _("stake removal")
        PRUNE = "prune", _("formative pruning")
        MULCH = "mulch", _("mulching")
        REPLACE = "replace", _("replacement")
        SURVIVAL_CHECK = "survival_check", _("survival check")

    class Reason(models.TextChoices):
        RAIN = SkipReason.RAIN.value, SkipReason.RAIN.label
        DROUGHT_ORDER = SkipReason.DROUGHT_ORDER.value, SkipReason.DROUGHT_ORDER.label
        ACCESS = "access", _("the tree could not be reached")
        NO_WATER = "no_water", _("no water")
        TREE_GONE = "tree_gone", _("no living tree stands there")
        SUPERSEDED = "superseded", _("the rules no longer ask for it")
        OTHER = "other", _("other")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PLANNED, db_index=True
    )
    action = models.CharField(_("what to do"), max_length=14, choices=Action.choices)
    tree = models.ForeignKey(Tree, models.PROTECT, related_name="tasks", verbose_name=_("tree"))
    rule = models.CharField(
        _("rule"), max_length=40, blank=True, help_text=_("Empty: asked for by a person.")
    )
    due_from = models.DateField(_("from"))
    due_until = models.DateField(_("until"), db_index=True)
    litres = models.FloatField(_("litres to give"), null=True, blank=True)
    litres_given = models.FloatField(_("litres given"), null=True, blank=True)
    crew = models.ForeignKey(
        Crew,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("crew"),
    )
    round = models.ForeignKey(
        WateringRound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("round"),
    )
    stop = models.PositiveIntegerField(_("stop in the round"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    reason = models.CharField(_("why not"), max_length=14, choices=Reason.choices, blank=True)
    rain_mm = models.FloatField(_("rain counted, mm"), null=True, blank=True)
    order_reference = models.CharField(_("drought order"), max_length=160, blank=True)
    note = models.TextField(_("note"), blank=True)

    objects = CareTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("care task")
        verbose_name_plural = _("care tasks")
        constraints = [
            models.CheckConstraint(
                condition=Q(due_until__gte=F("due_from")),
                name="caretask_window",
                violation_error_message=_("The window ends before it begins."),
            ),
            models.UniqueConstraint(
                fields=["tree", "rule", "due_from"],
                condition=~Q(rule=""),
                name="caretask_once_per_rule_and_window",
                violation_error_message=_("The rule has already asked for this task."),
            ),
        ]
        indexes = [models.Index(fields=["state", "due_from"], name="caretask_state_due")]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.tree}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_TASK_STATES
