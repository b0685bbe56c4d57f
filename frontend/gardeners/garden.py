"""/gardens/desk/<garden>/: one garden's plots on a map and in a table; opened, paused and closed through the door."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from frontend.gardeners.access import manages, of_a_garden, of_own_garden
from frontend.gardeners.asking import asked, form_asked
from frontend.gardeners.garden_map import map_data
from frontend.programme.forms import send
from greening.lifecycle import kind_of
from greening.models.base import new_uuid
from greening.roles import may, rights
from parcels.applying import close_garden
from parcels.lives import GARDEN, TAKEN
from parcels.models import Adoption, Application, Plot, SharedGarden

#: Moves a person makes with one click; a garden is full, and open again, by its plots; closing has a page of its own.
VERBS: dict[tuple[str, str], str | Promise] = {
    ("draft", "open"): gettext_lazy("Open this garden"),
    ("paused", "open"): gettext_lazy("Open it again"),
    ("open", "paused"): gettext_lazy("Pause this garden"),
    ("full", "paused"): gettext_lazy("Pause this garden"),
}


@dataclass(frozen=True)
class Way:
    """A move offered, with what it does to those who wait, said before the click."""

    target: str
    label: str | Promise
    what_happens: str
    change: str


@of_own_garden
def garden_page(request: HttpRequest, garden: SharedGarden) -> HttpResponseBase:
    """Managers see all of it; a referent sees the plots and their states, and no person."""
    if request.method == "POST":
        return _moved(request, garden)
    return _page(request, garden)


def _page(request: HttpRequest, garden: SharedGarden, sentence: str = "") -> HttpResponseBase:
    all_of_it = manages(request.user)
    plots = garden.plots.filter(archived_at=None).order_by("number")
    context = {
        "garden": garden,
        "manages": all_of_it,
        "plots": plots,
        "sentence": sentence,
        "desk_map": map_data(garden, links=all_of_it),
    }
    if all_of_it:
        context |= {
            "ways": _ways(request, garden),
            "may_close": "closed" in GARDEN.next_states(garden.state),
            "waiting": Application.objects.filter(garden=garden, state="waiting").count(),
            "to_check": Application.objects.filter(
                garden=garden, state__in=("submitted", "checked")
            ).count(),
        }
    status = 409 if sentence else 200
    return render(request, "frontend/garden_desk/garden.html", context, status=status)


def _ways(request: HttpRequest, garden: SharedGarden) -> list[Way]:
    held = rights(request.user, GARDEN.name, garden)
    return [
        Way(target, VERBS[garden.state, target], _what_happens(garden, target), str(new_uuid()))
        for target in GARDEN.next_states(garden.state)
        if (garden.state, target) in VERBS and may(held, "move", target)
    ]


def _what_happens(garden: SharedGarden, target: str) -> str:
    waiting = Application.objects.filter(garden=garden, state="waiting").count()
    offered = Application.objects.filter(garden=garden, state="offered").count()
    if target == "open":
        return _("Neighbours may apply from now on, and free plots can be offered.")
    said = [_("Nobody can apply, and no plot is offered, until it opens again.")]
    if waiting:
        said.append(
            ngettext(
                "%(n)s person who waits keeps their place.",
                "%(n)s people who wait keep their places.",
                waiting,
            )
            % {"n": waiting}
        )
    if offered:
        said.append(
            ngettext(
                "%(n)s offer already made can still be accepted.",
                "%(n)s offers already made can still be accepted.",
                offered,
            )
            % {"n": offered}
        )
    return " ".join(said)


def _moved(request: HttpRequest, garden: SharedGarden) -> HttpResponseBase:
    what, target = form_asked(request)
    if what != "move" or not manages(request.user) or (garden.state, target) not in VERBS:
        # The garden moved meanwhile, or nobody offered this.
        if what == "move" and manages(request.user) and target in ("open", "paused"):
            answer = _("The garden is “%(state)s” by now: look again.")
            return _page(request, garden, answer % {"state": garden.get_state_display()})
        raise Http404(_("This page has no such form."))
    made = send(
        kind_of(garden),
        {"state": target},
        request=request,
        obj=garden,
        change=request.POST.get("change", ""),
        base_rev=request.POST.get("rev", ""),
    )
    if not made.landed:
        return _page(request, SharedGarden.objects.get(pk=garden.pk), made.sentence)
    messages.success(
        request,
        _("“%(garden)s” is now “%(state)s”.")
        % {"garden": garden.name, "state": GARDEN.label(target)},
    )
    return redirect("garden-desk-garden", garden.pk)


@of_a_garden
def close_page(request: HttpRequest, garden: SharedGarden) -> HttpResponseBase:
    """What closing does, in numbers and names, before the button that does it."""
    if "closed" not in GARDEN.next_states(garden.state):
        messages.warning(request, _("This garden is closed already."))
        return redirect("garden-desk-garden", garden.pk)
    standing = Application.objects.open().filter(garden=garden)
    if request.method == "POST":
        told = standing.count()
        sentence = ngettext(
            "“%(garden)s” is closed. %(n)s person who had applied is told, and keeps their day for another garden.",
            "“%(garden)s” is closed. %(n)s people who had applied are told, and keep their day for another garden.",
            told,
        ) % {"garden": garden.name, "n": told}
        if request.POST.get("sure") != "yes":
            messages.error(request, _("Tick that you have read what happens."))
        elif asked(request, lambda: close_garden(garden, by=request.user), sentence):  # type: ignore[arg-type]
            return redirect("garden-desk-garden", garden.pk)
        return redirect("garden-desk-close", garden.pk)
    taken = Plot.objects.filter(garden=garden, state__in=TAKEN).order_by("number")
    running = Adoption.objects.running().filter(plot__garden=garden).count()
    others = SharedGarden.objects.filter(state__in=("open", "full"), archived_at=None)
    context = {
        "garden": garden,
        "standing": standing.count(),
        "taken": taken,
        "running": running,
        "stands_in_the_way": bool(taken or running),
        "others": others.exclude(pk=garden.pk).order_by("name"),
    }
    return render(request, "frontend/garden_desk/close.html", context)
