"""The administrator's page on mail: what waits, what may or may not have left, what could not be sent."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from greening.accounts.adapter import mail_is_sent
from greening.accounts.doors import for_roles
from greening.errors import BadInput
from greening.models.notice import Notice
from greening.notices import outbox
from greening.paging import page
from greening.roles import Role

MAILS_A_PAGE = 50
ON_THEIR_WAY = (Notice.Mail.WAITING, Notice.Mail.CLAIMED, Notice.Mail.SENDING)


def counts() -> dict[str, int]:
    """Mail that is not settled, by what became of it."""
    unsettled = (*ON_THEIR_WAY, Notice.Mail.UNCERTAIN, Notice.Mail.FAILED)
    rows = Notice.objects.filter(mail__in=unsettled).values_list("mail").annotate(Count("pk"))
    found = dict(rows)
    return {
        "waiting": sum(found.get(state, 0) for state in ON_THEIR_WAY),
        "uncertain": found.get(Notice.Mail.UNCERTAIN, 0),
        "failed": found.get(Notice.Mail.FAILED, 0),
    }


@for_roles(Role.ADMINISTRATOR)
@require_safe
def mail_desk(request: HttpRequest) -> HttpResponse:
    """How many wait and since when; what a person must decide about. What the messages say is not shown."""
    try:
        rows = page(
            Notice.objects.for_a_person().select_related("person"),
            "-id",
            size=MAILS_A_PAGE,
            token=request.GET.get("page") or None,
        )
    except BadInput as error:
        raise Http404(str(error)) from None
    waiting = Notice.objects.filter(mail__in=ON_THEIR_WAY)
    context = {
        "counts": counts(),
        "oldest": waiting.aggregate(oldest=Min("created_at"))["oldest"],
        "last_error": waiting.exclude(error="")
        .order_by("-id")
        .values_list("error", flat=True)
        .first(),
        "notices": rows.rows,
        "page": rows,
        "mail_leaves": mail_is_sent(),
    }
    return render(request, "greening/notices/mail_desk.html", context)


@for_roles(Role.ADMINISTRATOR)
@require_POST
def mail_settle(request: HttpRequest, number: int) -> HttpResponse:
    """Send one again, or let it be."""
    notice = get_object_or_404(Notice, pk=number)
    again = request.POST.get("do") == "again"
    if not (outbox.send_again(notice) if again else outbox.let_be(notice)):
        messages.info(request, _("That message was settled meanwhile."))
    elif again:
        messages.success(request, _("The message is sent again."))
    else:
        messages.success(request, _("Nothing more is sent."))
    return redirect("mail-desk")
