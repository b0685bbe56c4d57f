"""The model card's first and last parts: what a ranking rests on, and what it cannot say."""

from __future__ import annotations

import numpy as np

from heat_islands.science.card_facts import CardFacts
from heat_islands.science.language import Language
from heat_islands.science.ranking import Ranking

FEW_SCENES = 5  # clear scenes in a cell below which weather passes for place (science.md §2)


def inputs(ranking: Ranking, facts: CardFacts, language: Language) -> str:
    """Scenes, land cover, registration and training ground."""
    _, number = language.gettext, language.number
    table = ranking.model.table
    lines = ["## " + _("What it rests on"), "", "- " + _heat_map(facts, language)]
    for scene in facts.scenes:
        said = _("%(date)s `%(name)s`: %(clear)s clear over the town") % {
            "date": language.date(scene.date),
            "name": scene.name,
            "clear": language.share(scene.clear_share),
        }
        if scene.missing:
            said += _("; came without %(bands)s") % {"bands": ", ".join(scene.missing)}
        lines.append(f"  - {said}")
    if any("QA_PIXEL" in scene.missing for scene in facts.scenes):
        lines.append(
            "- "
            + _(
                "**Clouds are not known** in scenes without QA_PIXEL: a cloud or its shadow would "
                "pass for a cool place, and nothing here can rule it out."
            )
        )
    lines.append("- " + _land_cover(facts, language))
    lines.append("- " + _registration(ranking, language))
    lines.append(
        "- "
        + _(
            "Trained on %(n)s footprints of 100 m, %(spacing)s m apart; footprints with more than "
            "30 %% water, unknown ones and those within 100 m of a yard are left out."
        )
        % {"n": number(len(table), ","), "spacing": number(table.spacing_m, "g")}
    )
    return "\n".join(lines)


def _heat_map(facts: CardFacts, language: Language) -> str:
    _, n = language.gettext, len(facts.scenes)
    span = language.date(facts.date_from)
    if facts.date_to != facts.date_from:
        span = _("%(start)s to %(end)s") % {"start": span, "end": language.date(facts.date_to)}
    season = (
        _("%(span)s, some outside the summer season")
        if facts.off_season
        else _("%(span)s, summer mornings")
    ) % {"span": span}
    return language.ngettext(
        "Heat map: %(map)s; %(n)d scene, %(season)s.",
        "Heat map: %(map)s; %(n)d scenes, %(season)s.",
        n,
    ) % {"map": facts.heat_map, "n": n, "season": season}


def _land_cover(facts: CardFacts, language: Language) -> str:
    _ = language.gettext
    if facts.cover is None:
        return _(
            "**Land cover: estimated** from NDVI and albedo of the scenes (30 m). That cannot "
            "describe a yard: what lies in each one is a guess from its surroundings, and roofs count "
            "as paving. Add a map with `add_cover`."
        )
    metres = facts.cover_resolution_m
    fineness = f"{language.number(metres, 'g')} m" if metres else _("polygons")
    if facts.cover_date:
        given = _("Land cover: given, %(name)s (%(fineness)s), observed %(date)s.") % {
            "name": facts.cover,
            "fineness": fineness,
            "date": language.date(facts.cover_date),
        }
    else:
        given = _("Land cover: given, %(name)s (%(fineness)s), observed on a date not told.") % {
            "name": facts.cover,
            "fineness": fineness,
        }
    canopy = (
        _("Canopy height: given, not used by this model.")
        if facts.canopy_height
        else _("Canopy height: not given.")
    )
    return f"{given} {canopy}"


def _registration(ranking: Ranking, language: Language) -> str:
    _, number, found = language.gettext, language.number, ranking.offset
    if not np.isfinite(found.correlation):
        return _("Registration: cover and scenes could not be compared; none applied.")
    said = (
        _(
            "Registration: the cover lies %(east)s m east, %(north)s m north (± %(se)s m, correlation "
            "%(r)s) of the scenes; yards are read from it there."
        )
        if found.used
        else _(
            "Registration: the cover lies %(east)s m east, %(north)s m north (± %(se)s m, correlation "
            "%(r)s) of the scenes; too little or too unsure to correct."
        )
    )
    return said % {
        "east": number(found.dx_m, "+z.1f"),
        "north": number(found.dy_m, "+z.1f"),
        "se": number(found.se_m, ".1f"),
        "r": number(found.correlation, ".2f"),
    }


def limits(facts: CardFacts, language: Language) -> str:
    """What nobody may read into the ranking, and the yards it leaves out."""
    _, n = language.gettext, len(facts.scenes)
    said = [
        _(
            "Late-morning overpass; temperature of surfaces, not of the air; nothing of nights or of "
            "comfort."
        ),
        _(
            "The sensor sees 100 m: a 50 m yard is under a fifth of one measurement. Effects at yard "
            "scale are the model's; what the satellite could confirm is the footprint-scale figure "
            "beside each."
        ),
        _("Not validated on the ground in this town."),
        _(
            "Associations over space, read as effects of conversion: watering, soil, species and shade "
            "by buildings are not seen."
        ),
    ]
    if n == 1:
        said.append(
            _(
                "**A single scene**: one morning's weather and sun. It shows which places were hot that "
                "day; it cannot tell place from weather, gives no error of its own, and the intervals, "
                "calibrated on twelve-scene summers, are too narrow for it."
            )
        )
    elif n < FEW_SCENES:
        said.append(
            _(
                "**Only %(n)d scenes**: below the rule of %(few)d clear ones in a cell; weather may pass "
                "for place."
            )
            % {"n": n, "few": FEW_SCENES}
        )
    if facts.off_season:
        said.append(
            _(
                "**Outside summer**: a low sun, long shadows and leaves about to fall understate what "
                "canopy does in a heatwave."
            )
        )
    lines = ["## " + _("What it cannot say"), "", *(f"- {text}" for text in said)]
    if facts.left_out:
        lines += ["", "## " + _("Yards left out"), "", *(f"- {text}" for text in facts.left_out)]
    return "\n".join(lines)
