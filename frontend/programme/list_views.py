"""/list/: every kind of row as table, map and file. All of it but the map works without scripts."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from frontend.programme.access import may_do, refused, sees
from frontend.programme.files import WRITERS, file_answer
from frontend.programme.filters import BoxField
from frontend.programme.kinds import ListKind, list_kinds
from frontend.programme.listing import Listing
from frontend.programme.names import species_names
from frontend.views.map_page import layer_settings, map_settings
from greening.errors import BadInput
from greening.models import Commune
from greening.problem import speaks_problems
from greening.vector_tiles import MAX_ZOOM

#: More than this is not sent to a browser at once: some thousands of symbols draw at once on a phone.
MOST_DRAWN = 5000
POINT_ZOOM, AREA_ZOOM = 18, 17
DECIMALS = 6  # of a degree: a tenth of a metre


@require_safe
def object_list(request: HttpRequest) -> HttpResponseBase:
    """One page of one list; `?fragment=1` gives the rows alone, for the map's panel."""
    listing, wrong = _listing(request)
    kind = listing.kind
    if not sees(request, kind):
        return refused(request)
    fragment = bool(request.GET.get("fragment"))
    view = "map" if listing.values.get("view") == "map" and listing.has_map else "table"
    if not fragment and any(not value for value in request.GET.values()):
        # A form without scripts sends its empty fields too; the address bar keeps what was chosen.
        return redirect(listing.url(page=listing.values.get("page")))
    try:
        page = listing.page()
    except BadInput as error:
        wrong = wrong or str(error)
        listing = Listing(kind, {**listing.values, "page": ""})
        page = listing.page()
    context = {
        "kinds": [each for each in list_kinds() if sees(request, each)],
        "kind": kind,
        "listing": listing,
        "total": listing.total,
        "states": [*kind.states().items()],
        "state": listing.values.get("state", ""),
        "state_label": _states_label(listing),
        "fields": [field for field in listing.form if field.name != "state"],
        "species_names": ""
        if fragment or "species" not in kind.filters.base_filters
        else species_names(),
        "may_create": bool(kind.creates) and may_do(request.user, kind.life, "create"),
        "may_plan_round": kind.name == "tasks" and may_do(request.user, "watering_round", "create"),
        "used": len(listing.filter_values),
        "rows": [row_of(kind, row) for row in page.rows],
        "headings": listing.headings(),
        "next": listing.query(page=page.next) if page.next else "",
        "previous": listing.query(page=page.previous) if page.previous else "",
        "first": listing.query() if "page" in listing.values else "",
        "wrong": wrong,
        "view": view,
        "table_url": listing.url(view=None),
        "map_url": listing.url(view="map"),
        "csv_url": listing.file_url("csv"),
        "geojson_url": listing.file_url("geojson"),
    }
    if fragment:
        return render(request, "frontend/list_rows.html", context)
    status = 400 if wrong or not listing.is_valid else 200
    if view == "map":
        context["map_settings"] = _map_settings(listing)
        return render(request, "frontend/programme/list_map.html", context, status=status)
    return render(request, "frontend/programme/list.html", context, status=status)


@require_safe
def list_file(request: HttpRequest, suffix: str) -> HttpResponseBase:
    """The list as a file: /list/export.csv, /list/export.geojson."""
    if suffix not in WRITERS:
        raise Http404
    listing, wrong = _listing(request)
    if not sees(request, listing.kind):
        return refused(request)
    if wrong or not listing.is_valid:
        return HttpResponse(
            wrong or _sentence(listing), status=400, content_type="text/plain; charset=utf-8"
        )
    return file_answer(listing.kind, listing.rows, suffix)


@speaks_problems("GET", "HEAD")
def list_places(request: HttpRequest) -> HttpResponseBase:
    """The places of a list's rows as GeoJSON, up to MOST_DRAWN; `within=west,south,east,north` is the map's view.

    Beside the features: `total` rows of the list, `here` those with a place in the view, `drawn` those sent.
    """
    listing = Listing.of(request.GET)
    kind = listing.kind
    if not sees(request, kind):
        raise BadInput(_("Sign in with an account that may see it, or ask the town's team."))
    if kind.place is None:
        raise BadInput(_("This list has no map."))
    if not listing.is_valid:
        raise BadInput(_sentence(listing))
    rows, here = listing.rows, listing.total
    view = request.GET.get("within", "")
    if view and listing.total > MOST_DRAWN:
        # A second box beside the reader's own: the view narrows what is drawn, never what is listed.
        try:
            box = BoxField(4, _("The view is west, south, east, north in degrees.")).clean(view)
        except ValidationError as error:
            raise BadInput(" ".join(error.messages)) from None
        rows = listing.filters.by_box(rows, "box", box)
        here = rows.order_by().count()
    path = f"{kind.place}__" if kind.place else ""
    shapes = rows.annotate(_shape=AsGeoJSON(f"{path}geom", precision=DECIMALS)).order_by("pk")
    values = list(shapes.values_list("pk", f"{path}pk", f"{path}state", "_shape")[:MOST_DRAWN])
    features = ",".join(
        f'{{"type":"Feature","id":{pk if not path else owner},"geometry":{shape},'
        f'"properties":{{"state":"{state}","row":{pk}}}}}'
        for pk, owner, state, shape in values
    )
    counts = json.dumps({"total": listing.total, "here": here, "drawn": len(values)})[1:-1]
    return HttpResponse(
        f'{{"type":"FeatureCollection",{counts},"features":[{features}]}}',
        content_type="application/geo+json",
        headers={"Cache-Control": "private, no-cache"},
    )


