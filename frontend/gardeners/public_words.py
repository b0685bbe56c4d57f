"""/gardens/desk/<garden>/page/: what a garden's public page tells: its rules, referent, open days and news."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend.gardeners.access import manages, of_own_garden
from frontend.markdown import as_html
from frontend.programme.forms import send
from greening.accounts.people import person
from greening.errors import BadInput
from greening.models.base import new_uuid
from greening.roles import Role, may, rights
from parcels.lives import GARDEN
from parcels.models import GardenNews, GardenReferent, OpenDay, SharedGarden
from parcels.models.garden_page import CONSENT_VERSION

NEWS_SHOWN = 20


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = SharedGarden
        fields = ("rules_fr", "rules_en")
        widgets = {name: forms.Textarea(attrs={"rows": 6}) for name in ("rules_fr", "rules_en")}


class ReferentForm(forms.ModelForm):  # type: ignore[type-arg]
    account = forms.CharField(
        label=gettext_lazy("e-mail of their account"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "Not published. With the role of garden referent they publish this garden's news."
        ),
    )
    agrees = forms.BooleanField(
        label=gettext_lazy(
            "This person read what is published, where and for how long, and agrees."
        ),
        error_messages={
            "required": gettext_lazy("Without their agreement the contact is not published.")
        },
    )

    class Meta:
        model = GardenReferent
        fields = ("name", "email", "phone")
        widgets = {
            "name": forms.TextInput(attrs={"type": "text", "autocomplete": "off"}),
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
            "phone": forms.TextInput(attrs={"type": "text", "autocomplete": "off"}),
        }

    def clean_account(self) -> User | None:
        text = str(self.cleaned_data["account"]).strip()
        if not text:
            return None
        try:
            return person(text)
        except BadInput:
            raise ValidationError(
                _("Nobody signs in with this address: leave it empty, or let them sign up first.")
            ) from None


class OpenDayForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = OpenDay
        fields = ("day", "starts", "ends", "place", "note")
        widgets = {
            "day": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "starts": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "ends": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "place": forms.TextInput(attrs={"type": "text"}),
            "note": forms.Textarea(attrs={"rows": 2}),
        }

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day < timezone.localdate():
            raise ValidationError(_("This day is over: choose today or a later one."))
        return day


class NewsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = GardenNews
        fields = ("title", "body")
        widgets = {
            "title": forms.TextInput(attrs={"type": "text"}),
            "body": forms.Textarea(attrs={"rows": 6}),
        }


Rows = Mapping[str, forms.BaseForm]


@dataclass(frozen=True)
class Entry:
    """A row of the page with the form that changes it, opened where it was just tried."""

    row: Any
    form: forms.BaseForm
    opened: bool
    html: str = ""


def _entry(
    row: Any, name: str, form: Callable[[Any], forms.BaseForm], tried: Rows, html: str = ""
) -> Entry:
    return Entry(row, tried.get(name) or form(row), name in tried, html)


@of_own_garden
def words_page(request: HttpRequest, garden: SharedGarden) -> HttpResponseBase:
    if request.method == "POST":
        asked, _colon, number = request.POST.get("do", "").partition(":")
        answer = ACTIONS.get(asked)
        if answer is None:
            raise Http404(_("This page has no such form."))
        return answer(request, garden, number)
    return _page(request, garden)


def _page(
    request: HttpRequest, garden: SharedGarden, tried: Rows | None = None, sentence: str = ""
) -> HttpResponseBase:
    """The page with its forms; those just tried stand with what was wrong with them."""
    tried = tried or {}
    all_of_it = manages(request.user)
    referent = GardenReferent.objects.filter(garden=garden).select_related("user").first()
    news = garden.news.order_by("-published_at", "-id")[:NEWS_SHOWN]
    context: dict[str, Any] = {
        "garden": garden,
        "manages": all_of_it,
        "sentence": sentence,
        "change": new_uuid(),
        "news": [
            _entry(row, f"news:{row.pk}", _news_form, tried, as_html(row.body)) for row in news
        ],
        "news_form": tried.get("news") or _news_form(),
    }
    if all_of_it:
        coming = garden.open_days.coming()
        context |= {
            "referent": referent,
            "referent_form": tried.get("referent") or _referent_form(referent),
            "rules_form": tried.get("rules") or _rules_form(garden),
            "open_days": [_entry(row, f"day:{row.pk}", _day_form, tried) for row in coming],
            "day_form": tried.get("day") or _day_form(),
        }
    status = 409 if tried or sentence else 200
    return render(request, "frontend/garden_desk/words.html", context, status=status)


def _rules_form(garden: SharedGarden, data: Any = None) -> RulesForm:
    return RulesForm(data, instance=garden, label_suffix="", prefix="rules")


def _referent_form(referent: GardenReferent | None, data: Any = None) -> ReferentForm:
    account = referent.user.email if referent is not None and referent.user is not None else ""
    return ReferentForm(
        data, instance=referent, initial={"account": account}, label_suffix="", prefix="referent"
    )


def _day_form(row: OpenDay | None = None, data: Any = None) -> OpenDayForm:
    prefix = f"day-{row.pk}" if row is not None else "day"
    return OpenDayForm(data, instance=row, label_suffix="", prefix=prefix)


def _news_form(row: GardenNews | None = None, data: Any = None) -> NewsForm:
    prefix = f"news-{row.pk}" if row is not None else "news"
    return NewsForm(data, instance=row, label_suffix="", prefix=prefix)


# --- what its forms do ------------------------------------------------------------------------------
def _save_rules(request: HttpRequest, garden: SharedGarden, _number: str) -> HttpResponseBase:
    _managers_only(request)
    form = _rules_form(SharedGarden.objects.get(pk=garden.pk), request.POST)
    if not form.is_valid():
        return _page(request, garden, {"rules": form})
    answer = send(
        GARDEN,
        dict(form.cleaned_data),
        request=request,
        obj=garden,
        change=request.POST.get("change", ""),
        base_rev=request.POST.get("rev", ""),
    )
    if not answer.landed:
        return _page(
            request, SharedGarden.objects.get(pk=garden.pk), {"rules": form}, answer.sentence
        )
    return _done(request, garden, _("The garden's rules are published."), "rules")


def _save_referent(request: HttpRequest, garden: SharedGarden, _number: str) -> HttpResponseBase:
    _managers_only(request)
    referent = GardenReferent.objects.filter(garden=garden).first() or GardenReferent(garden=garden)
    form = _referent_form(referent, request.POST)
    form.instance.garden = garden
    if not form.is_valid():
        return _page(request, garden, {"referent": form})
    new = referent.pk is None
    made = form.save(commit=False)
    made.user = form.cleaned_data["account"]
    made.consent_at, made.consent_version = timezone.now(), CONSENT_VERSION
    made.save()
    _note(request, made, ADDITION if new else CHANGE)
    return _done(request, garden, _("The referent's contact is published."), "referent")


def _remove_referent(request: HttpRequest, garden: SharedGarden, _number: str) -> HttpResponseBase:
    _managers_only(request)
    referent = get_object_or_404(GardenReferent, garden=garden)
    _note(request, referent, DELETION)
    referent.delete()
    return _done(request, garden, _("The referent's contact is erased."), "referent")


def _save_day(request: HttpRequest, garden: SharedGarden, number: str) -> HttpResponseBase:
    _managers_only(request)
    row = _row(garden.open_days.all(), number) if number else None
    form = _day_form(row, request.POST)
    form.instance.garden = garden
    if not form.is_valid():
        return _page(request, garden, {f"day:{number}" if number else "day": form})
    made = form.save()
    _note(request, made, CHANGE if number else ADDITION)
    return _done(request, garden, _("The open day is published."), "days")


def _remove_day(request: HttpRequest, garden: SharedGarden, number: str) -> HttpResponseBase:
    _managers_only(request)
    row = _row(garden.open_days.all(), number)
    _note(request, row, DELETION)
    row.delete()
    return _done(request, garden, _("The open day is taken off."), "days")


def _save_news(request: HttpRequest, garden: SharedGarden, number: str) -> HttpResponseBase:
    row = _row(garden.news.all(), number) if number else None
    _may(request, row or GardenNews(garden=garden), "edit" if number else "create")
    form = _news_form(row, request.POST)
    form.instance.garden = garden
    if not form.is_valid():
        return _page(request, garden, {f"news:{number}" if number else "news": form})
    made = form.save(commit=False)
    if not number:
        made.author = request.user
        role = Role.GARDEN_MANAGER if manages(request.user) else Role.GARDEN_REFERENT
        made.author_role = role.value
    made.save()
    _note(request, made, CHANGE if number else ADDITION)
    return _done(request, garden, _("The news is published."), "news")


def _remove_news(request: HttpRequest, garden: SharedGarden, number: str) -> HttpResponseBase:
    row = _row(garden.news.all(), number)
    _may(request, row, "delete")
    _note(request, row, DELETION)
    row.delete()
    return _done(request, garden, _("The news is taken off."), "news")


ACTIONS: Mapping[str, Callable[[HttpRequest, SharedGarden, str], HttpResponseBase]] = {
    "rules": _save_rules,
    "referent": _save_referent,
    "no-referent": _remove_referent,
    "day": _save_day,
    "no-day": _remove_day,
    "news": _save_news,
    "no-news": _remove_news,
}


def _managers_only(request: HttpRequest) -> None:
    if not manages(request.user):
        raise PermissionDenied


def _may(request: HttpRequest, row: GardenNews, action: str) -> None:
    if not may(rights(request.user, "gardennews", row), action):
        raise PermissionDenied


def _row(rows: Any, number: str) -> Any:
    """A row of this garden by its number; another garden's is not found here."""
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        raise Http404
    return get_object_or_404(rows, pk=int(number))


def _note(request: HttpRequest, row: models.Model, flag: int) -> None:
    """Who wrote what, in the back office's own log; of a referent it keeps the row's number only."""
    user: Any = request.user
    LogEntry.objects.log_actions(user.pk, [row], flag, "", single_object=True)


def _done(
    request: HttpRequest, garden: SharedGarden, sentence: str, where: str
) -> HttpResponseBase:
    messages.success(request, sentence)
    return redirect(f"{reverse('garden-desk-words', args=(garden.pk,))}#{where}")
