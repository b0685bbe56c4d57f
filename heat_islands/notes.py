"""What a reader of a heat map must know: whole sentences, in one place, ready for translation.

Stored with the product in English as they stand here (no numbers inside), so that a page can translate each
one. Why a scene was refused holds a figure: it is kept by its pattern, and `refusal` says it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from heat_islands.models import Scene
from heat_islands.stored_sentences import retold

if TYPE_CHECKING:
    from heat_islands.rural import RuralReference


def gettext_noop(text: str) -> str:
    """Marks a sentence for the translation catalogue; Django's own does the same and nothing else."""
    return text


NO_QA = gettext_noop("Some scenes came without a quality band: their clouds are not known.")
NO_ST_QA = gettext_noop(
    "Some scenes came without an uncertainty band: all their pixels count alike."
)
NO_REFLECTANCE = gettext_noop(
    "Some scenes came without reflectance bands: vegetation and albedo lack them."
)
FEW_SUMMERS = gettext_noop(
    "Fewer than three summers: a dry or a wet year may pass for the place's own heat."
)
OFF_SEASON = gettext_noop("Some scenes lie outside the season from 15 June to 15 September.")
FEW_SCENES = gettext_noop("Built below the rule of five clear scenes in a cell: read it with care.")
ONE_SCENE = gettext_noop("A single scene: one day's weather, with no measure of how days differ.")
REFUSED = gettext_noop("Some scenes were left out because clouds hid too much of the commune.")
NO_RURAL = gettext_noop(
    "There is no rural reference: only differences within the commune are shown."
)
RURAL_HEIGHT = gettext_noop(
    "The rural reference was chosen by land cover alone: heights are not compared."
)
SYNTHETIC = gettext_noop("Made from simulated scenes: demonstration data.")
#: As heat_islands.selection writes it.
CLOUDED = gettext_noop("only %(share)s%% of the commune is clear")
USUAL_MIN_SCENES = 5


def of_build(
    used: Collection[Scene],
    refused: Collection[Scene],
    min_scenes: int,
    rural: RuralReference | None,
    summers: int,
    in_season: Callable[[Scene], bool],
) -> list[str]:
    """The sentences that hold for a heat map of these scenes."""
    true_of_it = {
        SYNTHETIC: any(scene.synthetic for scene in used),
        NO_QA: not all(scene.has_qa for scene in used),
        NO_ST_QA: not all(scene.has_st_qa for scene in used),
        NO_REFLECTANCE: any(band.startswith("SR_") for scene in used for band in scene.missing),
        FEW_SCENES: min_scenes < USUAL_MIN_SCENES,
        ONE_SCENE: len(used) == 1,
        FEW_SUMMERS: len({scene.acquired_at.year for scene in used if in_season(scene)}) < summers,
        OFF_SEASON: not all(in_season(scene) for scene in used),
        REFUSED: bool(refused),
        NO_RURAL: rural is None,
        RURAL_HEIGHT: rural is not None,
    }
    return [sentence for sentence, holds in true_of_it.items() if holds]


def refusal(reason: str) -> str:
    """Why a scene was refused, in the reader's language."""
    return retold(reason, (CLOUDED,))
