"""What a phone takes along: its sectors' sites, trees and tasks, its rounds, and what its forms offer."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page

from greening.field.access import field_api
from greening.field.reading import malformed, read_time
from greening.field.scope import Scope, scope_of
from greening.lives import HOLDING
from greening.models import CareTask, Commune, PlantingSite, Species, Street, SurvivalCheck, Tree
from greening.models.care import OPEN_TASK_STATES

#: A row is stamped when it is written and seen when it is committed: what changed just before is told again.
OVERLAP = dt.timedelta(minutes=2)
#: A degree is about 111 km: streets and outline are drawn, not measured, so 0.1 m is plenty.
DIGITS = 6
SITE = ("uuid", "id", "rev", "state", "geom", "matricule", "street__name", "address", "kind",
        "target_species__uuid", "archived_at")  # fmt: skip
TREE = ("uuid", "id", "rev", "state", "site__uuid", "species__uuid", "planted_on", "girth_m", "height_m",
        "lot", "nursery", "size_class", "under_watch", "details", "geom", "archived_at")  # fmt: skip
TASK = ("uuid", "id", "rev", "tree__uuid", "tree__site__uuid", "action", "state", "due_from", "due_until",
        "litres", "round__uuid", "stop", "crew__uuid")  # fmt: skip
NAMES = {"site__uuid": "site", "species__uuid": "species", "tree__uuid": "tree", "tree__site__uuid": "site",
         "round__uuid": "round", "crew__uuid": "crew", "target_species__uuid": "target_species",
         "street__name": "street"}  # fmt: skip


@field_api("GET", "HEAD")
@gzip_page
def pack(request: HttpRequest) -> HttpResponseBase:
    """The pack of the signed-in person, whole or since an earlier one; 304 where nothing changed."""
    as_of = timezone.now()
    scope = scope_of(request.user)
    since = None
    if request.GET.get("since") and request.GET.get("scope") == scope.token:
        # A "+" that nobody escaped arrives as a blank.
        since = read_time(request.GET["since"].replace(" ", "+"))
        if since is None:
            raise malformed(_("“%s” is missing or cannot be read.") % "since")
    fixed = slow_parts()
    fixed_tag = _digest(fixed)
    etag = f'"{fingerprint(scope, fixed_tag)}"'
    same = get_conditional_response(request, etag=etag)
    if same is not None:
        return same
    if since is not None and request.GET.get("fixed") == fixed_tag:
        fixed = {}
    said = {"as_of": as_of.isoformat(), "etag": etag, **contents(scope, since)}
    answer = JsonResponse(
        {**said, "fixed": fixed_tag, **fixed},
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )
    answer["ETag"] = etag
    return answer


def fingerprint(scope: Scope, fixed_tag: str) -> str:
    """Changes whenever the pack would, and says the same of a whole pack and of one laid over an earlier one.

    Cheap, from counts and the newest change of each table; the sum of revisions tells of a change that was stamped
    before the newest one and committed after it.
    """
    said: list[Any] = [scope.token, get_language(), fixed_tag]
    living: list[QuerySet[Any]] = [scope.sites(), scope.trees(), scope.tasks(), scope.rounds()]
    for rows in living:
        said.append(rows.aggregate(n=Count("pk"), newest=Max("updated_at"), revisions=Sum("rev")))
    said.append([(crew.name, crew.pk) for crew in scope.crews])
    said.append([quarter.name for quarter in scope.quarters])
    said.append(list(scope.rounds().order_by("pk").values_list("crew__name", flat=True)))
    return _digest(said)


def _digest(said: Any) -> str:
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:32]


def slow_parts() -> dict[str, Any]:
    """What is the same for weeks and for every crew of one language: a phone that has it is not sent it again."""
    commune = Commune.objects.order_by("id").first()
    return {
        "town": {"name": commune.name, "insee": commune.insee} if commune else None,
        "species": [
            {"uuid": str(uuid), "name": name, "fr": french, "en": english}
            for uuid, name, french, english in species_rows()
        ],
        "choices": choices(),
        "outline": json.loads(commune.geom.simplify(1e-5, True).geojson) if commune else None,
        "streets": [
            {"name": name, "line": [[round(x, DIGITS), round(y, DIGITS)] for x, y in line.coords]}
            for name, line in Street.objects.order_by("pk").values_list("name", "geom")
        ],
    }


def contents(scope: Scope, since: dt.datetime | None) -> dict[str, Any]:
    """The pack's members but its time, its tags and its slow parts."""
    crews = [{"uuid": str(crew.uuid), "name": crew.name} for crew in scope.crews]
    tours = rounds(scope)
    driven = [tour["uuid"] for tour in tours]
    return {
        "scope": scope.token,
        "whole": since is None,
        "crew": crews[0] if crews else None,
        "crews": crews,
        "sectors": [quarter.name for quarter in scope.quarters],
        "rounds": tours,
        "sites": sites(scope, since),
        "trees": trees(scope, since),
        "tasks": tasks(scope, since, driven),
    }


