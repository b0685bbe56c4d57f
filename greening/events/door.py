"""The only door through which anything with a life changes: phone, web, import and OGC API all pass it.

A batch is decided in memory and written in bulk: one read of the objects, one of what they point to, one
insert or update a kind, one insert of history. State, history and receipt change in one transaction.
"""

from __future__ import annotations

import logging
import uuid as uuid_module
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.db import (
    DatabaseError,
    IntegrityError,
    connection,
    connections,
    models,
    router,
    transaction,
)
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.events.asking import present
from greening.events.decide import Desk, Outcome
from greening.events.envelope import Change, Verdict
from greening.events.rows import insert
from greening.events.values import field_of
from greening.lifecycle import kinds
from greening.models.base import Living
from greening.models.event import Event

logger = logging.getLogger(__name__)


def apply(changes: Change | Iterable[Change]) -> list[Verdict]:
    """Apply changes in order and answer each with a verdict; nothing is dropped, nothing applied twice.

    The batch lands in one transaction; where the database's own guard refuses one of its changes, each lands in its
    own. A change that is refused is recorded with its reason and stops no other. A change whose predecessor is unknown
    waits, and is applied when that one arrives, or when it is sent again after that.
    """
    batch = [changes] if isinstance(changes, Change) else list(changes)
    if not batch:
        return []
    try:
        with transaction.atomic():
            return _apply(batch)
    except IntegrityError:
        # Another connection wrote first, or the database's own guard refused: find out which change it was.
        return [_alone(change) for change in batch]
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001 — raised again below unless it was another's
        # A fault may lie in a change that these woke: it must not be theirs. If it is theirs, it comes again.
        with transaction.atomic():
            return _apply(batch, wakes=False)


def _alone(change: Change) -> Verdict:
    for wakes in (True, True, False):
        try:
            with transaction.atomic():
                return _apply([change], wakes=wakes)[0]
        except IntegrityError as error:
            refused = error
    return _refused_by_database(change, refused)


def _refused_by_database(change: Change, error: IntegrityError) -> Verdict:
    """A constraint of the database refuses what no guard did; its own sentence is the answer."""
    text = str(error)
    sentence = _("The database refuses this change: it contradicts what is already there.")
    for kind in kinds():
        if kind.name == change.kind:
            for constraint in kind.model_class._meta.constraints:
                if _broken(constraint, kind.model_class, text):
                    sentence = str(constraint.get_violation_error_message())
    return _refused(change, "constraint", sentence)


def _refused(change: Change, code: str, sentence: str) -> Verdict:
    """Record a refusal by itself, in the row that the change waited in, if it did."""
    outcome = Outcome(Verdict(change.uuid, "rejected", code, sentence))
    with transaction.atomic():
        outcome.row = Event.objects.filter(uuid=change.uuid).first()
        _record([(change, outcome)])
    return outcome.verdict


def _broken(constraint: models.BaseConstraint, model: type[models.Model], text: str) -> bool:
    """Whether the database's message speaks of this constraint; SQLite names a unique one by its columns."""
    if constraint.name and constraint.name in text:
        return True
    names = getattr(constraint, "fields", ())
    columns = [field_of(model, name).column for name in names]
    return bool(columns) and text.endswith(
        ", ".join(f"{model._meta.db_table}.{column}" for column in columns)
    )


def _apply(batch: Sequence[Change], *, wakes: bool = True) -> list[Verdict]:
    """Verdicts of a batch, within the transaction at hand; with `wakes`, what waited for it lands in the same one."""
    verdicts: dict[int, Verdict] = {}
    seen_before = present(Event, "uuid", {change.uuid for change in batch})
    known = (
        {row.uuid: row for row in Event.objects.filter(uuid__in=seen_before)} if seen_before else {}
    )
    # What waited, and is sent again, need perhaps not wait any more; locked, since another may be at it.
    waiting = [row.pk for row in known.values() if row.is_waiting]
    if waiting:
        locked = Event.objects.select_for_update().filter(pk__in=waiting).order_by("pk")
        known.update((row.uuid, row) for row in locked)
    again: dict[uuid_module.UUID, Event] = {}
    fresh: list[tuple[int, Change]] = []
    seen: dict[uuid_module.UUID, int] = {}
    for position, change in enumerate(batch):
        row = known.get(change.uuid)
        if row is not None and not (row.is_waiting and row.digest == change.digest):
            verdicts[position] = _receipt(row, change)
        elif change.uuid in seen:
            continue  # the same twice in one batch: answered below
        else:
            seen[change.uuid] = position
            if row is not None:
                again[row.uuid] = row
                change = change_of(row)  # as it was when it first came, whoever carries it now
            fresh.append((position, change))
    decided = _settle([change for _position, change in fresh], again, wakes=wakes)
    by_uuid = {change.uuid: outcome.verdict for change, outcome in decided}
    for position, change in enumerate(batch):
        if position in verdicts:
            continue
        verdict = by_uuid[change.uuid]
        if seen[change.uuid] != position:
            first = batch[seen[change.uuid]]
            if first.digest != change.digest:
                verdict = _reused(change)
            elif verdict.status != "waiting":
                verdict = Verdict(
                    change.uuid,
                    "duplicate",
                    verdict.status,
                    verdict.message,
                    verdict.rev,
                    verdict.object_id,
                )
        verdicts[position] = verdict
    return [verdicts[position] for position in range(len(batch))]


