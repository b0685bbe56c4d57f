"""Adds land cover, and canopy height where there is one, to the town."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from greening.command import TownCommand
from heat_islands.covers import add_cover
from heat_islands.science.cover_mapping import built_in
from heat_islands.science.grid import Block


def day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a day: write it as 2023-06-30.") from None


class Command(TownCommand):
    help = (
        "Turns a land-cover map (a raster of class codes, or polygons with a class) into shares of sealed ground, "
        "roofs, grass, trees, soil and water on the town's grid. The same file twice makes no twin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the land-cover map")
        parser.add_argument(
            "--mapping",
            default="",
            metavar="M",
            help=f"what the classes are made of: {', '.join(built_in())}, or a JSON file; guessed where left out",
        )
        parser.add_argument(
            "--canopy", type=Path, metavar="FILE", help="a raster of canopy heights, metres"
        )
        parser.add_argument(
            "--observed-on", type=day, metavar="D", help="the day that the map shows, as 2023-06-30"
        )
        parser.add_argument("--name", default="", metavar="N", help="the map's name on the pages")
        parser.add_argument("--layer", default="", help="which layer, where a file has several")
        parser.add_argument(
            "--attribute",
            default="",
            help="the polygons' attribute with the class, where not the usual",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        def bar(blocks: Iterable[Block]) -> Iterable[Block]:
            return self.progress(list(blocks), label=options["file"].name, unit="block")

        cover = add_cover(
            options["file"],
            mapping=options["mapping"],
            canopy=options["canopy"],
            observed_on=options["observed_on"],
            name=options["name"],
            layer=options["layer"],
            attribute=options["attribute"],
            progress=bar,
        )
        line = f"{cover.name}: {cover.covered_share:.0%} of the territory, "
        line += f"classes read as “{cover.mapping['name']}”"
        if cover.resolution_m:
            line += f", {cover.resolution_m:g} m pixels"
        if cover.has_canopy_height:
            line += ", with canopy height"
        if cover.observed_on is None:
            line += "; when it was observed is not known (say it with --observed-on)"
        self.stdout.write(f"{line}.")
