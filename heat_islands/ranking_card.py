"""A run's model card in each language of the site, written once with the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, get_format

from heat_islands import ranking_notes as notes
from heat_islands.science.calibration import MODEL_VERSION
from heat_islands.science.card_facts import CardFacts, SceneFacts
from heat_islands.science.language import ENGLISH, Language
from heat_islands.selection import in_season

if TYPE_CHECKING:
    from heat_islands.ranking import Inputs
    from heat_islands.science.ranking import Ranking
    from heat_islands.science.sharpness import Sharpness

SOURCE = "en"  # the language of the texts in the code


def cards(
    inputs: Inputs, left_out: Sequence[dict[str, Any]], ranking: Ranking, width: Sharpness
) -> dict[str, str]:
    """The card in Markdown by language code: English, and each of settings.LANGUAGES."""
    from heat_islands.science.model_card import model_card

    found = {}
    for code in dict.fromkeys([SOURCE, *(code for code, _name in settings.LANGUAGES)]):
        with written_in(code) as language:
            facts = _facts(inputs, [notes.why_left_out(row) for row in left_out])
            found[code] = model_card(ranking, facts, inputs.calibration, width, language)
    return found


@contextmanager
def written_in(code: str) -> Iterator[Language]:
    """What the science needs of a language; it holds inside the block only."""
    with translation.override(code):
        if code == SOURCE:
            yield ENGLISH
            return
        yield Language(
            gettext=translation.gettext,
            pgettext=translation.pgettext,
            ngettext=translation.ngettext,
            date=lambda day: date_format(day, "SHORT_DATE_FORMAT"),
            decimal=get_format("DECIMAL_SEPARATOR", code),
            group=get_format("THOUSAND_SEPARATOR", code),
            minus="\N{MINUS SIGN}",
        )


def _facts(inputs: Inputs, left_out: Sequence[str]) -> CardFacts:
    heat_map, cover = inputs.heat_map, inputs.cover
    scenes = list(
        heat_map.scene_terms.filter(refused="")
        .select_related("scene")
        .order_by("scene__acquired_at")
    )
    return CardFacts(
        town=inputs.commune.name,
        heat_map=f"{heat_map.title} (`{heat_map.slug}/{heat_map.version}`)",
        scenes=[
            SceneFacts(
                term.scene.product_id,
                term.scene.acquired_at.date(),
                term.clear_share,
                tuple(term.scene.missing),
            )
            for term in scenes
        ],
        date_from=heat_map.date_from,
        date_to=heat_map.date_to,
        off_season=any(not in_season(term.scene) for term in scenes),
        cover=cover.name if cover else None,
        cover_date=cover.observed_on if cover else None,
        cover_resolution_m=cover.resolution_m if cover else None,
        canopy_height=bool(cover and cover.has_canopy_height),
        synthetic=inputs.synthetic,
        seed=inputs.seed,
        rounds=inputs.rounds,
        model_version=MODEL_VERSION,
        fingerprint=inputs.fingerprint,
        left_out=left_out,
    )
