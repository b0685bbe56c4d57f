"""Erasing an account: every part of what is known of the person, in one transaction, then the account itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from greening.accounts.own_data import parts
from greening.errors import BadInput
from greening.roles import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def why_not(user: User) -> str:
    """Why this account cannot be erased now, in a sentence; empty where it can.

    A town must not lose its last administrator by a click.
    """
    from django.contrib.auth.models import User as Users
    from django.db.models import Q

    able = Users.objects.filter(is_active=True).filter(
        Q(is_superuser=True) | Q(groups__name=Role.ADMINISTRATOR.value)
    )
    if able.filter(pk=user.pk).exists() and not able.exclude(pk=user.pk).exists():
        return _(
            "You are the town's last administrator: give the role to a colleague first, then erase this account."
        )
    return ""


def erase(user: User, *, tell: bool = True) -> None:
    """Erase everything of `user`, at once and for good; with `tell`, a last message goes to the address.

    Raises BadInput where `why_not` says so. History keeps what happened, without the person: their rows in it lose
    the name when the account goes.
    """
    from django.contrib.auth.models import User as Users

    with transaction.atomic():
        # Two clicks at once: the second finds nobody.
        found = Users.objects.select_for_update().filter(pk=user.pk).first()
        if found is None:
            return
        reason = why_not(found)
        if reason:
            raise BadInput(reason)
        address = found.email
        for part in parts():
            part.erase(found)
        found.delete()
        if tell and address:
            language = get_language()
            transaction.on_commit(lambda: _tell(address, language))


def _tell(address: str, language: str | None) -> None:
    """The last message; the address is kept nowhere after it."""
    from allauth.account.adapter import get_adapter

    with override(language):
        get_adapter().send_mail("account/email/erased", address, {})
