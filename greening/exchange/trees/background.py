"""Imports of the browser: the uploaded file's room, and a process of its own that outlives the request."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import get_language

from greening.errors import BadInput
from greening.exchange.csv_table import SUFFIXES
from greening.exchange.source import VECTOR_SUFFIXES
from greening.models import ImportRun

MAX_UPLOAD = 1_000_000_000
COLUMNS = "columns.json"
_started: list[
    subprocess.Popen[bytes]
] = []  # held until they end: a process nobody waits for stays a zombie


def keep(upload: UploadedFile[Any], actor: Any) -> ImportRun:
    """A new run with the uploaded file in its folder. Raises BadInput."""
    name = re.sub(r"[^\w.-]+", "_", Path(upload.name or "file").name)[-120:].lstrip(".") or "file"
    suffix = Path(name).suffix.lower()
    if suffix not in (*VECTOR_SUFFIXES, *SUFFIXES, ".zip", ".gz", ".xlsx"):
        raise BadInput(
            f"{name} is no file of trees: CSV, GeoJSON, GeoPackage, or a Shapefile in a .zip."
        )
    if (upload.size or 0) > MAX_UPLOAD:
        raise BadInput(
            f"{name} is larger than {MAX_UPLOAD // 1_000_000} MB: import it at the terminal."
        )
    run = ImportRun(file_name=name, actor=actor)
    run.folder.mkdir(parents=True, exist_ok=True)
    with file_of(run).open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    run.save()
    return run


def file_of(run: ImportRun) -> Path:
    return run.folder / run.file_name


def columns_of(run: ImportRun) -> dict[str, str]:
    """What a person said of the columns; "-" is a column to leave out. Empty before anybody did."""
    path = run.folder / COLUMNS
    told: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return told


def say_columns(run: ImportRun, told: Mapping[str, str]) -> None:
    (run.folder / COLUMNS).write_text(json.dumps(dict(told), ensure_ascii=False), "utf-8")


def start(run: ImportRun) -> bool:
    """Import the run's file in a process of its own; the page looks at the run's row for its progress.

    Answers False, with nothing started, where a process has the run or where it is over: a second click, an old page.
    """
    now = timezone.now()
    claimed = ImportRun.objects.to_start().filter(pk=run.pk)
    if not claimed.update(state=ImportRun.State.RUNNING, seen_at=now, message=""):
        return False
    run.refresh_from_db()
    command = [
        *(sys.executable, "-m", "django", "import_trees"),
        str(file_of(run)),
        *("--run", str(run.pk)),
        *("--language", get_language() or "en"),  # the report is read by whoever uploaded the file
    ]
    if columns_of(run):
        command += ["--mapping", str(run.folder / COLUMNS)]
    for name in ("profile", "source"):
        if getattr(run, name):
            command += [f"--{name}", getattr(run, name)]
    for name in ("strict", "keep_missing"):
        if run.options.get(name):
            command.append(f"--{name.replace('_', '-')}")
    _started[:] = [process for process in _started if process.poll() is None]
    with (run.folder / "log.txt").open("ab") as log:
        _started.append(
            subprocess.Popen(  # noqa: S603 — our own command; the file's name is an argument, never a shell's
                command,
                cwd=settings.BASE_DIR,
                env=environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        )
    return True


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "greening.settings"),
    }
