"""The form of a report: what, where (a tree, a point of the map, or an address), in whose words, with photos."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from greening.accounts.bots import SlowsBots
from greening.crs import WGS84
from greening.field.pictures import NoPicture
from greening.models import Commune, Observation, Report, Street, Tree
from greening.reports.filing import WHAT, Where

#: The words a resident reads for what can be reported; the town's lists have shorter ones.
WORDS = {
    Observation.What.THIRSTY: gettext_lazy("A tree is thirsty"),
    Observation.What.STAKE: gettext_lazy("A stake or a tie is broken"),
    Observation.What.DEAD: gettext_lazy("A tree looks dead"),
    Observation.What.DAMAGE: gettext_lazy("A tree is damaged"),
    Observation.What.IDEA: gettext_lazy("I have an idea where to plant a tree"),
    Observation.What.OTHER: gettext_lazy("Something else"),
}
MOST_LETTERS = 2000


class Pictures(forms.FileInput):
    """One input for several files, as a browser's own `multiple` has it."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        found: list[Any] = files.getlist(name) if hasattr(files, "getlist") else []
        return found


class PicturesField(forms.Field):
    """Files that the view has looked at already; here they are only carried."""

    widget = Pictures(attrs={"multiple": True, "accept": "image/jpeg,image/png,image/webp"})


class ReportForm(SlowsBots, forms.Form):
    """Nothing of an observation can be set but what stands here: its state, its answer are the town's."""

    what = forms.ChoiceField(
        label=gettext_lazy("What have you seen?"),
        choices=[(what.value, WORDS[what]) for what in WHAT],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what you have seen.")},
    )
    tree = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    lon = forms.FloatField(required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    address = forms.CharField(
        label=gettext_lazy("Address or street"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("For example: 12 rue des Tilleuls, in front of the bakery."),
        widget=forms.TextInput(attrs={"type": "text", "list": "streets", "autocomplete": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("What should we know?"),
        required=False,
        max_length=MOST_LETTERS,
        help_text=gettext_lazy("Only the town's people read this. It is not published."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    photos = PicturesField(
        label=gettext_lazy("Photos"),
        required=False,
        help_text=gettext_lazy("Up to three. Without faces or number plates, if you can."),
    )
    change = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, wrong_photo: NoPicture | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.wrong_photo = wrong_photo
        self.where: Where | None = None

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if self.wrong_photo is not None:
            self.add_error("photos", str(self.wrong_photo))
        try:
            self.where = where_of(said)
        except ValidationError as error:
            self.add_error("address", error)
        return said


class MoreForm(forms.Form):
    """The answer to what the town asks."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write a few words.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


def where_of(said: dict[str, Any]) -> Where:
    """The place that was given: a tree before a point, a point before an address. Raises ValidationError."""
    commune = Commune.objects.order_by("id").first()
    if commune is None:
        raise ValidationError(_("This town is not set up yet: there is nothing to report on."))
    address = said.get("address") or ""
    if said.get("tree"):
        tree = tree_numbered(said["tree"])
        if tree is None:
            raise ValidationError(_("This tree is no longer there: show the place on the map."))
        return Where(tree.geom, Report.Placed.TREE, tree, address)
    lon, lat = said.get("lon"), said.get("lat")
    if lon is not None and lat is not None:
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise ValidationError(_("This place is not on the map: show it once more."))
        where = Where(Point(lon, lat, srid=WGS84), Report.Placed.MAP, address=address)
    elif address:
        where = Where(_on_a_street(address), Report.Placed.ADDRESS, address=address)
    else:
        raise ValidationError(_("Show the place on the map, or write the street."))
    if not commune.geom.intersects(where.point):
        raise ValidationError(
            _("This place is outside %(town)s: the town can only look after what is within.")
            % {"town": commune.name}
        )
    return where


def tree_numbered(number: int) -> Tree | None:
    rows = Tree.objects.filter(archived_at=None).select_related("site__street", "species")
    return rows.filter(pk=min(number, 2**62)).first()


def _on_a_street(address: str) -> Point:
    """The middle of the street whose name the address holds; of several, the longest name."""
    words = f" {plain(address)} "
    named = [
        (len(name), number)
        for number, name in Street.objects.values_list("pk", "name")
        if f" {plain(name)} " in words
    ]
    if not named:
        raise ValidationError(
            _(
                "We know no street of that name here: choose one from the list, or show the place on the map."
            )
        )
    line: Any = Street.objects.get(pk=max(named)[1]).geom
    point: Point = line.interpolate_normalized(0.5)
    point.srid = WGS84
    return point


def plain(text: str) -> str:
    """Letters and figures alone, without accents, as one types in a hurry.

    >>> plain("12, Rue de l’Égalité")
    '12 rue de l egalite'
    """
    bare = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return " ".join("".join(c if c.isalnum() else " " for c in kept).split())
