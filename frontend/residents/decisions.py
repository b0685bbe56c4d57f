"""/gardens/decisions/<number>/: a decision about me in words, computed again, and the way to contest it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from frontend.residents.access import own_decision
from frontend.residents.forms import ContestForm
from frontend.residents.words import place_in_words, reasons_in_words, rules_in_words
from greening.accounts.doors import for_roles
from parcels.decisions import MENTION, contest, place_in, replays, take_back
from parcels.doorway import Refused
from parcels.models import Application, Decision


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles()
def decision_page(request: HttpRequest, number: int) -> HttpResponseBase:
    user: Any = request.user
    entry = own_decision(user, number)
    application = (
        Application.objects.of_user(user).filter(uuid=entry.application).first()
        if entry.application
        else None
    )
    contests = entry.contests.filter(resident=entry.resident).order_by("-pk")
    post = request.POST if request.method == "POST" else None
    asked = post.get("do", "") if post else ""
    form = ContestForm(post if asked == "contest" else None)
    refused = ""
    try:
        if asked == "take_back":
            for objection in contests.filter(state="received"):
                take_back(objection, by=user)
            messages.success(request, _("You took your objection back."))
            return redirect("my-decision", number=entry.pk)
        if asked == "contest" and form.is_valid() and entry.resident is not None:
            contest(entry, entry.resident, form.cleaned_data["text"], by=user)
            messages.success(request, _("Your objection is received. The answer comes here."))
            return redirect("my-decision", number=entry.pk)
    except Refused as error:
        refused = str(error)
    place = place_in(entry, application) if application else None
    context = {
        "entry": entry,
        "application": application,
        "place": place_in_words(place) if place else "",
        "reasons": reasons_in_words(place) if place else [],
        "again": replays(entry) if entry.what == Decision.What.OFFERED else None,
        "words": rules_in_words(entry.rules.read),
        "contests": contests,
        "may_contest": not contests.filter(state="received").exists(),
        "form": form,
        "refused": refused,
        "mention": MENTION,
    }
    status = 409 if refused else 422 if form.errors else 200
    return render(request, "frontend/residents/decision.html", context, status=status)
