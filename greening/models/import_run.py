"""Runs of imports: what was read, what became of it, and whether it was taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified


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
