"""The model card: what a ranking rests on, how well it did on ground it had not seen, and what it cannot say."""

from __future__ import annotations

from heat_islands.science.calibration import Calibration
from heat_islands.science.card_basis import inputs, limits
from heat_islands.science.card_evidence import baselines, intervals, model, reach, validation
from heat_islands.science.card_facts import CardFacts
from heat_islands.science.language import ENGLISH, Language
from heat_islands.science.ranking import Ranking
from heat_islands.science.sharpness import Sharpness


def model_card(
    ranking: Ranking,
    facts: CardFacts,
    calibration: Calibration,
    width: Sharpness | None,
    language: Language = ENGLISH,
) -> str:
    """The card in Markdown; every figure in it is this run's own or the calibration's."""
    parts = [
        _head(ranking, facts, language),
        inputs(ranking, facts, language),
        model(ranking, width, facts.cover is None, language),
        validation(ranking, language),
        baselines(ranking, language),
        reach(ranking, language),
        intervals(ranking, calibration, language),
        limits(facts, language),
    ]
    return "\n\n".join(parts) + "\n"


def _head(ranking: Ranking, facts: CardFacts, language: Language) -> str:
    _, ngettext = language.gettext, language.ngettext
    yards = len(ranking.effects.effect_k)
    said = ngettext(
        "%(n)d yard ranked by cooling × who benefits ÷ cost; %(left_out)d left out. Model version "
        "%(version)s, seed %(seed)d, %(rounds)d bootstrap rounds, run `%(run)s`.",
        "%(n)d yards ranked by cooling × who benefits ÷ cost; %(left_out)d left out. Model version "
        "%(version)s, seed %(seed)d, %(rounds)d bootstrap rounds, run `%(run)s`.",
        yards,
    )
    figures = {
        "n": yards,
        "left_out": len(facts.left_out),
        "version": facts.model_version,
        "seed": facts.seed,
        "rounds": facts.rounds,
        "run": facts.fingerprint[:12],
    }
    lines = [
        "# " + _("Model card: courtyards of %(town)s") % {"town": facts.town},
        "",
        said % figures,
    ]
    if facts.synthetic:
        warning = _(
            "Demonstration data: the scenes are simulated. Nothing here describes a real town."
        )
        lines += ["", f"**{warning}**"]
    return "\n".join(lines)
