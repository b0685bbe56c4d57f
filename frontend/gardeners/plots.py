"""/gardens/desk/<garden>/plots/…: one plot drawn or edited, on a map or by its fields alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.gis.gdal.error import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend.gardeners.access import of_a_garden
from frontend.gardeners.garden_map import map_data
from frontend.programme.forms import Answer, identifier, send
from greening.errors import BadInput
from greening.events.values import to_wire
from greening.models import Event
from greening.models.base import new_uuid
from greening.roles import may, rights
from greening.settling import mark
from greening.spatial import area_m2
from parcels.lives import PLOT
from parcels.models import Plot, SharedGarden

#: The longest outline that is read: a plot of a thousand corners is none.
MOST_CHARACTERS = 40_000
#: States that a person gives a plot; the others follow from offers and adoptions.
BY_HAND = ("available", "resting", "withdrawn")


class OutlineField(forms.CharField):
    """A polygon as GeoJSON text: what the map writes, and what anybody can paste without a map."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "data-outline": ""})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            raise ValidationError(_("Nothing is drawn yet: click the plot's corners on the map."))
        if len(text) > MOST_CHARACTERS:
            raise ValidationError(_("This outline is too long: draw it with fewer corners."))
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise ValidationError(
                _("This is not GeoJSON: paste a polygon as a map program copies it, or draw it.")
            ) from None
        shape = _polygon_in(found)
        if shape is None:
            raise ValidationError(_("This GeoJSON holds no single polygon: paste one."))
        return shape


def _polygon_in(found: Any) -> dict[str, Any] | None:
    """The polygon of a geometry, a feature, or a collection of one feature."""
    if not isinstance(found, dict):
        return None
    if found.get("type") == "FeatureCollection":
        features = found.get("features")
        if not isinstance(features, list) or len(features) != 1:
            return None
        return _polygon_in(features[0])
    if found.get("type") == "Feature":
        return _polygon_in(found.get("geometry"))
    if found.get("type") != "Polygon":
        return None
    try:
        rings = [[[float(x), float(y)] for x, y, *_z in ring] for ring in found["coordinates"]]
    except (KeyError, TypeError, ValueError):
        return None
    return {"type": "Polygon", "coordinates": rings}


class PlotForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("number"),
        max_length=12,
        widget=forms.TextInput(attrs={"type": "text", "autocomplete": "off"}),
    )
    accessible = forms.BooleanField(label=gettext_lazy("wheelchair accessible"), required=False)
    geom = OutlineField(
        label=gettext_lazy("outline (GeoJSON)"),
        required=False,
        help_text=gettext_lazy("The map writes it as you draw. Without the map, paste a polygon."),
    )


@dataclass(frozen=True)
class Difference:
    """A field that somebody else changed meanwhile, with both values in words."""

    label: str
    theirs: str
    mine: str


@of_a_garden
def new_plot(request: HttpRequest, garden: SharedGarden) -> HttpResponseBase:
    if garden.state == SharedGarden.State.CLOSED:
        messages.warning(request, _("This garden is closed: it takes no new plot."))
        return redirect("garden-desk-garden", garden.pk)
    post = request.POST if request.method == "POST" else None
    form = PlotForm(post, initial={"number": next_number(garden)}, label_suffix="")
    answer: Answer | None = None
    if post is not None and form.is_valid():
        patch = _patch(form.cleaned_data, None) | {"garden": str(garden.uuid), "state": "available"}
        answer = send(PLOT, patch, request=request, change=post.get("change", ""))
        if answer.landed:
            messages.success(
                request, _("Plot %(number)s is drawn.") % {"number": form.cleaned_data["number"]}
            )
            if "another" in post:
                return redirect("garden-desk-new-plot", garden.pk)
            return redirect("garden-desk-garden", garden.pk)
    context = {
        "garden": garden,
        "form": form,
        "refused": answer,
        "change": new_uuid(),
        "desk_map": map_data(garden, drawing=True),
    }
    return render(
        request, "frontend/garden_desk/plot.html", context, status=409 if post is not None else 200
    )


def next_number(garden: SharedGarden) -> str:
    """The number after the greatest, written as long: 07 → 08; nothing where numbers are no numbers."""
    texts = garden.plots.values_list("number", flat=True)
    numbers = [text for text in texts if text.isascii() and text.isdigit()]
    if not numbers:
        return "" if texts else "01"
    last = max(numbers, key=int)
    return str(int(last) + 1).zfill(len(last))


@of_a_garden
def plot_page(request: HttpRequest, garden: SharedGarden, plot_number: int) -> HttpResponseBase:
    plot = get_object_or_404(
        Plot.objects.select_related("garden"), pk=plot_number, garden=garden, archived_at=None
    )
    if request.method == "POST":
        return _changed(request, plot)
    return _page(request, plot, _form(plot))


