"""The forms of the account pages: labels that stay visible, no placeholder in place of one."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from greening.roles import LABELS, Role


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


class SignUpForm(LabelsStay, allauth_forms.SignupForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = _(
            "At least 12 characters; a sentence is easy to keep."
        )
        self.fields["password2"].label = _("Password, once more")


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
