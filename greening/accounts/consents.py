"""What residents agree to when they open an account, in which version, and when they are asked again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

from greening.accounts.documents import document
from greening.models import Consent
from greening.roles import Role, roles_of

#: The text a resident agrees to. The town's people are not asked: their account comes with their work.
TEXT = "privacy"


def version() -> str:
    """The version in force, which is that of the town's own language."""
    from django.conf import settings

    return document(TEXT, settings.LANGUAGE_CODE[:2]).version


def asked_of(user: User | AnonymousUser) -> bool:
    """Whether somebody has still to agree to the text as it stands."""
    if user.pk is None or Role.RESIDENT.value not in roles_of(user):
        return False
    return not Consent.objects.filter(user_id=user.pk, text=TEXT, version=version()).exists()


def agree(user: Any) -> Consent:
    """Record that somebody agreed to the text as it stands; a second time changes nothing."""
    consent, _new = Consent.objects.get_or_create(user=user, text=TEXT, version=version())
    return consent


def consent_page(after: str) -> str:
    return f"{reverse('consent')}?{urlencode({'next': after})}"
