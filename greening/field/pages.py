"""Addresses of the pages beside the field app: desk, phones, photos, lots."""

from django.urls import path

from greening.field import desk, items

urlpatterns = [
    path("field/desk/", desk.desk, name="field-desk"),
    path("field/desk/live.json", desk.live, name="field-live"),
    path("field/desk/sectors/", desk.sectors, name="field-sectors"),
    path("field/desk/assign/", desk.assign, name="field-assign"),
    path("field/desk/export/", desk.hand_in, name="field-hand-in"),
    path("field/desk/refused/", items.refused, name="field-refused"),
    path("field/desk/refused/<int:number>/", items.seen, name="field-seen"),
    path(
        "field/desk/unreadable/<int:number>/", items.unreadable_seen, name="field-unreadable-seen"
    ),
    path("field/desk/photos/", items.photo_desk, name="field-photo-desk"),
    path("field/desk/photos/<int:number>/", items.publish, name="field-publish"),
    path("field/desk/lots/", items.lots, name="field-lots"),
    path("field/devices/", items.devices, name="field-device-list"),
    path("field/devices/<int:number>/revoke/", items.revoke_device, name="field-revoke"),
    path("field/photos/<str:sha256>.jpg", items.preview, name="field-preview"),
    path("photos/<uuid:uuid>.jpg", items.public_photo, name="public-photo"),
]
