"""What people can be told of: kinds of notice and the topics they belong to, registered by the app that tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from greening.errors import TownError
from greening.roles import Role, holds

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: A translatable sentence with `{fact}` in it, or a function from the facts to a sentence.
Words = str | Promise | Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Topic:
    """What a person can have no mail about; with `roles`, it concerns those only and others are not asked."""

    name: str
    label: str | Promise
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One kind of notice: `NoticeKind("plot-offered", "offers", _("Plot {plot} …"), _("Answer by {until} …"))`.

    Words are said in the reader's language when they are shown or mailed; days, moments and numbers among the
    facts are written as that language does. `action` names the button or link that leads on; `calendar` is the
    title of the date in a calendar, the subject where it is not given.
    """

    name: str
    topic: str
    subject: Words
    body: Words
    action: str | Promise = ""
    calendar: Words | None = None

    @property
    def leads_on(self) -> str:
        return str(self.action) or _("See more")


_topics: dict[str, Topic] = {}
_kinds: dict[str, NoticeKind] = {}


def register(*made: Topic | NoticeKind) -> None:
    """Make topics and kinds known; called from `apps.py`. A kind's topic must be known before it."""
    for each in made:
        if isinstance(each, Topic):
            _topics[each.name] = each
            continue
        if each.topic not in _topics:
            raise TownError(
                f"The notice {each.name} belongs to the topic {each.topic}, which is not there: register it first."
            )
        _kinds[each.name] = each


def kind(name: str) -> NoticeKind:
    try:
        return _kinds[name]
    except KeyError:
        raise TownError(f"There is no notice named {name}: register it in apps.py.") from None


def topics() -> list[Topic]:
    return list(_topics.values())


def topics_for(person: User) -> list[Topic]:
    """The topics that somebody with this person's roles may be told about."""
    return [each for each in topics() if not each.roles or holds(person, *each.roles)]


def topic(name: str) -> Topic | None:
    return _topics.get(name)
