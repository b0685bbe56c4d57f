"""Who sees what of the programme: places and public figures everybody, the work and its people the town's own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from frontend.programme.kinds import ListKind
from greening.roles import STAFF, Role, holds, may, rights


def works_here(user: Any) -> bool:
    """Whether somebody belongs to the town's people."""
    return holds(user, *STAFF)


def logs_work(user: Any) -> bool:
    """Whether somebody logs work on an object's page; a resident, who may report, has a form of their own for it."""
    return works_here(user) or holds(user, Role.CONTRACTOR)


def may_do(user: Any, kind: str, action: str, target: str | None = None) -> bool:
    """Whether a signed-in person may do this to some object of a kind, or to a reference table."""
    return bool(user.is_authenticated) and may(rights(user, kind), action, target)


def sees(request: HttpRequest, kind: ListKind) -> bool:
    return not kind.staff or works_here(request.user)


def refused(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page for a visitor; 403 for somebody who is known and not allowed."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.get_full_path())
