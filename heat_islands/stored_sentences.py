"""Sentences kept in English with their figures, said in the reader's language.

A product keeps what a reader must know as English sentences. One without figures is its own key in the
catalogue; one with figures is recognised by the pattern it was made from, and its figures are put into
that pattern's translation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache

from django.utils.formats import get_format
from django.utils.translation import gettext

_PLACE = re.compile(r"%\((\w+)\)s")
_NUMBER = re.compile(r"\d+\.\d+")


def retold(text: str, patterns: Iterable[str], words: Collection[str] = ()) -> str:
    """`text` in the reader's language, or as it is where no pattern fits.

    `words`: those that may stand in a place of a pattern and are keys of the catalogue themselves.
    """
    for pattern in patterns:
        found = _matcher(pattern).fullmatch(text)
        if found:
            figures = {
                name: gettext(value) if value in words else _figure(value)
                for name, value in found.groupdict().items()
            }
            return gettext(pattern) % figures
    return text


def _figure(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        return value
    return value.replace(".", str(get_format("DECIMAL_SEPARATOR")))


@cache
def _matcher(pattern: str) -> re.Pattern[str]:
    """A pattern with places like ``%(area)s`` as an expression that finds what stands in them.

    >>> _matcher("only %(share)s%% is clear").fullmatch("only 31% is clear")["share"]
    '31'
    """
    parts = _PLACE.split(pattern)
    texts, names = parts[::2], parts[1::2]
    expression = re.escape(texts[0].replace("%%", "%"))
    for name, text in zip(names, texts[1:], strict=True):
        expression += f"(?P<{name}>.+?)" + re.escape(text.replace("%%", "%"))
    return re.compile(expression)
