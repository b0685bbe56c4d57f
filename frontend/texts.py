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
        "pointSigma": _("Another such day may differ by {sigma} (σ)."),
        "pointUncertain": _("uncertain"),
        "uncertain": _("under {n} clear scenes, or σ above {sigma} °C"),
        "caveat": _(
            "Surface, not air. Late morning, not night. Not comfort. Sensor of 100 m. Not checked on the ground."
        ),
        "noData": _("no data"),
        "rank": _("Rank {rank}"),
        "expand": _("Open the panel"),
        "collapse": _("Fold the panel"),
    }
