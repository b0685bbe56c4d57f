"""Notices are their readers' own: the back office has no list of them. Tasks are looked at, never changed."""

from __future__ import annotations

import django_tasks_db.admin  # noqa: F401 — it registers its own list, which is taken away below
from django.contrib import admin
from django_tasks_db.models import DBTaskResult

from greening.admin.records import RecordAdmin
from greening.models import DueMark

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(RecordAdmin):
    """A task names rows by their numbers only."""

    list_display = ("id", "task_name", "status", "enqueued_at", "started_at", "finished_at")
    list_filter = ("status",)
    ordering = ("-enqueued_at",)


@admin.register(DueMark)
class DueMarkAdmin(RecordAdmin):
    list_display = ("name", "period", "done_at")
    ordering = ("name",)
