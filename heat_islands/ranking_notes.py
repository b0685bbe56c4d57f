"""What a reader must know of a ranked yard: whole sentences without numbers, ready for translation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from heat_islands.models import HeatMap
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


def season(heat_map: HeatMap) -> str:
    """The span of a heat map's scenes in words, for the model card."""
    from heat_islands.selection import in_season

    span = f"{heat_map.date_from} to {heat_map.date_to}"
    if heat_map.date_from == heat_map.date_to:
        span = str(heat_map.date_from)
    outside = [
        term.scene
        for term in heat_map.scene_terms.filter(refused="").select_related("scene")
        if not in_season(term.scene)
    ]
    return f"{span}, some outside the summer season" if outside else f"{span}, summer mornings"
