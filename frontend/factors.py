"""The ranking's own words, in words a reader knows."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

#: heat_islands.science.score names them; the first is where every yard starts.
FACTORS: dict[str, str | Promise] = {
    "middling yard": _("a middling yard of the town"),
    "cooling": _("cooling expected"),
    "pupils": _("pupils who use it"),
    "exposure": _("heat measured today"),
    "vulnerability": _("vulnerability of the pupils"),
    "cost": _("cost class"),
}


def factor_label(factor: str) -> str:
    """A factor of the score in the reader's language; one not known here is shown as the run wrote it."""
    return str(FACTORS.get(factor, factor.replace("_", " ")))


def remark_label(remark: str) -> str:
    """A run's remark in the reader's language: runs keep whole English sentences (heat_islands.ranking_notes)."""
    return gettext(remark) if remark else ""
