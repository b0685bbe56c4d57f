"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, path

from frontend.views.heat_page import heat_page, model_card, ranking_csv, ranking_json
from frontend.views.lists import object_list, object_page
from frontend.views.map_page import map_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("", map_page, name="map"),
    path("list/", object_list, name="list"),
    path("list/<slug:layer>/<int:number>/", object_page, name="object"),
    path("heat/", heat_page, name="heat"),
    path("heat/model-card/", model_card, name="model-card"),
    path("heat/courtyards.csv", ranking_csv, name="ranking-csv"),
    path("heat/courtyards.json", ranking_json, name="ranking-json"),
]
