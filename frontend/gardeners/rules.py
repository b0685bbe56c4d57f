"""/gardens/desk/rules/: the rules by which plots are given, version by version; a new one never touches the old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend.gardeners.access import for_managers
from frontend.gardeners.asking import asked, form_asked, row_number
from greening.errors import BadInput, TownError
from greening.models import Commune
from parcels.allocation_rules import DEFAULT, Rules, RulesError
from parcels.models import AllocationRules

#: So many refusals can have a cost of their own; the last one given holds for all that follow.
COSTS = 5
COST_WORDS = [
    ("", "–"),
    ("nothing", gettext_lazy("nothing")),
    ("months", gettext_lazy("months back")),
    ("end_of_list", gettext_lazy("the end of the list")),
    ("out", gettext_lazy("the application ends")),
]


def _number(label: Any, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most)


class RulesForm(forms.Form):
    valid_from = forms.DateField(
        label=gettext_lazy("applies from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    resident = forms.BooleanField(label=gettext_lazy("must live in the town"), required=False)
    adult = forms.BooleanField(label=gettext_lazy("must be of age"), required=False)
    no_own_garden = forms.BooleanField(
        label=gettext_lazy("must have no garden at home"), required=False
    )
    one_application_per = forms.ChoiceField(
        label=gettext_lazy("one application for each"),
        choices=[
            ("household", gettext_lazy("household")),
            ("household_and_garden", gettext_lazy("household in each garden")),
        ],
    )
    one_plot_per_household = forms.BooleanField(
        label=gettext_lazy("one plot for each household"), required=False
    )
    accessibility_first = forms.BooleanField(
        label=gettext_lazy("accessible plots first to those who need one"), required=False
    )
    answer_days = _number(gettext_lazy("days to answer an offer"), 1, 90)
    unanswered = forms.ChoiceField(
        label=gettext_lazy("an offer without an answer counts"),
        choices=[
            ("refusal", gettext_lazy("as a refusal")),
            ("nothing", gettext_lazy("for nothing")),
            ("out", gettext_lazy("as the end of the application")),
        ],
    )
    reconfirm_months = _number(
        gettext_lazy("months until the application is confirmed again"), 1, 60
    )
    grace_days = _number(gettext_lazy("days to confirm it"), 1, 365)
    adoption_months = _number(gettext_lazy("months a plot is given for"), 1, 120)
    renewal_window_days = _number(
        gettext_lazy("days before its end that a renewal is asked"), 1, 365
    )
    notice_days = _number(gettext_lazy("days of notice to leave"), 0, 365)
    text_fr = forms.CharField(
        label=gettext_lazy("published text, French"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    text_en = forms.CharField(
        label=gettext_lazy("published text, English"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, COSTS + 1):
            self.fields[f"cost_{number}"] = forms.ChoiceField(
                label=_("refusal number %(n)s costs") % {"n": number},
                choices=COST_WORDS[0 if number > 1 else 1 :],
                required=number == 1,
            )
            self.fields[f"months_{number}"] = forms.IntegerField(
                label=_("months, for refusal number %(n)s") % {"n": number},
                required=False,
                min_value=1,
                max_value=60,
            )

    @property
    def costs(self) -> list[tuple[Any, Any]]:
        return [(self[f"cost_{n}"], self[f"months_{n}"]) for n in range(1, COSTS + 1)]

    def clean_valid_from(self) -> dt.date:
        day: dt.date = self.cleaned_data["valid_from"]
        first = first_day()
        if day < first:
            raise ValidationError(
                _("Rules are published before they apply: choose a day from %(day)s on.")
                % {"day": date_format(first)}
            )
        return day

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        costs: list[dict[str, Any]] = []
        ended = False
        for number in range(1, COSTS + 1):
            cost, months = data.get(f"cost_{number}", ""), data.get(f"months_{number}")
            if not cost:
                ended = True
                continue
            if ended:
                self.add_error(
                    f"cost_{number}", _("Say first what the refusal before this one costs.")
                )
            if cost == "months" and months is None and f"months_{number}" not in self.errors:
                self.add_error(f"months_{number}", _("Say how many months."))
            costs.append({"cost": cost, "months": months} if cost == "months" else {"cost": cost})
        data["refusal_costs"] = costs
        return data

    def rules(self) -> dict[str, Any]:
        """The form's values as the rules are kept."""
        data = self.cleaned_data
        return {
            "who": {name: data[name] for name in ("resident", "adult", "no_own_garden")},
            "one_application_per": data["one_application_per"],
            "one_plot_per_household": data["one_plot_per_household"],
            "accessibility_first": data["accessibility_first"],
            "ties": "draw",
            "answer_days": data["answer_days"],
            "refusal_costs": data["refusal_costs"],
            "unanswered": data["unanswered"],
            "reconfirm": {"months": data["reconfirm_months"], "grace_days": data["grace_days"]},
            "adoption": {
                "months": data["adoption_months"],
                "renewal_window_days": data["renewal_window_days"],
                "notice_days": data["notice_days"],
            },
        }


