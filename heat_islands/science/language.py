"""How a text for people is written in one language: its translator, the form of its figures; else English."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass


def _same(text: str) -> str:
    return text


def _named_apart(context: str, text: str) -> str:
    return text


def _english_plural(one: str, many: str, n: int) -> str:
    return one if n == 1 else many


@dataclass(frozen=True)
class Language:
    """What the science needs of a language. The floor above brings it: nothing here imports Django.

    The translators' names are those that ``makemessages`` looks for.

    >>> Language(decimal=",", group=" ").number(1234.5, ",.1f")
    '1 234,5'
    """

    gettext: Callable[[str], str] = _same
    pgettext: Callable[[str, str], str] = _named_apart
    ngettext: Callable[[str, str, int], str] = _english_plural
    date: Callable[[dt.date], str] = dt.date.isoformat
    decimal: str = "."
    group: str = ","
    minus: str = "-"

    def number(self, value: float, spec: str = ".0f") -> str:
        """The value by Python's format `spec`, in this language's signs."""
        signs = str.maketrans({".": self.decimal, ",": self.group, "-": self.minus})
        return format(value, spec).translate(signs)

    def share(self, value: float) -> str:
        """A share of 1 in whole per cent.

        >>> ENGLISH.share(0.305)
        '30%'
        """
        return self.gettext("%(share)s%%") % {"share": format(value, ".0%").rstrip("%")}


ENGLISH = Language()
