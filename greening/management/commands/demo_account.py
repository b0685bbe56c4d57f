"""An account to look round a demonstration town with: a random password, printed once."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser
from django.db import transaction

from greening.accounts.people import confirm_address, set_roles
from greening.command import TownCommand
from greening.errors import BadInput
from greening.models import Commune
from greening.roles import Role


class Command(TownCommand):
    help = (
        "Make an account with one role on a demonstration town, and print its random password once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", choices=list(Role), metavar="ROLE", help=", ".join(Role))

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        towns = Commune.objects.all()
        if not towns.exists() or towns.filter(synthetic=False).exists():
            raise BadInput(
                "Demonstration accounts are for a demonstration town only: build one with "
                "manage.py build_demo, or give people roles with manage.py set_role."
            )
        role: str = options["role"]
        email, password = f"{role.replace('_', '-')}@demo.invalid", secrets.token_urlsafe(15)
        user, _made = User.objects.get_or_create(username=email, defaults={"email": email})
        user.set_password(password)
        user.save()
        confirm_address(user)
        set_roles(user, [role])
        self.stdout.write(f"{email}  {password}")
