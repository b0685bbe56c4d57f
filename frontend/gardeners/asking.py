"""What the desk's forms ask of the gardens' verbs: done with a sentence, or the rule that refused as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from greening.errors import TownError


def asked(request: HttpRequest, verb: Callable[[], Any], sentence: str) -> bool:
    """Do it and say so; or say in one sentence why not. A verb that refuses has changed nothing."""
    try:
        verb()
    except TownError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, sentence)
    return True


def row_number(text: str) -> int:
    """A row's number as a form carried it. Raises Http404 for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise Http404(_("This page has no such form."))
    return int(text)


def form_asked(request: HttpRequest) -> tuple[str, str]:
    """What a form's button asks, and of which row: `offer:12` is ("offer", "12")."""
    what, _colon, of = request.POST.get("do", "").partition(":")
    return what, of
