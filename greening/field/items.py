"""What the desk settles one by one: refused captures, photos that are missing or to be published, phones, lots."""

from __future__ import annotations

import uuid as uuid_module
from pathlib import Path
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from greening.accounts.doors import for_roles
from greening.errors import BadInput
from greening.field.access import revoke
from greening.field.balance import balance_of
from greening.field.desk import missing_photos
from greening.field.pictures import bare_copy
from greening.field.scope import firms_of
from greening.field.uploads import folder, original_of
from greening.history import entries
from greening.lifecycle import kind
from greening.models import CareTask, Device, Event, Photo, SeenRefusal, Tree, Unreadable
from greening.paging import page
from greening.roles import FIELD, PUBLISHERS, SETTLERS, STAFF, Role, holds

ITEMS_A_PAGE = 30
LONG_AGO_S = 300
PREVIEW_PX = 640


def _page(rows: Any, request: HttpRequest) -> Any:
    try:
        return page(rows, "-id", size=ITEMS_A_PAGE, token=request.GET.get("page") or None)
    except BadInput as error:
        raise Http404(str(error)) from None


# --- refused captures -----------------------------------------------------------------------------------


@for_roles(*SETTLERS)
@require_safe
def refused(request: HttpRequest) -> HttpResponse:
    """Captures that a rule refused or that nobody could read, until somebody has looked at them."""
    rows = Event.objects.filter(
        source=Event.Source.PHONE, cause=None, status=Event.Status.REJECTED, seen=None
    ).select_related("actor")
    shown = _page(rows, request)
    waiting = Event.objects.filter(source=Event.Source.PHONE, status=Event.Status.WAITING)
    context = {
        "entries": entries(shown.rows),
        "page": shown,
        "unreadable": Unreadable.objects.filter(settled_at=None).select_related(
            "device", "received_from"
        )[:ITEMS_A_PAGE],
        "waiting": entries(waiting.select_related("actor").order_by("-id")[:ITEMS_A_PAGE]),
    }
    return render(request, "greening/field/refused.html", context)


@for_roles(*SETTLERS)
@require_POST
def seen(request: HttpRequest, number: int) -> HttpResponseBase:
    """A refused capture was looked at: it leaves the desk and stays in the history."""
    event = get_object_or_404(Event, pk=number, status=Event.Status.REJECTED)
    SeenRefusal.objects.get_or_create(event=event, defaults={"seen_by": cast(User, request.user)})
    return redirect("field-refused")


@for_roles(*SETTLERS)
@require_POST
def unreadable_seen(request: HttpRequest, number: int) -> HttpResponseBase:
    """An unreadable item was looked at."""
    get_object_or_404(Unreadable, pk=number)
    Unreadable.objects.filter(pk=number, settled_at=None).update(settled_at=timezone.now())
    return redirect("field-refused")


# --- photos ---------------------------------------------------------------------------------------------


@for_roles(*PUBLISHERS)
@require_safe
def photo_desk(request: HttpRequest) -> HttpResponse:
    """Photos that are missing, refused, and here; each can be published after a look at it."""
    shown = _page(Photo.objects.stored().select_related("device", "published_by"), request)
    events = {
        event.uuid: event
        for event in Event.objects.filter(uuid__in=[one.event for one in shown.rows if one.event])
    }
    lacking = missing_photos()
    devices = Device.objects.in_bulk(
        {identifier for event in lacking.values() if (identifier := _uuid(event.device))},
        field_name="uuid",
    )
    context = {
        "photos": [
            (photo, _title(events.get(photo.event) if photo.event else None))
            for photo in shown.rows
        ],
        "page": shown,
        "missing": [
            (sha256, event, devices.get(_uuid(event.device)), _title(event))
            for sha256, event in list(lacking.items())[:100]
        ],
        "missing_count": len(lacking),
        "refused": Photo.objects.exclude(code="").select_related("device")[:50],
    }
    return render(request, "greening/field/photos.html", context)


def _title(event: Event | None) -> str:
    """What the capture was about, in words."""
    found = kind(event.kind) if event else None
    return str(found.title) if found else ""


def _uuid(text: str) -> uuid_module.UUID | None:
    try:
        return uuid_module.UUID(text)
    except ValueError:
        return None


