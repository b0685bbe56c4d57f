"""What the pages say about a heat map: the words every reader must see, and the settings of the raster layer."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from heat_islands import palettes
from heat_islands.models import HeatMap

#: Bands that a reader of the map is offered, in this order; the rest is for GIS clients.
CHOICES = ("anomaly", "temperature", "suhi", "sigma", "n")

#: science.md §2: printed on every map.
CAVEATS: tuple[str | Promise, ...] = (
    _("The satellite passes in late morning: this is not the night, when heat does most harm."),
    _("It measures the temperature of surfaces, not of the air, and says nothing of comfort."),
    _("Its sensor sees 100 m at a time: a 50 m yard is under a fifth of one measurement."),
    _("It has not been checked by measurements on the ground in this town."),
)


def heat_choices(heat_map: HeatMap | None) -> list[dict[str, str]]:
    """Layers to choose from, with their titles."""
    if heat_map is None:
        return []
    return [
        {"layer": layer, "title": str(palettes.PALETTES[layer].title)}
        for layer in CHOICES
        if layer != "suhi" or heat_map.has_suhi
    ]


def heat_notes(heat_map: HeatMap | None) -> list[str]:
    """What the build found worth knowing, in the reader's language (heat_islands.notes writes it in English)."""
    return [gettext(note) for note in heat_map.notes] if heat_map else []


def heat_settings(heat_map: HeatMap | None) -> dict[str, Any] | None:
    """The raster layer's settings for the scripts: where its tiles are told, and the legends they are drawn by."""
    if heat_map is None:
        return None
    described = reverse("heat-map-tilejson", args=(heat_map.slug,))
    return {
        "slug": heat_map.slug,
        "tileJson": described,
        "point": reverse("heat-map-point", args=(heat_map.slug,)),
        "legends": {
            choice["layer"]: palettes.legend(choice["layer"]) for choice in heat_choices(heat_map)
        },
        "from": rests_on(heat_map),
    }


def rests_on(heat_map: HeatMap) -> str:
    """The scenes behind the map in a few words: how many, from when to when."""
    words = ngettext(
        "%(n)d scene, %(start)s to %(end)s, late morning",
        "%(n)d scenes, %(start)s to %(end)s, late mornings",
        heat_map.scene_count,
    )
    return words % {
        "n": heat_map.scene_count,
        "start": date_format(heat_map.date_from, "SHORT_DATE_FORMAT"),
        "end": date_format(heat_map.date_to, "SHORT_DATE_FORMAT"),
    }
