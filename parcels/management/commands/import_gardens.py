"""`import_gardens`: the town's shared gardens."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from greening.exchange.command import ImportCommand
from greening.exchange.landing import Candidate
from greening.exchange.vector import Row
from parcels.importers import gardens


class Command(ImportCommand):
    help = "Load shared gardens from polygons, or from points with an area (drawn as circles, to be redrawn)."
    noun, nouns, fields = "garden", "gardens", gardens.FIELDS

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--point-area",
            type=float,
            metavar="M2",
            help="area of gardens that come as points without one",
        )

    def prepare(self, **options: Any) -> None:
        self.point_area_m2: float | None = options["point_area"]

    def candidate(self, row: Row, found: dict[str, Any]) -> Candidate:
        return gardens.candidate(
            row, found, self.source, self.territory, self.report, self.point_area_m2
        )

    def land(self, candidates: list[Candidate]) -> None:
        gardens.land(candidates, self.source, self.report)
