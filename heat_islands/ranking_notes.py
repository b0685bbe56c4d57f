"""What a reader must know of a yard, ranked or left out: kept in English, said in the reader's language.

Remarks on a ranked yard are whole sentences without figures, so each is its own key in the catalogue. The
reasons to leave a yard out hold figures: they are told by ``heat_islands.science.ranking.fault_of`` and
recognised here by their patterns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, gettext_noop

from heat_islands.stored_sentences import retold
from parcels.models import Courtyard

if TYPE_CHECKING:
    from heat_islands.science.ranking import Ranking

SMALL_M2 = 900.0  # one 30 m pixel of Landsat's products
OVERLAP = 0.7  # open share of an outline under which the cover shows much of a building in it

NO_PUPILS = gettext_noop("Its number of pupils is not known: it counts as a middling school.")
SMALL = gettext_noop("Smaller than one pixel of the satellite's product.")
ON_ROOFS = gettext_noop("The land cover shows buildings on part of its outline.")
NO_EFFECT = gettext_noop("Its interval includes no cooling at all.")
IMPLAUSIBLE = gettext_noop(
    "The best estimate is more than greening has been measured to bring elsewhere."
)
OUTSIDE = gettext_noop("Its surroundings are unlike those the model learned from.")
CONVERTED = gettext_noop(
    "It has been converted, or works are under way: the heat map may mix before and after."
)
#: Each sentence of heat_islands.science.ranking.fault_of; a test holds the two together.
FAULTS = (
    gettext_noop("It has no outline: draw one."),
    gettext_noop("Its outline is invalid (%(reason)s): redraw it."),
    gettext_noop("Its outline is not an area."),
    gettext_noop(
        "It measures %(area)s m², less than one %(side)s m cell of the map (%(cell)s m²): too small to be "
        "described."
    ),
    gettext_noop("It lies outside the territory of the heat map."),
    gettext_noop("Its ground is not known: the land cover does not reach it, or shows roofs only."),
    gettext_noop(
        "The cover shows only %(share)s%% of it as open ground: its outline seems to lie on a building."
    ),
)
#: What GEOS calls the ways in which an outline can be invalid, in lower case.
INVALID = (
    gettext_noop("self-intersection"),
    gettext_noop("ring self-intersection"),
    gettext_noop("too few points in geometry component"),
    gettext_noop("hole lies outside shell"),
    gettext_noop("holes are nested"),
    gettext_noop("nested shells"),
    gettext_noop("duplicate rings"),
    gettext_noop("interior is disconnected"),
    gettext_noop("invalid coordinate"),
)
CHANGED = (Courtyard.State.WORKS, Courtyard.State.DELIVERED, Courtyard.State.MONITORED)


def of_yard(courtyard: Courtyard, ranking: Ranking, i: int) -> list[str]:
    """The sentences that hold for the i-th ranked yard."""
    effects = ranking.effects
    true_of_it = {
        CONVERTED: courtyard.state in CHANGED,
        NO_PUPILS: not courtyard.children,
        SMALL: ranking.areas_m2[i] < SMALL_M2,
        ON_ROOFS: float(effects.change.ground.open_share[i]) < OVERLAP,
        NO_EFFECT: float(effects.low_k[i]) <= 0,
        IMPLAUSIBLE: bool(effects.implausible[i]),
        OUTSIDE: not bool(effects.inside[i]),
    }
    return [sentence for sentence, holds in true_of_it.items() if holds]


def why_left_out(row: Mapping[str, Any]) -> str:
    """A row of ``RankingRun.left_out`` as one line in the reader's language, the yard's name before it."""
    name, text = str(row.get("name", "")), str(row["text"])
    before = f"{name}: "
    if not name or not text.startswith(before):
        return text
    return gettext("%(yard)s: %(reason)s") % {
        "yard": name,
        "reason": retold(text.removeprefix(before), FAULTS, INVALID),
    }
