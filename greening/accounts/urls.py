"""Addresses of people: allauth's sign-in, and our own pages beside it."""

from django.urls import include, path

from greening.accounts.views import me, people_list, person_page

urlpatterns = [
    path("", me, name="account"),
    path("people/", people_list, name="people"),
    path("people/<int:number>/", person_page, name="person"),
    path("", include("greening.notices.urls")),
    path("", include("allauth.account.urls")),
]
