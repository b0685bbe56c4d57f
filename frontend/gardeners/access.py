"""Who sees what of the gardens' desk: managers all of it, a referent the plots and news of their own garden."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from frontend.programme.access import refused
from greening.roles import Role, holds, roles_of
from parcels.models import SharedGarden

#: Views have the arguments of their addresses; the decorators below pass them on.
View = Callable[..., HttpResponseBase]

MANAGERS = (Role.GARDEN_MANAGER, Role.ADMINISTRATOR)


def manages(user: Any) -> bool:
    """Whether somebody runs the town's gardens; the applicants' own data is for them alone."""
    return holds(user, *MANAGERS)


def is_referent(user: Any) -> bool:
    return Role.GARDEN_REFERENT.value in roles_of(user)


def gardens_of(user: Any) -> QuerySet[SharedGarden]:
    """The gardens that a person finds on the desk: all for a manager, their own for a referent."""
    rows: QuerySet[SharedGarden] = SharedGarden.objects.filter(archived_at=None)
    if manages(user):
        return rows
    if is_referent(user):
        return rows.filter(referent__user=user)
    return rows.none()


def for_managers(view: View) -> View:
    """A page for managers only: a visitor is asked to sign in, anybody else is refused."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not manages(request.user):
            return refused(request)
        return view(request, *args, **kwargs)

    return guarded


def of_a_garden(view: View) -> View:
    """A manager's page about one garden, by its number."""

    @for_managers
    @wraps(view)
    def found(request: HttpRequest, number: int, **kwargs: Any) -> HttpResponseBase:
        return view(request, garden_numbered(request, number), **kwargs)

    return found


def of_own_garden(view: View) -> View:
    """A page about one garden for managers and for its referent; another's garden is as if it were not there."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def found(request: HttpRequest, number: int, **kwargs: Any) -> HttpResponseBase:
        if not (manages(request.user) or is_referent(request.user)):
            return refused(request)
        return view(request, garden_numbered(request, number), **kwargs)

    return found


def garden_numbered(request: HttpRequest, number: int) -> SharedGarden:
    return get_object_or_404(gardens_of(request.user), pk=number)
