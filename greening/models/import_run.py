"""Runs of imports: what was read, what became of it, and whether it was taken back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified

#: A run that gave no sign of life for so long was killed: it can be gone on with, or taken back.
SILENT = dt.timedelta(minutes=1)


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def to_start(self) -> ImportRunQuerySet:
        """Runs that no process has: new ones, and those that stopped or fell silent and are not being taken back."""
        quiet = models.Q(seen_at=None) | models.Q(seen_at__lt=timezone.now() - SILENT)
        stopped = models.Q(state__in=(ImportRun.State.UPLOADED, ImportRun.State.FAILED))
        silent = models.Q(state=ImportRun.State.RUNNING) & quiet
        return self.filter(stopped | silent, undo_batch=None)


class ImportRun(Identified):
    """One import of a file. Its `uuid` is the `batch` of every event it made."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded, not imported yet")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("stopped")
        UNDONE = "undone", _("taken back")

    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.UPLOADED
    )
    file_name = models.CharField(_("file"), max_length=200)
    profile = models.CharField(_("convention"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    mapping = models.JSONField(_("columns"), default=dict)
    options = models.JSONField(_("options"), default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("who"),
    )
    total = models.PositiveIntegerField(_("rows in the file"), null=True)
    counts = models.JSONField(_("counts"), default=dict)
    report = models.JSONField(_("report"), default=dict)
    message = models.TextField(_("why it stopped"), blank=True)
    undo_batch = models.UUIDField(_("batch that took it back"), null=True)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.file_name} #{self.pk}"

    @property
    def folder(self) -> Path:
        """Where its uploaded file and its row-error file lie."""
        return Path(settings.DATA_DIR) / "imports" / str(self.uuid)

    @property
    def errors_file(self) -> Path:
        return self.folder / "rows.csv"

    @property
    def share_done(self) -> int:
        """Per cent of the file's rows that were read."""
        read: Any = self.counts.get("read", 0)
        return min(100, round(100 * read / self.total)) if self.total else 0

    @property
    def can_be_undone(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def is_silent(self) -> bool:
        """Whether it says that it goes on, and no process has told so for a while: that was killed."""
        return self.state == self.State.RUNNING and (
            self.seen_at is None or timezone.now() - self.seen_at > SILENT
        )

    @property
    def can_go_on(self) -> bool:
        """Whether rows of its file may still come in: not once it is done, nor once somebody takes it back."""
        over = (self.State.DONE, self.State.UNDONE)
        return self.state not in over and self.undo_batch is None
