"""What somebody saw in the street and told the town: damage, a thirsty tree, a danger, an idea for a site."""

from __future__ import annotations

import datetime as dt

from django.apps import apps
from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from greening.crs import WGS84
from greening.models.base import Living, valid_geometry
from greening.models.site import PlantingSite
from greening.models.tree import Tree
from greening.spatial import SpatialQuerySet

#: Days until a hazard must be made safe, by severity; the town's choice: within the week, within a day.
MAKE_SAFE_DAYS = {3: 7, 4: 1}
HAZARD_FROM = min(MAKE_SAFE_DAYS)
#: More than any observation's number: a degree of severity goes before all of them.
_FAR = 10**12


class ObservationQuerySet(SpatialQuerySet["Observation"]):
    def open(self) -> ObservationQuerySet:
        """What still waits for the town: to be looked at, answered or acted on; of joined ones, their head."""
        return self.filter(state__in=Observation.OPEN, joined_to=None)

    def hazards(self) -> ObservationQuerySet:
        """Open observations serious enough to have a deadline."""
        return self.open().filter(severity__gte=HAZARD_FROM)

    def overdue(self, on: dt.date) -> ObservationQuerySet:
        """Hazards whose day to be made safe has passed."""
        late = Q()
        for severity, days in MAKE_SAFE_DAYS.items():
            late |= Q(severity=severity, seen_on__lt=on - dt.timedelta(days=days))
        return self.hazards().filter(late)

    def with_reports(self) -> ObservationQuerySet:
        """Heads that answer a resident: who reported it, or something joined to it."""
        reports = apps.get_model("greening", "Report")._default_manager
        own = reports.filter(observation=OuterRef("pk"))
        joined = reports.filter(observation__joined_to=OuterRef("pk"))
        return self.filter(Exists(own) | Exists(joined), joined_to=None)

    def public(self) -> ObservationQuerySet:
        """What residents reported and the town confirmed or saw to."""
        return self.with_reports().filter(state__in=("validated", "acted_on"))

    def most_urgent_first(self) -> ObservationQuerySet:
        """Adds `turn`, by which a page sorts: the severest first, and of equals the one received first."""
        weight = Coalesce(F("severity"), Value(0), output_field=models.BigIntegerField())
        turn = ExpressionWrapper(F("id") - weight * _FAR, output_field=models.BigIntegerField())
        return self.annotate(turn=turn)


class Observation(Living):
    """One thing seen at one place on one day; on a tree or a site where it concerns one."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        RECEIVED = "received", _("received")
        VALIDATED = "validated", _("validated")
        NEEDS_INFO = "needs_info", _("more is asked")
        REFUSED = "refused", _("refused")
        ACTED_ON = "acted_on", _("acted on")

    class What(models.TextChoices):
        DAMAGE = "damage", _("damage")
        DISEASE = "disease", _("disease or pest")
        VANDALISM = "vandalism", _("vandalism")
        DANGER = "danger", _("danger")
        THIRSTY = "thirsty", _("thirsty tree")
        STAKE = "stake", _("broken stake or tie")
        DEAD = "dead", _("dead tree")
        IDEA = "idea", _("idea for a planting site")
        OTHER = "other", _("other")

    OPEN = ("received", "validated", "needs_info")
    ENDED = ("refused", "acted_on")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.RECEIVED, db_index=True
    )
    what = models.CharField(_("what"), max_length=12, choices=What.choices)
    severity = models.PositiveSmallIntegerField(
        _("severity"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(4)],
        help_text=_("0 sound, 1 slight, 2 moderate, 3 serious, 4 dangerous."),
    )
    note = models.TextField(_("note"), blank=True)
    seen_on = models.DateField(_("seen on"))
    site = models.ForeignKey(
        PlantingSite,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="observations",
        verbose_name=_("planting site"),
    )
    tree = models.ForeignKey(
        Tree,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="observations",
        verbose_name=_("tree"),
    )
    geom = models.PointField(_("position"), srid=WGS84)
    answer = models.TextField(
        _("answer"), blank=True, help_text=_("What the person who reported it reads.")
    )
    done_on = models.DateField(_("acted on"), null=True, blank=True)
    joined_to = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="joined",
        verbose_name=_("joined to"),
        help_text=_("The observation of the same thing that is answered for both."),
    )

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        constraints = [
            valid_geometry("observation"),
            models.CheckConstraint(
                condition=Q(joined_to=None) | ~Q(joined_to=F("id")),
                name="observation_not_joined_to_itself",
                violation_error_message=_("An observation cannot be joined to itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} #{self.pk}"

    @property
    def make_safe_by(self) -> dt.date | None:
        """The last day to make a hazard safe; None for what is none."""
        days = MAKE_SAFE_DAYS.get(self.severity) if self.severity is not None else None
        return None if days is None else self.seen_on + dt.timedelta(days=days)
