"""Guards that several kinds' lives share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.lifecycle import Refusal, Situation
from greening.models.base import Living


def not_in_the_future(*names: str) -> Callable[[Situation], Refusal | None]:
    """A guard: none of these dates lies after today."""

    def guard(situation: Situation) -> Refusal | None:
        today = timezone.localdate()
        for name in names:
            day = getattr(situation.obj, name)
            if name in situation.patch and day and day > today:
                return Refusal("future_date", _("%s lies in the future.") % day.isoformat())
        return None

    return guard


def needs(name: str, code: str, sentence: Any) -> Callable[[Situation], Refusal | None]:
    """A guard: the field is filled. Zero counts as filled."""

    def guard(situation: Situation) -> Refusal | None:
        return Refusal(code, sentence) if getattr(situation.obj, name) in (None, "") else None

    return guard


def current(situation: Situation, obj: Living) -> Any:
    """The object as this batch has it by now; a row just read from the database may be behind."""
    return situation.world["objects"].get(obj.uuid, obj)
