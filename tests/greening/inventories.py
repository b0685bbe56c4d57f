"""What the tests of tree imports share: small inventories, written as towns write them."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from greening.models import Event, Species, Tree
from tests.factories import CommuneFactory, SpeciesFactory
from tests.greening.imports import run

#: Three places in Issy-les-Moulineaux.
HERE = (2.2737, 48.8238)
THERE = (2.2700, 48.8240)
PARK = (2.2601, 48.8215)
#: In the Parc Borély, Marseille: far from Issy.
FAR = (5.3825, 43.2610)


def town() -> None:
    """Issy with a few species."""
    CommuneFactory(insee="92040")
    SpeciesFactory(genus="Tilia", species="", name_fr="Tilleul")
    SpeciesFactory(genus="Tilia", species="cordata", name_fr="Tilleul à petites feuilles")
    SpeciesFactory(genus="Platanus", species="× hispanica", name_fr="Platane commun")
    SpeciesFactory(genus="Pyrus", species="communis", name_fr="Poirier commun")


def table(
    path: Path,
    *rows: dict[str, Any],
    separator: str = ",",
    encoding: str = "utf-8",
    newline: str = "\r\n",
) -> Path:
    """A CSV file with the columns of all rows."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(
            file, columns, delimiter=separator, restval="", lineterminator=newline
        )
        writer.writeheader()
        writer.writerows(rows)
    return path


def tree_row(number: int = 1, place: tuple[float, float] = HERE, **more: Any) -> dict[str, Any]:
    return {"id": number, "lon": place[0], "lat": place[1] + number * 1e-5, **more}


def imported(path: Path, *options: object) -> str:
    """All that the import says at the terminal."""
    out, err = run("import_trees", path, *options)
    return f"{out}\n{err}"


def the_tree(source_id: object) -> Tree:
    return Tree.objects.get(source_id=str(source_id))


def events() -> int:
    return Event.objects.count()


def counts(said: str) -> dict[str, int]:
    """The numbers of the last line: `3 new, 0 updated…`."""
    line = next(line for line in said.splitlines() if " landed of " in line)
    found = re.findall(
        r"(\d+) (new|updated|unchanged|refused|back again|archived|gone from the file but held)",
        line,
    )
    return {word: int(number) for number, word in found}


def name_of(tree: Tree) -> str:
    species: Species | None = tree.species
    return str(species) if species else ""
