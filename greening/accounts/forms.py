"""The forms of the account pages: labels that stay visible, no placeholder in place of one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.mfa.adapter import get_adapter as get_factors
from allauth.mfa.base import forms as factor_forms
from allauth.mfa.totp import forms as app_forms
from allauth.mfa.webauthn import forms as passkey_forms
from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from greening.accounts.bots import SlowsBots
from greening.models import PrivacyRequest
from greening.roles import LABELS, Role

log = logging.getLogger(__name__)


class LabelsStay:
    """A placeholder vanishes as one types; the label beside the field is enough."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(LabelsStay, allauth_forms.LoginForm):  # type: ignore[misc]  # allauth is untyped
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""  # the page links to the reset itself
        self.fields["remember"].label = _("Stay signed in on this device")


class SignUpForm(SlowsBots, LabelsStay, allauth_forms.SignupForm):  # type: ignore[misc]
    """Only what is asked here is taken: a role or a right that is posted along is nobody's field."""

    consent = forms.BooleanField(
        label=_("I have read how the town keeps my data, and I agree."),
        error_messages={"required": _("Without it the town may not keep an account of yours.")},
    )
    field_order = ("email", "password1", "password2", "consent")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = _(
            "At least 12 characters; a sentence is easy to keep."
        )
        self.fields["password2"].label = _("Password, once more")


class PasswordAgainForm(LabelsStay, allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""


class ResetForm(LabelsStay, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")


class NewPasswordForm(LabelsStay, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = _(
            "At least 12 characters; a sentence is easy to keep."
        )
        self.fields["password2"].label = _("New password, once more")


class ChangePasswordForm(LabelsStay, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Password until now")
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = _(
            "At least 12 characters; a sentence is easy to keep."
        )
        self.fields["password2"].label = _("New password, once more")


class AddressForm(LabelsStay, allauth_forms.AddEmailForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")


class CodeForm(LabelsStay, factor_forms.AuthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code of the app, or one of your codes on paper")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class CodeAgainForm(LabelsStay, factor_forms.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code of the app, or one of your codes on paper")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class AppForm(LabelsStay, app_forms.ActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("The six digits that the app shows")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class ReadsKey:
    """What a browser says of a key is anybody's text: one that cannot be read is a wrong one, never a failure."""

    def _read(self, clean: Callable[[], Any]) -> Any:
        try:
            return clean()
        except (KeyError, ValueError, TypeError, AttributeError, IndexError):
            log.info("A key's answer could not be read.", exc_info=True)
            raise get_factors().validation_error("incorrect_code") from None

    def clean_credential(self) -> Any:
        above: Any = getattr(super(), "clean_credential", None)
        return self._read(above) if above else self.cleaned_data["credential"]  # type: ignore[attr-defined]

    def clean(self) -> Any:
        return self._read(super().clean)  # type: ignore[misc]  # a form's


class KeyForm(ReadsKey, passkey_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class KeySignInForm(ReadsKey, passkey_forms.LoginWebAuthnForm):  # type: ignore[misc]
    pass


class KeyAgainForm(ReadsKey, passkey_forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeyForm(ReadsKey, LabelsStay, passkey_forms.AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of this key or device")
        self.fields["passwordless"].label = _("Sign in with it alone, without the password")
        self.fields["passwordless"].help_text = _(
            "The device then asks for its own code, your finger or your face; these never leave it."
        )
        self.fields["passwordless"].initial = True


class PasskeyNameForm(LabelsStay, passkey_forms.EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of this key or device")


class ConsentForm(forms.Form):
    agreed = forms.BooleanField(
        label=_("I have read how the town keeps my data, and I agree."),
        error_messages={"required": _("Tick the box to go on, or erase the account.")},
    )


class EraseForm(forms.Form):
    """Two deliberate acts: who comes here by mistake does not fill in both."""

    address = forms.EmailField(label=_("Your e-mail address, once more"))
    understood = forms.BooleanField(
        label=_("I know that this cannot be undone."),
        error_messages={"required": _("Tick the box if you are sure.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["address"].widget.attrs["autocomplete"] = "off"

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        if address.casefold() != self.user.email.casefold():
            raise forms.ValidationError(_("This is not the address of the account."))
        return address


class AskForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A question about one's data."""

    class Meta:
        model = PrivacyRequest
        fields = ("what", "message")
        widgets = {"message": forms.Textarea(attrs={"rows": 5, "maxlength": 2_000})}


class AnswerForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the data protection officer answers."""

    class Meta:
        model = PrivacyRequest
        fields = ("answer",)
        widgets = {"answer": forms.Textarea(attrs={"rows": 4, "maxlength": 4_000})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].required = True


class NameForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """The name that colleagues read in the history."""

    class Meta:
        model = User
        fields = ("first_name", "last_name")


class RolesForm(forms.Form):
    """The roles of one person, and whether they may sign in at all."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        choices=[(role.value, LABELS[role]) for role in Role],
        widget=forms.CheckboxSelectMultiple,
    )
    active = forms.BooleanField(label=_("May sign in"), required=False)
