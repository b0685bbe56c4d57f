"""Public forms that slow robots down by themselves: no riddle, no third party, no script.

Three small things, none of which a person notices: a field that only a machine fills in; a seal that says when the
form was shown (nobody fills it in within three seconds, nobody after a day); and that each seal sends one form. A
crowd behind one address is counted by `too_many`.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from allauth.core.internal import ratelimit
from django import forms
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LEAST_SECONDS = 3
MOST_SECONDS = 24 * 3600


class Trap(forms.CharField):
    """Out of sight and out of the keyboard's way; `account/fields.html` draws it so."""

    is_trap = True

    def __init__(self) -> None:
        super().__init__(
            required=False,
            label=gettext_lazy("Leave this field empty"),
            widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
        )


def too_many(request: HttpRequest, what: str, rates: str) -> bool:
    """Count one more `what`, and say whether it is over `rates`, as allauth writes them (`"10/h/ip"`).

    Attempts are counted for all workers together; what is refused is not counted.
    """
    used = ratelimit.consume(request, app="greening", action=what, config={what: rates})
    return used is None


class SlowsBots:
    """For a form that anybody may send: put it first among the bases, and draw the form by `account/fields.html`."""

    fields: dict[str, forms.Field]
    data: Any
    is_bound: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["website"] = Trap()
        self.fields["seal"] = forms.CharField(
            required=False, widget=forms.HiddenInput, initial=self.new_seal, max_length=200
        )

    @classmethod
    def _signer(cls) -> signing.TimestampSigner:
        return signing.TimestampSigner(salt=f"greening.bots.{cls.__name__}")

    @classmethod
    def new_seal(cls) -> str:
        """What a form carries from when it is shown; good for this kind of form only."""
        return cls._signer().sign(secrets.token_urlsafe(12))

    def full_clean(self) -> None:
        super().full_clean()  # type: ignore[misc]  # a form's
        if not self.is_bound:
            return
        sentence = self._refusal()
        # A seal is spent by the form that is taken, not by one that a person has to correct.
        if not sentence and not self._errors and not self._spend():  # type: ignore[attr-defined]
            sentence = _("This form was sent already.")
            self._seal_anew()
        if sentence:
            self.add_error(None, sentence)  # type: ignore[attr-defined]

    def _said(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name), ""))  # type: ignore[attr-defined]

    def _refusal(self) -> str:
        if self._said("website"):
            return _("Leave the field “website” empty: it is there to stop robots.")
        signer = self._signer()
        try:
            signer.unsign(self._said("seal"), max_age=MOST_SECONDS)
        except signing.BadSignature:
            self._seal_anew()
            return _("This page was open for too long. Look at the form once more and send it.")
        try:
            signer.unsign(self._said("seal"), max_age=LEAST_SECONDS - 1)
        except signing.SignatureExpired:
            return ""
        return _("That was very quick. Look at the form once more and send it.")

    def _spend(self) -> bool:
        seal = hashlib.sha256(self._said("seal").encode()).hexdigest()
        return bool(cache.add(f"seal:{seal}", 1, MOST_SECONDS))

    def _seal_anew(self) -> None:
        """The form shown with the refusal carries a seal that can be sent."""
        self.data = self.data.copy()
        self.data[self.add_prefix("seal")] = self.new_seal()  # type: ignore[attr-defined]
