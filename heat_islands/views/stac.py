"""A static STAC catalogue of the scenes and the heat maps, crawled by links."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Max, Min, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from greening.models import Commune
from greening.problem import Problem, speaks_problems
from heat_islands.models import HeatMap, Scene
from heat_islands.views.tiles import ASK_AGAIN

STAC_VERSION = "1.1.0"
TYPE = "application/json"
GEO_TYPE = "application/geo+json"
HEAT_MAPS, SCENES = "heat-maps", "scenes"
TITLES = {HEAT_MAPS: "Heat maps", SCENES: "Satellite scenes on the town's grid"}
DESCRIPTIONS = {
    HEAT_MAPS: "Surface heat composites of the commune, one item for each version that was built.",
    SCENES: "The acquisitions that the heat maps are made from, as they were read onto the town's grid.",
}
LANDSAT_LICENCE = (
    "https://www.usgs.gov/information-policies-and-instructions/copyrights-and-credits"
)


@speaks_problems("GET", "HEAD")
def root(request: HttpRequest) -> JsonResponse:
    """The landing page: a catalogue of two collections."""
    commune = Commune.objects.order_by("id").only("name").first()
    name = commune.name if commune else "no commune yet"
    return _json(
        {
            "type": "Catalog",
            "stac_version": STAC_VERSION,
            "id": "greening",
            "title": f"Heat over {name}",
            "description": f"Satellite scenes and heat maps of {name}.",
            "links": [
                _link(request, "self", reverse("stac")),
                _link(request, "root", reverse("stac")),
                *(
                    _link(request, "child", reverse("stac-collection", args=[key]), title=title)
                    for key, title in TITLES.items()
                ),
            ],
        }
    )


@speaks_problems("GET", "HEAD")
def collection(request: HttpRequest, key: str) -> JsonResponse:
    """One collection with a link to each of its items."""
    if key not in TITLES:
        raise Problem(
            404, _("There is no such collection: this catalogue has heat-maps and scenes.")
        )
    ids = _item_ids(key)
    return _json(
        {
            "type": "Collection",
            "stac_version": STAC_VERSION,
            "id": key,
            "title": TITLES[key],
            "description": DESCRIPTIONS[key],
            "license": "other",
            "extent": {
                "spatial": {"bbox": [_bbox(key)]},
                "temporal": {"interval": [_interval(key)]},
            },
            "links": [
                _link(request, "self", reverse("stac-collection", args=[key])),
                _link(request, "root", reverse("stac")),
                _link(request, "parent", reverse("stac")),
                {"rel": "license", "href": LANDSAT_LICENCE, "type": "text/html"},
                *(
                    _link(request, "item", reverse("stac-item", args=[key, id_]), type_=GEO_TYPE)
                    for id_ in ids
                ),
            ],
        }
    )


@speaks_problems("GET", "HEAD")
def item(request: HttpRequest, key: str, id_: str) -> JsonResponse:
    """One item: a heat map's own item.json with its assets at addresses that can be fetched, or a scene."""
    maker = {HEAT_MAPS: _heat_map_item, SCENES: _scene_item}.get(key)
    if maker is None:
        raise Problem(
            404, _("There is no such collection: this catalogue has heat-maps and scenes.")
        )
    content = maker(request, id_)
    if content is None:
        raise Problem(404, _("There is no such item in this collection."))
    content["collection"] = key
    content["links"] = [
        _link(request, "self", reverse("stac-item", args=[key, id_]), type_=GEO_TYPE),
        _link(request, "root", reverse("stac")),
        _link(request, "parent", reverse("stac-collection", args=[key])),
        _link(request, "collection", reverse("stac-collection", args=[key])),
        *content["links"],
    ]
    return _json(content, GEO_TYPE)


