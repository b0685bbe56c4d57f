"""`import_buildings`: footprints and heights of the town."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from greening.exchange.command import ImportCommand
from greening.exchange.landing import Candidate
from greening.exchange.vector import Row
from parcels.importers import fabric
from parcels.models import Building


class Command(ImportCommand):
    help = "Load building footprints and heights (IGN BD TOPO, Etalab's cadastre, or any polygons)."
    noun, nouns, fields = "building", "buildings", fabric.BUILDING_FIELDS

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--prune",
            action="store_true",
            help="remove those of this source that the file no longer has",
        )

    def prepare(self, **options: Any) -> None:
        self.prune: bool = options["prune"]

    def candidate(self, row: Row, found: dict[str, Any]) -> Candidate:
        return fabric.building(row, found, self.source, self.report)

    def land(self, candidates: list[Candidate]) -> None:
        fabric.land(
            Building,
            self.progress(candidates, label="writing"),
            self.source,
            self.report,
            prune=self.prune,
        )
