"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, include, path

from frontend.field.pages import field_manifest, field_page, field_worker
from frontend.gardeners.adoptions import gardener_page, gardeners_page
from frontend.gardeners.applications import application_page, applications_page
from frontend.gardeners.calendar import open_days_ics
from frontend.gardeners.contests import contest_page, contests_page
from frontend.gardeners.garden import close_page, garden_page
from frontend.gardeners.overview import desk_page
from frontend.gardeners.permits import permit_page, permits_page
from frontend.gardeners.plots import new_plot, plot_page
from frontend.gardeners.public_words import words_page
from frontend.gardeners.renewals import renewals_page
from frontend.gardeners.rules import new_rules, rules_page
from frontend.gardeners.waiting_list import list_page
from frontend.programme.campaigns import campaign_page, new_campaign
from frontend.programme.counters import indicators_json
from frontend.programme.dashboard import programme_page
from frontend.programme.list_views import list_file, list_places, object_list
from frontend.programme.making import new_object
from frontend.programme.objects import object_page
from frontend.programme.rounds import plan_page
from frontend.programme.survival_checks import survival_page
from frontend.residents.adopting import adopt_page
from frontend.residents.adoptions import adoption_calendar, adoption_page
from frontend.residents.applications import application_page as my_application_page
from frontend.residents.applications import mine_page
from frontend.residents.applying import apply_page
from frontend.residents.decisions import decision_page
from frontend.residents.details import details_page
from frontend.residents.garden_page import garden_page as public_garden_page
from frontend.residents.garden_page import rules_page as public_rules_page
from frontend.residents.gardens import gardens_page
from frontend.residents.invitations import invitation_page
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

#: The garden managers' desk.
GARDEN_DESK: list[URLPattern | URLResolver] = [
    path("", desk_page, name="garden-desk"),
    path("applications/", applications_page, name="garden-desk-applications"),
    path("applications/<int:number>/", application_page, name="garden-desk-application"),
    path("contests/", contests_page, name="garden-desk-contests"),
    path("contests/<int:number>/", contest_page, name="garden-desk-contest"),
    path("gardeners/", gardeners_page, name="garden-desk-gardeners"),
    path("gardeners/<int:number>/", gardener_page, name="garden-desk-gardener"),
    path("permits/", permits_page, name="garden-desk-permits"),
    path("permits/<int:number>/", permit_page, name="garden-desk-permit"),
    path("renewals/", renewals_page, name="garden-desk-renewals"),
    path("rules/", rules_page, name="garden-desk-rules"),
    path("rules/new/", new_rules, name="garden-desk-new-rules"),
    path("<int:number>/", garden_page, name="garden-desk-garden"),
    path("<int:number>/close/", close_page, name="garden-desk-close"),
    path("<int:number>/list/", list_page, name="garden-desk-list"),
    path("<int:number>/page/", words_page, name="garden-desk-words"),
    path("<int:number>/plots/new/", new_plot, name="garden-desk-new-plot"),
    path("<int:number>/plots/<int:plot_number>/", plot_page, name="garden-desk-plot"),
]

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
    path("gardens/", gardens_page, name="gardens"),
    path("gardens/rules/", public_rules_page, name="garden-rules"),
    path("gardens/mine/", mine_page, name="my-garden"),
    path("gardens/mine/details/", details_page, name="my-details"),
    path("gardens/<int:number>/", public_garden_page, name="garden"),
    path("gardens/<int:number>/apply/", apply_page, name="apply"),
    path("gardens/applications/<int:number>/", my_application_page, name="my-application"),
    path("gardens/decisions/<int:number>/", decision_page, name="my-decision"),
    path("gardens/adoptions/<int:number>/", adoption_page, name="my-adoption"),
    path("gardens/adoptions/<int:number>/dates.ics", adoption_calendar, name="my-adoption-dates"),
    path("gardens/invitations/<str:token>/", invitation_page, name="invitation"),
    path("gardens/adopt/<slug:layer>/<int:number>/", adopt_page, name="adopt"),
    path("gardens/desk/", include(GARDEN_DESK)),
    path("gardens/<int:number>/open-days.ics", open_days_ics, name="garden-open-days"),
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