def _heat_map_item(request: HttpRequest, id_: str) -> dict[str, Any] | None:
    heat_map = _named().filter(item=id_).first()
    if heat_map is None:
        return None
    try:
        content: dict[str, Any] = json.loads(heat_map.item_path.read_text())
    except (OSError, ValueError) as error:
        raise Problem(
            503, _("The files of this heat map cannot be read: build it again.")
        ) from error
    content["id"] = id_
    for asset in content.get("assets", {}).values():
        name = asset["href"].removeprefix("./")
        path = reverse("heat-map-file", args=[heat_map.slug, heat_map.version, name])
        asset["href"] = request.build_absolute_uri(path)
    for rel, name in (("tilejson", "heat-map-tilejson"), ("wmts", "heat-map-wmts")):
        address = f"{reverse(name, args=[heat_map.slug])}?v={heat_map.version}"
        type_ = TYPE if rel == "tilejson" else "application/xml"
        content.setdefault("links", []).append(_link(request, rel, address, type_=type_))
    content["links"] = [
        link for link in content["links"] if link["rel"] in ("tilejson", "wmts", "derived_from")
    ]
    return content


def _scene_item(request: HttpRequest, id_: str) -> dict[str, Any] | None:
    scene = Scene.objects.select_related("superseded_by").filter(product_id=id_).first()
    if scene is None:
        return None
    place: dict[str, Any] = {"geometry": None}
    if scene.footprint is not None:
        place = {
            "geometry": json.loads(scene.footprint.geojson),
            "bbox": list(scene.footprint.extent),
        }
    links = []
    if scene.superseded_by is not None:
        newer = reverse("stac-item", args=[SCENES, scene.superseded_by.product_id])
        links.append(_link(request, "successor-version", newer, type_=GEO_TYPE))
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "id": id_,
        **place,
        "properties": {
            "datetime": scene.acquired_at.isoformat().replace("+00:00", "Z"),
            "platform": scene.platform.lower().replace(" ", "-"),
            "greening:clear_share": scene.clear_share,
            "greening:median_c": scene.median_c,
            "greening:missing_bands": scene.missing,
            "greening:synthetic": scene.synthetic,
        },
        "assets": {},
        "links": links,
    }


def _named() -> Any:
    """Heat maps with the identifier of their item."""
    return HeatMap.objects.annotate(item=Concat("slug", Value("-"), "version"))


def _item_ids(key: str) -> list[str]:
    if key == SCENES:
        return list(Scene.objects.order_by("acquired_at").values_list("product_id", flat=True))
    return list(_named().order_by("-built_at", "-id").values_list("item", flat=True))


def _bbox(key: str) -> list[float]:
    """Of all heat maps (scenes lie on the same grid); the whole world where there is none yet."""
    boxes = [bounds.extent for bounds in HeatMap.objects.values_list("bounds", flat=True)]
    if not boxes:
        return [-180.0, -90.0, 180.0, 90.0]
    left, bottom, right, top = zip(*boxes, strict=True)
    return [min(left), min(bottom), max(right), max(top)]


def _interval(key: str) -> list[str | None]:
    if key == SCENES:
        found = Scene.objects.aggregate(first=Min("acquired_at"), last=Max("acquired_at"))
        times = [found["first"], found["last"]]
        return [time and time.isoformat().replace("+00:00", "Z") for time in times]
    days = HeatMap.objects.aggregate(first=Min("date_from"), last=Max("date_to"))
    return [
        days["first"] and f"{days['first'].isoformat()}T00:00:00Z",
        days["last"] and f"{days['last'].isoformat()}T23:59:59Z",
    ]


def _link(
    request: HttpRequest, rel: str, path: str, *, type_: str = TYPE, title: str = ""
) -> dict[str, str]:
    link = {"rel": rel, "href": request.build_absolute_uri(path), "type": type_}
    return link | ({"title": title} if title else {})


def _json(content: dict[str, Any], type_: str = TYPE) -> JsonResponse:
    return JsonResponse(
        content,
        content_type=type_,
        headers={"Access-Control-Allow-Origin": "*", "Cache-Control": ASK_AGAIN},
        json_dumps_params={"ensure_ascii": False},
    )
