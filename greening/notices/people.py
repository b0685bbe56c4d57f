"""What a notice must know of its reader: where mail may reach them, in which language, about which topics."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from greening.models.notice import Preference, SilencedTopic
from greening.notices.kinds import topics_for


def address_of(person: User) -> str:
    """The confirmed address of somebody who may sign in, or nothing: what nobody confirmed may be a stranger's."""
    if not person.is_active:
        return ""
    confirmed = EmailAddress.objects.filter(user=person, verified=True)
    return confirmed.order_by("-primary", "id").values_list("email", flat=True).first() or ""


def wants_mail(person: User, topic: str) -> bool:
    return bool(address_of(person)) and topic not in silenced(person)


def silenced(person: User) -> set[str]:
    """Topics that the person wants no mail about."""
    return set(SilencedTopic.objects.filter(person=person).values_list("topic", flat=True))


@transaction.atomic
def set_mailed_topics(person: User, mailed: Iterable[str]) -> None:
    """Mail about these of the topics that concern the person, and about no other."""
    wanted = set(mailed)
    for topic in topics_for(person):
        if topic.name in wanted:
            SilencedTopic.objects.filter(person=person, topic=topic.name).delete()
        else:
            silence(person, topic.name)


def silence(person: User, topic: str) -> None:
    SilencedTopic.objects.get_or_create(person=person, topic=topic)


def language_of(person: User) -> str:
    """The language a person is written to in; the town's own until they chose."""
    chosen = Preference.objects.filter(person=person).values_list("language", flat=True).first()
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def remember_language(person: User, language: str) -> None:
    """Keep the language of a person's pages for what is written to them."""
    if language in dict(settings.LANGUAGES):
        Preference.objects.update_or_create(person=person, defaults={"language": language})
