"""Girths, diameters and heights between what conventions write and the metres we store, losing nothing."""

from __future__ import annotations

import math

from greening.exchange.trees.cells import in_metres

#: A girth worked out from a diameter is kept to the picometre, so that the way back finds the diameter again.
_DIGITS = 12


def girth_of(diameter_m: float) -> float:
    """Girth in metres of a trunk `diameter_m` metres thick.

    >>> girth_of(0.58)
    1.822123739082
    """
    return round(diameter_m * math.pi, _DIGITS)


def diameter_cm(girth_m: float) -> float:
    """The shortest number of centimetres whose girth is exactly `girth_m`: 58 rather than 58.00000000000001.

    >>> diameter_cm(girth_of(0.58)), girth_of(diameter_cm(2.35) / 100)
    (58.0, 2.35)
    """
    exact = girth_m * 100 / math.pi
    for digits in (2, 6, 8, 10, 11, 12, 13):
        short = round(exact, digits)
        if girth_of(short / 100) == girth_m:
            return short
    return exact


def centimetres(metres: float) -> float:
    """The shortest number of centimetres that reads back as `metres`.

    >>> centimetres(2.35), centimetres(12.0)
    (235.0, 1200.0)
    """
    exact = metres * 100
    for digits in (0, 2, 6, 10):
        short = round(exact, digits)
        if in_metres(short, "cm") == metres:
            return short
    return exact


def plain(value: float) -> str:
    """A number as text without a needless `.0` or an exponent.

    >>> plain(235.0), plain(74.80282329), plain(0.00001)
    ('235', '74.80282329', '0.00001')
    """
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    short = repr(value)
    return f"{value:.17f}".rstrip("0") if "e" in short else short
