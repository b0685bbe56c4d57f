"""Errors over HTTP as problem details (RFC 9457): one sentence that a person can act upon."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from greening.errors import SPEAKING_ERRORS, NotThere

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

TITLES = {
    400: "The request cannot be used as it was given",
    404: "There is nothing at this address",
    405: "This address does not do that",
    413: "The request is too large",
    503: "This cannot be read at the moment",
}


class Problem(Exception):
    """An answer other than success; `detail` is one sentence for the person who asked."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def problem(status: int, detail: str, **headers: str) -> JsonResponse:
    """The problem details document of RFC 9457; readable from any site's page, as the data are."""
    return JsonResponse(
        {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail},
        status=status,
        content_type="application/problem+json",
        headers={"Access-Control-Allow-Origin": "*", **headers},
        json_dumps_params={"ensure_ascii": False},
    )


def speaks_problems(*methods: str) -> Callable[[View[P]], View[P]]:
    """Let a view answer `methods` only, and turn every named error into problem details."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method not in methods:
                allowed = ", ".join(methods)
                return problem(405, f"This address answers {allowed} only.", Allow=allowed)
            try:
                return view(request, *args, **kwargs)
            except Problem as error:
                return problem(error.status, error.detail)
            except NotThere as error:
                return problem(404, str(error))
            except tuple(SPEAKING_ERRORS) as error:
                return problem(400, str(error))

        return answer

    return decorate
