"""The answer to "which taxon is this?": an outcome, and candidates each with a score and a reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from greening.species.names import ScientificName


class Outcome(StrEnum):
    """What may be done with a match."""

    EXACT = "exact"  # the catalogue holds this name
    FUZZY = "fuzzy"  # one clear taxon, the spelling differs
    BROADER = "broader"  # a wider taxon is known: the species without the cultivar, the genus without the species
    AMBIGUOUS = "ambiguous"  # several, too close to choose between
    UNKNOWN = "unknown"  # nothing near enough; candidates, if any, are hints


class Reason(StrEnum):
    """Why a candidate stands in the list."""

    ACCEPTED_NAME = "accepted name"
    SYNONYM = "synonym"
    COMMON_NAME = "common name"
    USUAL_BEARER = "usual bearer of a generic name"
    LATIN_ENDING = "another Latin ending"
    SPELLING = "spelling"
    WORD_ORDER = "word order"
    COMMON_AND_LATIN = "common name and Latin"
    CULTIVAR_OF_GENUS = "same genus and cultivar"
    CULTIVAR_UNKNOWN = "species known, cultivar not"
    RANK_UNKNOWN = "species known, subspecies or variety not"
    WORDS_LEFT_OVER = "species known, further words not"
    SPECIES_UNKNOWN = "genus known, species not"
    DOUBTFUL = "doubtful determination"
    HYBRID_FORMULA = "hybrid formula"


@dataclass(frozen=True)
class Candidate:
    """A taxon that may be meant; `written` is the catalogue's name met, `missing` what that leaves out."""

    id: int
    score: float
    reason: Reason
    written: str
    missing: str = ""


@dataclass(frozen=True)
class Match:
    """Candidates best first; `name` is the text taken apart, for a taxon that is to be added."""

    text: str
    outcome: Outcome
    candidates: tuple[Candidate, ...] = ()
    name: ScientificName | None = None

    @property
    def best(self) -> Candidate | None:
        """The one taxon this text stands for, or None where a person must choose."""
        if self.outcome in (Outcome.AMBIGUOUS, Outcome.UNKNOWN):
            return None
        return self.candidates[0]
