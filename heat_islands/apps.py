"""The third floor: temperature over the town."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class HeatIslandsConfig(AppConfig):
    name = "heat_islands"
    verbose_name = _("Heat islands")

    def ready(self) -> None:
        from greening.demo.registry import register as register_demo
        from greening.errors import SPEAKING_ERRORS
        from greening.middleware import SHORT_WAY
        from greening.views.health import CHECKS
        from heat_islands.health import newest_heat_map
        from heat_islands.memory import cap_gdal_cache
        from heat_islands.science.errors import ScienceError

        if ScienceError not in SPEAKING_ERRORS:
            SPEAKING_ERRORS.append(ScienceError)
        if "/heat-maps/" not in SHORT_WAY:
            SHORT_WAY.append("/heat-maps/")
        CHECKS["heat map"] = newest_heat_map
        cap_gdal_cache(settings.GDAL_CACHE_MB)
        series = "heat_islands.demo_series"
        register_demo(30, "scenes", f"{series}.build_scenes", f"{series}.scenes_done")
        register_demo(40, "land cover", f"{series}.build_cover", f"{series}.cover_done")
        register_demo(50, "heat map", f"{series}.build_map", f"{series}.heat_map_done")
