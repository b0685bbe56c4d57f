"""Django's admin site, entered by the town's own sign-in and open to the roles of the office."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from greening.roles import OFFICE, holds


class BackOffice(AdminSite):
    site_header = _("Urban greening")
    site_title = _("Urban greening")

    def has_permission(self, request: HttpRequest) -> bool:
        return holds(getattr(request, "user", AnonymousUser()), *OFFICE)

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """No form of its own: whoever is not signed in goes to the town's page and comes back."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        there = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()}):
            there = reverse("admin:index")
        return redirect(there) if self.has_permission(request) else redirect_to_login(there)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")
