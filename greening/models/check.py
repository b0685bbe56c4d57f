"""What people saw: the autumn survival check, and the inspection of a grown tree."""

from __future__ import annotations

import datetime as dt

from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from greening.models.base import Living
from greening.models.tree import LIVING_STATES, Tree

RECORDED, WITHDRAWN = "recorded", "withdrawn"


class Record(models.TextChoices):
    """A check stands as it was made; a mistaken one is withdrawn, never rewritten away."""

    RECORDED = RECORDED, _("recorded")
    WITHDRAWN = WITHDRAWN, _("withdrawn")


class SurvivalCheck(Living):
    """The "constat de reprise" of one tree in one autumn."""

    class Found(models.TextChoices):
        ALIVE = "alive", _("alive")
        DEAD = "dead", _("dead")
        OUTSIDE = "outside", _("lost to an outside cause")

    state = models.CharField(
        _("state"), max_length=12, choices=Record.choices, default=Record.RECORDED
    )
    tree = models.ForeignKey(
        Tree, models.PROTECT, related_name="survival_checks", verbose_name=_("tree")
    )
    autumn = models.PositiveSmallIntegerField(
        _("autumn of"), validators=[MinValueValidator(1900), MaxValueValidator(2200)]
    )
    checked_on = models.DateField(_("checked on"))
    found = models.CharField(_("found"), max_length=8, choices=Found.choices)
    gone = models.BooleanField(
        _("nothing stands there"), default=False, help_text=_("Uprooted or taken away.")
    )
    cause = models.CharField(
        _("outside cause"), max_length=120, blank=True, help_text=_("Vandalism, vehicle, works…")
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("survival check")
        verbose_name_plural = _("survival checks")
        constraints = [
            models.UniqueConstraint(
                fields=["tree", "autumn"],
                condition=Q(state=RECORDED),
                name="survivalcheck_once_an_autumn",
                violation_error_message=_("This tree was already checked this autumn."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.tree}, {self.autumn}: {self.get_found_display()}"


class InspectionQuerySet(models.QuerySet["Inspection"]):
    def latest(self) -> InspectionQuerySet:  # type: ignore[override]
        """Of each tree, the newest inspection that stands."""
        newest = (
            Inspection.objects.filter(tree=OuterRef("tree"), state=RECORDED)
            .order_by("-inspected_on", "-id")
            .values("pk")[:1]
        )
        return self.filter(state=RECORDED, pk=Subquery(newest))

    def overdue(self, on: dt.date) -> InspectionQuerySet:
        """Newest inspections whose next date has passed, on trees that stand, the worst first."""
        standing = self.newest_of_standing_trees().filter(next_due__lt=on)
        return standing.order_by(F("overall").desc(), "next_due", "id")

    def newest_of_standing_trees(self) -> InspectionQuerySet:
        return self.latest().filter(
            tree__state__in=(*LIVING_STATES, "dead"), tree__archived_at=None
        )


def score(name: object) -> models.PositiveSmallIntegerField:  # type: ignore[type-arg]
    return models.PositiveSmallIntegerField(
        name,  # type: ignore[arg-type]
        validators=[MinValueValidator(0), MaxValueValidator(4)],
        help_text=_("0 sound, 1 slight, 2 moderate, 3 serious, 4 dangerous."),
    )


class Inspection(Living):
    """A visual assessment in the manner of VTA: crown, trunk and roots from 0 (sound) to 4 (dangerous).

    VTA: Mattheck & Breloer, The Body Language of Trees (1994); the five-step scale is the town's.
    """

    state = models.CharField(
        _("state"), max_length=12, choices=Record.choices, default=Record.RECORDED
    )
    tree = models.ForeignKey(
        Tree, models.PROTECT, related_name="inspections", verbose_name=_("tree")
    )
    inspected_on = models.DateField(_("inspected on"))
    crown = score(_("crown"))
    trunk = score(_("trunk"))
    roots = score(_("roots and collar"))
    overall = score(_("overall"))
    defects = models.TextField(_("defects seen"), blank=True)
    advice = models.TextField(_("work advised"), blank=True)
    next_due = models.DateField(_("next inspection by"), null=True, blank=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        indexes = [models.Index(fields=["tree", "-inspected_on"], name="inspection_tree_newest")]

    def __str__(self) -> str:
        return f"{self.tree}, {self.inspected_on.isoformat()}: {self.overall}"

    @property
    def worst_part(self) -> int:
        return int(max(self.crown, self.trunk, self.roots))
