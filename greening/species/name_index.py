"""Every way the catalogue writes its taxa, laid out for looking up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from greening.species.names import ScientificName, fold, parse

#: Words that carry nothing when vernacular names are compared (plane tree, plane).
_STOP_WORDS = frozenset(
    {
        "a",
        "au",
        "aux",
        "d",
        "de",
        "des",
        "du",
        "en",
        "et",
        "l",
        "la",
        "le",
        "les",
        "the",
        "s",
        "tree",
    }
)

#: Endings by which one Latin adjective agrees with another gender or case, longest first.
_LATIN_ENDINGS = ("iana", "ianum", "ianus", "ii", "um", "us", "is", "ea", "ae", "a", "e", "i")  # fmt: skip


class Kind(StrEnum):
    """What a name is to its taxon."""

    ACCEPTED = "accepted"
    SYNONYM = "synonym"
    COMMON = "common"
    #: A generic name ("platane") whose usual bearer this taxon is: a suggestion, never a match.
    USUAL = "usual"


@dataclass(frozen=True)
class Entry:
    """One taxon of the catalogue: `id` is whatever the caller knows it by."""

    id: int
    name: ScientificName
    names: tuple[tuple[str, Kind], ...] = ()


@dataclass(frozen=True)
class Hit:
    """A name found: the taxon's id, what the name is to it, and the name as the catalogue writes it."""

    id: int
    kind: Kind
    written: str


@dataclass
class Genus:
    """What is known under one genus name (synonyms too: Sophora holds Styphnolobium's)."""

    own: Hit | None = None
    epithets: dict[str, dict[str, None]] = field(default_factory=dict)  # folded epithet → name keys
    cultivars: dict[str, list[tuple[str, Hit]]] = field(default_factory=dict)  # → (epithet, hit)


def vernacular(text: str) -> str:
    """The words of a common name that carry it, without plural marks.

    >>> vernacular("Tilleuls à petites feuilles"), vernacular("Arbres aux 40 écus")
    ('tilleul petite feuille', 'arbre 40 ecu')
    """
    words = (word for word in fold(text).split() if word not in _STOP_WORDS)
    return " ".join(word[:-1] if len(word) > 3 and word[-1] == "s" else word for word in words)


def latin_stem(epithet: str) -> str:
    """An epithet without its ending of gender: *japonica* and *japonicum* are one word.

    >>> latin_stem("japonica") == latin_stem("japonicum"), latin_stem("alba") == latin_stem("rubra")
    (True, False)
    """
    for ending in _LATIN_ENDINGS:
        if epithet.endswith(ending) and len(epithet) - len(ending) >= 3:
            return epithet[: -len(ending)]
    return epithet


class NameIndex:
    """Names by their keys; built once, read only."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries: dict[int, Entry] = {}
        self.scientific: dict[str, list[Hit]] = {}
        self.common: dict[str, list[Hit]] = {}
        self.genera: dict[str, Genus] = {}
        self._species_in: dict[str, set[str]] = {}
        for entry in entries:
            self.entries[entry.id] = entry
            self._species_in.setdefault(fold(entry.name.genus), set()).add(entry.name.epithet)
            self._add_scientific(entry.name, Hit(entry.id, Kind.ACCEPTED, str(entry.name)))
            for written, kind in entry.names:
                hit = Hit(entry.id, kind, written)
                if kind in (Kind.COMMON, Kind.USUAL):
                    self._append(self.common, vernacular(written), hit)
                elif name := parse(written):
                    self._add_scientific(name, hit)

    def is_genus(self, id: int) -> bool:
        """Whether the taxon is a genus-level record ("Prunus sp.")."""
        return self.entries[id].name.is_genus

    def genus_of(self, id: int) -> str:
        return fold(self.entries[id].name.genus)

    def only_species_of_its_genus(self, id: int) -> bool:
        """Whether the catalogue knows one named species in the taxon's genus, and it is this one."""
        return len(self._species_in[self.genus_of(id)] - {""}) == 1 and not self.is_genus(id)

    def of_genus(self, genus: str) -> Genus | None:
        return self.genera.get(genus)

    def common_hits(self, text: str) -> Iterator[Hit]:
        yield from self.common.get(vernacular(text), ())

    def _add_scientific(self, name: ScientificName, hit: Hit) -> None:
        self._append(self.scientific, name.key, hit)
        genus = self.genera.setdefault(fold(name.genus), Genus())
        if name.is_genus:
            if genus.own is None or hit.kind is Kind.ACCEPTED:
                genus.own = hit
            return
        epithet = name.epithet
        if epithet:
            genus.epithets.setdefault(epithet, {})[name.key] = None
        if name.cultivar:
            genus.cultivars.setdefault(fold(name.cultivar), []).append((epithet, hit))

    @staticmethod
    def _append(table: dict[str, list[Hit]], key: str, hit: Hit) -> None:
        hits = table.setdefault(key, [])
        if key and all(hit.id != known.id for known in hits):
            hits.append(hit)
