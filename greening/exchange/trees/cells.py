"""How one cell of an inventory is read: numbers with commas and units, days, yes and no."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

from django.utils.translation import gettext as _

#: The oldest planted trees on record in France are of the 17th century; earlier years are typing mistakes.
FIRST_YEAR = 1550

_NUMBER = re.compile(r"^([+-]?[\d\s\u00a0\u202f.,]*\d[\d.,]*(?:[eE][+-]?\d+)?)\s*(mm|cm|m|°)?$")
_YES = frozenset(["oui", "o", "yes", "y", "true", "vrai", "1", "1.0", "x", "t"])
_NO = frozenset(["non", "n", "no", "false", "faux", "0", "0.0", "f"])
_EMPTY = frozenset({"", "null", "none", "nan", "n/a", "na", "nr", "nd", "-", "--", "?"})
_FRENCH_DAY = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$")
_YEAR = re.compile(r"^(\d{4})(?:[.,]0+)?$")
_IN_METRES = {"mm": 0.001, "cm": 0.01, "m": 1.0}


class Doubt(Exception):
    """Something to tell about a row: a stable code, and a sentence for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


def is_empty(cell: Any) -> bool:
    """None, NaN, NaT, blank, or a word that stands for nothing."""
    if cell is None:
        return True
    if isinstance(cell, str):
        return cell.strip().lower() in _EMPTY if len(cell) < 8 else not cell.strip()
    return bool(cell != cell)


def text(cell: Any) -> str:
    """One line with single spaces; numbers lose a `.0` that empty cells beside them gave them."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return (
        cell.strip() if isinstance(cell, str) and "  " not in cell else " ".join(str(cell).split())
    )


def number(cell: Any, unit: str = "") -> float:
    """A finite number; decimal commas, thin spaces and a unit behind it are understood.

    With `unit` ("m", "cm" or "mm") the answer is in metres, and a unit in the cell is believed before it.

    >>> number("1 234,5"), number("12,5", "cm"), number("12 m", "cm"), number("1.234,5")
    (1234.5, 0.125, 12.0, 1234.5)
    """
    own = ""
    if isinstance(cell, str):
        try:
            value = float(cell)
        except ValueError:
            found = _NUMBER.match(cell.strip())
            if found is None:
                raise Doubt("not_a_number", _("“%s” is not a number") % cell.strip()[:40]) from None
            digits, own = re.sub(r"[\s\u00a0\u202f]", "", found[1]), found[2] or ""
            if "," in digits and "." in digits:  # the last one is the decimal sign
                thousands = "." if digits.rfind(",") > digits.rfind(".") else ","
                digits = digits.replace(thousands, "")
            try:
                value = float(digits.replace(",", "."))
            except ValueError:
                raise Doubt("not_a_number", _("“%s” is not a number") % cell.strip()[:40]) from None
    else:
        try:
            value = float(cell)
        except (TypeError, ValueError):
            raise Doubt("not_a_number", _("“%s” is not a number") % str(cell)[:40]) from None
    if not math.isfinite(value):
        raise Doubt("not_a_number", _("“%s” is not a number") % str(cell)[:40])
    if not unit:
        return value
    return in_metres(value, own if own in _IN_METRES else unit)


def in_metres(value: float, unit: str) -> float:
    """Metres, divided rather than multiplied so that 235 cm is 2.35 m to the last bit."""
    return value if unit == "m" else value / (100 if unit == "cm" else 1000)


def whole(cell: Any) -> int:
    """A whole number of one or more.

    >>> whole("12.0"), whole(7)
    (12, 7)
    """
    sentence = _("the identifier “%s” is not an integer of 1 or more") % text(cell)[:40]
    if isinstance(cell, str) and re.fullmatch(r"\s*\d+\s*", cell):
        value = int(cell)  # not through a float: long ones would lose digits
    else:
        try:
            as_float = number(cell)
        except Doubt:
            raise Doubt("id_not_integer", sentence) from None
        if as_float != int(as_float):
            raise Doubt("id_not_integer", sentence)
        value = int(as_float)
    if value < 1:
        raise Doubt("id_not_integer", sentence)
    return value


def yes_no(cell: Any) -> bool:
    """Oui or Non, in the ways people write them.

    >>> yes_no("OUI"), yes_no(0)
    (True, False)
    """
    word = str(cell).strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Doubt("not_yes_no", _("“%s” is neither yes nor no") % str(cell)[:40])


def day(cell: Any) -> tuple[dt.date, bool]:
    """(the day, whether only its year was given, which counts as 1 January).

    Raises Doubt for what is no day, and for years that cannot be.

    >>> day("12/03/1998"), day("1998")
    ((datetime.date(1998, 3, 12), False), (datetime.date(1998, 1, 1), True))
    """
    only_year = False
    try:
        if isinstance(cell, dt.datetime):
            value = cell.date()
        elif isinstance(cell, dt.date):
            value = cell
        elif hasattr(cell, "astype"):  # numpy's datetime64
            value = dt.date.fromisoformat(str(cell)[:10])
        else:
            written = text(cell)
            if found := _FRENCH_DAY.match(written):
                _possible(int(found[3]), written)
                value = dt.date(int(found[3]), int(found[2]), int(found[1]))
            elif found := _YEAR.match(written):
                _possible(int(found[1]), written)
                value, only_year = dt.date(int(found[1]), 1, 1), True
            else:
                written = written.replace("/", "-")
                if found := re.match(r"^(\d{1,4})-\d{1,2}-\d{1,2}", written):
                    _possible(int(found[1]), written)
                value = dt.date.fromisoformat(written[:10])
    except ValueError:
        raise Doubt("not_a_day", _("“%s” is not a date") % str(cell)[:40]) from None
    _possible(value.year, value.isoformat())
    return value, only_year


def _possible(year: int, written: str) -> None:
    if not FIRST_YEAR <= year <= dt.date.today().year + 1:
        raise Doubt("impossible_year", _("“%s” has an impossible year") % written[:40])
