"""Addresses of the field API, under /api/field/."""

from django.urls import path, re_path

from greening.field.api import balance, devices, events, session
from greening.field.export import export
from greening.field.pack import pack
from greening.field.photo_views import photo, photos, receipt

SHA256 = r"(?P<sha256>[0-9a-f]{64})"
urlpatterns = [
    path("session", session, name="field-session"),
    path("devices", devices, name="field-devices"),
    path("pack", pack, name="field-pack"),
    path("events", events, name="field-events"),
    path("balance", balance, name="field-balance"),
    path("export", export, name="field-export"),
    path("photos/", photos, name="field-photos"),
    re_path(rf"^photos/{SHA256}$", photo, name="field-photo"),
    re_path(rf"^photos/{SHA256}/receipt$", receipt, name="field-receipt"),
]
