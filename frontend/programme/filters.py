"""What lists are filtered by: django-filter's forms over the one spatial queryset and the models' own phrases."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, cast

import django_filters as df
from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from frontend.programme.kinds import ListKind
from frontend.programme.names import NONE, sites_matching, species_named
from frontend.programme.quarters import in_quarter
from greening.crs import WGS84
from greening.models import (
    Campaign,
    GreenRoof,
    GuaranteeClaim,
    PlantingSite,
    Quarter,
    Tree,
)
from greening.spatial import Bounds, SpatialQuerySet

MAX_RADIUS_M = 20_000.0


class NumbersField(forms.CharField):
    """So many numbers with commas between them."""

    def __init__(self, count: int, sentence: Any, **options: Any) -> None:
        super().__init__(**options)
        self.count, self.sentence = count, sentence

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            numbers = tuple(float(part) for part in text.split(","))
        except ValueError:
            numbers = ()
        if len(numbers) != self.count or not all(map(math.isfinite, numbers)):
            raise ValidationError(self.sentence)
        return self.checked(numbers)

    def checked(self, numbers: tuple[float, ...]) -> tuple[float, ...]:
        return numbers


class BoxField(NumbersField):
    def checked(self, numbers: tuple[float, ...]) -> tuple[float, ...]:
        west, south, east, north = numbers
        if west > east or south > north:
            raise ValidationError(self.sentence)
        return numbers


class NearField(NumbersField):
    def checked(self, numbers: tuple[float, ...]) -> tuple[float, ...]:
        lon, lat, metres = numbers
        if abs(lon) > 180 or abs(lat) > 90 or not 0 <= metres <= MAX_RADIUS_M:
            raise ValidationError(self.sentence)
        return numbers


class BoxFilter(df.Filter):  # type: ignore[misc]  # django-filter is untyped
    field_class = BoxField


class NearFilter(df.Filter):  # type: ignore[misc]
    field_class = NearField


def day(label: Any, method: str) -> df.DateFilter:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return df.DateFilter(label=label, method=method, widget=widget)


def text(label: Any, method: str, **attributes: Any) -> df.CharFilter:
    widget = forms.TextInput(attrs={"type": "text", "autocomplete": "off", **attributes})
    return df.CharFilter(label=label, method=method, widget=widget)


def choice(label: Any, choices: Any, method: str) -> df.ChoiceFilter:
    return df.ChoiceFilter(label=label, choices=choices, method=method, empty_label=_("all"))


def placed(label: Any = None) -> tuple[df.Filter, df.Filter]:
    return (
        BoxFilter(
            label=_("box: west, south, east, north"),
            method="by_box",
            count=4,
            sentence=_(
                "A box is west, south, east, north in degrees, as in 2.26,48.82,2.28,48.83."
            ),
        ),
        NearFilter(
            label=_("around: longitude, latitude, metres"),
            method="by_near",
            count=3,
            sentence=_("Around a place is longitude, latitude and metres, as in 2.27,48.82,150."),
        ),
    )


def quarter_choices() -> list[tuple[str, str]]:
    names = Quarter.objects.order_by("name").values_list("name", flat=True)
    return [*((name, name) for name in names), (NONE, str(_("none of them")))]


def campaign_choices() -> list[tuple[str, str]]:
    seasons = Campaign.objects.order_by("-season").values_list("season", flat=True)
    return [(season, season) for season in seasons]


ARCHIVED = (("yes", _("only those gone")), ("all", _("with those gone")))


class ListFilters(df.FilterSet):  # type: ignore[misc]
    """Filters of one kind; unknown states are left out, anything else that is wrong is said beside its field."""

    state = df.CharFilter(label=_("State"), method="by_state")

    def __init__(self, kind: ListKind, data: Any, queryset: Any, **options: Any) -> None:
        self.kind = kind
        super().__init__(data, queryset, **options)

    # --- what every kind may be asked ---------------------------------------------------------------

    def by_state(self, rows: Any, name: str, value: str) -> Any:
        states = self.kind.states_named(value.split(","))
        return rows.filter(state__in=states) if states else rows

    def by_archived(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(archived_at__isnull=False) if value == "yes" else rows

    def narrowed(self, rows: Any, narrow: Any) -> Any:
        """`rows` where their place meets what `narrow` asks of a spatial queryset."""
        if self.kind.place == "":
            return narrow(rows)
        places = cast("SpatialQuerySet[Any]", Tree.objects.all())
        return rows.filter(**{f"{self.kind.place}__in": narrow(places).values("pk")})

    def by_box(self, rows: Any, name: str, value: Bounds) -> Any:
        return self.narrowed(rows, lambda places: places.within_box(value))

    def by_near(self, rows: Any, name: str, value: tuple[float, float, float]) -> Any:
        place = Point(*value[:2], srid=WGS84)
        return self.narrowed(rows, lambda places: places.within_m(place, value[2]))

    def by_text(self, rows: Any, name: str, value: str) -> Any:
        raise NotImplementedError

    def by_tree(self, rows: Any, name: str, value: Any) -> Any:
        return rows.filter(tree_id=int(value))

    def on_trees(self, rows: Any, condition: Q) -> Any:
        """Rows of trees that meet a condition."""
        return rows.filter(tree__in=Tree.objects.filter(condition).values("pk"))


class PlainFilters(ListFilters):
    archived = choice(_("gone from their source"), ARCHIVED, "by_archived")


def by_species(rows: Any, field: str, value: str) -> Any:
    if value == NONE:
        return rows.filter(**{f"{field}__isnull": True})
    return rows.filter(**{f"{field}__in": species_named(value)})


def species_filter(label: Any) -> df.CharFilter:
    return text(label, "by_species", list="species-names")


class SiteFilters(ListFilters):
    q = text(_("Matricule, street"), "by_text")
    campaign = choice(_("Campaign"), campaign_choices, "by_campaign")
    species = species_filter(_("Species aimed at"))
    manager = choice(_("Manager"), PlantingSite.Manager.choices, "by_manager")
    quarter = choice(_("Quarter"), quarter_choices, "by_quarter")
    type = choice(_("Type of place"), PlantingSite.Kind.choices, "by_type")
    box, near = placed()
    archived = choice(_("Gone from their source"), ARCHIVED, "by_archived")

    class Meta:
        model = PlantingSite
        fields: list[str] = []

    def by_text(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(sites_matching(value))

    def by_campaign(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(campaign=value)

    def by_species(self, rows: Any, name: str, value: str) -> Any:
        return by_species(rows, "target_species_id", value)

    def by_manager(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(manager=value)

    def by_type(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(kind=value)

    def by_quarter(self, rows: Any, name: str, value: str) -> Any:
        return in_quarter(rows, value)


FATES = (
    ("alive", _("alive")),
    ("dead", _("dead")),
    ("outside", _("lost to an outside cause")),
    ("lost", _("lost, unchecked")),
    ("dead,outside,lost", _("dead or lost, however known")),
    ("unchecked", _("not checked yet")),
)
CLAIMED = (("no", _("not claimed")),)


class TreeFilters(ListFilters):
    q = text(_("Species, street, matricule, number"), "by_text")
    species = species_filter(_("Species"))
    campaign = choice(_("Planted in campaign"), campaign_choices, "by_campaign")
    manager = choice(_("Manager"), PlantingSite.Manager.choices, "by_manager")
    quarter = choice(_("Quarter"), quarter_choices, "by_quarter")
    planted_after = day(_("Planted from"), "by_planted_after")
    planted_before = day(_("Planted until"), "by_planted_before")
    contractor = text(_("Contractor"), "by_contractor")
    nursery = text(_("Nursery"), "by_nursery")
    lot = text(_("Nursery lot"), "by_lot")
    watch = choice(_("Under watch"), (("yes", _("yes")),), "by_watch")
    guarantee = df.NumberFilter(
        label=_("Guarantee ends within, days"), method="by_guarantee", min_value=0, max_value=4000
    )
    claimed = choice(_("Replacement claimed"), CLAIMED, "by_claimed")
    autumn = df.NumberFilter(
        label=_("Survival check of autumn"), method="by_autumn", min_value=1990, max_value=2200
    )
    fate = choice(_("Found in that autumn"), FATES, "by_fate")
    box, near = placed()
    archived = choice(_("Gone from their source"), ARCHIVED, "by_archived")

    class Meta:
        model = Tree
        fields: list[str] = []

    def by_text(self, rows: Any, name: str, value: str) -> Any:
        sites = PlantingSite.objects.filter(sites_matching(value)).values("pk")
        found = Q(site__in=sites)
        species = species_named(value)
        if species:
            found |= Q(species_id__in=species)
        if value.isascii() and value.isdigit() and len(value) < 18:
            found |= Q(pk=int(value))
        return rows.filter(found)

    def by_species(self, rows: Any, name: str, value: str) -> Any:
        return by_species(rows, "species_id", value)

    def by_campaign(self, rows: Any, name: str, value: str) -> Any:
        campaign = Campaign.objects.filter(season=value).first()
        if campaign is None:
            return rows.none()
        planted = rows.programme().planted()
        return planted.filter(planted_on__range=(campaign.starts_on, campaign.ends_on))

    def by_manager(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(site__manager=value)

    def by_quarter(self, rows: Any, name: str, value: str) -> Any:
        return in_quarter(rows, value, "site_id")

    def by_planted_after(self, rows: Any, name: str, value: dt.date) -> Any:
        return rows.filter(planted_on__gte=value)

    def by_planted_before(self, rows: Any, name: str, value: dt.date) -> Any:
        return rows.filter(planted_on__lte=value)

    def by_contractor(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(contractor="" if value == NONE else value)

    def by_nursery(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(nursery="" if value == NONE else value)

    def by_lot(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(lot="" if value == NONE else value)

    def by_watch(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(under_watch=True)

    def by_guarantee(self, rows: Any, name: str, value: Any) -> Any:
        return rows.guarantee_ending(int(value)).order_by()

    def by_claimed(self, rows: Any, name: str, value: str) -> Any:
        standing = GuaranteeClaim.objects.exclude(state__in=("noted", "dropped")).values("tree")
        return rows.exclude(pk__in=standing)

    def by_autumn(self, rows: Any, name: str, value: Any) -> Any:
        return rows.of_survival_check(int(value))

    def by_fate(self, rows: Any, name: str, value: str) -> Any:
        autumn = self.form.cleaned_data.get("autumn")
        year = int(autumn) if autumn else timezone.localdate().year
        return rows.of_survival_check(year).with_fate(year).filter(fate__in=value.split(","))


class RoofFilters(ListFilters):
    q = text(_("Name"), "by_text")
    type = choice(_("Type"), GreenRoof.Kind.choices, "by_type")
    box, near = placed()
    archived = choice(_("Gone from their source"), ARCHIVED, "by_archived")

    class Meta:
        model = GreenRoof
        fields: list[str] = []

    def by_text(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(name__icontains=value)

    def by_type(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(kind=value)