def _form(plot: Plot, data: Mapping[str, Any] | None = None) -> PlotForm:
    initial = {
        "number": plot.number,
        "accessible": plot.accessible,
        "geom": json.dumps(to_wire(plot.geom)),
    }
    return PlotForm(data, initial=initial, label_suffix="")


def _page(
    request: HttpRequest,
    plot: Plot,
    form: PlotForm,
    answer: Answer | None = None,
    differences: list[Difference] | None = None,
    settles: str = "",
) -> HttpResponseBase:
    held = rights(request.user, PLOT.name, plot)
    ways = [
        (state, PLOT.label(state), str(new_uuid()))
        for state in PLOT.next_states(plot.state)
        if state in BY_HAND and may(held, "move", state)
    ]
    context = {
        "garden": plot.garden,
        "plot": plot,
        "form": form,
        "refused": answer,
        "differences": differences or [],
        "settles": settles,
        "change": new_uuid(),
        "ways": ways,
        "desk_map": map_data(plot.garden, plot, drawing=True, conflict=bool(differences)),
    }
    wrong = answer is not None or form.errors
    return render(request, "frontend/garden_desk/plot.html", context, status=409 if wrong else 200)


def _changed(request: HttpRequest, plot: Plot) -> HttpResponseBase:
    post = request.POST
    asked, _colon, state = post.get("do", "").partition(":")
    if asked == "move":
        if state not in BY_HAND:
            raise Http404(_("This page has no such form."))
        answer = send(
            PLOT,
            {"state": state},
            request=request,
            obj=plot,
            change=post.get("change", ""),
            base_rev=post.get("rev", ""),
        )
        if answer.landed:
            messages.success(
                request,
                _("Plot %(number)s is now “%(state)s”.")
                % {"number": plot.number, "state": PLOT.label(state)},
            )
            return redirect(request.path)
        plot.refresh_from_db()
        return _page(request, plot, _form(plot), answer)
    form = _form(plot, post)
    if not form.is_valid():
        return _page(request, plot, form)
    answer = send(
        PLOT,
        _patch(form.cleaned_data, plot),
        request=request,
        obj=plot,
        change=post.get("change", ""),
        base_rev=post.get("rev", ""),
    )
    if answer.landed:
        _settle(request, plot, post.get("settles", ""))
        messages.success(request, _("Plot %(number)s is saved.") % {"number": plot.number})
        return redirect("garden-desk-garden", plot.garden_id)
    plot = Plot.objects.select_related("garden").get(pk=plot.pk)
    if answer.code != "conflict":
        return _page(request, plot, form, answer, settles=post.get("settles", ""))
    theirs = _differences(plot, form.cleaned_data)
    return _page(request, plot, form, answer, theirs, settles=post.get("change", ""))


def _patch(data: Mapping[str, Any], plot: Plot | None) -> dict[str, Any]:
    """What the form says; an outline that was redrawn is measured anew."""
    patch: dict[str, Any] = {"number": data["number"], "accessible": data["accessible"]}
    geom = data["geom"]
    if plot is not None and geom["coordinates"] == json.loads(json.dumps(plot.geom.coords)):
        return patch
    return patch | {"geom": geom, **_measured(geom)}


def _measured(geom: Mapping[str, Any]) -> dict[str, float]:
    """The area of an outline in m²; none where the outline cannot be read, which the door says better."""
    try:
        shape = GEOSGeometry(json.dumps(geom))
        return {"area_m2": round(area_m2(shape), 1)} if shape.valid and not shape.empty else {}
    except (GEOSException, GDALException, ValueError, TypeError, BadInput):
        return {}


def _settle(request: HttpRequest, plot: Plot, told: str) -> None:
    """Saving again, with the other's change in sight, is the person's decision on the change that was kept."""
    person: Any = request.user
    if told:
        kept = Event.objects.to_settle().filter(
            uuid=identifier(told), object_uuid=plot.uuid, actor=person
        )
        for event in kept:
            mark(event, person)


def _differences(plot: Plot, mine: Mapping[str, Any]) -> list[Difference]:
    """What stands by now beside what the person asked for."""
    found = []
    if plot.number != mine["number"]:
        found.append(Difference(str(_("number")), plot.number, mine["number"]))
    if plot.accessible != mine["accessible"]:
        words = {True: str(_("yes")), False: str(_("no"))}
        label = str(Plot._meta.get_field("accessible").verbose_name)
        found.append(Difference(label, words[plot.accessible], words[mine["accessible"]]))
    if mine["geom"]["coordinates"] != json.loads(json.dumps(plot.geom.coords)):
        theirs = f"{plot.area_m2:g} m²" if plot.area_m2 is not None else "–"
        area = _measured(mine["geom"]).get("area_m2")
        found.append(
            Difference(str(_("outline")), theirs, f"{area:g} m²" if area is not None else "–")
        )
    return found
