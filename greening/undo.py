"""Taking back a batch: what it made is archived, what it changed is given back, all through the only door.

What somebody changed since stays as it is and is reported; so does a state that the table lets nobody leave.
"""

from __future__ import annotations

import uuid as uuid_module
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.errors import BadInput
from greening.events import Change, apply
from greening.events.values import field_of, same
from greening.exchange import alone
from greening.lifecycle import kind as kind_named
from greening.models import Event, ImportRun
from greening.models.base import Living, new_uuid

SIZE = 500
LISTED = 200


@dataclass
class Undone:
    """What taking a batch back came to; `kept` lists (kind, number, sentence) for a person."""

    counts: Counter[str] = field(default_factory=Counter)
    kept: list[tuple[str, int, str]] = field(default_factory=list)

    def keep(self, kind: str, number: int, sentence: str) -> None:
        self.counts["kept"] += 1
        if len(self.kept) < LISTED:
            self.kept.append((kind, number, sentence))


@dataclass
class _Effect:
    """What a batch did to one object: its first values before, its last values after, and the last revision."""

    kind: str
    created: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    rev: int = 0


def undo_import(
    run: ImportRun, *, actor: Any = None, after_slice: Callable[[Undone], None] | None = None
) -> Undone:
    """Take an import back. Interrupted, the same again completes it. Raises BadInput where there is nothing to undo."""
    with alone.with_run(run), alone.with_source(run.source):
        run.refresh_from_db()
        if run.state == ImportRun.State.UNDONE:
            raise BadInput(f"Import {run.pk} was taken back already.")
        if not run.can_be_undone and not run.is_silent:
            raise BadInput(
                f"Import {run.pk} is still {run.get_state_display()}: wait until it is done."
            )
        if run.undo_batch is None:
            run.undo_batch = new_uuid()
            run.save(update_fields=["undo_batch"])
        undone = undo_batch(run.uuid, run.undo_batch, actor=actor, after_slice=after_slice)
        run.state, run.finished_at = ImportRun.State.UNDONE, timezone.now()
        run.report = {**run.report, "undone": dict(undone.counts), "kept": undone.kept}
        run.save(update_fields=["state", "finished_at", "report"])
    return undone


def undo_batch(
    batch: uuid_module.UUID,
    undo: uuid_module.UUID,
    *,
    actor: Any = None,
    after_slice: Callable[[Undone], None] | None = None,
) -> Undone:
    """Give back what the events of `batch` changed, as events of the batch `undo`, a few hundred objects at a time."""
    undone = Undone()
    for effects in _effects(batch):
        with transaction.atomic():
            _give_back(effects, batch, undo, actor, undone)
        if after_slice:
            after_slice(undone)
    return undone


def _effects(batch: uuid_module.UUID) -> Iterator[dict[uuid_module.UUID, _Effect]]:
    """What the batch did, object by object; trees before the sites they stand on (the later made first)."""
    landed = Event.objects.filter(batch=batch, rev__isnull=False)
    last = None
    while True:
        rows = landed if last is None else landed.filter(pk__lt=last)
        page = list(rows.order_by("-pk").values_list("pk", "object_uuid")[:SIZE])
        if not page:
            return
        last = page[-1][0]
        identifiers = {identifier for _pk, identifier in page}
        # An object whose later events were in an earlier slice was dealt with there.
        later = landed.filter(object_uuid__in=identifiers, pk__gt=page[0][0])
        identifiers -= set(later.values_list("object_uuid", flat=True))
        effects: dict[uuid_module.UUID, _Effect] = {}
        for row in landed.filter(object_uuid__in=identifiers).order_by("rev"):
            effect = effects.setdefault(row.object_uuid, _Effect(row.kind))
            effect.created |= row.create and row.rev == 1
            for name, value in row.before.items():
                effect.before.setdefault(name, value)
                effect.after[name] = row.patch.get(name, value)
            effect.rev = max(effect.rev, row.rev or 0)
        yield effects


