"""Medians over scenes, cell by cell, with missing values: a sorting network of whole-row minima and maxima.

Sorting the 40 values of each of nine million cells one by one is the slowest part of a composite; a network
compares two scenes for thousands of cells in one vector instruction each and needs no branch.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heat_islands.science.encoding import NODATA

Int16Array = NDArray[np.int16]
FloatArray = NDArray[np.float32]

SHIFT = 8192  # see less()
CELLS_AT_ONCE = 16384  # × 41 rows × 2 bytes: what is sorted stays in the second-level cache


@cache
def comparators(size: int) -> tuple[tuple[int, int], ...]:
    """Pairs (i, j), i < j, of Batcher's odd-even merge sort for `size` rows [Knuth, TAOCP 3, 5.2.2 M].

    >>> comparators(4)
    ((0, 2), (1, 3), (0, 1), (2, 3), (1, 2))
    """
    pairs = []
    top = 1 << max(0, (size - 1).bit_length() - 1)
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while True:
            pairs += [(i, i + d) for i in range(size - d) if i & p == r]
            if q == p:
                break
            d, q, r = q - p, q // 2, p
        p //= 2
    return tuple(pairs)


@cache
def lower_half(size: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """Comparators that the smallest size // 2 + 1 rows need, each with whether its minimum and maximum are used.

    Missing values sort last, so no median ever lies in the upper half.

    >>> lower_half(2), len(lower_half(40)), len(comparators(40))
    (((0, 1, True, True),), 258, 283)
    """
    needed = set(range(size // 2 + 1))
    kept = []
    for i, j in reversed(comparators(size)):
        if i in needed or j in needed:
            kept.append((i, j, i in needed, j in needed))
            needed |= {i, j}
    return tuple(reversed(kept))


class Ordered(NamedTuple):
    """What :func:`sort_rows` gives: `rows[place[k]]` is each column's k-th smallest value, k ≤ scenes // 2."""

    rows: Int16Array
    place: NDArray[np.intp]

    def median_of_first(self, n: Int16Array) -> FloatArray:
        """The median of the first `n` values of each column; NaN where `n` is 0."""
        cells = self.rows.shape[1]
        column = np.arange(cells)
        flat = self.rows.ravel()
        low = flat.take(self.place[np.maximum(n - 1, 0) // 2] * cells + column).astype(np.float32)
        low += flat.take(self.place[np.minimum(n // 2, len(self.place) - 1)] * cells + column)
        low *= np.float32(0.5)
        low[n == 0] = np.nan
        return np.asarray(low)


def sort_rows(rows: Int16Array) -> Ordered:
    """The lower half of each column of `rows` (scenes + 1, cells) sorted: all that a median needs.

    The last row is room to work in, and all are overwritten.
    """
    place = list(range(len(rows)))
    for i, j, low, high in lower_half(len(rows) - 1):
        a, b = rows[place[i]], rows[place[j]]
        if low and high:
            spare = rows[place[-1]]
            np.minimum(a, b, out=spare)
            np.maximum(a, b, out=b)
            place[i], place[-1] = place[-1], place[i]
        elif low:
            np.minimum(a, b, out=a)
        else:
            np.maximum(a, b, out=b)
    return Ordered(rows, np.array(place[:-1]))


def less(stored: Int16Array, term: Int16Array) -> Int16Array:
    """`stored` − `term` − SHIFT in (scenes + 1, cells), the last row free; nodata lands far above every value.

    int16 arithmetic wraps: −32768 − 8192 − term comes out between 16576 and 32576 for |term| ≤ 8000, above all
    differences of two numbers within ±12000 less 8192. So missing values sort last without a branch.
    """
    rows = np.empty((len(stored) + 1, stored.shape[1]), dtype=np.int16)
    np.subtract(stored, term[:, np.newaxis] + np.int16(SHIFT), out=rows[:-1])
    return rows


def count_known(stored: Int16Array) -> Int16Array:
    """How many of the (scenes, cells) stored numbers are known in each cell."""
    return np.asarray(np.add.reduce((stored != NODATA).view(np.int8), axis=0, dtype=np.int16))


def median_of_known(stored: Int16Array) -> tuple[FloatArray, Int16Array]:
    """The median over the first axis of (scenes, cells) stored numbers, nodata left out, and how many were known.

    NaN where none is. The mean of the two middle values where their number is even, as everywhere. Stored numbers
    must lie within ±12000.

    >>> median_of_known(np.array([[1, -32768], [5, -32768], [-32768, -32768], [9, 7]], dtype=np.int16))
    (array([5., 7.], dtype=float32), array([3, 1], dtype=int16))
    """
    parts = [
        _median_chunk(stored[:, i : i + CELLS_AT_ONCE])
        for i in range(0, stored.shape[1], CELLS_AT_ONCE)
    ]
    values, counts = zip(*parts, strict=True)
    return np.concatenate(values), np.concatenate(counts)


def _median_chunk(stored: Int16Array) -> tuple[FloatArray, Int16Array]:
    n = count_known(stored)
    ordered = sort_rows(less(stored, np.zeros(len(stored), dtype=np.int16)))
    return ordered.median_of_first(n) + np.float32(SHIFT), n
