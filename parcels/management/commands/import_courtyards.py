"""`import_courtyards`: the yards to rank, each tied to its school."""

from __future__ import annotations

from typing import Any

from greening.exchange.command import ImportCommand
from greening.exchange.landing import Candidate
from greening.exchange.vector import Row
from parcels.importers import courtyards


class Command(ImportCommand):
    help = (
        "Load school courtyards from polygons. Each is tied to the school of its UAI, else to the nearest one"
        " within 150 m: import the schools first."
    )
    noun, nouns, fields = "courtyard", "courtyards", courtyards.FIELDS

    def candidate(self, row: Row, found: dict[str, Any]) -> Candidate:
        return courtyards.candidate(row, found, self.source, self.territory, self.report)

    def land(self, candidates: list[Candidate]) -> None:
        courtyards.land(candidates, self.source, self.report, self.territory)
