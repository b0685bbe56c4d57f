"""Unit mistakes, caught by what a tree can be: corrected only where nothing else is possible, and said each time."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from greening.exchange.trees import cells
from greening.exchange.trees.cells import Doubt
from greening.exchange.trees.record import Record

#: The thickest trunks of France: Allouville's oak, 3.1 m through; girths of 16 m are on record (Lamanon, Krugell).
MAX_GIRTH_M = 16.0
MAX_DIAMETER_M = 3.2
#: France's tallest tree on record is a Douglas fir of 67 m.
MAX_HEIGHT_M = 67.0
#: A trunk of 1 cm round is a twig: no nursery sells it as a tree (whips are 4 cm and more).
MIN_GIRTH_M = 0.01

#: Medians of whole columns (m) beyond which their unit must be another. Inventories lie far inside: girths of
#: 0.3 to 1.5 m, heights of 4 to 15 m.
COLUMN = {
    "girth_cm": (0.03, "girth_m", 8.0, "mm"),
    "girth_m": (0.0, "", 8.0, "girth_cm"),
    "diameter_cm": (0.01, "diameter_m", 8.0, "mm"),
    "diameter_m": (0.0, "", 2.5, "diameter_cm"),
    "height_m": (0.0, "", 80.0, "height_cm"),
    "height_cm": (0.3, "height_m", math.inf, ""),
}
UNIT = {
    "girth_cm": "cm",
    "girth_m": "m",
    "diameter_cm": "cm",
    "diameter_m": "m",
    "height_m": "m",
    "height_cm": "cm",
}


def units_of(
    headers: Sequence[str], mapping: Mapping[str, str], sample: Sequence[Sequence[Any]]
) -> tuple[dict[str, str], list[str]]:
    """The mapping with units put right where a column's median leaves no other reading, and a note for each.

    >>> units_of(["circ"], {"circ": "girth_cm"}, [["0.9"], ["1.2"], ["1.5"]])[0]
    {'circ': 'girth_m'}
    """
    right, notes = dict(mapping), []
    for column, word in mapping.items():
        if word not in COLUMN or column not in headers:
            continue
        low, if_low, high, if_high = COLUMN[word]
        index = list(headers).index(column)
        sizes = [size for row in sample if (size := _size(row, index, UNIT[word]))]
        if not sizes:
            continue
        median = statistics.median(sizes)
        instead = if_low if median < low else if_high if median > high else ""
        if instead in COLUMN:
            right[column] = instead
            notes.append(
                _(
                    "“%(column)s” is read as %(now)s, not %(was)s: else its median would be %(median).3g m."
                )
                % {"column": column, "now": instead, "was": word, "median": median}
            )
        elif word == "diameter_cm" and median > 0.9:
            notes.append(
                _(
                    "“%(column)s” looks like girths: half of its diameters are over %(median).0f cm. Read as it says."
                )
                % {"column": column, "median": median * 100}
            )
    return right, notes


def _size(row: Sequence[Any], index: int, unit: str) -> float | None:
    try:
        cell = row[index]
        return None if cells.is_empty(cell) else cells.number(cell, unit)
    except (Doubt, IndexError):
        return None


def check_sizes(record: Record) -> None:
    """Mend or drop sizes that no tree has, and tell it."""
    girth, height = record.tree.get("girth_m"), record.tree.get("height_m")
    if girth is not None:
        if record.own.get("diameter") and girth > MAX_DIAMETER_M * math.pi:
            _not_a_diameter(record, girth / math.pi)
        elif girth > MAX_GIRTH_M:
            _too_thick(record, girth)
        elif girth < MIN_GIRTH_M:
            record.tell(
                "tiny_girth", _("A girth of %.2g m is a twig's: check the unit.") % girth, "girth_m"
            )
    if height is not None and height > MAX_HEIGHT_M:
        record.tree.pop("height_m")
        record.tell(
            "impossible_height",
            _("A height of %.6g m is more than any tree's here: left empty.") % height,
            "height_m",
        )


def _not_a_diameter(record: Record, diameter: float) -> None:
    if diameter <= MAX_GIRTH_M:
        record.tree["girth_m"] = round(diameter, 6)
        record.own.pop("diameter", None)
        sentence = _("A diameter of %.6g cm is no tree's: taken for its girth.")
        record.tell("girth_not_diameter", sentence % (diameter * 100), "girth_m")
    else:
        record.tree.pop("girth_m")
        sentence = _("A diameter of %.6g cm is no tree's: left empty.")
        record.tell("impossible_girth", sentence % (diameter * 100), "girth_m")


def _too_thick(record: Record, girth: float) -> None:
    """Girths of more than 16 m: centimetres in a column of metres, where that gives a tree."""
    if (
        not record.own.get("diameter")
        and 20 < girth <= 1000
        and UNIT.get(record.own.get("unit", ""), "m") == "m"
    ):
        record.tree["girth_m"] = girth / 100
        sentence = _("A girth of %.6g m is no tree's: read as centimetres.")
        record.tell("unit_corrected", sentence % girth, "girth_m")
        return
    record.tree.pop("girth_m")
    record.tell(
        "impossible_girth",
        _("A girth of %.6g m is more than any tree's: left empty.") % girth,
        "girth_m",
    )
