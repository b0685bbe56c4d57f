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
    401: "Nobody is signed in",
    403: "This is not allowed",
    404: "There is nothing at this address",
    405: "This address does not do that",
    409: "This does not fit what is already here",
    411: "The length of the request is needed",
    412: "This version of the protocol is not spoken here",
    413: "The request is too large",
    415: "This media type is not taken here",
    422: "What was sent cannot be kept",
    423: "Somebody else is writing this",
    460: "What arrived is not what was announced",
    503: "This cannot be read at the moment",
    507: "There is no room left",
}


class Problem(Exception):
    """An answer other than success; `detail` is one sentence for the person who asked."""

    def __init__(
        self, status: int, detail: str, code: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code  # stable, for machines
        self.headers = headers or {}


def problem(status: int, detail: str, code: str = "", **headers: str) -> JsonResponse:
    """The problem details document of RFC 9457; readable from any site's page, as the data are."""
    members = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    return JsonResponse(
        members | ({"code": code} if code else {}),
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
                return problem(error.status, error.detail, error.code, **error.headers)
            except NotThere as error:
                return problem(404, str(error))
            except tuple(SPEAKING_ERRORS) as error:
                return problem(400, str(error))

        return answer

    return decorate
