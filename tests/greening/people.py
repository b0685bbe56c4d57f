"""People for tests: one a role, known by their first name in the story."""

from __future__ import annotations

import time
from typing import Any
from unittest import mock

from django.contrib.auth.models import Group, User
from django.core import signing
from django.test import Client

from greening.accounts.bots import SlowsBots
from greening.accounts.people import confirm_address
from greening.roles import Role

PASSWORD = "une phrase assez longue"


def person(*roles: Role, email: str = "", **facts: Any) -> User:
    """Somebody with a confirmed address and these roles."""
    email = email or f"{'-'.join(roles) or 'nobody'}@example.fr"
    user = User.objects.create_user(email, email, PASSWORD, **facts)
    user.groups.set([Group.objects.get_or_create(name=role.value)[0] for role in roles])
    confirm_address(user)
    return user


def signed_in(*roles: Role, **facts: Any) -> Client:
    """A browser in which somebody with these roles is signed in; `client.user` says who."""
    client = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})
    user = person(*roles, **facts)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.user = user  # type: ignore[attr-defined]
    return client


def seal(form: type[SlowsBots], *, ago: float) -> str:
    """What a public form carries that was shown `ago` seconds ago; each call is another page."""
    with mock.patch.object(signing.time, "time", return_value=time.time() - ago):
        return form.new_seal()


def prove_again(client: Client, password: str = PASSWORD) -> None:
    """Give the password once more, as the pages ask that concern the account's safety."""
    client.post("/account/reauthenticate/", {"password": password})
