"""The way out of a topic's mail without signing in: a signed address that says who and what, and never runs out."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from greening.errors import NotThere
from greening.notices.kinds import Topic, topic

_signer = Signer(sep=".", salt="greening.notices.unsubscribe")


def path(person: User, about: str) -> str:
    return reverse("unsubscribe", args=[_signer.sign_object([person.pk, about])])


def read(token: str) -> tuple[User | None, Topic]:
    """Who wants no mail about what; None for a person whose account is gone.

    Raises NotThere for a token that is not ours.
    """
    try:
        number, name = _signer.unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        raise NotThere("This address is incomplete: open the link in the message again.") from None
    # A topic that is no longer used is still a topic somebody wants nothing about.
    return User.objects.filter(pk=number).first(), topic(name) or Topic(name, name)
