"""The addresses; the upper floors are known here by name only."""

from django.contrib import admin
from django.urls import include, path

from greening.views.health import healthz
from greening.views.tiles import vector_tile, vector_tile_json

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("tiles/<str:layer>/<str:z>/<str:x>/<str:y>.mvt", vector_tile, name="vector-tile"),
    path("tiles/<str:layer>.json", vector_tile_json, name="vector-tile-json"),
    path("", include("heat_islands.urls")),
    path("", include("frontend.urls")),
]