def _give_back(
    effects: dict[uuid_module.UUID, _Effect],
    batch: uuid_module.UUID,
    undo: uuid_module.UUID,
    actor: Any,
    undone: Undone,
) -> None:
    others: dict[uuid_module.UUID, set[str]] = {}
    rows = Event.objects.filter(object_uuid__in=list(effects), rev__isnull=False)
    rows = rows.exclude(batch=batch)  # events without a batch stay in
    for identifier, rev, own, before in rows.values_list("object_uuid", "rev", "batch", "before"):
        if rev is not None and rev > effects[identifier].rev:
            touched = others.setdefault(identifier, set())
            touched.update({"\0undone"} if own == undo else before)
    objects = _objects(effects)
    changes: list[tuple[Change, Living]] = []
    now = timezone.now().isoformat()
    for identifier, effect in effects.items():
        obj, touched = objects.get(identifier), others.get(identifier, set())
        if obj is None or "\0undone" in touched:
            continue
        if effect.created:
            if touched:
                undone.keep(
                    effect.kind,
                    obj.pk,
                    _("it was changed since the import made it: look at it, then archive it"),
                )
                continue
            patch = _out_of_sight(effect.kind, obj, now)
            if patch is None:
                undone.keep(
                    effect.kind, obj.pk, _("it can neither be archived nor cancelled: look at it")
                )
                continue
        else:
            patch = _values_before(effect, obj, touched, undone)
        # A state goes back on its own: where the table refuses it, the other fields still do.
        parts = [{name: patch.pop("state")}] if (name := "state") in patch else []
        parts += [patch] if patch else []
        changes += [(_change(effect.kind, identifier, part, undo, actor), obj) for part in parts]
    verdicts = apply([change for change, _obj in changes])
    for (change, obj), verdict in zip(changes, verdicts, strict=True):
        if verdict.landed:
            made = effects[change.object_uuid].created
            undone.counts["archived" if made else "restored"] += 1
        else:
            undone.keep(change.kind, obj.pk, verdict.message)


def _objects(effects: dict[uuid_module.UUID, _Effect]) -> dict[uuid_module.UUID, Living]:
    by_kind: dict[str, list[uuid_module.UUID]] = {}
    for identifier, effect in effects.items():
        by_kind.setdefault(effect.kind, []).append(identifier)
    found: dict[uuid_module.UUID, Living] = {}
    for name, identifiers in by_kind.items():
        kind = kind_named(name)
        if kind is not None:
            rows = kind.model_class._default_manager.filter(uuid__in=identifiers)
            found.update((obj.uuid, obj) for obj in rows)
    return found


def _out_of_sight(name: str, obj: Living, now: str) -> dict[str, Any] | None:
    """The patch that takes a new object out of the inventory: archived, or cancelled where its kind knows that."""
    kind = kind_named(name)
    if kind is None:
        return None
    if "archived_at" in kind.fields:
        return {} if obj.archived_at else {"archived_at": now}
    if obj.state == "cancelled":
        return {}
    return {"state": "cancelled"} if kind.allows(str(obj.state), "cancelled") else None


def _values_before(
    effect: _Effect, obj: Living, touched: set[str], undone: Undone
) -> dict[str, Any]:
    """The values to give back: those that nobody changed since."""
    patch: dict[str, Any] = {}
    for name, value in effect.before.items():
        if name in touched:
            title = field_of(type(obj), name).verbose_name
            undone.keep(effect.kind, obj.pk, _("%s was changed since the import: kept") % title)
        elif not same(value, effect.after[name]):
            patch[name] = value
    return patch


def _change(
    kind: str,
    identifier: uuid_module.UUID,
    patch: dict[str, Any],
    undo: uuid_module.UUID,
    actor: Any,
) -> Change:
    source = "web" if actor is not None else "system"
    return Change(kind, identifier, patch, actor=actor, source=source, batch=undo)
