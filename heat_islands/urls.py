"""Addresses of the rasters."""

from django.urls import URLPattern, URLResolver, path

from heat_islands.views import files, point, stac, statistics, tiles, wmts

urlpatterns: list[URLPattern | URLResolver] = [
    # Strings, not integers: an absurd number is answered by a sentence, not by a missing page.
    path(
        "heat-maps/<slug:slug>/tiles/<str:z>/<str:x>/<str:y>.png", tiles.tile, name="heat-map-tile"
    ),
    path("heat-maps/<slug:slug>/tilejson.json", tiles.tilejson, name="heat-map-tilejson"),
    path("heat-maps/<slug:slug>/point", point.point, name="heat-map-point"),
    path("heat-maps/<slug:slug>/statistics", statistics.statistics, name="heat-map-statistics"),
    path("heat-maps/<slug:slug>/WMTSCapabilities.xml", wmts.capabilities, name="heat-map-wmts"),
    path("heat-maps/<slug:slug>/<slug:version>/<str:name>", files.file, name="heat-map-file"),
    path("stac/", stac.root, name="stac"),
    path("stac/collections/<slug:key>", stac.collection, name="stac-collection"),
    path("stac/collections/<slug:key>/items/<str:id_>", stac.item, name="stac-item"),
]
