"""What residents are asked, each question with the reason why; nothing else is read from what they send."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parcels.adopting import WATERING_DAYS
from parcels.allocation_rules import Rules
from parcels.application_lives import WHO
from parcels.forgetting import KEPT_DAYS
from parcels.models import Resident
from parcels.models.adoption import MOST_LITRES

#: The version of the text a resident agrees to beside their details; change both together.
CONSENT_VERSION = "gardens-2026-12"
#: Where the sentence of a refused rule belongs in the form.
FIELD_OF_RULE = {
    "not_resident": "declares_resident",
    "not_adult": "declares_adult",
    "has_garden": "declares_no_own_garden",
    "no_consent": "consent",
}

DETAILS = ("name", "address", "door", "postcode", "phone")


def _text(label: Any, why: Any, autocomplete: str, **more: Any) -> forms.Field:
    attrs = {"type": "text", "autocomplete": autocomplete, **more.pop("attrs", {})}
    widget = forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, help_text=why, widget=widget, **more)


class DetailsForm(forms.Form):
    """Who somebody is, where the gardens do not know it yet."""

    use_required_attribute = (
        False  # the page says what is missing, in its own words, beside the field
    )
    #: Promised by the text beside the form.
    kept_days = KEPT_DAYS
    name = _text(
        _("Your name"), _("So that the garden's referent can greet you."), "name", max_length=120
    )
    address = _text(
        _("Number and street"),
        _(
            "We check that you live in the town, and that a household applies once. Only the gardens' managers read it."
        ),
        "address-line1",
        max_length=200,
    )
    door = _text(
        _("Building, floor, door"),
        _("If there are several homes at this address: two neighbours are two households."),
        "address-line2",
        max_length=80,
        required=False,
    )
    postcode = _text(
        _("Postcode"),
        _("For the same reason."),
        "postal-code",
        max_length=10,
        attrs={"inputmode": "numeric"},
    )
    phone = _text(
        _("Telephone (if you like)"),
        _("Only to reach you about an offer, when a message comes back."),
        "tel",
        max_length=30,
        required=False,
        attrs={"inputmode": "tel"},
    )
    consent = forms.BooleanField(
        label=_(
            "I agree that the town keeps these details to give plots, as explained on this page."
        ),
        error_messages={"required": _("Your agreement is needed before we keep these details.")},
    )

    def __init__(self, data: Any = None, *, resident: Resident | None = None) -> None:
        known = {name: getattr(resident, name, "") for name in self.base_fields}
        known["consent"] = getattr(resident, "consent_version", "") == CONSENT_VERSION
        super().__init__(data, initial=known, label_suffix="")
        for name in ("name", "address", "postcode"):
            self.fields[name].error_messages["required"] = _("Please fill in this field.")

    @property
    def told(self) -> dict[str, Any]:
        """What is written down of somebody; consent goes beside it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "consent"}


#: Declarations, by the field that makes them: each is asked only where the rules ask for it.
WHO_ASKED = {
    "declares_adult": "adult",
    "declares_resident": "resident",
    "declares_no_own_garden": "no_own_garden",
}


class ApplyForm(DetailsForm):
    """An application: the details, and the declarations that the rules in force ask for."""

    declares_adult = forms.BooleanField(
        label=_("I am of age."), error_messages={"required": WHO["not_adult"]}
    )
    declares_resident = forms.BooleanField(
        label=_("I live in the town."), error_messages={"required": WHO["not_resident"]}
    )
    declares_no_own_garden = forms.BooleanField(
        label=_("I have no garden at home."), error_messages={"required": WHO["has_garden"]}
    )
    needs_accessible = forms.BooleanField(
        label=_("I need a plot that can be reached with a wheelchair or a walking aid."),
        help_text=_(
            "Then accessible plots are offered to you first, and no other. No proof asked."
        ),
        required=False,
    )
    field_order = (*DETAILS, *WHO_ASKED, "needs_accessible", "consent")

    def __init__(self, data: Any = None, *, rules: Rules, resident: Resident | None = None) -> None:
        super().__init__(data, resident=resident)
        for name, rule in WHO_ASKED.items():
            if not getattr(rules, rule):
                del self.fields[name]


class WateringForm(forms.Form):
    """Water given: how much, and when."""

    use_required_attribute = False
    litres = forms.FloatField(
        label=_("Litres"),
        min_value=1,
        max_value=MOST_LITRES,
        help_text=_("A watering can holds about 10."),
        error_messages={
            "required": _("Say how many litres."),
            "min_value": _("Between 1 and 200 litres in one day."),
            "max_value": _("Between 1 and 200 litres in one day."),
        },
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )
    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Say which day it was.")},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="watering", initial={"litres": 10}, label_suffix="")
        today = timezone.localdate()
        day = self.fields["day"]
        day.initial = today
        day.widget.attrs |= {
            "max": today.isoformat(),
            "min": (today - dt.timedelta(days=WATERING_DAYS)).isoformat(),
        }


class ContestForm(forms.Form):
    """An objection, in somebody's own words."""

    use_required_attribute = False
    text = forms.CharField(
        label=_("What do you contest, and why?"),
        help_text=_("A person reads it and answers you on this page."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Say what you contest, in your own words.")},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
