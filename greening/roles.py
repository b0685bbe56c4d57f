"""Who may do what: one table, role × kind → actions; the door and the pages ask nothing else.

Actions: `create`, `edit`, `move` (any state) or `move:<state>`, `archive` (take out of the inventory, kept with its
history, and back), `record` (change what the inventory and its contracts rest on: a kind's `record` fields) and
`override` (pass, with a reason, a guard that a lead may pass). Upper floors add the rows of their own kinds in
`apps.py`. Reference tables, which have no life, stand here by their model's name, with `create`,
`edit` and `delete`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class Role(StrEnum):
    """The roles of domain.md; the name is that of the Django group that carries it."""

    RESIDENT = "resident"
    CREW = "crew"
    CREW_LEAD = "crew_lead"
    GARDEN_MANAGER = "garden_manager"
    PLANNER = "planner"
    ADMINISTRATOR = "administrator"
    CONTRACTOR = "contractor"
    INSPECTOR = "inspector"
    GARDEN_REFERENT = "garden_referent"
    ELECTED_READER = "elected_reader"
    PUBLISHER = "publisher"
    DPO = "dpo"


LABELS = {
    Role.RESIDENT: _("resident"),
    Role.CREW: _("field crew"),
    Role.CREW_LEAD: _("crew lead"),
    Role.GARDEN_MANAGER: _("garden manager"),
    Role.PLANNER: _("planner"),
    Role.ADMINISTRATOR: _("administrator"),
    Role.CONTRACTOR: _("contractor"),
    Role.INSPECTOR: _("tree inspector"),
    Role.GARDEN_REFERENT: _("garden referent"),
    Role.ELECTED_READER: _("elected reader"),
    Role.PUBLISHER: _("publisher"),
    Role.DPO: _("data protection officer"),
}
#: They work in the back office; a crew and an inspector work with their own pages.
OFFICE = (Role.CREW_LEAD, Role.GARDEN_MANAGER, Role.PLANNER, Role.ADMINISTRATOR)
#: They see more than the public does: the work, and who did what.
STAFF = (Role.CREW, *OFFICE, Role.INSPECTOR, Role.ELECTED_READER)
#: Their phones carry the whole town, or their crew's sectors.
WHOLE_TOWN = (Role.CREW, Role.CREW_LEAD, Role.PLANNER, Role.ADMINISTRATOR)
#: They carry the field app; a contractor's people see their own lots only.
FIELD = (*WHOLE_TOWN, Role.CONTRACTOR)
#: They settle changes that contradict each other.
SETTLERS = (Role.CREW_LEAD, Role.PLANNER, Role.ADMINISTRATOR)
#: They read the journal of all changes.
READERS_OF_JOURNAL = (Role.PLANNER, Role.ADMINISTRATOR, Role.ELECTED_READER)
#: They publish photos, after a look at each.
PUBLISHERS = (Role.CREW_LEAD, Role.PLANNER, Role.ADMINISTRATOR, Role.PUBLISHER)
#: They answer for personal data: what is held, asked for, erased. The administration itself has no need to.
PRIVACY = (Role.DPO,)

ALL = frozenset({"create", "edit", "move", "archive", "record", "override", "delete"})
WRITE = frozenset({"create", "edit", "move", "archive", "record"})
REFERENCE = frozenset({"create", "edit", "delete"})

Rule = Callable[["User", Any], bool]
_grants: dict[tuple[str, str], frozenset[str]] = {}
_limits: dict[tuple[str, str], list[Rule]] = {}


def grant(role: Role, kinds: Iterable[str], actions: Iterable[str]) -> None:
    """Give `role` these actions on these kinds; more than one call adds up."""
    for kind in kinds:
        _grants[role.value, kind] = _grants.get((role.value, kind), frozenset()) | frozenset(
            actions
        )


def limit(role: Role, kinds: Iterable[str], rule: Rule) -> None:
    """Let `role` use its rights on these kinds only where `rule(user, object)` holds: a contractor's own lots, say."""
    for kind in kinds:
        _limits.setdefault((role.value, kind), []).append(rule)


def granted(role: Role, kind: str) -> frozenset[str]:
    return ALL if role is Role.ADMINISTRATOR else _grants.get((role.value, kind), frozenset())


def roles_of(user: User | AnonymousUser) -> frozenset[str]:
    """The roles of a signed-in person, read once per request."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    held: frozenset[str] | None = getattr(user, "_roles", None)
    if held is None:
        held = _names_of_groups(user)
        user._roles = held  # type: ignore[attr-defined]  # lives as long as the request
    return held


def _names_of_groups(user: User) -> frozenset[str]:
    """A person's groups in a line of SQL: asked at every request, and Django builds it longer than it is asked."""
    quote = connection.ops.quote_name
    through = user.groups.through
    table, link = quote(user.groups.model._meta.db_table), quote(through._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT name FROM {table} WHERE id IN (SELECT group_id FROM {link} WHERE user_id = %s)",  # noqa: S608 — our own names
            [user.pk],
        )
        return frozenset(name for (name,) in cursor.fetchall())


def holds(user: User | AnonymousUser, *roles: Role) -> bool:
    """Whether a person has one of these roles; a superuser has them all."""
    if user.is_authenticated and user.is_active and user.is_superuser:
        return True
    return not roles_of(user).isdisjoint(role.value for role in roles)


def rights(user: User | AnonymousUser | None, kind: str, obj: Any = None) -> frozenset[str]:
    """What `user` may do to `obj` of `kind`, or without it to some object of the kind.

    `user` None is the system itself, which may all.
    """
    if user is None or (user.is_authenticated and user.is_active and user.is_superuser):
        return ALL
    names = roles_of(user)
    held = [
        granted(role, kind)
        for role in Role
        if role.value in names and _within(user, role, kind, obj)
    ]
    return frozenset().union(*held)


def _within(user: Any, role: Role, kind: str, obj: Any) -> bool:
    rules = _limits.get((role.value, kind), ())
    return obj is None or all(rule(user, obj) for rule in rules)


def may(held: frozenset[str], action: str, target: str | None = None) -> bool:
    """Whether the rights `held` cover an action; a move may be granted for some states only.

    >>> may(frozenset({"move:planted"}), "move", "planted"), may(frozenset({"edit"}), "move", "planted")
    (True, False)
    """
    return action in held or (target is not None and f"{action}:{target}" in held)


def declare() -> None:
    """Who may change the ground's reference tables."""
    programme = ("species", "synonym", "street", "quarter", "campaign", "campaigntarget", "crew")
    grant(Role.PLANNER, programme, REFERENCE)
    grant(Role.CREW_LEAD, ("crew",), {"create", "edit"})
    grant(Role.PLANNER, ("contractor", "sector"), REFERENCE)
    grant(Role.CREW_LEAD, ("sector",), REFERENCE)
