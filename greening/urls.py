"""The addresses; the upper floors are known here by name only."""

from django.contrib import admin
from django.urls import include, path

from greening.views.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("heat_islands.urls")),
    path("", include("frontend.urls")),
]