def _settle(
    changes: list[Change], again: dict[uuid_module.UUID, Event], *, wakes: bool
) -> list[tuple[Change, Outcome]]:
    """Decide and write `changes`, what follows from them, and what was waiting for them.

    `again` holds the rows of those changes that waited until now.
    """
    if not changes:
        return []
    desk = Desk(changes)
    desk.woken.update(again)
    decided: dict[uuid_module.UUID, tuple[Change, Outcome]] = {}
    everything: set[uuid_module.UUID] = set()
    queue = list(changes)
    while queue:
        arrived: set[uuid_module.UUID] = set()
        for change in queue:
            for each, outcome in desk.decide(change):
                decided[each.uuid] = (each, outcome)
                if outcome.verdict.status != "waiting":
                    arrived.add(each.uuid)
                if outcome.moved:
                    arrived.add(each.object_uuid)
        everything |= arrived
        queue = _woken(arrived, desk, stored=wakes)
    _write(desk)
    for change, outcome in decided.values():
        verdict = outcome.verdict
        if verdict.landed and verdict.object_id is None:  # new: its number is known only now
            outcome.verdict = replace(verdict, object_id=desk.objects[change.object_uuid].pk)
    _record(decided.values())
    waits = {
        change.uuid
        for change, outcome in decided.values()
        if outcome.verdict.status == "waiting" and outcome.row is None
    }
    _look_after_commit(everything, waits, woken=wakes)
    return list(decided.values())


def _woken(arrived: set[uuid_module.UUID], desk: Desk, *, stored: bool) -> list[Change]:
    """Changes that waited for what just arrived, in the order their devices gave them.

    Those of this very batch that could not be decided at their turn are among them; with `stored`, those of earlier
    batches too.
    """
    if not arrived:
        return []
    changes = [change for change, missing in desk.shelf.values() if missing in arrived]
    for change in changes:
        del desk.shelf[change.uuid]
    awaited = stored and present(
        Event, "waiting_for", arrived, among=("status", Event.Status.WAITING)
    )
    if awaited:
        rows = Event.objects.filter(status=Event.Status.WAITING, waiting_for__in=awaited)
        for row in rows.select_for_update().order_by("sequence", "id"):
            if row.uuid not in desk.woken:
                desk.woken[row.uuid] = row
                changes.append(change_of(row))
    if changes:
        desk.read(changes)
    return changes


def _look_after_commit(
    arrived: set[uuid_module.UUID], waits: set[uuid_module.UUID], *, woken: bool
) -> None:
    """Two transactions that depend on each other may each miss the other: then the later one finds it here.

    What builds on an object is recorded as waiting while the transaction that makes the object has already asked who
    waits. So both ask once more when they are committed. SQLite has one writer at a time, and nothing to miss.
    """
    shared = connection.vendor == "postgresql"
    if (arrived or waits) and (shared or not woken):
        transaction.on_commit(partial(_look_again, arrived, waits), robust=True)


def _look_again(arrived: set[uuid_module.UUID], waits: set[uuid_module.UUID]) -> None:
    awaited = present(Event, "waiting_for", arrived, among=("status", Event.Status.WAITING))
    if awaited or waits:
        rows = Event.objects.filter(status=Event.Status.WAITING)
        decide_again(rows.filter(Q(waiting_for__in=awaited) | Q(uuid__in=waits)))


def decide_again(rows: QuerySet[Event]) -> int:
    """Decide changes that wait, each by itself; how many wait no more."""
    ended = 0
    for number in list(rows.order_by("sequence", "id").values_list("pk", flat=True)):
        row = None
        try:
            with transaction.atomic():
                waiting = Event.objects.filter(pk=number, status=Event.Status.WAITING)
                row = waiting.select_for_update().first()
                if row is None:
                    continue  # another was quicker
                decided = _settle([change_of(row)], {row.uuid: row}, wakes=True)
            ended += decided[0][1].verdict.status != "waiting"
        except IntegrityError as error:
            if row is not None:
                _refused_by_database(change_of(row), error)
        except DatabaseError:
            logger.exception("change %s waits on: the database is busy", number)
        except Exception:
            # A fault of one change, whatever it is, must not keep the others waiting, nor come again every night.
            logger.exception("change %s cannot be decided", number)
            if row is not None:
                sentence = _("This change met a fault and was not made; a person must look at it.")
                _refused(change_of(row), "fault", sentence)
    return ended


