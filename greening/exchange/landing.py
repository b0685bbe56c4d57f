"""Rows into the database: new ones made, known ones brought up to date, none twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation

from greening.events import Change, apply
from greening.events.values import to_wire
from greening.lifecycle import Kind, kind_for
from greening.models.base import new_uuid

Thing = TypeVar("Thing", bound=models.Model)
BATCH = 500


@dataclass
class Candidate:
    """A row fit to land: its keys (the first one known in the database decides) and the values it brings."""

    row: int
    keys: list[Hashable]
    values: dict[str, Any]


@dataclass
class Report:
    """What became of the rows of a file, for the person who ran the import."""

    refused: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    outside: int = 0

    def refuse(self, row: int, problem: str) -> None:
        self.refused.append((row, problem))

    def warn(self, row: int, doubt: str) -> None:
        self.warnings.append((row, doubt))

    @property
    def landed(self) -> int:
        return self.created + self.updated + self.unchanged


@dataclass
class Landed(Generic[Thing]):
    """The objects behind the candidates that landed, each with its row; `changed` leaves out the unchanged."""

    rows: list[tuple[int, Thing]] = field(default_factory=list)
    changed: list[tuple[int, Thing]] = field(default_factory=list)


def upsert(
    model: type[Thing],
    candidates: Iterable[Candidate],
    known: Iterable[Thing],
    keys_of: Callable[[Thing], Iterable[Hashable]],
    report: Report,
) -> Landed[Thing]:
    """Create or update an object for each candidate, in the caller's transaction.

    `known` are the objects that a candidate may be. A field that the file does not bring keeps what a person
    wrote there. Two rows with one identity: the second is refused. Invalid values are refused row by row.
    Objects with a life pass the door, as one batch.
    """
    by_key = {key: thing for thing in known for key in keys_of(thing)}
    seen: dict[Hashable, int] = {}
    landed: Landed[Thing] = Landed()
    kind = kind_for(model)
    asked: list[tuple[int, Thing, dict[str, Any]]] = []
    new: list[Thing] = []
    old: list[Thing] = []
    touched: set[str] = set()
    for candidate in candidates:
        thing = next((by_key[key] for key in candidate.keys if key in by_key), None)
        identities = [*candidate.keys, *([("pk", thing.pk)] if thing is not None else [])]
        twin = next((seen[key] for key in identities if key in seen), None)
        if twin is not None:
            report.refuse(candidate.row, f"repeats the identifier of row {twin}")
            continue
        changes = {
            name: value
            for name, value in candidate.values.items()
            if thing is None or not _same(getattr(thing, name), value)
        }
        subject = model() if thing is None else thing
        before = {name: getattr(subject, name) for name in changes} if thing is not None else {}
        for name, value in changes.items():
            setattr(subject, name, value)
        problem = _invalid(subject) if changes else ""
        if problem:
            for name, value in before.items():
                setattr(subject, name, value)
            report.refuse(candidate.row, problem)
            continue
        seen.update(dict.fromkeys(identities, candidate.row))
        if kind is not None and changes:
            asked.append((candidate.row, subject, changes))
            continue
        landed.rows.append((candidate.row, subject))
        if thing is None:
            new.append(subject)
        elif changes:
            old.append(subject)
            touched |= changes.keys()
        else:
            report.unchanged += 1
            continue
        landed.changed.append((candidate.row, subject))
    if kind is not None:
        _through_the_door(kind, asked, landed, report)
        return landed
    manager = model._default_manager
    manager.bulk_create(new, batch_size=BATCH)
    if old:
        manager.bulk_update(old, sorted(touched), batch_size=BATCH)
    report.created += len(new)
    report.updated += len(old)
    return landed


def _through_the_door(
    kind: Kind, asked: list[tuple[int, Any, dict[str, Any]]], landed: Landed[Any], report: Report
) -> None:
    """The changes as events; a row that a rule refuses is reported with the rule's sentence."""
    batch = new_uuid()
    with translation.override("en"):
        verdicts = apply(
            Change(
                kind.name,
                thing.uuid,
                {name: to_wire(value) for name, value in changes.items()},
                create=thing.pk is None,
                base_rev=None if thing.pk is None else thing.rev,
                source="import",
                batch=batch,
            )
            for _row, thing, changes in asked
        )
    manager = kind.model_class._default_manager
    written = {row.uuid: row for row in manager.filter(uuid__in=[one.uuid for _, one, _ in asked])}
    for (row, thing, _changes), verdict in zip(asked, verdicts, strict=True):
        if not verdict.landed:
            report.refuse(row, f"is refused: {verdict.message}")
            continue
        report.created += thing.pk is None
        report.updated += thing.pk is not None
        landed.rows.append((row, written[thing.uuid]))
        landed.changed.append((row, written[thing.uuid]))


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, GEOSGeometry) and isinstance(theirs, GEOSGeometry):
        return bool(ours.wkb == theirs.wkb)
    return bool(ours == theirs)


def _invalid(thing: models.Model) -> str:
    """Why the database or the forms would refuse this object, in English; "" where they would not."""
    with translation.override("en"):
        try:
            # Geometry was mended before; foreign keys come from the database itself.
            skip = {f.name for f in thing._meta.fields if f.is_relation or hasattr(f, "geom_type")}
            thing.clean_fields(exclude=skip)
        except ValidationError as error:
            return "; ".join(
                f"has a {name} that does not fit: {' '.join(messages)}"
                for name, messages in error.message_dict.items()
            )
    return ""
