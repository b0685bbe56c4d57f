"""Which column is what: by its name first, then by its values; always for a person to confirm."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from greening.exchange.fields import folded
from greening.exchange.trees import cells
from greening.exchange.trees.cells import Doubt
from greening.exchange.trees.place import REACH
from greening.exchange.trees.profile import Profile

#: A guess by values needs this many filled cells, and this share of them that agree.
FEWEST, AGREE = 3, 0.9
_BINOMIAL = re.compile(r"^[A-ZÀ-Þ][a-zà-ÿ-]{2,}(?: [x×])? [a-zà-ÿ-]{3,}")
_WORDS = (  # parts of header names, where the whole is not known
    ("circonf", "girth_cm"), ("girth", "girth_cm"), ("diametre_couronne", "crown_m"), ("houppier", "crown_m"),
    ("diam", "diameter_cm"), ("haut", "height_m"), ("height", "height_m"), ("plantation", "planted_on"),
    ("genre", "genus"), ("espece", "epithet"), ("cultivar", "cultivar"), ("variete", "cultivar"),
    ("latin", "species"), ("scientif", "species"), ("botan", "species"), ("essence", "species"),
    ("vernac", "common_name"), ("longitude", "lon"), ("latitude", "lat"), ("adresse", "address"),
    ("rue", "address"), ("matricule", "matricule"), ("stade", "stage"), ("remarquable", "remarkable"),
)  # fmt: skip
_UNIT = re.compile(r"(?:^|_|en_)(mm|cm|m)$")


@dataclass(frozen=True)
class Guess:
    """One column's likely word, and why: "name", "part of the name", or "values"; "" for neither."""

    column: str
    word: str
    why: str


def guesses(
    profile: Profile,
    headers: Sequence[str],
    sample: Sequence[Sequence[Any]],
    bounds: tuple[float, float, float, float],
) -> list[Guess]:
    """A guess for each column of the file. `bounds` are the commune's: west, south, east, north."""
    by_name = profile.mapping(headers)
    found = {column: Guess(column, word, "name") for column, word in by_name.items()}
    if profile.name == "generic":
        taken = set(by_name.values())
        for column in headers:
            if column not in found and (word := _by_part(folded(column))) and word not in taken:
                found[column] = Guess(column, word, "part of the name")
                taken.add(word)
        for index, column in enumerate(headers):
            if column in found:
                continue
            filled = [text for row in sample if index < len(row) and not cells.is_empty(row[index])
                      and (text := str(row[index]).strip())]  # fmt: skip
            word = _by_values(filled, bounds, taken)
            if word:
                found[column] = Guess(column, word, "values")
                taken.add(word)
        _one_each(found, headers, sample)
    return [found.get(column, Guess(column, "", "")) for column in headers]


def _by_part(name: str) -> str:
    word = next((word for part, word in _WORDS if part in name), "")
    unit = _UNIT.search(name)
    if unit and "_" in word:
        other = f"{word.rpartition('_')[0]}_{unit[1]}"
        if other in ("girth_cm", "girth_m", "height_m", "height_cm", "diameter_cm", "diameter_m", "diameter_mm",
                     "crown_m", "crown_cm"):  # fmt: skip
            return other
    return word


def _by_values(
    filled: list[str], bounds: tuple[float, float, float, float], taken: set[str]
) -> str:
    if len(filled) < FEWEST:
        return ""

    def mostly(test: Callable[[str], bool]) -> bool:
        return sum(map(test, filled)) >= AGREE * len(filled)

    west, south, east, north = bounds
    if (
        not taken & {"lon", "lat_lon", "wkt", "x"}
        and mostly(_between(west - REACH, east + REACH))
        and _fine(filled)
    ):
        return "lon"
    if (
        not taken & {"lat", "lat_lon", "wkt", "y"}
        and mostly(_between(south - REACH, north + REACH))
        and _fine(filled)
    ):
        return "lat"
    if not taken & {"species", "genus"} and mostly(lambda text: bool(_BINOMIAL.match(text))):
        return "species"
    if "planted_on" not in taken and mostly(_is_day):
        return "planted_on"
    return ""


def _fine(filled: list[str]) -> bool:
    """Coordinates have decimals; a column of small whole numbers is something else."""
    return sum("." in text or "," in text for text in filled) >= AGREE * len(filled)


def _between(low: float, high: float) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        try:
            return low <= cells.number(text) <= high
        except Doubt:
            return False

    return test


def _is_day(text: str) -> bool:
    try:
        return not cells.day(text)[1]
    except Doubt:
        return False


def _one_each(
    found: dict[str, Guess], headers: Sequence[str], sample: Sequence[Sequence[Any]]
) -> None:
    """Two columns for one identifier: the one without repeats (best known name first) keeps it."""
    rivals = [column for column in headers if column in found and found[column].word == "id"]
    if len(rivals) < 2:
        return
    from greening.exchange.trees.targets import TARGETS

    order = TARGETS["id"].guesses

    def rank(column: str) -> tuple[bool, int]:
        index = list(headers).index(column)
        values = [row[index] for row in sample if index < len(row)]
        name = folded(column)
        return len(set(map(str, values))) < len(values), order.index(
            name
        ) if name in order else len(order)

    best = min(rivals, key=rank)
    for column in rivals:
        if column != best:
            found[column] = Guess(column, "", "")


def as_mapping(found: Sequence[Guess]) -> Mapping[str, str]:
    return {guess.column: guess.word for guess in found if guess.word}
