"""/list/: the map's content as a list, and a page for each thing on it. Both work without scripts."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from frontend.views.ranks import rank_of
from greening.layers import LAYERS, MapLayer, object_layers
from greening.vector_tiles import MAX_ZOOM

ROWS = 50  # rows of a page
#: A point is looked at from close by; an area from where it shows whole.
POINT_ZOOM, AREA_ZOOM = 18, 17


@require_safe
def object_list(request: HttpRequest) -> HttpResponse:
    """One page of one layer, keyset-paged by id; `?fragment=1` gives the rows alone, for the map's panel."""
    layers = object_layers()
    layer = _known(request.GET.get("layer") or "trees")
    names = request.GET.getlist("state")
    states = layer.states_named(names)
    rows = layer.rows().select_related(*layer.related).order_by("pk")
    if states:
        rows = rows.filter(state__in=states)
    after = request.GET.get("after", "")
    if after.isdigit():
        rows = rows.filter(pk__gt=min(int(after), 2**62))
    found = list(rows[: ROWS + 1])
    more = found[ROWS - 1].pk if len(found) > ROWS else None
    shown = found[:ROWS]
    context = {
        "layers": layers,
        "layer": layer,
        "chosen": names,
        "chosen_label": ", ".join(str(layer.states()[state]) for state in states)
        if len(names) > 1
        else "",
        "groups": layer.groups,
        "states": layer.states().items(),
        "rows": [_row(layer, thing) for thing in shown],
        "more": _query(layer, names, more) if more else "",
        "first": _query(layer, names, None) if after else "",
    }
    fragment = request.GET.get("fragment")
    return render(request, "frontend/list_rows.html" if fragment else "frontend/list.html", context)


@require_safe
def object_page(request: HttpRequest, layer: str, number: int) -> HttpResponse:
    """One thing; `?fragment=1` gives the card alone, with the shape for the map to outline."""
    kind = _known(layer)
    thing = get_object_or_404(kind.rows().select_related(*kind.related), pk=number)
    fragment = request.GET.get("fragment")
    context = {
        "layer": kind,
        "row": _row(kind, thing),
        "facts": list(kind.facts(thing)),
        "ranking": rank_of(thing),
        "shape": thing.geom.json if fragment else "",
        "thing": thing,
    }
    return render(request, "frontend/card.html" if fragment else "frontend/object.html", context)


def _known(name: str) -> MapLayer:
    layer = LAYERS.get(name)
    if layer is None or layer.ground:
        raise Http404(_("There is no list of that name."))
    return layer


def _row(layer: MapLayer, thing: Any) -> dict[str, Any]:
    place = thing.geom if thing.geom.geom_type == "Point" else thing.geom.point_on_surface
    lon, lat = round(place.x, 6), round(place.y, 6)
    zoom = POINT_ZOOM if thing.geom.geom_type == "Point" else AREA_ZOOM
    return {
        "id": thing.pk,
        "title": str(thing),
        "state": thing.get_state_display(),
        "group": layer.group_of(thing.state),
        "at": f"{lon},{lat}",
        "at_text": f"{lat}, {lon}",
        "url": reverse("object", args=(layer.name, thing.pk)),
        "map_url": f"{reverse('map')}#{min(zoom, MAX_ZOOM)}/{lat}/{lon}&on={layer.name}/{thing.pk}",
        "note": _note(layer, thing),
    }


def _note(layer: MapLayer, thing: Any) -> str:
    """What tells this row from its neighbours at a glance."""
    if layer.name == "trees":
        return str(thing.site.street or thing.site.get_kind_display())
    if layer.name == "sites":
        return str(thing.street or thing.get_kind_display())
    if layer.name == "plots":
        return str(thing.garden)
    return getattr(thing, "address", "") or ""


def _query(layer: MapLayer, names: list[str], after: int | None) -> str:
    query = QueryDict(mutable=True)
    query["layer"] = layer.name
    query.setlist("state", names)
    if after is not None:
        query["after"] = str(after)
    return query.urlencode()
