"""The back office: Django's admin behind the town's own sign-in and the only door."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    default_site = "greening.back_office.site.BackOffice"

    def ready(self) -> None:
        super().ready()  # finds every app's admin module
        from greening.admin.people import close

        close()
