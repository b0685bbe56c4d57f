"""The third floor: temperature over the town."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HeatIslandsConfig(AppConfig):
    name = "heat_islands"
    verbose_name = _("Heat islands")

    def ready(self) -> None:
        from greening.command import SPEAKING_ERRORS
        from greening.middleware import SHORT_WAY
        from heat_islands.science.errors import ScienceError

        if ScienceError not in SPEAKING_ERRORS:
            SPEAKING_ERRORS.append(ScienceError)
        if "/heat-maps/" not in SHORT_WAY:
            SHORT_WAY.append("/heat-maps/")
