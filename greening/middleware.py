"""The short way for rasters: a tile needs no session, no language and no policy header."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, get_resolver

#: Path prefixes answered before the rest of the middleware runs; upper floors add theirs in `apps.py`.
SHORT_WAY: list[str] = []


class RastersFirst:
    """Calls the view of a registered prefix at once: session, locale and CSP cost more than the tile itself.

    The views behind these prefixes are read-only and public, answer no form, and raise nothing that the
    other middleware would have to dress.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(tuple(SHORT_WAY)):
            return self.get_response(request)
        try:
            match = get_resolver().resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response
