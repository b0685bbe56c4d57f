"""The switch of language, remembered for what is written to the person."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import get_language
from django.views.i18n import set_language

from greening.notices.people import language_of, remember_language


def switch_language(request: HttpRequest) -> HttpResponseBase:
    """Django's own switch; whoever is signed in is written to in that language from now on."""
    answer = set_language(request)
    if request.method == "POST" and request.user.is_authenticated:
        remember_language(request.user, request.POST.get("language", ""))
    return answer


def remember_at_sign_in(request: HttpRequest) -> None:
    """The language of the page somebody signs in on, if they chose it or none is known of them yet.

    A browser's own language alone does not overrule what was chosen: a borrowed computer speaks its owner's.
    """
    person = request.user
    if not isinstance(person, User):
        return
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    if chosen or not hasattr(person, "preference"):
        remember_language(person, get_language() or language_of(person))
