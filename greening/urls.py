"""The addresses; the upper floors are known here by name only."""

from django.contrib import admin
from django.urls import include, path

from greening.notices.language import switch_language
from greening.views.health import healthz
from greening.views.history import history
from greening.views.import_species import species_queue
from greening.views.imports import import_errors, import_list, import_run, import_undo
from greening.views.journal import journal, settle_page, to_settle
from greening.views.tiles import vector_tile, vector_tile_json

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("i18n/setlang/", switch_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("account/", include("greening.accounts.urls")),
    path("history/<slug:kind>/<int:number>/", history, name="history"),
    path("programme/journal/", journal, name="journal"),
    path("programme/journal/to-settle/", to_settle, name="to-settle"),
    path("programme/journal/to-settle/<int:number>/", settle_page, name="settle"),
    path("programme/import/", import_list, name="imports"),
    path("programme/import/species/", species_queue, name="import-species"),
    path("programme/import/<int:number>/", import_run, name="import-run"),
    path("programme/import/<int:number>/undo/", import_undo, name="import-undo"),
    path("programme/import/<int:number>/rows.csv", import_errors, name="import-errors"),
    path("api/field/", include("greening.field.urls")),
    path("", include("greening.field.pages")),
    path("tiles/<str:layer>/<str:z>/<str:x>/<str:y>.mvt", vector_tile, name="vector-tile"),
    path("tiles/<str:layer>.json", vector_tile_json, name="vector-tile-json"),
    path("", include("heat_islands.urls")),
    path("", include("frontend.urls")),
]
