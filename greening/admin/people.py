"""Accounts are the superuser's in Django's own pages; roles are given at /account/people/."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib import admin

# An address is confirmed by its owner; a switch in the back office would let anybody take an account over.
if admin.site.is_registered(EmailAddress):
    admin.site.unregister(EmailAddress)