@for_roles(*PUBLISHERS)
@require_POST
def publish(request: HttpRequest, number: int) -> HttpResponseBase:
    """Publish a photo's bare copy, or take it back; nobody publishes without having looked for faces and plates."""
    photo = get_object_or_404(Photo.objects.stored(), pk=number)
    if "withdraw" in request.POST:
        public_of(photo).unlink(missing_ok=True)
        Photo.objects.filter(pk=photo.pk).update(published_at=None, published_by=None)
        messages.success(request, _("The photo is no longer public."))
        return redirect("field-photo-desk")
    if request.POST.get("looked") != "on":
        messages.error(
            request,
            _("Look at the photo first: no face and no number plate may be recognisable in it."),
        )
        return redirect("field-photo-desk")
    bare_copy(original_of(photo), public_of(photo))
    Photo.objects.filter(pk=photo.pk).update(published_at=timezone.now(), published_by=request.user)
    messages.success(request, _("The photo is public, without its metadata."))
    return redirect("field-photo-desk")


def public_of(photo: Photo) -> Path:
    return folder() / "public" / photo.sha256[:2] / f"{photo.uuid}.jpg"


@for_roles(*FIELD, *STAFF, *PUBLISHERS)
@require_safe
def preview(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """A small bare copy for the town's people, and for a contractor where the photo is of its lots."""
    photo = get_object_or_404(Photo.objects.stored(), sha256=sha256)
    if not holds(request.user, *STAFF, *PUBLISHERS) and not _of_own_lot(request.user, photo):
        raise PermissionDenied
    copy = folder() / "previews" / sha256[:2] / f"{sha256}.jpg"
    if not copy.exists():
        bare_copy(original_of(photo), copy, PREVIEW_PX)
    return _picture(copy, "private")


def _of_own_lot(user: Any, photo: Photo) -> bool:
    event = Event.objects.filter(uuid=photo.event).first() if photo.event else None
    if event is None:
        return False
    trees = Tree.objects.filter(contractor__in=firms_of(user))
    tasks = CareTask.objects.filter(tree__contractor__in=firms_of(user))
    uuid = event.object_uuid
    return trees.filter(uuid=uuid).exists() or tasks.filter(uuid=uuid).exists()


@require_safe
def public_photo(request: HttpRequest, uuid: uuid_module.UUID) -> HttpResponseBase:
    """A published photo, for everybody."""
    photo = get_object_or_404(Photo.objects.stored(), uuid=uuid, published_at__isnull=False)
    if not public_of(photo).exists():
        bare_copy(original_of(photo), public_of(photo))
    return _picture(public_of(photo), "public")


def _picture(path: Path, who: str) -> HttpResponseBase:
    answer = FileResponse(path.open("rb"), content_type="image/jpeg")
    answer["Cache-Control"] = f"{who}, max-age={LONG_AGO_S}"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


# --- phones -----------------------------------------------------------------------------------------------


@for_roles(*SETTLERS)
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """Every phone: whose, when last seen, and its balance."""
    shown = _page(Device.objects.select_related("person", "revoked_by"), request)
    rows = [(device, balance_of(device.uuid)) for device in shown.rows]
    return render(request, "greening/field/devices.html", {"devices": rows, "page": shown})


@for_roles(Role.CREW_LEAD, Role.ADMINISTRATOR)
@require_POST
def revoke_device(request: HttpRequest, number: int) -> HttpResponseBase:
    """Shut a lost phone out."""
    device = get_object_or_404(Device, pk=number)
    revoke(device, request.user)
    messages.success(
        request,
        _("%s is revoked and signed out. What it holds can still be handed in as an export.")
        % device,
    )
    return redirect("field-device-list")


# --- a contractor's lots ------------------------------------------------------------------------------------


@for_roles(Role.CONTRACTOR)
@require_safe
def lots(request: HttpRequest) -> HttpResponse:
    """The trees of a contractor's own lots, and what is to do for them."""
    firms = sorted(firms_of(request.user))
    rows = Tree.objects.filter(contractor__in=firms, archived_at=None)
    shown = _page(rows.select_related("species", "site__street"), request)
    tasks = CareTask.objects.open().filter(tree__in=[tree.pk for tree in shown.rows])
    due: dict[int, list[CareTask]] = {}
    for task in tasks.order_by("due_from", "pk"):
        due.setdefault(task.tree_id, []).append(task)
    context = {
        "firms": firms,
        "trees": [(tree, due.get(tree.pk, [])) for tree in shown.rows],
        "page": shown,
    }
    return render(request, "greening/field/lots.html", context)
