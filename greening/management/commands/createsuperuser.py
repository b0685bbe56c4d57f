"""The first administrator: Django's own command, whose account can sign in by its e-mail address at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.core.management.base import CommandError

from greening.accounts.people import confirm_address


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        newest = User.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        super().handle(*args, **options)
        for user in User.objects.filter(pk__gt=newest, is_superuser=True):
            if not user.email:
                user.delete()
                raise CommandError(
                    "People sign in with their e-mail address: give one, and run the command again."
                )
            confirm_address(user)
