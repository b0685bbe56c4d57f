"""Adds satellite scenes to the town."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from greening.command import TownCommand
from greening.errors import BadInput
from heat_islands.models import Scene
from heat_islands.scenes import add_product, products_at
from heat_islands.science.errors import ProductError, ScienceError


class Command(TownCommand):
    help = (
        "Reads Landsat 8/9 Collection 2 Level-2 products (L2SP) onto the town's grid. A product that is there "
        "already is left alone; a newer processing supersedes the older one, which stays on record."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths",
            nargs="+",
            metavar="PATH",
            help="a product's folder or tar; a folder may hold several products",
        )

    def handle(self, *args: Any, paths: list[str], **options: Any) -> None:
        refused: list[str] = []
        for path, found in products_at(paths):
            if isinstance(found, ProductError):
                refused.append(str(found))
                continue
            for product in found:

                def bar(blocks: Iterable[Any], label: str = product.product_id) -> Iterable[Any]:
                    return self.progress(list(blocks), label=label, unit="block")

                try:
                    scene, is_new = add_product(product, bar)
                except ScienceError as error:
                    refused.append(
                        f"{error} ({path.name})" if path.name not in str(error) else str(error)
                    )
                else:
                    self.stdout.write(self._line(scene, is_new))
        if refused:
            raise BadInput("\n".join(refused))

    def _line(self, scene: Scene, is_new: bool) -> str:
        if not is_new:
            return f"{scene.product_id}: already there, nothing changed."
        line = f"{scene.product_id}: added, {scene.clear_share:.0%} of the commune clear"
        if scene.median_c is not None:
            line += f", median {scene.median_c:.1f} °C"
        if scene.missing:
            line += f"; came without {', '.join(scene.missing)}"
        if not scene.has_qa:
            line += " (clouds are not known)"
        older = [old.product_id for old in scene.supersedes.all()]
        if older:
            line += f"; supersedes {', '.join(older)}"
        return f"{line}."
