"""A person's notices, what they want mail about, and their calendar."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from greening.accounts.doors import for_roles
from greening.errors import BadInput, NotThere
from greening.models.notice import Notice
from greening.notices import feeds, unsubscribing, words
from greening.notices.kinds import kind, topics_for
from greening.notices.people import set_mailed_topics, silence, silenced
from greening.paging import page

NOTICES_A_PAGE = 25


@for_roles()
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """One's own notices, the unread first, a page at a time."""
    person: Any = request.user
    try:
        rows = page(
            Notice.objects.filter(person=person).in_reading_order(),
            "-place",
            size=NOTICES_A_PAGE,
            token=request.GET.get("page") or None,
        )
    except BadInput as error:
        raise Http404(str(error)) from None
    context = {
        "notices": [(notice, words.subject(notice)) for notice in rows.rows],
        "page": rows,
        "unread": any(not notice.is_read for notice in rows.rows),
    }
    return render(request, "greening/notices/list.html", context)


@for_roles()
@require_safe
def notice_page(request: HttpRequest, identifier: Any) -> HttpResponse:
    """One notice; whoever opens it has read it."""
    notice = get_object_or_404(Notice, uuid=identifier, person=request.user)
    if request.method == "GET" and not notice.is_read:
        notice.read_at = timezone.now()
        notice.save(update_fields=["read_at"])
    context = {
        "notice": notice,
        "subject": words.subject(notice),
        "body": words.body(notice),
        "action": kind(notice.what).leads_on,
    }
    return render(request, "greening/notices/notice.html", context)


@for_roles()
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    person: Any = request.user
    Notice.objects.filter(person=person).unread().update(read_at=timezone.now())
    messages.success(request, _("All your notices are marked as read."))
    return redirect("notices")


@for_roles()
@require_http_methods(["GET", "HEAD", "POST"])
def topics_page(request: HttpRequest) -> HttpResponse:
    """Which topics are mailed, and the calendar's address."""
    person: Any = request.user
    if request.method == "POST":
        set_mailed_topics(person, request.POST.getlist("topic"))
        messages.success(request, _("Saved."))
        return redirect("notice-topics")
    quiet = silenced(person)
    context = {
        "topics": [(topic, topic.name not in quiet) for topic in topics_for(person)],
        "feed": feeds.address_of(person),
    }
    return render(request, "greening/notices/topics.html", context)


@csrf_exempt  # a mail program posts here without a cookie (RFC 8058); the signed address is the permission
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """No more mail about one topic, without signing in: the link shows a form, only the form does it."""
    try:
        person, topic = unsubscribing.read(token)
    except NotThere as error:
        raise Http404(str(error)) from None
    done = request.method == "POST"
    if done and person is not None:
        silence(person, topic.name)
    return render(request, "greening/notices/unsubscribe.html", {"topic": topic, "done": done})


@for_roles()
@require_POST
def calendar_address(request: HttpRequest) -> HttpResponse:
    """Make the calendar's address, replace it, or take it away."""
    person: Any = request.user
    if request.POST.get("do") == "revoke":
        feeds.revoke(person)
        messages.success(request, _("The calendar's address leads nowhere any more."))
    else:
        feeds.renew(person)
        messages.success(request, _("Your calendar has a new address."))
    return redirect("notice-topics")


@never_cache
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """All dates of the person whose calendar has this address."""
    try:
        calendar = feeds.read(token)
    except NotThere as error:
        raise Http404(str(error)) from None
    return HttpResponse(
        calendar,
        content_type="text/calendar; charset=utf-8",
        headers={"X-Robots-Tag": "noindex", "Content-Disposition": 'inline; filename="dates.ics"'},
    )
