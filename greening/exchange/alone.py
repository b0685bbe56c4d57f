"""Locks around an import: one process a run, and one import or taking back of a source at a time."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from greening.errors import BadInput
from greening.models import ImportRun


@contextmanager
def with_run(run: ImportRun) -> Iterator[None]:
    """Nobody else imports this run or takes it back meanwhile. Raises BadInput where somebody does."""
    with _locked(f"run {run.uuid}", f"Import {run.pk} is at work just now: wait until it is done."):
        yield


@contextmanager
def with_source(source: str) -> Iterator[None]:
    """Two imports of one source at once would make twins: the second is told to wait. Raises BadInput."""
    with _locked(source, f"An import of “{source}” is under way: wait until it is done."):
        yield


@contextmanager
def _locked(name: str, sentence: str) -> Iterator[None]:
    """A lock of the operating system, which goes with its process however that ends."""
    folder = Path(settings.DATA_DIR) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(name.encode()).hexdigest()[:16]
    with (folder / f"{key}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadInput(sentence) from error
        yield
