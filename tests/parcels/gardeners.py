"""People who want a plot: an account, what they told of themselves, and their application."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from greening.roles import Role
from parcels.models import Resident
from tests.factories import ResidentFactory
from tests.greening.people import person


def neighbour(name: str, **facts: Any) -> Resident:
    """A resident with an account of their own, who may apply."""
    user = person(Role.RESIDENT, email=f"{name}@example.fr")
    return ResidentFactory(user=user, name=name.title(), **facts)


def account(resident: Resident) -> User:
    assert resident.user is not None
    return resident.user


def manager() -> User:
    return person(Role.GARDEN_MANAGER, email="manager@example.fr")
