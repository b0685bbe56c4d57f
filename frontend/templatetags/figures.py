"""Numbers as a reader of the page's language writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

register = template.Library()
MINUS = "\N{MINUS SIGN}"


@register.filter
def number(value: float | None, decimals: int = 0) -> str:
    """6000 → "6 000" in French, "6,000" in English; None → "–"; no −0.0.

    >>> number(None)
    '–'
    """
    if value is None:
        return "–"
    text = number_format(
        round(value, decimals) + 0, decimal_pos=decimals, use_l10n=True, force_grouping=True
    )
    return text.replace("-", MINUS)


@register.filter
def fact(value: Any) -> str:
    """Any value of a card: numbers grouped, dates and yes/no in the reader's language."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, int):
        return number(value)
    if isinstance(value, float):
        return number(value, 0 if abs(value) >= 100 else 1)
    if isinstance(value, dt.date):
        return date_format(value, "DATE_FORMAT")
    return str(value)


@register.filter
def signed(value: float | None, decimals: int = 1) -> str:
    """With its sign, always: a difference says which way it goes."""
    text = number(value, decimals)
    return f"+{text}" if value is not None and round(value, decimals) > 0 else text
