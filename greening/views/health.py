"""/healthz: is the town's service alive, and is it ready?"""

from __future__ import annotations

import os
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

#: Further checks by name; upper floors add theirs in `apps.py`. Each returns (well, details).
CHECKS: dict[str, Callable[[], tuple[bool, dict[str, object]]]] = {}


def database() -> tuple[bool, dict[str, object]]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM greening_commune")
            communes = cursor.fetchone()[0]
    except DatabaseError as error:
        return False, {"error": str(error).strip()}
    return True, {"engine": connection.vendor, "communes": communes}


def storage() -> tuple[bool, dict[str, object]]:
    folder = settings.DATA_DIR
    if not os.access(folder, os.W_OK):
        return False, {"error": "the data directory cannot be written to"}
    space = os.statvfs(folder)
    return True, {"free_mb": space.f_bavail * space.f_frsize // 1_000_000}


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database and storage are well, 503 otherwise; what is merely missing yet is told, not failed."""
    answers: dict[str, object] = {}
    well = True
    for name, check in {"database": database, "storage": storage, **CHECKS}.items():
        good, details = check() if well or name == "storage" else (False, {"error": "not asked"})
        well = well and good
        answers[name] = {"ok": good, **details}
    return JsonResponse(
        {"status": "ok" if well else "failing", **answers}, status=200 if well else 503
    )
