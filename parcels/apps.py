"""The second floor: land that people share."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ParcelsConfig(AppConfig):
    name = "parcels"
    verbose_name = _("Parcels")

    def ready(self) -> None:
        from greening.accounts.own_data import OwnData
        from greening.accounts.own_data import register as register_own_data
        from greening.demo.registry import register as register_demo
        from greening.layers import register
        from parcels import (
            adoption_lives,
            application_lives,
            due,
            garden_pages,
            lives,
            notice_words,
            residents,
        )
        from parcels.map_layers import BUILDINGS, COURTYARDS, GARDENS, PARCELS, PLOTS

        lives.declare()
        application_lives.declare()
        adoption_lives.declare()
        garden_pages.declare()
        due.declare()
        notice_words.declare()
        register_own_data(
            OwnData("gardens", residents.export, residents.erase, in_use=residents.in_use)
        )
        register(PARCELS, BUILDINGS, COURTYARDS, GARDENS, PLOTS)
        register_demo(20, "land", "parcels.demo.load.build", "parcels.demo.load.is_done")
        gardeners = "parcels.demo.gardeners"
        register_demo(25, "gardeners", f"{gardeners}.build", f"{gardeners}.is_done")
