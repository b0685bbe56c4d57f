"""Counts that all workers share: a cache in files whose `add` is one step for every process."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache


class CountingCache(FileBasedCache):
    """Django's file cache looks whether a key is there and writes it in two steps: of two workers both may win.

    allauth takes its locks by `add`, so attempts sent all at once would be counted as one. A lock of the file
    system, common to all processes of this machine, holds the two steps together.
    """

    def add(
        self,
        key: Any,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        self._createdir()  # type: ignore[attr-defined]  # the stubs leave it out
        lock = Path(self._dir) / "adding.lock"  # type: ignore[attr-defined]
        with lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            return bool(super().add(key, value, timeout, version))
