"""The roles' groups, made with the tables."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from greening.roles import Role


def make_groups(using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """One group a role, after every migrate; those that stand already are left as they are."""
    from django.contrib.auth.models import Group

    groups = Group.objects.using(using)
    known = set(groups.values_list("name", flat=True))
    groups.bulk_create(
        [Group(name=role.value) for role in Role if role.value not in known], ignore_conflicts=True
    )
