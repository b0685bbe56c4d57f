"""`import_schools`: schools in, doubtful addresses flagged."""

from __future__ import annotations

from typing import Any

from greening.exchange.command import ImportCommand
from greening.exchange.landing import Candidate
from greening.exchange.vector import Row
from parcels.importers import schools


class Command(ImportCommand):
    help = "Load schools (the town's open data, the ministry's directory) from points."
    noun, nouns, fields = "school", "schools", schools.FIELDS

    def candidate(self, row: Row, found: dict[str, Any]) -> Candidate:
        return schools.candidate(row, found, self.source)

    def land(self, candidates: list[Candidate]) -> None:
        schools.land(candidates, self.source, self.report, self.territory.srid)