def _listing(request: HttpRequest) -> tuple[Listing, str]:
    """The list asked for, and what was wrong with the counter it named."""
    try:
        return Listing.of(request.GET), ""
    except BadInput as error:
        query = request.GET.copy()
        query.pop("counter", None)
        return Listing.of(query), str(error)


def _sentence(listing: Listing) -> str:
    return " ".join(
        f"{listing.form[name].label}: {' '.join(map(str, errors))}"
        for name, errors in listing.form.errors.items()
    )


def _states_label(listing: Listing) -> str:
    """Words for a filter by several states, which the select has no line for."""
    asked = listing.values.get("state", "")
    if (
        not asked
        or asked in listing.kind.states()
        or asked in {g.name for g in listing.kind.groups}
    ):
        return ""
    labels = listing.kind.states()
    return ", ".join(str(labels[state]) for state in listing.kind.states_named(asked.split(",")))


def row_of(kind: ListKind, thing: Any) -> dict[str, Any]:
    """A row as table and map show it."""
    place = kind.geometry_of(thing)
    point: Any = place if place is None or place.geom_type == "Point" else place.point_on_surface
    at = map_url = at_text = ""
    on = kind.layer or kind.name
    owner = getattr(thing, kind.place) if kind.place else thing
    if point is not None:
        lon, lat = round(point.x, DECIMALS), round(point.y, DECIMALS)
        zoom = min(POINT_ZOOM if place.geom_type == "Point" else AREA_ZOOM, MAX_ZOOM)
        at, at_text = f"{lon},{lat}", f"{lat}, {lon}"
        card = "" if kind.own_layer else f"&on={on}/{owner.pk}"
        map_url = f"{reverse('map')}#{zoom}/{lat}/{lon}{card}"
    return {
        "id": thing.pk,
        "title": str(thing),
        "state": thing.get_state_display() if hasattr(thing, "get_state_display") else "",
        "group": kind.group_of(thing),
        "cells": [(column, column.value(thing)) for column in kind.columns],
        "url": kind.url_of(thing),
        "on": f"{on}/{owner.pk}",
        "at": at,
        "at_text": at_text,
        "map_url": map_url,
        "note": _note(kind, thing),
    }


def _note(kind: ListKind, thing: Any) -> str:
    """What tells this row from its neighbours at a glance."""
    for column in kind.columns:
        if column.name == "street":
            return str(column.value(thing))
    return str(getattr(thing, "garden", "") or getattr(thing, "address", "") or "")


def _map_settings(listing: Listing) -> dict[str, Any]:
    """The map's settings with what draws this list: its layer's symbols and where its places come from."""
    settings = map_settings(Commune.objects.order_by("id").first(), None)
    layer = listing.kind.map_layer
    if layer is None:
        raise Http404
    query = listing.query(view=None, sort=None)
    hidden = (
        listing.kind.archives and listing.kind.rows().filter(archived_at__isnull=False).exists()
    )
    tiles = listing.only_states and listing.total > MOST_DRAWN and not hidden
    settings["layers"] = [layer_settings(layer)]
    settings["rows"] = {
        "places": f"{reverse('list-places')}?{query}",
        "total": listing.total,
        "most": MOST_DRAWN,
        "states": listing.kind.states_named(listing.values.get("state", "").split(",")),
        "tiles": tiles,
    }
    settings["texts"] |= {
        "drawnAll": _("{n} rows drawn: all of this list."),
        "drawnPart": _(
            "{drawn} of the {here} rows in this view are drawn: zoom in to see them all."
        ),
        "drawnView": _(
            "{drawn} rows drawn: all of this list in this view, of {total} in the town."
        ),
        "drawnTiles": _("All {total} rows of this list; from afar several stand for one dot."),
    }
    return settings
