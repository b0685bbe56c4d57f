"""Who may do what: one table, role × kind → actions; the door and the pages ask nothing else.

Actions: `create`, `edit`, `move` (any state) or `move:<state>`, and `override` (pass, with a reason, a guard
that a lead may pass). Upper floors add the rows of their own kinds in `apps.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class Role(StrEnum):
    """The first six roles; the name is that of the Django group that carries it."""

    RESIDENT = "resident"
    CREW = "crew"
    CREW_LEAD = "crew_lead"
    GARDEN_MANAGER = "garden_manager"
    PLANNER = "planner"
    ADMINISTRATOR = "administrator"


LABELS = {
    Role.RESIDENT: _("resident"),
    Role.CREW: _("field crew"),
    Role.CREW_LEAD: _("crew lead"),
    Role.GARDEN_MANAGER: _("garden manager"),
    Role.PLANNER: _("planner"),
    Role.ADMINISTRATOR: _("administrator"),
}
ALL = frozenset({"create", "edit", "move", "override"})
WRITE = frozenset({"create", "edit", "move"})

_grants: dict[tuple[str, str], frozenset[str]] = {}


def grant(role: Role, kinds: Iterable[str], actions: Iterable[str]) -> None:
    """Give `role` these actions on these kinds; more than one call adds up."""
    for kind in kinds:
        _grants[role.value, kind] = _grants.get((role.value, kind), frozenset()) | frozenset(
            actions
        )


def granted(role: Role, kind: str) -> frozenset[str]:
    return ALL if role is Role.ADMINISTRATOR else _grants.get((role.value, kind), frozenset())


def roles_of(user: User | AnonymousUser) -> frozenset[str]:
    """The roles of a signed-in person, read once per request."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    held: frozenset[str] | None = getattr(user, "_roles", None)
    if held is None:
        held = frozenset(user.groups.values_list("name", flat=True))
        user._roles = held  # type: ignore[attr-defined]  # lives as long as the request
    return held


def rights(user: User | AnonymousUser | None, kind: str, obj: Any = None) -> frozenset[str]:
    """What `user` may do to objects of `kind`; None is the system itself, which may all."""
    if user is None or (user.is_authenticated and user.is_active and user.is_superuser):
        return ALL
    names = roles_of(user)
    return frozenset().union(*(granted(role, kind) for role in Role if role.value in names))


def may(held: frozenset[str], action: str, target: str | None = None) -> bool:
    """Whether the rights `held` cover an action; a move may be granted for some states only.

    >>> may(frozenset({"move:planted"}), "move", "planted"), may(frozenset({"edit"}), "move", "planted")
    (True, False)
    """
    return action in held or (target is not None and f"{action}:{target}" in held)
