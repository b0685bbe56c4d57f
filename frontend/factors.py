"""The ranking's own words, in words a reader knows."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FACTORS: dict[str, str | Promise] = {
    "cooling": _("cooling expected"),
    "benefit": _("who benefits"),
    "pupils": _("pupils who use it"),
    "exposure": _("heat measured today"),
    "vulnerability": _("vulnerability of the pupils"),
    "cost": _("cost class"),
}


def factor_label(factor: str) -> str:
    """A factor of the score in the reader's language; one not known here is shown as the run wrote it."""
    return str(FACTORS.get(factor, factor.replace("_", " ")))


def remark_label(flag: Any) -> str:
    """A remark of the run as text, whatever form the run gave it."""
    if isinstance(flag, dict):
        return str(flag.get("text") or flag.get("reason") or flag)
    return str(flag)
