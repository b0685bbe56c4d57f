"""/report/: a resident reports what they saw, and sees what came of it."""

from __future__ import annotations

import uuid as uuid_module
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from frontend.programme.access import may_do, refused
from frontend.residents.report_forms import WORDS, MoreForm, ReportForm, tree_numbered
from frontend.views.map_page import map_settings
from greening.accounts.bots import too_many
from greening.accounts.device import device_of
from greening.accounts.doors import for_roles
from greening.errors import BadInput
from greening.field.items import preview_answer
from greening.field.pictures import NoPicture
from greening.field.uploads import most_bytes
from greening.models import CareTask, Commune, Observation, Photo, Report, Street, Tree
from greening.models.base import new_uuid
from greening.paging import page
from greening.reports.filing import add_to, file_report
from greening.reports.joining import came_of
from greening.reports.photos import MOST_PHOTOS, staged

#: A walk through the quarter, not a flood; behind one address there may be a whole school.
RATES = "15/h/user,60/d/user,200/h/ip"
REPORTS_A_PAGE = 20
#: What the form holds beside its photos.
_WORDS_BYTES = 200_000
#: Where a report stands, as its reporter reads it.
STANDS = {
    "draft": gettext_lazy("being written"),
    "received": gettext_lazy("received: somebody will read it"),
    "validated": gettext_lazy("confirmed: work is planned"),
    "needs_info": gettext_lazy("the town asks you something"),
    "refused": gettext_lazy("not followed up"),
    "acted_on": gettext_lazy("done"),
}


@csrf_exempt  # only until its size is known: `_report_page` asks for the token
def report_page(request: HttpRequest) -> HttpResponseBase:
    """The form. Who sends more than is taken is told so before a byte of it is read."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_PHOTOS * most_bytes() + _WORDS_BYTES:
        said = _("Together these photos are larger than is taken here: %(n)s photos of %(mb)s MB.")
        facts = {"n": MOST_PHOTOS, "mb": settings.FIELD_PHOTO_MB}
        # The form's fields were not read: neither its language nor its text can be shown again.
        return HttpResponse(said % facts, status=413, content_type="text/plain; charset=utf-8")
    return _report_page(request)


@csrf_protect
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def _report_page(request: HttpRequest) -> HttpResponseBase:
    may_report = may_do(request.user, "observation", "create")
    if request.method != "POST":
        return _form_page(request, _empty_form(request))
    if not may_report:
        return refused(request)
    person = cast(User, request.user)
    known = _sent_before(person, request.POST.get("change", ""))
    if known is not None:
        return redirect("report-thanks", known.number)
    if too_many(request, "report", RATES):
        form = _empty_form(request, request.POST)
        said = _("You have sent many reports in a short time. Wait an hour, or call the town.")
        return _form_page(request, form, 429, said)
    try:
        with staged(request.FILES.getlist("photos")) as photos:
            form = ReportForm(request.POST)
            if not form.is_valid() or form.where is None:
                return _form_page(request, form, 400)
            report = file_report(
                person,
                what=form.cleaned_data["what"],
                where=form.where,
                text=form.cleaned_data["text"],
                photos=photos,
                change=form.cleaned_data["change"],
                device=device_of(request),
            )
    except NoPicture as error:
        return _form_page(request, ReportForm(request.POST, wrong_photo=error), 400)
    except BadInput as error:
        return _form_page(request, _empty_form(request, request.POST), 409, str(error))
    return redirect("report-thanks", report.number)


def _sent_before(person: User, change: str) -> Report | None:
    """The report that this very form made already: sending it twice is one report."""
    try:
        seen = uuid_module.uuid5(uuid_module.UUID(change), "object")
    except ValueError:
        return None
    return Report.objects.of(person).filter(observation__uuid=seen).first()


def _empty_form(request: HttpRequest, said: Any = None) -> ReportForm:
    """A form to begin with, or one that begins anew with what was said."""
    start: dict[str, Any] = {"change": new_uuid()}
    number = request.GET.get("tree", "")
    if number.isascii() and number.isdigit() and (tree := tree_numbered(int(number[:18]))):
        start["tree"] = tree.pk
    for name in ("what", "text", "address", "tree", "lon", "lat"):
        if said is not None and said.get(name):
            start[name] = said[name]
    return ReportForm(initial=start)


def _form_page(
    request: HttpRequest, form: ReportForm, status: int = 200, said: str = ""
) -> HttpResponseBase:
    commune = Commune.objects.order_by("id").first()
    settings_ = map_settings(commune, None)
    # Trees can be chosen; other things of the town's map would only be in the way.
    settings_["layers"] = [each for each in settings_["layers"] if each["name"] == "trees"]
    settings_["texts"] |= {
        "placeTree": _("Tree no. {n} is chosen."),
        "placePoint": _("The place is marked."),
        "placeOutside": _("This place is outside the town."),
        "placeSearching": _("Looking for your position…"),
        "placeUnknown": _("Your position could not be found: tap the map, or write the street."),
    }
    tree = _chosen_tree(form)
    context = {
        "form": form,
        "said": said,
        "may_report": may_do(request.user, "observation", "create"),
        "tree": tree,
        "tree_at": f"{tree.geom.x:.6f},{tree.geom.y:.6f}" if tree is not None else "",
        "streets": Street.objects.order_by("name").values_list("name", flat=True).distinct(),
        "map_settings": settings_,
        "keep_days": settings.REPORT_KEEP_DAYS,
    }
    return render(request, "frontend/residents/report.html", context, status=status)


def _chosen_tree(form: ReportForm) -> Tree | None:
    number = form["tree"].value()
    text = str(number or "")
    return (
        tree_numbered(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
    )


# --- what became of it ----------------------------------------------------------------------------------


def _mine(request: HttpRequest, number: int) -> Report:
    """A person's own report; another's is not there."""
    rows = Report.objects.of(request.user).select_related(
        "observation__joined_to", "observation__tree__species", "observation__site__street"
    )
    return get_object_or_404(rows, observation=min(number, 2**62))


@for_roles()
@require_safe
def report_thanks(request: HttpRequest, number: int) -> HttpResponseBase:
    """The number, and what happens next."""
    context = {"report": _mine(request, number), "keep_days": settings.REPORT_KEEP_DAYS}
    return render(request, "frontend/residents/report_thanks.html", context)


@for_roles()
@require_safe
def my_reports(request: HttpRequest) -> HttpResponseBase:
    """A person's reports, the newest first, with where each stands."""
    rows = Report.objects.of(request.user).select_related("observation__joined_to")
    try:
        shown = page(rows, "-id", size=REPORTS_A_PAGE, token=request.GET.get("page") or None)
    except BadInput as error:
        raise Http404(str(error)) from None
    context = {
        "reports": [(report, words_for(report), STANDS[report.state]) for report in shown.rows],
        "page": shown,
    }
    return render(request, "frontend/residents/my_reports.html", context)


