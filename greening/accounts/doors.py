"""Pages for some roles only: who is not signed in is asked to, who has another role is told so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

from greening.roles import Role, holds

View = Callable[..., HttpResponseBase]


def for_roles(*roles: Role) -> Callable[[View], View]:
    """A view for people with one of `roles`; without any, for everybody signed in."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if roles and not holds(request.user, *roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return never_cache(guarded)

    return decorate


def proves_again(view: View) -> View:
    """A view that concerns an account's safety: password or second factor are asked for anew, good for some minutes.

    The person comes back to the page, and what they had sent is sent again.
    """
    guarded: View = reauthentication_required(view)
    return guarded
