"""What every page knows of its reader: which rooms are open to them. Asks nothing for who is not signed in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property

from greening.accounts.adapter import mail_is_sent
from greening.accounts.people import named
from greening.models.notice import Notice
from greening.roles import (
    FIELD,
    OFFICE,
    PRIVACY,
    PUBLISHERS,
    READERS_OF_JOURNAL,
    SETTLERS,
    STAFF,
    Role,
    holds,
    roles_of,
)

MANY = 100


class Reader:
    """A page's reader, as questions a template can ask."""

    def __init__(self, user: Any) -> None:
        self.user = user

    @property
    def name(self) -> str:
        return named(self.user) if self.user.is_authenticated else ""

    @property
    def is_staff(self) -> bool:
        return holds(self.user, *STAFF)

    @property
    def in_office(self) -> bool:
        return holds(self.user, *OFFICE)

    @property
    def settles(self) -> bool:
        return holds(self.user, *SETTLERS)

    @property
    def works_in_field(self) -> bool:
        return holds(self.user, *FIELD)

    @property
    def is_contractor(self) -> bool:
        return Role.CONTRACTOR.value in roles_of(self.user)

    @property
    def runs_gardens(self) -> bool:
        return holds(self.user, Role.GARDEN_MANAGER, Role.ADMINISTRATOR, Role.GARDEN_REFERENT)

    @property
    def reads_journal(self) -> bool:
        return holds(self.user, *READERS_OF_JOURNAL)

    @property
    def publishes(self) -> bool:
        """Whether the photos are a room of their own: who settles finds them on the field desk."""
        return holds(self.user, *PUBLISHERS) and not self.settles

    @property
    def answers_for_data(self) -> bool:
        return holds(self.user, *PRIVACY)

    @property
    def imports(self) -> bool:
        return holds(self.user, Role.PLANNER, Role.ADMINISTRATOR)

    @cached_property
    def unread_notices(self) -> int:
        """How many notices wait to be read; past a hundred nobody counts."""
        if not self.user.is_authenticated:
            return 0
        return Notice.objects.filter(person=self.user).unread()[:MANY].count()

    @property
    def gives_roles(self) -> bool:
        return holds(self.user, Role.ADMINISTRATOR)


def person(request: HttpRequest) -> dict[str, Any]:
    return {
        "reader": SimpleLazyObject(lambda: Reader(request.user)),
        "sign_up_open": settings.SIGN_UP,
        "login_by_code": settings.ACCOUNT_LOGIN_BY_CODE_ENABLED,
        "mail_is_sent": mail_is_sent(),
    }
