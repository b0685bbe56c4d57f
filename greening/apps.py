"""The ground floor."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GreeningConfig(AppConfig):
    name = "greening"
    verbose_name = _("Greening")

    def ready(self) -> None:
        from greening import care_lives, check_lives, indicators, lives, order_lives

        lives.declare()
        care_lives.declare()
        check_lives.declare()
        order_lives.declare()
        indicators.declare()