def change_of(row: Event) -> Change:
    """The change that an event's row records, to be decided again, with the rights of who asked for it."""
    return Change(
        kind=row.kind,
        object_uuid=row.object_uuid,
        patch=row.patch,
        create=row.create,
        base_rev=row.base_rev,
        uuid=row.uuid,
        actor=row.actor,
        source=row.source,
        device=row.device,
        sequence=row.sequence,
        device_time=row.device_time,
        after=row.after,
        cause=row.cause,
        batch=row.batch,
        override=row.override,
        position=row.position,
        accuracy_m=row.accuracy_m,
        samples=row.samples,
        photos=row.photos,
    )


def _write(desk: Desk) -> None:
    now = timezone.now()
    for kind in kinds():
        new = list(desk.created.get(kind.name, {}).values())
        if new:
            _insert(kind.model_class, new)
        touched: dict[frozenset[str], list[Any]] = {}
        for obj, fields in desk.changed.get(kind.name, {}).values():
            obj.updated_at = now
            touched.setdefault(frozenset(fields), []).append(obj)
        for names, objs in touched.items():
            _update(kind.model_class, objs, [*sorted(names), "rev", "updated_at"])


def _update(model: type[Any], objs: list[Any], names: list[str]) -> None:
    """Write these fields of these objects, one prepared statement for all.

    Django's bulk_update builds a CASE with a branch for each object, which takes longer than the database
    needs to write them; shapes need what it knows of them, so they go that way.
    """
    fields: list[models.Field[Any, Any]] = [field_of(model, name) for name in names]  # type: ignore[arg-type]
    if any(isinstance(field, GeometryField) for field in fields):
        model._default_manager.bulk_update(objs, names, batch_size=500)
        return
    for obj in objs:  # what they point to may have got its number a moment ago, in this very batch
        obj._prepare_related_fields_for_save(operation_name="bulk_update", fields=fields)
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    rows = [
        [
            *(field.get_db_prep_save(getattr(obj, field.attname), connection) for field in fields),
            obj.pk,
        ]
        for obj in objs
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {columns} WHERE {key} = %s", rows)  # noqa: S608 — our own names


def _insert(model: type[Living], new: list[Living]) -> None:
    """Insert rows, those that point to one another too: such a pointer is written once both have a number."""
    loops = [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is model
    ]
    held = []
    for field in loops:
        for obj in new:
            other = getattr(obj, field.name) if field.is_cached(obj) else None
            if other is not None and other.pk is None:
                held.append((obj, field.name, other))
                setattr(obj, field.name, None)
    insert(model, new)
    for obj, name, other in held:
        setattr(obj, name, other)
    for name in {name for _obj, name, _other in held}:
        pointing = [obj for obj, held_name, _other in held if held_name == name]
        model._default_manager.bulk_update(pointing, [name], batch_size=500)


def _record(decided: Iterable[tuple[Change, Outcome]]) -> None:
    now = timezone.now()
    fresh: list[Event] = []
    for change, outcome in decided:
        verdict = outcome.verdict
        facts: dict[str, Any] = {
            "status": verdict.status,
            "code": verdict.code,
            "message": verdict.message,
            "warnings": list(verdict.warnings),
            "before": outcome.before,
            "rev": verdict.rev if outcome.moved else None,
            "waiting_for": verdict.waiting_for,
        }
        facts["before"] = facts["before"] or {}
        if outcome.row is not None:  # it waited; its receipt is brought up to date
            Event.objects.filter(pk=outcome.row.pk).update(**facts)
            continue
        fresh.append(
            Event(
                uuid=change.uuid,
                digest=change.digest,
                kind=change.kind,
                object_uuid=change.object_uuid,
                create=change.create,
                patch=dict(change.patch),
                base_rev=change.base_rev,
                actor=change.actor,
                source=change.source,
                device=change.device,
                sequence=change.sequence,
                device_time=change.device_time,
                server_time=now,
                after=change.after,
                cause=change.cause,
                batch=change.batch,
                override=change.override,
                position=change.position,
                accuracy_m=change.accuracy_m,
                samples=change.samples,
                photos=list(change.photos),
                **facts,
            )
        )
    insert(Event, fresh)


def _receipt(row: Event, change: Change) -> Verdict:
    """The answer to a change that came before: the same verdict, called a duplicate."""
    if row.digest != change.digest:
        return _reused(change)
    if row.status == Event.Status.WAITING:
        return Verdict(change.uuid, "waiting", row.code, row.message, waiting_for=row.waiting_for)
    return Verdict(
        change.uuid, "duplicate", row.status, row.message, row.rev, warnings=tuple(row.warnings)
    )


def _reused(change: Change) -> Verdict:
    return Verdict(
        change.uuid,
        "rejected",
        "uuid_reused",
        _("This identifier was already used for another change: give each change its own."),
    )
