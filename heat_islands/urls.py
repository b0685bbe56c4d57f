"""Addresses of the rasters."""

from django.urls import URLPattern, URLResolver, path

from heat_islands.views import tiles

urlpatterns: list[URLPattern | URLResolver] = [
    # Strings, not integers: an absurd number is answered by a sentence, not by a missing page.
    path(
        "heat-maps/<slug:slug>/tiles/<str:z>/<str:x>/<str:y>.png", tiles.tile, name="heat-map-tile"
    ),
    path("heat-maps/<slug:slug>/tilejson.json", tiles.tilejson, name="heat-map-tilejson"),
]