def first_day() -> dt.date:
    """The first day a new version may apply from: tomorrow; today where the town has no rules at all."""
    today = timezone.localdate()
    return today + dt.timedelta(days=1) if AllocationRules.objects.exists() else today


def as_initial(rules: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        **rules["who"],
        **{name: rules[name] for name in rules if name not in ("who", "reconfirm", "adoption")},
        "reconfirm_months": rules["reconfirm"]["months"],
        "grace_days": rules["reconfirm"]["grace_days"],
        "adoption_months": rules["adoption"]["months"],
        "renewal_window_days": rules["adoption"]["renewal_window_days"],
        "notice_days": rules["adoption"]["notice_days"],
    }
    for number, cost in enumerate(rules["refusal_costs"][:COSTS], start=1):
        found[f"cost_{number}"] = cost["cost"]
        found[f"months_{number}"] = cost.get("months")
    return found


@for_managers
def rules_page(request: HttpRequest) -> HttpResponseBase:
    today = timezone.localdate()
    if request.method == "POST":
        what, of = form_asked(request)
        if what != "withdraw":
            raise Http404(_("This page has no such form."))
        version = get_object_or_404(AllocationRules, pk=row_number(of))
        asked(request, version.delete, _("The version that was to come is withdrawn."))
        return redirect("garden-desk-rules")
    try:
        in_force = AllocationRules.objects.in_force(today)
    except BadInput:
        in_force = None
    versions = AllocationRules.objects.order_by("-valid_from", "-version")
    context = {
        "in_force": in_force,
        "facts": facts_of(in_force.read) if in_force is not None else [],
        "versions": [(row, row.valid_from > today) for row in versions],
    }
    return render(request, "frontend/garden_desk/rules.html", context)


def facts_of(rules: Rules) -> list[tuple[str, Any]]:
    """The rules as the form names them, for a table."""
    words = {True: _("yes"), False: _("no")}
    labels = {name: field.label for name, field in RulesForm.base_fields.items()}
    choices = {
        name: dict(RulesForm.base_fields[name].choices)  # type: ignore[attr-defined]
        for name in ("one_application_per", "unanswered")
    }
    found: list[tuple[str, Any]] = []
    for name, label in labels.items():
        if name in ("valid_from", "text_fr", "text_en"):
            continue
        value = getattr(rules, name)
        if isinstance(value, bool):
            value = words[value]
        elif name in choices:
            value = choices[name][value]
        found.append((str(label), value))
    costs = dict(COST_WORDS)
    for number, cost in enumerate(rules.refusal_costs, start=1):
        told = str(costs[cost.cost]) + (f" ({cost.months})" if cost.months else "")
        found.append((_("refusal number %(n)s costs") % {"n": number}, told))
    return found


@for_managers
def new_rules(request: HttpRequest) -> HttpResponseBase:
    """A version that follows the newest one, proposed with its values."""
    newest = AllocationRules.objects.order_by("-version").first()
    initial = as_initial(newest.rules if newest is not None else DEFAULT) | {
        "valid_from": first_day(),
        "text_fr": newest.text_fr if newest is not None else "",
        "text_en": newest.text_en if newest is not None else "",
    }
    post = request.POST if request.method == "POST" else None
    form = RulesForm(post, initial=initial, label_suffix="")
    if post is not None and form.is_valid():
        try:
            made = publish(form)
        except TownError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                _("Version %(version)s is published: it applies from %(day)s.")
                % {"version": made.version, "day": date_format(made.valid_from)},
            )
            return redirect("garden-desk-rules")
    context = {"form": form, "newest": newest}
    status = 409 if post is not None else 200
    return render(request, "frontend/garden_desk/new_rules.html", context, status=status)


def publish(form: RulesForm) -> AllocationRules:
    """Keep a new version. Raises BadInput where somebody published at the same instant, or a rule cannot be used."""
    rules = form.rules()
    try:
        Rules.read(rules)
    except RulesError as error:
        raise BadInput(str(error)) from error
    commune = Commune.objects.the()
    rows = AllocationRules.objects.filter(commune=commune)
    last = rows.aggregate(last=Max("version"))["last"] or 0
    try:
        with transaction.atomic():
            return AllocationRules.objects.create(
                commune=commune,
                version=last + 1,
                valid_from=form.cleaned_data["valid_from"],
                rules=rules,
                text_fr=form.cleaned_data["text_fr"],
                text_en=form.cleaned_data["text_en"],
                synthetic=commune.synthetic,
            )
    except IntegrityError:
        raise BadInput(
            _("Somebody published a version a moment ago: look at it, then publish yours.")
        ) from None
