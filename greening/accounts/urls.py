"""Addresses of people: allauth's sign-in and second factors, and our own pages beside them."""

from django.urls import include, path

from greening.accounts import own_views, privacy_views
from greening.accounts.views import forget_factors, me, people_list, person_page

urlpatterns = [
    path("", me, name="account"),
    path("people/", people_list, name="people"),
    path("people/<int:number>/", person_page, name="person"),
    path("people/<int:number>/factors/", forget_factors, name="forget-factors"),
    path("consent/", own_views.consent, name="consent"),
    path("sign-ins/", own_views.sign_in_list, name="sign-ins"),
    path("sign-ins/<int:number>/end/", own_views.end_sign_in, name="end-sign-in"),
    path("sign-ins/end-others/", own_views.end_other_sign_ins, name="end-other-sign-ins"),
    path("data/", own_views.own_data, name="own-data"),
    path("erase/", own_views.erase_account, name="erase-account"),
    path("questions/", own_views.questions, name="privacy-questions"),
    path("privacy/", privacy_views.privacy, name="privacy"),
    path("privacy/desk/", privacy_views.desk, name="privacy-desk"),
    path("privacy/desk/<slug:name>/", privacy_views.desk_document, name="privacy-document"),
    path("privacy/desk/questions/<int:number>/", privacy_views.answer, name="privacy-answer"),
    path("privacy/desk/people/<int:number>/data/", privacy_views.desk_export, name="desk-export"),
    path("privacy/desk/people/<int:number>/erase/", privacy_views.desk_erase, name="desk-erase"),
    path("privacy/<slug:name>/", privacy_views.privacy, name="privacy-text"),
    path("factors/", include("allauth.mfa.urls")),
    path("", include("greening.notices.urls")),
    path("", include("allauth.account.urls")),
]
