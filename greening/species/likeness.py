"""How like two words are, as misspellings go."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

#: Likeness (0–100: one wrong, missing or swapped letter costs 100 / length) under which two words are not the same
#: word misspelt. By letters in common order instead, "rotundifolia" would be 82 % of "prunifolia".
LIKE_WORD = 80.0
#: Under this a spelling is offered and not taken: Acer saccharum is 82 % of A. saccharinum and another tree.
CLEAR_WORD = 85.0


def likeness_of(word: str, other: str) -> float:
    """100 for equal words, less by 100 / length for each letter wrong, missing, added or swapped with the next.

    >>> likeness_of("styracifula", "styraciflua") > 90, likeness_of("frene", "chene")
    (True, 60.0)
    """
    return round(100 * OSA.normalized_similarity(word, other), 6)


def like(word: str, known: Iterable[str]) -> list[tuple[str, float]]:
    """The known words most like `word`, three at most, with their likeness, `LIKE_WORD` at least.

    >>> like("rubur", ["ilex", "robur", "rubra"])
    [('robur', 80.0)]
    """
    near = process.extract(
        word,
        list(known),
        scorer=OSA.normalized_similarity,
        score_cutoff=LIKE_WORD / 100
        - 0.05,  # the cutoff is met loosely, so it is checked again below
        limit=3,
    )
    found = ((key, likeness_of(word, key)) for key, _, _ in near)
    return [(key, likeness) for key, likeness in found if likeness >= LIKE_WORD]


def worst_word(one: list[str], other: list[str]) -> float:
    """The likeness of the word, on either side, that finds the least like partner; short words must be equal.

    >>> worst_word(["chene", "rouge"], ["frene", "rouge"])
    60.0
    """

    def best(word: str, words: list[str]) -> float:
        if len(word) <= 3:
            return 100.0 if word in words else 0.0
        return max(likeness_of(word, partner) for partner in words)

    if not one or not other:
        return 0.0
    return min(*(best(word, other) for word in one), *(best(word, one) for word in other))
