"""Gives somebody who has an account the roles named, and no other."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from greening.accounts.people import person, set_roles
from greening.command import TownCommand
from greening.roles import Role


class Command(TownCommand):
    help = "Give a person the roles named, and no other; without any role, take all away."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address they sign in with")
        parser.add_argument("roles", nargs="*", metavar="ROLE", help=f"any of: {', '.join(Role)}")

    def handle(self, *args: Any, **options: Any) -> None:
        user = person(options["email"])
        set_roles(user, options["roles"])
        self.stdout.write(f"{user.email}: {', '.join(sorted(set(options['roles']))) or 'no role'}")