@for_roles()
@require_http_methods(["GET", "HEAD", "POST"])
def my_report(request: HttpRequest, number: int) -> HttpResponseBase:
    """One report with the town's answer; where the town asks, the place to answer."""
    report = _mine(request, number)
    form = MoreForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if too_many(request, "report-answer", RATES):
            status = 429
            form.add_error(None, _("You have sent many messages in a short time. Wait an hour."))
        elif form.is_valid():
            try:
                add_to(
                    report,
                    form.cleaned_data["text"],
                    by=cast(User, request.user),
                    device=device_of(request),
                )
            except BadInput as error:
                form.add_error(None, str(error))
                status = 409
            else:
                messages.success(request, _("Thank you: your answer has arrived."))
                return redirect("my-report", number)
    context = {
        "report": report,
        "what": words_for(report),
        "stands": STANDS[report.state],
        "photos": report.photos.all(),
        "work": _work(report),
        "form": form,
        "others": Report.objects.about(report.head).exclude(pk=report.pk).count(),
    }
    return render(request, "frontend/residents/my_report.html", context, status=status)


def words_for(report: Report) -> Any:
    """What was reported, in the words of the form."""
    what = report.observation.what
    return WORDS.get(Observation.What(what), report.observation.get_what_display())


def _work(report: Report) -> dict[str, Any] | None:
    """The work that was asked for, as days: what a resident can look out for."""
    found = came_of(report.head)
    if found is None:
        return None
    if isinstance(found, CareTask):
        return {"task": found, "open": found.is_open, "done": found.state == "done"}
    return {"site": found}


@for_roles()
@require_safe
def report_photo(request: HttpRequest, number: int, photo: int) -> HttpResponseBase:
    """A bare copy of a person's own photo; the original is never served."""
    report = _mine(request, number)
    found: Photo = get_object_or_404(report.photos.stored(), pk=photo)
    return preview_answer(found)
