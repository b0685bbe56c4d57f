"""What the town does with personal data, for everybody; and the desk of who answers for it."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from greening.accounts.archive import as_download
from greening.accounts.documents import NAMES, document
from greening.accounts.doors import for_roles, proves_again
from greening.accounts.erasing import erase
from greening.accounts.forms import AnswerForm, EraseForm
from greening.accounts.own_data import parts
from greening.errors import BadInput
from greening.models import PrivacyRequest
from greening.roles import PRIVACY

#: What everybody may read; the register and the impact assessment are the desk's.
PUBLIC = ("privacy", "retention")
FOUND_AT_MOST = 20


@require_safe
def privacy(request: HttpRequest, name: str = "privacy") -> HttpResponse:
    """A public text: what is kept and why, and for how long."""
    if name not in PUBLIC:
        raise Http404(_("There is no such text."))
    context = {"document": document(name), "dpo_contact": settings.DPO_CONTACT}
    return render(request, "account/privacy.html", context)


@for_roles(*PRIVACY)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Questions that wait, people by their address, and the texts that a town completes."""
    search = request.GET.get("q", "").strip()
    found = User.objects.none()
    if len(search) >= 3:
        found = User.objects.filter(
            Q(email__icontains=search)
            | Q(first_name__icontains=search)
            | Q(last_name__icontains=search)
        ).order_by("email")
    context = {
        "open": [(one, AnswerForm(instance=one, prefix=f"q{one.pk}")) for one in _open()],
        "answered": PrivacyRequest.objects.filter(answered_at__isnull=False)[:20],
        "search": search,
        "found": found[:FOUND_AT_MOST],
        "parts": [part.name for part in parts()],
        "documents": [document(name) for name in NAMES],
    }
    return render(request, "account/privacy_desk.html", context)


def _open() -> Any:
    return PrivacyRequest.objects.open().select_related("person")[:100]


@for_roles(*PRIVACY)
@require_safe
def desk_document(request: HttpRequest, name: str) -> HttpResponse:
    """The register, the impact assessment, the retention table as they stand."""
    if name not in NAMES:
        raise Http404(_("There is no such text."))
    context = {"document": document(name), "at_desk": True}
    return render(request, "account/privacy.html", context)


@for_roles(*PRIVACY)
@require_POST
def answer(request: HttpRequest, number: int) -> HttpResponseBase:
    """Answer a question; the person reads it on their page and is told by mail that it is there."""
    question = get_object_or_404(PrivacyRequest.objects.open(), pk=number)
    form = AnswerForm(request.POST, instance=question, prefix=f"q{number}")
    if not form.is_valid():
        messages.error(request, _("Write the answer first."))
        return redirect("privacy-desk")
    form.instance.answered_at = timezone.now()
    form.save()
    if question.person is not None and question.person.email:
        get_adapter().send_mail("account/email/answered", question.person.email, {})
    messages.success(request, _("Answered."))
    return redirect("privacy-desk")


@for_roles(*PRIVACY)
@require_POST
@proves_again
def desk_export(request: HttpRequest, number: int) -> HttpResponseBase:
    """The data of somebody who asked for it otherwise than by their own page; who did it is noted."""
    person = get_object_or_404(User, pk=number)
    answer = as_download(person)
    _note(request, person.pk, "exported on request", CHANGE)
    return answer


@for_roles(*PRIVACY)
@proves_again
def desk_erase(request: HttpRequest, number: int) -> HttpResponseBase:
    """Erase somebody's account on their request: as their own page does, with the same two deliberate acts."""
    person = get_object_or_404(User.objects.exclude(email=""), pk=number)
    form = EraseForm(request.POST or None, user=person, label_suffix="")
    form.fields["address"].label = _("The address of the account, once more")
    if request.method == "POST" and form.is_valid():
        try:
            if person == request.user:
                raise BadInput(_("Erase your own account on its own page."))
            if person.is_superuser:
                raise BadInput(
                    _("The first administrator's account is changed at the terminal only.")
                )
            erase(person)
        except BadInput as error:
            form.add_error(None, str(error))
        else:
            _note(request, number, "erased on request", DELETION)
            messages.success(request, _("The account is erased."))
            return redirect("privacy-desk")
    return render(request, "account/desk_erase.html", {"form": form, "person": person})


def _note(request: HttpRequest, number: int, what: str, flag: int) -> None:
    """Who did it and when, of whom by number only: the trace of an erasure must not name the erased."""
    by: Any = request.user
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(number),
        object_repr=f"account {number}",
        action_flag=flag,
        change_message=what,
    )
