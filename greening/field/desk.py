"""The crew leads' desk: the day's rounds on a map, who works where, and what waits for a decision."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from greening.accounts.doors import for_roles
from greening.care_schedule import plan_round
from greening.errors import BadInput
from greening.field.balance import photos_here
from greening.field.export import take_in
from greening.field.pack import DIGITS
from greening.field.uploads import clear_stale, folder
from greening.models import (
    CareTask,
    Commune,
    Crew,
    Event,
    Observation,
    Photo,
    PlantingSite,
    Quarter,
    Sector,
    Street,
    Unreadable,
    WateringRound,
)
from greening.models.care import OPEN_TASK_STATES
from greening.roles import SETTLERS
from greening.rounds import MAX_STOPS

#: How far back the desk looks for photos that were announced and never came.
LOOKS_BACK = dt.timedelta(days=30)
#: What a crew's truck usually carries and a young tree usually gets; the form can say otherwise.
TANK_LITRES, LITRES_PER_TREE = 4000, 80


class AssignForm(forms.Form):
    """The planned waterings of a sector, given to a crew as one round."""

    quarter = forms.ModelChoiceField(Quarter.objects.all(), label=gettext_lazy("sector"))
    crew = forms.ModelChoiceField(Crew.objects.filter(active=True), label=gettext_lazy("crew"))
    day = forms.DateField(
        label=gettext_lazy("day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    tank_litres = forms.FloatField(
        label=gettext_lazy("tank, litres"), min_value=1, max_value=50_000, initial=TANK_LITRES
    )
    litres_per_tree = forms.FloatField(
        label=gettext_lazy("litres per tree"), min_value=1, max_value=2_000, initial=LITRES_PER_TREE
    )


def day_of(request: HttpRequest) -> dt.date:
    try:
        return parse_date(request.GET.get("day", "")) or timezone.localdate()
    except ValueError:
        return timezone.localdate()


@for_roles(*SETTLERS)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The day's rounds and everything that waits, as tables; scripts add the map and keep the figures live."""
    return _page(request, AssignForm(initial={"day": timezone.localdate()}, label_suffix=""))


def _page(request: HttpRequest, form: AssignForm, status: int = 200) -> HttpResponse:
    day = day_of(request)
    crews = Crew.objects.filter(active=True).prefetch_related("sectors__quarter")
    commune = Commune.objects.order_by("id").first()
    context = {
        "day": day,
        "rounds": rounds_of(day),
        "counts": counts(),
        "form": form,
        "crews": [(crew, {sector.quarter_id for sector in crew.sectors.all()}) for crew in crews],
        "quarters": list(Quarter.objects.defer("geom")),
        "desk_settings": {
            "outline": json.loads(commune.geom.simplify(1e-5, True).geojson) if commune else None,
            "streets": [
                [[round(x, 5), round(y, 5)] for x, y in line.coords]
                for line in Street.objects.order_by("pk").values_list("geom", flat=True)
            ],
            "texts": {"stop": _("Stop"), "stale": _("No connection: these figures may be old.")},
        },
    }
    return render(request, "greening/field/desk.html", context, status=status)


@for_roles(*SETTLERS)
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The same figures, and the stops as GeoJSON, for the page's script."""
    day = day_of(request)
    return JsonResponse(
        {
            "as_of": timezone.now().isoformat(),
            "rounds": rounds_of(day),
            "counts": counts(),
            "stops": stops_of(day),
        }
    )


def rounds_of(day: dt.date) -> list[dict[str, Any]]:
    """The rounds of a day with how far they are, in two questions however many there are."""
    tours = list(WateringRound.objects.filter(day=day).select_related("crew").order_by("pk"))
    done: dict[int, Counter[str]] = {tour.pk: Counter() for tour in tours}
    litres: Counter[int] = Counter()
    rows = CareTask.objects.filter(round__in=done).values_list("round", "state", "litres_given")
    for number, state, given in rows:
        done[number]["open" if state in OPEN_TASK_STATES else state] += 1
        litres[number] += round(given or 0)
    return [
        {
            "id": tour.pk,
            "name": str(tour),
            "crew": tour.crew.name if tour.crew else "",
            "state": tour.state,
            "label": tour.get_state_display(),
            "total": done[tour.pk].total(),
            "done": done[tour.pk]["done"],
            "not_done": done[tour.pk]["not_done"],
            "open": done[tour.pk]["open"],
            "litres": litres[tour.pk],
        }
        for tour in tours
    ]


def stops_of(day: dt.date) -> dict[str, Any]:
    """The day's stops as GeoJSON."""
    rows = (
        CareTask.objects.filter(round__day=day)
        .select_related("tree__species")
        .order_by("round", "stop", "pk")
    )
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {
                    "type": "Point",
                    "coordinates": [
                        round(task.tree.geom.x, DIGITS),
                        round(task.tree.geom.y, DIGITS),
                    ],
                },
                "properties": {
                    "round": task.round_id,
                    "stop": task.stop,
                    "state": "open" if task.state in OPEN_TASK_STATES else task.state,
                    "label": f"{task.tree}: {task.get_state_display()}",
                },
            }
            for task in rows
        ],
    }


