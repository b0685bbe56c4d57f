"""`manage.py export_trees FILE`: the town's trees as CSV, GeoJSON, GeoPackage or schema-arbre."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone
from tqdm import tqdm

from greening.command import TownCommand
from greening.errors import BadInput
from greening.exchange.trees import write, write_schema_arbre
from greening.models import Commune


class Command(TownCommand):
    help = "Exports trees: our own columns (complete, they come back unchanged), or schema-arbre."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            help=".csv, .geojson or .gpkg; a folder gets a schema-arbre file under its official name",
        )
        parser.add_argument(
            "--profile",
            choices=["own", *write_schema_arbre.ORDERS],
            help="what the columns are (default: own)",
        )
        parser.add_argument(
            "--source",
            help="only trees of this source: data under ODbL are published apart from the rest",
        )
        parser.add_argument(
            "--archived", action="store_true", help="with trees that are gone from their source"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        commune = Commune.objects.the()
        path, profile = Path(options["file"]), options["profile"]
        if path.is_dir():
            profile = profile or "schema-arbre"
            if profile == "own":
                raise BadInput(
                    f"{path} is a folder: give a file that ends in {', '.join(write.WRITERS)}."
                )
            path = path / write.today_name(commune.name, timezone.localdate())
        suffix = path.suffix.lower()
        trees = write.trees_to_export(source=options["source"], archived=options["archived"])
        total = trees.count()
        if not total:
            raise BadInput(
                "There are no trees to export" + (" of this source." if options["source"] else ".")
            )
        bar = tqdm(total=total, desc="trees", unit="tree", disable=not self.stderr.isatty())
        rows = trees.iterator(chunk_size=2000)
        again = f"import_trees {path.name}"
        if profile in write_schema_arbre.ORDERS:
            if suffix != ".csv":
                raise BadInput(f"schema-arbre is a CSV file: {path.name} should end in .csv.")
            own_ids = write_schema_arbre.ids_of_source(trees)
            count = write_schema_arbre.write(
                path,
                rows,
                lambda n: bar.update(n - bar.n),
                profile=profile,
                commune=commune,
                own_ids=own_ids,
            )
            if own_ids:
                again += f' --source "{trees[0].source}"'
            else:
                again += " --own-numbers"
        elif suffix in write.WRITERS:
            count = write.WRITERS[suffix](path, rows, lambda n: bar.update(n - bar.n))
        else:
            raise BadInput(f"{path.name} should end in {', '.join(write.WRITERS)}.")
        bar.close()
        noun = "tree" if count == 1 else "trees"
        self.stdout.write(f"{count} {noun} written to {path}; back again with: {again}")