def _row(names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        if name == "geom":
            made["lon"], made["lat"] = round(value.x, 7), round(value.y, 7)
        elif name == "archived_at":
            if value is not None:
                made["gone"] = True
        elif name == "details":
            if value:
                made["details"] = value
        elif "uuid" in name:
            made[NAMES.get(name, name)] = str(value) if value else None
        elif isinstance(value, dt.date):
            made[name] = value.isoformat()
        else:
            made[NAMES.get(name, name)] = value
    return made


def _changed(rows: Any, since: dt.datetime | None) -> Any:
    """Everything that is there; or what changed since, those gone too."""
    if since is None:
        return rows.filter(archived_at=None)
    return rows.filter(updated_at__gte=since - OVERLAP)


def sites(scope: Scope, since: dt.datetime | None) -> list[dict[str, Any]]:
    """Planting sites with the living or reserved tree of each."""
    rows = _changed(scope.sites(), since)
    holders = Tree.objects.filter(state__in=HOLDING, archived_at=None)
    if since is not None or scope.quarters or scope.firms is not None:
        holders = holders.filter(site__in=rows.values("pk"))
    holding = dict(holders.values_list("site_id", "uuid"))
    found = []
    for values in rows.order_by("pk").values_list(*SITE):
        site = _row(SITE, values)
        tree = holding.get(site["id"])
        found.append({**site, "tree": str(tree) if tree else None})
    return found


def trees(scope: Scope, since: dt.datetime | None) -> list[dict[str, Any]]:
    """Trees, those that ended too: they are their sites' history."""
    rows = _changed(scope.trees(), since).order_by("pk")
    return [_row(TREE, values) for values in rows.values_list(*TREE)]


def tasks(scope: Scope, since: dt.datetime | None, driven: list[str]) -> list[dict[str, Any]]:
    """Open tasks and every stop of the rounds; since a time, what changed, ended ones too."""
    rows = scope.tasks()
    if since is None:
        rows = rows.filter(Q(state__in=OPEN_TASK_STATES) | Q(round__uuid__in=driven))
    else:
        rows = rows.filter(updated_at__gte=since - OVERLAP)
    return [_row(TASK, values) for values in rows.order_by("pk").values_list(*TASK)]


def rounds(scope: Scope) -> list[dict[str, Any]]:
    """Rounds to drive, with their stops in order."""
    tours: dict[int, dict[str, Any]] = {
        tour.pk: {
            "uuid": str(tour.uuid),
            "id": tour.pk,
            "rev": tour.rev,
            "name": str(tour),
            "day": tour.day.isoformat(),
            "state": tour.state,
            "crew": tour.crew.name if tour.crew else None,
            "stops": [],
        }
        for tour in scope.rounds().select_related("crew").order_by("day", "pk")
    }
    stops = CareTask.objects.filter(round__in=list(tours)).order_by("round", "stop", "pk")
    named = stops.values_list(
        "round", "uuid", "stop", "tree__site__uuid", "tree__uuid", "action", "litres", "state"
    )
    for number, task, stop, site, tree, action, litres, state in named:
        tours[number]["stops"].append(
            {
                "task": str(task),
                "stop": stop,
                "site": str(site),
                "tree": str(tree),
                "action": action,
                "litres": litres,
                "state": state,
            }
        )
    return list(tours.values())


def species_rows() -> list[tuple[Any, str, str, str]]:
    rows = Species.objects.filter(merged_into=None)
    return [(one.uuid, one.scientific_name, one.name_fr, one.name_en) for one in rows]


def choices() -> dict[str, list[list[str]]]:
    """What the forms offer, in the reader's language."""
    offered: dict[str, Any] = {
        "planting_site.state": PlantingSite.State,
        "planting_site.kind": PlantingSite.Kind,
        "tree.state": Tree.State,
        "care_task.state": CareTask.State,
        "care_task.action": CareTask.Action,
        "care_task.reason": CareTask.Reason,
        "survival_check.found": SurvivalCheck.Found,
    }
    found = {
        name: [[str(value), str(label)] for value, label in kinds.choices]
        for name, kinds in offered.items()
    }
    sizes = (
        Tree.objects.exclude(size_class="")
        .order_by()
        .values("size_class")
        .annotate(n=Count("pk"))
        .order_by(F("n").desc())[:30]
    )
    found["tree.size_class"] = sorted([row["size_class"]] * 2 for row in sizes)
    return found
