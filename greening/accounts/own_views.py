"""One's own account, from the person's side: consent, sign-ins, the download, erasing, questions about one's data."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from greening.accounts.archive import as_download
from greening.accounts.consents import TEXT, agree
from greening.accounts.documents import document
from greening.accounts.doors import for_roles, proves_again
from greening.accounts.erasing import erase, why_not
from greening.accounts.forms import AskForm, ConsentForm, EraseForm
from greening.accounts.sign_ins import end, end_others, sign_ins
from greening.errors import BadInput
from greening.models import PrivacyRequest

#: Questions of one person that may wait at once: an answer comes before a sixth.
OPEN_QUESTIONS = 5


@for_roles()
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest) -> HttpResponseBase:
    """Agree to the text as it stands; asked at the sign-in after it changed."""
    there = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(
        there, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        there = "/"
    form = ConsentForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        agree(request.user)
        return redirect(there)
    context = {"form": form, "next": there, "document": document(TEXT)}
    return render(request, "account/consent.html", context)


@for_roles()
@require_safe
def sign_in_list(request: HttpRequest) -> HttpResponse:
    """Where one is signed in."""
    return render(request, "account/sign_ins.html", {"sign_ins": sign_ins(request)})


@for_roles()
@require_POST
def end_sign_in(request: HttpRequest, number: int) -> HttpResponseBase:
    """Sign one's own device out, from another."""
    if not end(request.user, number):
        raise Http404(_("There is no such sign-in of yours."))
    messages.success(request, _("Signed out there."))
    return redirect("sign-ins")


@for_roles()
@require_POST
def end_other_sign_ins(request: HttpRequest) -> HttpResponseBase:
    """Sign out everywhere but here."""
    ended = end_others(request)
    said = ngettext("Signed out on %(n)s device.", "Signed out on %(n)s devices.", ended)
    messages.success(request, said % {"n": ended})
    return redirect("sign-ins")


@for_roles()
@require_http_methods(["GET", "HEAD", "POST"])
@proves_again
def own_data(request: HttpRequest) -> HttpResponseBase:
    """What the town holds of one, as a file; the only account it can be of is the one that asks."""
    user: Any = request.user
    if request.method == "POST":
        return as_download(user)
    return render(request, "account/own_data.html")


@never_cache
def erase_account(request: HttpRequest) -> HttpResponseBase:
    """Erase one's account; the page after it is everybody's, for there is nobody signed in any more."""
    if "erased" in request.GET and not request.user.is_authenticated:
        return render(request, "account/erased.html")
    return _erase(request)


@for_roles()
@require_http_methods(["GET", "HEAD", "POST"])
@proves_again
def _erase(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    form = EraseForm(request.POST or None, user=user, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            erase(user)
        except BadInput as error:
            form.add_error(None, str(error))
        else:
            logout(request)
            return redirect(f"{request.path}?erased")
    return render(request, "account/erase.html", {"form": form, "reason": why_not(user)})


@for_roles()
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest) -> HttpResponseBase:
    """Ask what the pages do not settle, and read the answers."""
    user: Any = request.user
    asked = PrivacyRequest.objects.filter(person=user)
    form = AskForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        if asked.open().count() >= OPEN_QUESTIONS:
            form.add_error(None, _("Several questions of yours wait for their answer already."))
        else:
            form.instance.person = user
            form.save()
            messages.success(request, _("Your question was sent: the answer comes within a month."))
            return redirect("privacy-questions")
    return render(request, "account/questions.html", {"form": form, "asked": asked[:50]})
