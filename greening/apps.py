"""The ground floor."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class GreeningConfig(AppConfig):
    name = "greening"
    verbose_name = _("Greening")

    def ready(self) -> None:
        from greening import (
            busy,
            care_lives,
            check_lives,
            due,
            history,
            indicators,
            lives,
            observation_lives,
            order_lives,
            roles,
            row_statistics,
        )
        from greening.accounts import account_data, expired
        from greening.accounts.groups import make_groups
        from greening.demo.registry import register as register_demo
        from greening.field import scope, uploads
        from greening.layers import register
        from greening.map_layers import ROOFS, SITES, STREETS, TREES
        from greening.middleware import SHORT_WAY
        from greening.notices import kept
        from greening.spatial_index import after_migrate

        roles.declare()
        lives.declare()
        care_lives.declare()
        check_lives.declare()
        order_lives.declare()
        observation_lives.declare()
        indicators.declare()
        due.declare()
        account_data.declare()
        expired.declare()
        kept.declare()
        history.declare()
        scope.declare()
        uploads.declare()

        register(STREETS, ROOFS, SITES, TREES)
        register_demo(5, "species", "greening.demo.taxa.build", "greening.demo.taxa.is_done")
        register_demo(10, "ground", "greening.demo.load.build", "greening.demo.load.is_done")
        programme = "greening.demo.programme"
        register_demo(15, "programme", f"{programme}.build", f"{programme}.is_done")
        if "/tiles/" not in SHORT_WAY:
            SHORT_WAY.append("/tiles/")

        connection_created.connect(busy.wait_as_set, dispatch_uid="greening.busy")
        # Once a migrate, not once an app: the signal comes after all tables of all floors have changed.
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="greening.spatial_index")
        post_migrate.connect(
            row_statistics.after_migrate, sender=self, dispatch_uid="greening.row_statistics"
        )
        post_migrate.connect(make_groups, sender=self, dispatch_uid="greening.groups")
