"""Which attribute of a file fills which field of ours: told, or guessed from the official French names."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greening.errors import BadInput


class RowProblem(Exception):
    """One row cannot land; the message is the rest of a sentence that begins with «row 7»."""


@dataclass(frozen=True)
class Field:
    """A field that an import can fill: the attribute names it is known by, best first, and how to read it."""

    name: str
    guesses: tuple[str, ...]
    parse: Callable[[Any], Any]
    required: bool = False


def folded(text: str) -> str:
    """Letters and digits only, without accents or case, for comparing names.

    >>> folded("Nombre d'élèves"), folded("NOM_COM ")
    ('nombre_d_eleves', 'nom_com')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def matched(
    fields: Sequence[Field],
    attributes: Sequence[str],
    *,
    told: Mapping[str, str] | None = None,
    file: str = "the file",
) -> dict[str, str]:
    """Our field → the file's attribute, where there is one. What was told goes before what is guessed."""
    ours = {field.name for field in fields}
    mapping: dict[str, str] = {}
    by_folded = {folded(attribute): attribute for attribute in reversed(attributes)}
    for name, attribute in (told or {}).items():
        if name not in ours:
            raise BadInput(
                f"There is no field «{name}» to fill: there are {', '.join(sorted(ours))}."
            )
        if attribute not in attributes and folded(attribute) not in by_folded:
            raise BadInput(f"{file} has no column «{attribute}»: it has {', '.join(attributes)}.")
        mapping[name] = attribute if attribute in attributes else by_folded[folded(attribute)]
    for field in fields:
        if field.name not in mapping:
            known = next((by_folded[guess] for guess in field.guesses if guess in by_folded), None)
            if known is not None:
                mapping[field.name] = known
            elif field.required:
                raise BadInput(
                    f"{file} has no column for «{field.name}» that is recognised: say which with"
                    f" --field {field.name}=COLUMN (it has {', '.join(attributes) or 'no columns'})."
                )
    return mapping


def told_by(mapping_file: str | None, pairs: Sequence[str]) -> dict[str, str]:
    """The mapping that a person gave: a JSON file of {field: attribute}, and `field=attribute` pairs over it."""
    told: dict[str, str] = {}
    if mapping_file is not None:
        try:
            loaded = json.loads(Path(mapping_file).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"The mapping {mapping_file} is not a JSON file: {error}.") from error
        if not isinstance(loaded, dict) or not all(isinstance(v, str) for v in loaded.values()):
            raise BadInput(
                f'The mapping {mapping_file} must look like {{"name": "NOM", "pupils": "EFFECTIF"}}.'
            )
        told.update(loaded)
    for pair in pairs:
        name, equals, attribute = pair.partition("=")
        if not (name and equals and attribute):
            raise BadInput(f"--field is written field=COLUMN, not «{pair}».")
        told[name.strip()] = attribute.strip()
    return told


def values(
    fields: Sequence[Field], mapping: Mapping[str, str], attributes: Mapping[str, Any]
) -> dict[str, Any]:
    """The row's values by our names; None where the cell is empty. Raises RowProblem."""
    found: dict[str, Any] = {}
    for field in fields:
        if field.name in mapping:
            cell = attributes[mapping[field.name]]
            found[field.name] = None if is_missing(cell) else field.parse(cell)
            if field.required and found[field.name] is None:
                raise RowProblem(f"has nothing in «{mapping[field.name]}»")
    return found


def is_missing(cell: object) -> bool:
    """Whether a cell is empty: None, NaN, NaT or blank text."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return True
    return bool(cell != cell)  # NaN and NaT differ from themselves


# --- How cells are read -----------------------------------------------------------------------------


def text(length: int) -> Callable[[Any], str]:
    """A reader of text of at most `length` characters; numbers lose a `.0` that null cells gave them."""

    def parse(cell: Any) -> str:
        if not isinstance(cell, str) and isinstance(cell, float) and cell == int(cell):
            cell = int(cell)
        value = " ".join(str(cell).split())
        if len(value) > length:
            raise RowProblem(
                f"has a text of {len(value)} characters where {length} fit: «{value[:40]}…»"
            )
        return value

    return parse


def number(cell: Any) -> float:
    """A finite number; a decimal comma is understood."""
    try:
        value = float(cell.replace(",", ".").replace(" ", "") if isinstance(cell, str) else cell)
    except (TypeError, ValueError):
        raise RowProblem(f"has «{cell}» where a number belongs") from None
    if not math.isfinite(value):
        raise RowProblem(f"has «{cell}» where a number belongs")
    return value


def count(cell: Any) -> int:
    """A whole number of zero or more."""
    value = number(cell)
    if value < 0 or value != int(value):
        raise RowProblem(f"has «{cell}» where a whole number belongs")
    return int(value)


def share(cell: Any) -> float:
    """A share of 0 to 1."""
    value = number(cell)
    if not 0 <= value <= 1:
        raise RowProblem(f"has «{cell}» where a share of 0 to 1 belongs")
    return value
