"""One's own account, and the page where administrators give roles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from greening.accounts.doors import for_roles
from greening.accounts.forms import NameForm, RolesForm
from greening.accounts.people import forget_factors_of, groups_of, people, set_roles
from greening.accounts.second_factor import has_one
from greening.errors import BadInput
from greening.paging import page
from greening.roles import LABELS, Role, roles_of

PEOPLE_A_PAGE = 50


@for_roles()
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Who one is here: name, address, roles; and what can be changed."""
    user: Any = request.user
    form = NameForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("account")
    held = [LABELS[role] for role in Role if role.value in roles_of(user)]
    context = {"form": form, "held": held, "has_factor": has_one(user)}
    return render(request, "account/me.html", context)


@for_roles(Role.ADMINISTRATOR)
@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """Everybody with an account, the newest first, a page at a time."""
    search, role = request.GET.get("q", "").strip(), request.GET.get("role", "")
    try:
        rows = page(
            people(search, role), "-id", size=PEOPLE_A_PAGE, token=request.GET.get("page") or None
        )
    except BadInput as error:
        raise Http404(str(error)) from None
    context = {
        "people": [(user, _roles_told(user)) for user in rows.rows],
        "page": rows,
        "search": search,
        "role": role,
        "roles": [(each.value, LABELS[each]) for each in Role],
    }
    return render(request, "account/people.html", context)


def _roles_told(user: User) -> list[Any]:
    names = {group.name for group in user.groups.all()}
    return [LABELS[role] for role in Role if role.value in names]


@for_roles(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def person_page(request: HttpRequest, number: int) -> HttpResponse:
    """One person: their roles, given and taken here, and the trace of who did."""
    user = get_object_or_404(User, pk=number)
    held = {"roles": sorted(groups_of(user)), "active": user.is_active}
    form = RolesForm(request.POST or None, initial=held)
    if request.method == "POST" and form.is_valid():
        try:
            set_roles(
                user,
                form.cleaned_data["roles"],
                by=request.user,  # type: ignore[arg-type]  # an administrator is signed in
                active=form.cleaned_data["active"],
            )
        except BadInput as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("person", number)
    trace = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).select_related("user")
    context = {"person": user, "form": form, "trace": trace[:20], "has_factor": has_one(user)}
    return render(request, "account/person.html", context)


@for_roles(Role.ADMINISTRATOR)
@require_POST
def forget_factors(request: HttpRequest, number: int) -> HttpResponse:
    """For who lost the phone: they sign in by their password and choose a second factor anew."""
    user = get_object_or_404(User, pk=number)
    try:
        forget_factors_of(user, by=request.user)  # type: ignore[arg-type]  # an administrator is signed in
    except BadInput as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The second factor is taken off; its owner was told."))
    return redirect("person", number)
