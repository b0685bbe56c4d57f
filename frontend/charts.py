"""Small charts as numbers for server-rendered SVG: positions in the drawing, never a decision about the data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Whisker:
    """A dot with its interval on a horizontal axis; positions in drawing units."""

    low: float
    dot: float
    high: float

    @property
    def width(self) -> float:
        return round(self.high - self.low, 2)


@dataclass(frozen=True)
class Axis:
    """A linear axis from `start` to `end`, drawn `width` units long inside a margin that holds the dots."""

    start: float
    end: float
    width: float = 200.0
    margin: float = 6.0

    def at(self, value: float) -> float:
        """Where a value stands; values beyond the axis stand on its end.

        >>> Axis(0, 10).at(5)
        100.0
        """
        span = (self.end - self.start) or 1.0
        share = min(1.0, max(0.0, (value - self.start) / span))
        return round(self.margin + share * (self.width - 2 * self.margin), 2)

    def whisker(self, low: float, value: float, high: float) -> Whisker:
        return Whisker(self.at(low), self.at(value), self.at(high))

    @property
    def ticks(self) -> list[tuple[float, float]]:
        """(value, position) at round values, both ends within the axis.

        >>> [value for value, _ in Axis(0, 4.2).ticks]
        [0.0, 1.0, 2.0, 3.0, 4.0]
        """
        span = self.end - self.start
        if span <= 0:
            return []
        rough = span / 5
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
        first = math.ceil(self.start / step - 1e-9)
        last = math.floor(self.end / step + 1e-9)
        return [(round(n * step, 6), self.at(n * step)) for n in range(first, last + 1)]


def effect_axis(lows: Sequence[float], highs: Sequence[float]) -> Axis:
    """An axis for effects that always shows zero: no cooling is where honesty starts."""
    return Axis(min(0.0, *lows), max(0.5, *highs))


@dataclass(frozen=True)
class Part:
    """One factor's stretch of a score: from `start`, `width` long, in per cent of the drawing."""

    label: str
    points: float
    start: float
    width: float

    @property
    def takes(self) -> bool:
        return self.points < 0

    @property
    def style(self) -> str:
        return f"left:{self.start}%;width:{self.width}%"


def parts_of(points: Sequence[tuple[str, float]]) -> list[Part]:
    """Bars that walk from zero to the score: each starts where the one before ended.

    >>> [(part.start, part.width) for part in parts_of([("a", 30.0), ("b", -10.0)])]
    [(0.0, 100.0), (66.67, 33.33)]
    """
    total, ends = 0.0, [0.0]
    for _, value in points:
        total += value
        ends.append(total)
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0
    return [
        Part(
            label,
            value,
            round(100 * (min(before, after) - low) / span, 2),
            round(100 * abs(value) / span, 2),
        )
        for (label, value), before, after in zip(points, ends[:-1], ends[1:], strict=True)
    ]
