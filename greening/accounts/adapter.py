"""How allauth behaves in this town: who may sign up, what a message looks like, what follows when none can leave."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from greening.accounts.consents import agree, asked_of, consent_page
from greening.models import Commune
from greening.notices.language import remember_at_sign_in
from greening.notices.people import remember_language
from greening.roles import Role

#: Wrong passwords for one account from anywhere: a crowd of machines guesses no faster, and one stranger's guesses
#: do not shut the owner out.
ANYWHERE = {"login_failed_anywhere": "60/h/key"}
log = logging.getLogger(__name__)


def mail_is_sent() -> bool:
    """Whether messages leave this server; without EMAIL_URL they are written to files."""
    return bool(settings.EMAIL_URL)


class TownAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """The town's own answers to allauth's questions."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGN_UP)

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """Nobody signs in by a user name: it is the address itself, as far as it fits."""
        user.username = self.generate_unique_username([user.email.lower()[:140]])

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Whoever signs up is a resident; every other role is given by an administrator."""
        saved: User = super().save_user(request, user, form, commit)
        if commit:
            saved.groups.add(Group.objects.get_or_create(name=Role.RESIDENT.value)[0])
            if form.cleaned_data.get("consent"):
                agree(saved)
            remember_language(saved, get_language() or "")
        return saved

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        remember_at_sign_in(request)

    def post_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponseBase:
        """A resident who has not agreed to the text as it stands now is asked before going on."""
        response: HttpResponseBase = super().post_login(request, user, **facts)
        if asked_of(user):
            return redirect(consent_page(response.headers.get("Location", "/")))
        return response

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted for an account and where they come from, together."""
        account = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{account}:{ratelimit.get_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        super().pre_authenticate(request, **credentials)
        account = super()._get_login_attempts_cache_key(request, **credentials)
        self._anywhere = ratelimit.consume(
            request,
            app="greening",
            action="login_failed_anywhere",
            config=ANYWHERE,
            key=account,
        )
        if not self._anywhere:
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        """A right password is no attempt."""
        super()._rollback_login_failed_rl_usage()
        if self._anywhere:
            self._anywhere.rollback()

    def format_email_subject(self, subject: str) -> str:
        town = Commune.objects.order_by("id").values_list("name", flat=True).first()
        return f"[{town}] {subject}" if town else str(subject)

    def letter(self, template_prefix: str, email: str, facts: dict[str, Any]) -> EmailMessage:
        """A message as the town writes them, outside of any request too; sending it may fail loudly."""
        town = Commune.objects.order_by("id").values_list("name", flat=True).first()
        facts = {"email": email, **facts, "town": town or _("Your town")}
        message: EmailMessage = self.render_mail(template_prefix, email, facts)
        return message

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that does not answer stops no page: its reader is told, alike for every address."""
        try:
            self.letter(template_prefix, email, context).send()
        except (SMTPException, OSError):
            log.exception("A message (%s) could not be sent.", template_prefix)
            request = allauth_context.request
            if request is not None:
                messages.error(
                    request, _("The message could not be sent just now: try again in some minutes.")
                )
