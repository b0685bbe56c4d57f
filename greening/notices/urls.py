"""Addresses of notices, under /account/."""

from django.urls import path

from greening.notices import views
from greening.notices.desk import mail_desk, mail_settle

urlpatterns = [
    path("notices/", views.notice_list, name="notices"),
    path("notices/read/", views.read_all, name="notices-read"),
    path("notices/topics/", views.topics_page, name="notice-topics"),
    path("notices/unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("notices/<uuid:identifier>/", views.notice_page, name="notice"),
    path("calendar/", views.calendar_address, name="calendar-address"),
    path("calendar/<str:token>.ics", views.calendar_feed, name="calendar-feed"),
    path("mail/", mail_desk, name="mail-desk"),
    path("mail/<int:number>/", mail_settle, name="mail-settle"),
]
