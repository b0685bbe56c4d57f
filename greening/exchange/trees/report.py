"""What became of a file's rows: counts, the first rows of each kind of doubt, and all of them in a CSV file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from greening.exchange.trees.record import Told

#: Rows listed of each kind of doubt; the row-error file has all.
LISTED = 5
COLUMNS = ("line", "id", "verdict", "code", "column", "reason")


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; reading drops the quote again.

    >>> safe("=1+1"), safe("Tilia")
    ("'=1+1", 'Tilia')
    """
    return f"'{text}" if text.lstrip("'")[:1] in ("=", "+", "-", "@", "\t", "\r") and text else text


class Report:
    """Counts as they come; the row-error file is written along the way, so that memory stays flat."""

    def __init__(self, errors: Path | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self.codes: Counter[tuple[str, str]] = Counter()
        self.first: dict[tuple[str, str], list[Told]] = {}
        self.notes: list[str] = []
        self._handle: IO[str] | None = None
        self._writer: Any = None
        if errors is not None:
            errors.parent.mkdir(parents=True, exist_ok=True)
            self._handle = errors.open("w", newline="", encoding="utf-8-sig")
            self._writer = csv.writer(self._handle)
            self._writer.writerow(COLUMNS)

    def tell(self, told: Iterable[Told]) -> None:
        for one in told:
            self.codes[one.verdict, one.code] += 1
            first = self.first.setdefault((one.verdict, one.code), [])
            if len(first) < LISTED:
                first.append(one)
            if self._writer is not None:
                cells = (one.source_id, one.verdict, one.code, one.column, one.sentence)
                self._writer.writerow([one.line, *map(safe, cells)])

    def close(self) -> None:
        if self._handle is not None:
            self._handle.close()

    @property
    def refused(self) -> int:
        return self.counts["refused"]

    def as_json(self) -> dict[str, Any]:
        """What a run keeps of it."""
        return {
            "doubts": [
                {
                    "verdict": verdict,
                    "code": code,
                    "count": count,
                    "first": [
                        [one.line, one.source_id, one.sentence] for one in self.first[verdict, code]
                    ],
                }
                for (verdict, code), count in self.codes.most_common()
            ],
            "notes": self.notes,
        }
