"""Which identifiers a file held: on disk, so that a file of any length costs no memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType


class Seen:
    """A set of texts, each with the line it stood on, in a file of its own that is gone afterwards."""

    def __enter__(self) -> Seen:
        self._folder = tempfile.TemporaryDirectory(prefix="town-import-")
        self._base = sqlite3.connect(Path(self._folder.name) / "seen.sqlite3", isolation_level=None)
        self._base.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8192;"
            "CREATE TABLE seen (id TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID; BEGIN;"
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.close()
        self._folder.cleanup()

    def add(self, rows: Iterable[tuple[str, int]]) -> None:
        self._base.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)

    def lines(self, identifiers: Sequence[str]) -> dict[str, int]:
        """The line of each of these that was seen before."""
        marks = ",".join("?" * len(identifiers))
        found = self._base.execute(f"SELECT id, line FROM seen WHERE id IN ({marks})", identifiers)  # noqa: S608
        return dict(found.fetchall())
