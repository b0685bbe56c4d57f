"""Who tends what: a plot, a tree pit or a young tree, with co-gardeners and a log of waterings."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from greening.models import PlantingSite, Tree
from greening.models.base import Identified, Living
from parcels.models.allocation import AllocationRules
from parcels.models.application import Application
from parcels.models.garden import Plot
from parcels.models.resident import Resident

#: States in which somebody tends it.
RUNNING = ("active", "renewal_due", "notice")
#: A can, a cart, at most a barrel: more in one day is a slip of the finger.
MOST_LITRES = 200


class AdoptionQuerySet(models.QuerySet["Adoption"]):
    def running(self) -> AdoptionQuerySet:
        return self.filter(state__in=RUNNING)

    def of_user(self, user: User) -> AdoptionQuerySet:
        """Held by this person; `shared_with` also finds what they tend with its holder."""
        return self.filter(resident__user=user)

    def shared_with(self, resident: Resident) -> AdoptionQuerySet:
        mine = CoGardener.objects.filter(resident=resident, state="active").values("adoption")
        return self.filter(Q(resident=resident) | Q(pk__in=mine))


class Adoption(Living):
    """One person tends one thing. For a tree pit it is the permit of whoever manages that street.

    `answer`, why the town refused or ended it, is written beside the history, and goes when the person is erased.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("asked for")
        ACTIVE = "active", _("active")
        RENEWAL_DUE = "renewal_due", _("renewal due")
        NOTICE = "notice", _("notice given")
        ENDED = "ended", _("ended")
        REFUSED = "refused", _("refused")

    class Because(models.TextChoices):
        NOTICE = "notice", _("notice was given")
        HANDED_OVER = "handed_over", _("handed over")
        NOT_RENEWED = "not_renewed", _("not renewed")
        TARGET_GONE = "target_gone", _("the tree or place is gone")
        BY_TOWN = "by_town", _("ended by the town")
        LEFT = "left", _("account erased")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.ACTIVE, db_index=True
    )
    plot = models.ForeignKey(
        Plot,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="adoptions",
        verbose_name=_("plot"),
    )
    site = models.ForeignKey(
        PlantingSite,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="adoptions",
        verbose_name=_("tree pit"),
    )
    tree = models.ForeignKey(
        Tree,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="adoptions",
        verbose_name=_("young tree"),
    )
    resident = models.ForeignKey(
        Resident, models.PROTECT, related_name="adoptions", verbose_name=_("resident")
    )
    application = models.ForeignKey(
        Application,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="adoptions",
        verbose_name=_("application"),
    )
    rules = models.ForeignKey(
        AllocationRules,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="adoptions",
        verbose_name=_("rules"),
    )
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)
    renewed_on = models.DateField(_("renewed"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    ended_because = models.CharField(
        _("why it ended"), max_length=12, choices=Because.choices, blank=True
    )
    successor = models.UUIDField(_("handed over to"), null=True, blank=True, editable=False)
    agreed_by = models.CharField(
        _("agreed by"), max_length=12, choices=PlantingSite.Manager.choices, blank=True
    )
    permit_reference = models.CharField(_("permit"), max_length=60, blank=True)
    answer = models.TextField(_("answer"), blank=True, editable=False)

    objects = AdoptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("adoption")
        verbose_name_plural = _("adoptions")
        constraints = [
            models.CheckConstraint(
                condition=Q(plot__isnull=False, site__isnull=True, tree__isnull=True)
                | Q(plot__isnull=True, site__isnull=False, tree__isnull=True)
                | Q(plot__isnull=True, site__isnull=True, tree__isnull=False),
                name="adoption_of_one_thing",
                violation_error_message=_("An adoption is of one plot, one tree pit or one tree."),
            ),
            models.UniqueConstraint(
                fields=["plot"],
                condition=Q(state__in=RUNNING),
                name="adoption_one_per_plot",
                violation_error_message=_("Somebody gardens this plot already."),
            ),
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(state__in=("requested", *RUNNING)),
                name="adoption_one_per_pit",
                violation_error_message=_("Somebody tends this tree pit, or has asked to."),
            ),
            models.UniqueConstraint(
                fields=["tree", "resident"],
                condition=Q(state__in=RUNNING),
                name="adoption_once_per_helper",
                violation_error_message=_("You help this tree already."),
            ),
        ]
        indexes = [models.Index(fields=["state", "until"], name="adoption_state_until")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"

    @property
    def target(self) -> Plot | PlantingSite | Tree:
        return self.plot or self.site or self.tree  # type: ignore[return-value]  # the database holds one of them

    @property
    def of_what(self) -> str:
        """`plot`, `site` or `tree`."""
        return next(name for name in ("plot", "site", "tree") if getattr(self, name) is not None)

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING


class CoGardener(Living):
    """Somebody who tends with the holder: may log waterings, decides nothing."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        LEFT = "left", _("left")

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.ACTIVE, db_index=True
    )
    adoption = models.ForeignKey(
        Adoption, models.PROTECT, related_name="co_gardeners", verbose_name=_("adoption")
    )
    resident = models.ForeignKey(
        Resident, models.PROTECT, related_name="co_gardening", verbose_name=_("resident")
    )

    class Meta:
        verbose_name = _("co-gardener")
        verbose_name_plural = _("co-gardeners")
        constraints = [
            models.UniqueConstraint(
                fields=["adoption", "resident"],
                condition=Q(state="active"),
                name="cogardener_once",
                violation_error_message=_("This person tends it with you already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


class Watering(Identified):
    """Water a helper gave, as they told it. A log without a life: rows are only added.

    A row of its own, not a care task: a can of ten litres is not the eighty that a task asks for. Once the cans
    within a task's window come to its litres, the task is done with their sum, and no crew drives there.
    """

    adoption = models.ForeignKey(
        Adoption, models.PROTECT, related_name="waterings", verbose_name=_("adoption")
    )
    resident = models.ForeignKey(
        Resident, models.PROTECT, related_name="waterings", verbose_name=_("resident")
    )
    day = models.DateField(_("day"))
    litres = models.FloatField(
        _("litres"), validators=[MinValueValidator(1), MaxValueValidator(MOST_LITRES)]
    )
    created_at = models.DateTimeField(_("written down"), auto_now_add=True)

    class Meta:
        verbose_name = _("watering")
        verbose_name_plural = _("waterings")
        ordering = ["-day", "-id"]
        indexes = [models.Index(fields=["adoption", "day"], name="watering_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(litres__gte=1, litres__lte=MOST_LITRES),
                name="watering_litres",
                violation_error_message=_("Between 1 and 200 litres in one day."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.day.isoformat()}: {self.litres:g} L"
