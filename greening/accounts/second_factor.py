"""The second factor: an app's code, a passkey, codes on paper. Its secrets are enciphered."""

from __future__ import annotations

import base64
import functools
import secrets
from collections.abc import Callable
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from greening.problem import problem
from greening.roles import OFFICE, PRIVACY, holds

#: What opens to who still has to choose a factor: the pages where one does, and what they need.
OPEN = ("/account/", "/i18n/", "/static/", "/healthz", "/tiles/")
#: Machines are told in their own way.
MACHINES = ("/api/", "/ogc/")
#: A factor of one's own; codes on paper only stand in for one.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@functools.lru_cache(maxsize=8)
def _key(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"greening.second-factor")
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))


def _keys() -> MultiFernet:
    return MultiFernet(
        [_key(str(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


def must_have_one(user: User | AnonymousUser) -> bool:
    """Whether the town asks this person for a second factor: the office, and who answers for personal data."""
    asked: bool = settings.SECOND_FACTOR == "required"
    return asked and holds(user, *OFFICE, *PRIVACY)


def has_one(user: User | AnonymousUser) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


class TownFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """The town's own answers to allauth's questions about second factors."""

    def get_totp_issuer(self) -> str:
        """What an app writes beside the code: the town's name."""
        from greening.models import Commune

        town = Commune.objects.order_by("id").values_list("name", flat=True).first()
        return town or str(super().get_totp_issuer())

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; where SECRET_KEY was changed since, one that no code fits, never an empty one."""
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last factor of who must have one stays until there is another."""
        if not must_have_one(authenticator.user):
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())


class AsksForSecondFactor:
    """Sends the office's people to choose a second factor first, where the town requires one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SECOND_FACTOR != "required" or request.path_info.startswith(OPEN):
            return self.get_response(request)
        user: Any = request.user
        if not must_have_one(user) or has_one(user):
            return self.get_response(request)
        sentence = _("Your role asks for a second way to prove who you are: choose one here.")
        if request.path_info.startswith(MACHINES):
            return problem(403, sentence, "second_factor")
        messages.warning(request, sentence)
        return redirect("mfa_index")
