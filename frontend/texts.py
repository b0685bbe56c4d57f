"""The sentences that scripts say, in the reader's language; pages hand them over as JSON."""

from __future__ import annotations

from django.utils.translation import gettext as _


def texts() -> dict[str, str]:
    """Key → text. `{name}` marks what the script fills in."""
    return {
        "map": _("Map of the town"),
        "wholeTown": _("The whole town"),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "close": _("Close"),
        "loading": _("Loading…"),
        "failed": _("This could not be loaded. Check the connection and try again."),
        "retry": _("Try again"),
        "pointTitle": _("Surface here"),
        "pointAnomaly": _(
            "against the town's mean, ± {sigma} °C for one more such day (σ); {n} clear scenes."
        ),
        "pointTemperature": _("Surface temperature about {value} °C on a late summer morning."),
        "pointNothing": _("No measure here: too few clear scenes, or outside the heat map."),
        "pointUncertain": _("Few scenes saw this place clearly: take the figure with care."),
        "uncertain": _("under {n} clear scenes, or σ above {sigma} °C"),
        "noData": _("no data"),
        "rank": _("Rank {rank}"),
        "expand": _("Open the panel"),
        "collapse": _("Fold the panel"),
    }
