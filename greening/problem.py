"""Errors on the wire: RFC 9457 problem details."""

from __future__ import annotations

from django.http import JsonResponse


def problem(status: int, title: str, detail: str) -> JsonResponse:
    """An `application/problem+json` answer; `detail` is one sentence that says what to do."""
    return JsonResponse(
        {"type": "about:blank", "title": title, "status": status, "detail": detail},
        status=status,
        content_type="application/problem+json",
    )
