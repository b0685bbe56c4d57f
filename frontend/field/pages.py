"""/field/: the crew's installable app. It knows no person: data come from /api/field/ to whoever signed in."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from frontend.field.texts import field_texts
from greening.models import Commune

ENTRIES = ("src/field/main.ts", "src/style/field.css")
ICONS = (
    ("field/icon-192.png", "192x192", "any"),
    ("field/icon-512.png", "512x512", "any"),
    ("field/icon-512-maskable.png", "512x512", "maskable"),
)
#: The house's green, as `--brand` in tokens.css.
THEME = "#103f2c"


def _dist() -> Path:
    return Path(str(settings.DJANGO_VITE["default"]["manifest_path"])).parent


def built(entry: str) -> str:
    """The address of a built entry under the name Vite gave it.

    Not through the static storage: its second hash would make two addresses, and so two copies, of each module
    that another one imports.
    """
    manifest = json.loads((_dist() / "manifest.json").read_text())
    return f"{settings.STATIC_URL}app/{manifest[entry]['file']}"


def page_context() -> dict[str, Any]:
    commune = Commune.objects.order_by("id").first()
    texts: dict[str, dict[str, str]] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            texts[language] = field_texts()
    try:
        desk = reverse("field-desk")
    except NoReverseMatch:
        desk = ""
    return {
        "commune": commune,
        "script": built(ENTRIES[0]),
        "style": built(ENTRIES[1]),
        "theme": THEME,
        "field_settings": {
            "town": commune.name if commune else "",
            "synthetic": bool(commune and commune.synthetic),
            "baseMap": (
                {"url": settings.BASE_MAP_URL, "attribution": settings.BASE_MAP_ATTRIBUTION}
                if settings.BASE_MAP_URL
                else None
            ),
            "dutyNumber": settings.DUTY_NUMBER,
            "signIn": f"{reverse('account_login')}?next={reverse('field')}",
            "desk": desk,
            "texts": texts,
        },
    }


@require_safe
@never_cache
def field_page(request: HttpRequest) -> HttpResponse:
    """The shell, which the worker keeps: one page for all, in both languages, whoever is signed in."""
    with override(settings.LANGUAGE_CODE):
        return render(request, "frontend/field.html", page_context())


@require_safe
@never_cache
def field_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, under /field/ so that it may serve it, with the addresses of what Django serves beside it."""
    with override(settings.LANGUAGE_CODE):
        page = render_to_string("frontend/field.html", page_context())
    revision = hashlib.sha256(page.encode()).hexdigest()[:16]
    shell = [
        # Another page, another worker: phones are offered the new version.
        {"url": reverse("field"), "revision": revision},
        {"url": reverse("field-manifest"), "revision": revision},
        *(
            {"url": static(name), "revision": None}
            for name in ("leaflet/leaflet.js", "leaflet/leaflet.css", "frontend/leaf.svg")
        ),
        *({"url": static(f"app/{name}"), "revision": None} for name, _size, _use in ICONS),
    ]
    script = (_dist() / "worker.js").read_text().replace("__STATIC__", f"{settings.STATIC_URL}app/")
    return HttpResponse(
        f"self.__SHELL={json.dumps(shell)};\n{script}",
        content_type="text/javascript; charset=utf-8",
    )


@require_safe
def field_manifest(request: HttpRequest) -> JsonResponse:
    """What a phone needs to install the app."""
    commune = Commune.objects.order_by("id").first()
    name = _("Field crews")
    return JsonResponse(
        {
            "id": reverse("field"),
            "name": f"{commune.name} · {name}" if commune else name,
            "short_name": _("Field"),
            "description": _(
                "Today's round, plantings, waterings and checks, with or without network."
            ),
            "start_url": reverse("field"),
            "scope": reverse("field"),
            "display": "standalone",
            "orientation": "portrait",
            "lang": settings.LANGUAGE_CODE,
            "categories": ["productivity"],
            "theme_color": THEME,
            "background_color": "#ffffff",
            "icons": [
                {"src": static(f"app/{path}"), "sizes": size, "type": "image/png", "purpose": use}
                for path, size, use in ICONS
            ],
        },
        content_type="application/manifest+json",
    )