def counts() -> dict[str, int]:
    """What waits for somebody."""
    from_phones = Event.objects.filter(source=Event.Source.PHONE, cause=None)
    return {
        "conflicts": Event.objects.to_settle().count(),
        "refused": from_phones.filter(status=Event.Status.REJECTED, seen=None).count()
        + Unreadable.objects.filter(settled_at=None).count(),
        "waiting": from_phones.filter(status=Event.Status.WAITING).count(),
        "photos_missing": len(missing_photos()),
        "photos_refused": Photo.objects.exclude(code="").count(),
        "observations": Observation.objects.filter(state=Observation.State.RECEIVED).count(),
        "hazards_late": Observation.objects.overdue(timezone.localdate()).count(),
    }


def missing_photos() -> dict[str, Event]:
    """Photos that a phone announced and that are not here, each with the capture that announced it."""
    since = timezone.now() - LOOKS_BACK
    rows = Event.objects.filter(source=Event.Source.PHONE, server_time__gte=since, cause=None)
    announced: dict[str, Event] = {}
    for event in rows.exclude(photos=[]).only("uuid", "photos", "device", "server_time", "kind"):
        announced.update(dict.fromkeys(event.photos, event))
    here, refused = photos_here(announced)
    return {name: event for name, event in announced.items() if name not in here | refused}


# --- who works where ----------------------------------------------------------------------------------


@for_roles(*SETTLERS)
@require_POST
def sectors(request: HttpRequest) -> HttpResponseBase:
    """Give a crew its sectors: its phones carry these parts of the town from the next pack on."""
    crew = Crew.objects.filter(pk=_number(request.POST.get("crew"))).first()
    if crew is None:
        messages.error(request, _("There is no such crew."))
        return redirect("field-desk")
    wanted = [_number(text) for text in request.POST.getlist("quarter")]
    quarters = Quarter.objects.filter(pk__in=wanted)
    with transaction.atomic():
        crew.sectors.exclude(quarter__in=quarters).delete()
        for quarter in quarters:
            Sector.objects.get_or_create(crew=crew, quarter=quarter)
    messages.success(request, _("The sectors of %s are set.") % crew)
    return redirect("field-desk")


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


@for_roles(*SETTLERS)
@require_POST
def assign(request: HttpRequest) -> HttpResponseBase:
    """Give the planned waterings of a sector to a crew, in a short order."""
    form = AssignForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, form, 400)
    asked = form.cleaned_data
    quarter, day = asked.pop("quarter"), asked["day"]
    there = PlantingSite.objects.intersecting(quarter.geom).values("pk")
    tasks = CareTask.objects.waterings().filter(
        state="planned", due_from__lte=day, tree__site__in=there
    )
    chosen = list(tasks.order_by("due_until", "id")[:MAX_STOPS])
    if not chosen:
        form.add_error(None, _("No planned watering is due in this sector by that day."))
        return _page(request, form, 400)
    try:
        made, verdicts = plan_round(
            chosen,
            name=quarter.name[:80],
            actor=cast(User, request.user),
            **asked,
        )
    except BadInput as error:
        form.add_error(None, str(error))
        return _page(request, form, 400)
    landed = sum(verdict.landed for verdict in verdicts[1:])
    said = ngettext("The round has %(n)s stop.", "The round has %(n)s stops.", landed)
    messages.success(request, said % {"n": landed})
    for verdict in verdicts[1:]:
        if not verdict.landed:
            messages.warning(request, verdict.message)
    return redirect(f"{request.path.removesuffix('assign/')}?day={made.day.isoformat()}")


@for_roles(*SETTLERS)
@require_POST
def hand_in(request: HttpRequest) -> HttpResponseBase:
    """Take in a phone's emergency export by the page's form."""
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("Choose the file that the phone made."))
        return redirect("field-desk")
    (folder() / "uploads").mkdir(parents=True, exist_ok=True)
    clear_stale()
    try:
        taken = take_in(file, by=request.user)  # type: ignore[arg-type]
    except BadInput as error:
        messages.error(request, str(error))
        return redirect("field-desk")
    counted = Counter(one["first"] or one["status"] for one in taken["verdicts"])
    stored = sum(photo["stored"] for photo in taken["photos"])
    messages.success(
        request,
        _("Taken in: %(landed)s captures, %(refused)s refused, %(open)s open; %(photos)s photos.")
        % {
            "landed": counted["applied"] + counted["merged"],
            "refused": counted["rejected"],
            "open": counted["conflict"] + counted["waiting"],
            "photos": f"{stored}/{len(taken['photos'])}",
        },
    )
    return redirect("field-desk")
