"""Accounts are the superuser's in Django's own pages; roles are given at /account/people/."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin

#: An address is confirmed by its owner; a switch in the back office would let anybody take an account over. Second
#: factors and sign-ins (with the network they came from) are their owner's business alone.
OWNERS_BUSINESS = (EmailAddress, Authenticator, UserSession)


def close() -> None:
    """Take these pages out again, once every app has put its own in."""
    for model in OWNERS_BUSINESS:
        if admin.site.is_registered(model):
            admin.site.unregister(model)
