"""Builds the town's heat map from its scenes."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from typing import Any

from greening.command import TownCommand
from heat_islands.heat_map import build_heat_map
from heat_islands.models import HeatMap
from heat_islands.science.composite import MIN_SCENES


def day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no date like 2024-06-15") from error


class Command(TownCommand):
    help = (
        "Composes the town's scenes into a heat map: cloud-optimised GeoTIFFs, a STAC item and a row. Every "
        "build is a new version; where nothing changed since the last one, it says so and makes none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="date_from", type=day, metavar="D", help="first day, e.g. 2022-06-15"
        )
        parser.add_argument("--to", dest="date_to", type=day, metavar="D", help="last day")
        parser.add_argument(
            "--slug", metavar="S", help="name in addresses (default: summer, or the dates)"
        )
        parser.add_argument(
            "--min-scenes",
            type=int,
            default=MIN_SCENES,
            metavar="N",
            help="fewest clear scenes a cell needs (default: %(default)s)",
        )
        parser.add_argument(
            "--any-season", action="store_true", help="also scenes outside 15 June – 15 September"
        )
        parser.add_argument(
            "--workers", type=int, metavar="N", help="processes (default: one a processor)"
        )

    def handle(
        self,
        *args: Any,
        date_from: dt.date | None,
        date_to: dt.date | None,
        slug: str | None,
        min_scenes: int,
        any_season: bool,
        workers: int | None,
        **options: Any,
    ) -> None:
        def bar(blocks: Iterable[Any], total: int) -> Iterable[Any]:
            return self.progress(blocks, total=total, label="heat map", unit="block")

        heat_map, is_new = build_heat_map(
            date_from=date_from,
            date_to=date_to,
            slug=slug,
            min_scenes=min_scenes,
            any_season=any_season,
            workers=workers,
            progress=bar,
        )
        self.stdout.write(self._report(heat_map, is_new))

    def _report(self, heat_map: HeatMap, is_new: bool) -> str:
        name = f"{heat_map.slug}/{heat_map.version}"
        if not is_new:
            return f"{name}: nothing changed since this version was built."
        numbers = heat_map.statistics
        warm = numbers["temperature"]
        lines = [
            f"{name}: {heat_map.title}, {heat_map.scene_count} scenes, {numbers['coverage']:.0%} of the commune.",
            f"  {warm['p2']:.1f} – {warm['p98']:.1f} °C, median {warm['median']:.1f} °C at the surface.",
        ]
        return "\n".join(lines + [f"  {note}" for note in heat_map.notes])
