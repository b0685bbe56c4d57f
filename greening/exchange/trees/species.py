"""Names in a file → our species: each distinct text worked out once, and what stays open told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from greening.models import Species
from greening.species.candidates import Match, Outcome, Reason
from greening.species.catalogue import matcher
from greening.species.names import fold, join


@dataclass(frozen=True, slots=True)
class Named:
    """What a row's name stands for: the text as it is kept, and the species where one is clear."""

    text: str = ""
    species: Species | None = None
    outcome: Outcome | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the species says all that the text does."""
        return self.outcome in (Outcome.EXACT, Outcome.FUZZY)


@dataclass
class Namer:
    """Matches the names of one file; keeps count of those that a person should look at."""

    species: dict[int, Species] = field(default_factory=lambda: Species.objects.in_bulk())
    open: Counter[tuple[str, str]] = field(default_factory=Counter)
    _known: dict[tuple[str, ...], Named] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.matcher = matcher()
        self.by_parts = {
            (one.genus, one.species, one.infraspecific, one.cultivar): one
            for one in self.species.values()
        }

    def name(self, names: Mapping[str, str]) -> Named:
        """The name of one row from its columns; the common name counts where the scientific one says nothing."""
        key = tuple(names.get(part, "") for part in PARTS)
        if key not in self._known:
            self._known[key] = self._work_out(*key)
        named = self._known[key]
        if named.text and not named.is_settled:
            self.open[named.text, str(named.outcome)] += 1
        return named

    def of_parts(self, names: Mapping[str, str]) -> Species | None:
        """The species of exactly these parts (our own files)."""
        found = self.by_parts.get(
            tuple(names.get(part, "") for part in ("genus", "epithet", "infraspecific", "cultivar"))  # type: ignore[arg-type]
        )
        return found.accepted if found else None

    def match(self, text: str) -> Match:
        return self.matcher.match(text)

    def _work_out(
        self, species: str, genus: str, epithet: str, infraspecific: str, cultivar: str, common: str
    ) -> Named:
        if genus or epithet or not species:
            text = join(genus, epithet, cultivar, infraspecific)
        else:
            text = join(species, "", cultivar)
        found = self._settled(text) if text else None
        if common and (found is None or found.species is None):
            by_common = self._settled(" ".join(common.split()))
            if found is None:
                found = by_common
            elif by_common.outcome is Outcome.EXACT:
                found = Named(found.text, by_common.species, Outcome.BROADER)
        return found or Named()

    def _settled(self, text: str) -> Named:
        text = text[:160]
        match = self.match(text)
        best = match.best
        return Named(text, self.species[best.id] if best else None, match.outcome)


SCIENTIFIC = (Reason.ACCEPTED_NAME, Reason.SYNONYM)
PARTS = ("species", "genus", "epithet", "infraspecific", "cultivar", "common")


def parts_written(text: str) -> tuple[str, str, str]:
    """(genus, epithet, cultivar) of a text that `join` made, so that `join` makes it again.

    >>> parts_written("Pyrus communis 'Beurré Hardy'"), parts_written("× Chitalpa tashkentensis")
    (('Pyrus', 'communis', 'Beurré Hardy'), ('× Chitalpa', 'tashkentensis', ''))
    """
    head, quote, tail = text.partition(" '")
    words = head.split()
    first = 2 if len(words) > 1 and words[0] in ("x", "×") else 1
    cultivar = quote.strip() + tail
    if len(cultivar) > 2 and cultivar[0] == cultivar[-1] == "'":
        cultivar = cultivar[1:-1]
    return " ".join(words[:first]), " ".join(words[first:]), cultivar


def parts_of(tree: Any, namer: Namer) -> tuple[str, str, str, str]:
    """(genus, epithet, cultivar, common name) of a tree, as much as is known of it, for columns kept apart.

    What the town wrote goes back to it, as long as it is a scientific name of this species (or says more: a
    cultivar we do not have); a common name, or a text that a person settled otherwise, gives way to the
    accepted name.
    """
    common = tree.details.get("common_name", "")
    species = tree.species
    written = tree.species_as_written
    if species is not None:
        common = common or species.name_fr
        if not written or not _is_name_of(written, species, namer):
            epithet = f"{species.species} {species.infraspecific}".strip()
            return species.genus, epithet, species.cultivar, common
    elif not written:
        return "", "", "", common
    elif written[0].islower() and not written.startswith(("x ", "×")):
        return "", "", "", written
    return (*parts_written(written), common)


def _is_name_of(written: str, species: Species, namer: Namer) -> bool:
    match = namer.match(written)
    best = match.best
    if best is None or best.id != species.pk:
        return False
    if best.reason in SCIENTIFIC or match.outcome is Outcome.BROADER:
        return True
    return fold(parts_written(written)[0]) == fold(species.genus)
