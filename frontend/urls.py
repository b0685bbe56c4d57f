"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, path

from frontend.field.pages import field_manifest, field_page, field_worker
from frontend.programme.campaigns import campaign_page, new_campaign
from frontend.programme.counters import indicators_json
from frontend.programme.dashboard import programme_page
from frontend.programme.list_views import list_file, list_places, object_list
from frontend.programme.making import new_object
from frontend.programme.objects import object_page
from frontend.programme.rounds import plan_page
from frontend.programme.survival_checks import survival_page
from frontend.residents.report_desk import report_desk, report_desk_item
from frontend.residents.reports import (
    my_report,
    my_reports,
    report_page,
    report_photo,
    report_thanks,
)
from frontend.views.heat_page import heat_page, model_card, ranking_csv, ranking_json
from frontend.views.map_page import map_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("", map_page, name="map"),
    path("list/", object_list, name="list"),
    path("list/export.<slug:suffix>", list_file, name="list-file"),
    path("list/places.json", list_places, name="list-places"),
    path("list/<slug:layer>/new/", new_object, name="new-object"),
    path("list/<slug:layer>/<int:number>/", object_page, name="object"),
    path("programme/", programme_page, name="programme"),
    path("programme/indicators.json", indicators_json, name="programme-indicators"),
    path("programme/campaigns/new/", new_campaign, name="new-campaign"),
    path("programme/campaigns/<str:season>/", campaign_page, name="campaign"),
    path("programme/rounds/plan/", plan_page, name="plan-round"),
    path("programme/survival/", survival_page, name="survival-checks"),
    path("field/", field_page, name="field"),
    path("field/worker.js", field_worker, name="field-worker"),
    path("field/app.webmanifest", field_manifest, name="field-manifest"),
    path("heat/", heat_page, name="heat"),
    path("heat/model-card/", model_card, name="model-card"),
    path("heat/courtyards.csv", ranking_csv, name="ranking-csv"),
    path("heat/courtyards.json", ranking_json, name="ranking-json"),
    path("report/", report_page, name="report"),
    path("report/mine/", my_reports, name="my-reports"),
    path("report/desk/", report_desk, name="report-desk"),
    path("report/desk/<int:number>/", report_desk_item, name="report-desk-item"),
    path("report/<int:number>/", my_report, name="my-report"),
    path("report/<int:number>/thanks/", report_thanks, name="report-thanks"),
    path("report/<int:number>/photos/<int:photo>.jpg", report_photo, name="report-photo"),
]
