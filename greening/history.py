"""What happened to an object, field by field, in words: read from its events, for those who may know."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.gis.db.models import GeometryField
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import dateformat, timezone
from django.utils.formats import date_format, localize
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from greening.accounts.people import named
from greening.events.values import References, from_wire, wanted_references
from greening.lifecycle import Kind, kind, kinds
from greening.models.base import Living
from greening.models.event import Event
from greening.roles import STAFF, Role, holds

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

#: What everybody may read of a kind's history; free text, money and suppliers are the town's own business.
#: A kind that is not here has a history for the town's people only.
_published: dict[str, frozenset[str]] = {}
#: Kinds whose history tells of people: it is read by these roles and by nobody else of the town's people.
_reserved: dict[str, tuple[Role, ...]] = {}
NOTHING = "–"


def publish(name: str, *fields: str) -> None:
    """Let everybody read how these fields of a kind changed; called by the app that owns it."""
    _published[name] = frozenset(fields)


def published(name: str) -> frozenset[str] | None:
    return _published.get(name)


def reserve(names: Iterable[str], *roles: Role) -> None:
    """Let only these roles read the history of these kinds; called by the app that owns them."""
    _reserved.update(dict.fromkeys(names, roles))


def readers(name: str) -> tuple[Role, ...]:
    """Who of the town's people reads all of a kind's history, with names and refusals."""
    return _reserved.get(name, STAFF)


def kept_from(user: User | AnonymousUser) -> list[str]:
    """The kinds whose changes somebody of the town's people does not read, in a list of changes of all kinds."""
    return [name for name, roles in _reserved.items() if not holds(user, *roles)]


@dataclass(frozen=True, slots=True)
class Line:
    """One field of one change, as words."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: what it asked, who asked, and which object it was about."""

    event: Event
    lines: list[Line]
    who: str
    title: str  # of the kind
    number: int | None  # of the object, where it is known here

    @property
    def is_new(self) -> bool:
        return (
            self.event.create
            and self.event.rev is not None
            and not self.event.before.keys()
            - {name for name, value in self.event.before.items() if value is None}
        )


def entries(
    events: Iterable[Event], *, fields: frozenset[str] | None = None, names: bool = True
) -> list[Entry]:
    """Events in words, with as many questions as there are kinds among them, however many events.

    `fields` limits what is told to these, `names` says whether people are named. Events of which nothing may be
    told are left out.
    """
    rows = list(events)
    told = _Words(rows)
    numbers = _numbers(rows)
    made: list[Entry] = []
    for event in rows:
        found = kind(event.kind)
        lines = told.lines(event, found)
        if fields is not None:
            lines = [line for line in lines if line.name in fields]
            if not lines:
                continue
        made.append(
            Entry(
                event,
                lines,
                who_of(event) if names else "",
                capfirst(str(found.title)) if found else event.kind,
                numbers.get(event.object_uuid),
            )
        )
    return made


def who_of(event: Event) -> str:
    if event.actor is not None:
        return named(event.actor)
    return str(_("the system")) if event.source == Event.Source.SYSTEM else ""


def seen_at(obj: Living, found: Kind, rev: int) -> dict[str, Any]:
    """The fields of `obj` that changed after revision `rev`, with the values that they had then."""
    wire: dict[str, Any] = {}
    later = Event.objects.filter(object_uuid=obj.uuid, rev__gt=rev)
    for before in later.order_by("-rev").values_list("before", flat=True):
        wire.update(before)
    references = read_references([(found, wire)])
    return {name: from_wire(found, name, value, references) for name, value in wire.items()}


def read_references(patches: Iterable[tuple[Kind, Mapping[str, Any]]]) -> References:
    """The objects that patches point to, one query a model."""
    wanted = wanted_references(patches)
    return {
        model: {
            obj.uuid: obj  # type: ignore[attr-defined]  # whatever is pointed to is identified
            for obj in model._default_manager.filter(uuid__in=identifiers)
        }
        for model, identifiers in wanted.items()
    }


class _Words:
    """Values of events as words; what they point to is read once."""

    def __init__(self, events: list[Event]) -> None:
        known = [(found, event) for event in events if (found := kind(event.kind))]
        pairs = [
            (found, values) for found, event in known for values in (event.patch, event.before)
        ]
        self.references = read_references(pairs)

    def lines(self, event: Event, found: Kind | None) -> list[Line]:
        # What was applied names only what really changed; what was not, all that was asked.
        names = event.before or event.patch
        return [
            Line(
                name,
                self.label(found, name),
                self.value(found, name, event.before.get(name)),
                self.value(found, name, event.patch.get(name)),
            )
            for name in names
        ]

    @staticmethod
    def label(found: Kind | None, name: str) -> str:
        field = _field(found, name)
        return str(field.verbose_name) if field is not None else name

    def value(self, found: Kind | None, name: str, value: Any) -> str:
        if value is None or value == "":
            return NOTHING
        field = _field(found, name)
        if isinstance(value, bool):
            return str(_("yes")) if value else str(_("no"))
        if isinstance(field, GeometryField):
            return _place(value)
        if isinstance(field, models.ForeignKey):
            try:
                there = self.references.get(field.related_model, {}).get(
                    uuid_module.UUID(str(value))
                )
            except ValueError:
                there = None
            return str(there) if there is not None else str(value)
        choices = dict(field.flatchoices) if field is not None else {}
        if value in choices:
            return str(choices[value])
        if isinstance(field, models.DateField):
            return _day(value, field)
        return str(localize(value)) if isinstance(value, int | float) else str(value)


def _field(found: Kind | None, name: str) -> Any:
    try:
        return found.model_class._meta.get_field(name) if found else None
    except FieldDoesNotExist:
        return None


def _place(value: Any) -> str:
    """A point by its coordinates; an outline is best looked at on the map."""
    if isinstance(value, dict) and value.get("type") == "Point":
        lon, lat = value["coordinates"][:2]
        return f"{lat:.6f}, {lon:.6f}"
    return str(_("an outline"))


def _day(value: Any, field: Any) -> str:
    try:
        if isinstance(field, models.DateTimeField):
            moment = dt.datetime.fromisoformat(str(value))
            if timezone.is_naive(moment):
                moment = timezone.make_aware(moment)
            return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
        return dateformat.format(dt.date.fromisoformat(str(value)), "Y-m-d")
    except ValueError:
        return str(value)


def _numbers(events: list[Event]) -> dict[uuid_module.UUID, int]:
    """The public numbers of the objects that these events are about."""
    wanted: dict[str, set[uuid_module.UUID]] = {}
    for event in events:
        wanted.setdefault(event.kind, set()).add(event.object_uuid)
    numbers: dict[uuid_module.UUID, int] = {}
    for found in kinds():
        if found.name in wanted:
            rows = found.model_class._default_manager.filter(uuid__in=wanted[found.name])
            numbers.update(rows.values_list("uuid", "pk"))
    return numbers


def declare() -> None:
    """What everybody may read of the ground's history."""
    publish(
        "planting_site", "state", "geom", "street", "address", "kind", "manager", "target_species",
        "campaign", "in_alignment", "felling_basis", "archived_at",
    )  # fmt: skip
    publish(
        "tree", "state", "geom", "site", "species", "size_class", "planted_on", "ended_on",
        "girth_m", "height_m", "measured_on", "under_watch", "replaced_by", "archived_at",
    )  # fmt: skip
    publish(
        "green_roof", "state", "geom", "name", "kind", "substrate_cm", "area_m2", "archived_at"
    )  # fmt: skip
