"""Decides changes in memory: who may, whether the writer was up to date, what the life's table says."""

from __future__ import annotations

import uuid as uuid_module
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.events.asking import present
from greening.events.envelope import Change, Verdict
from greening.events.values import (
    FieldRefusal,
    References,
    from_wire,
    same,
    to_wire,
    wanted_references,
)
from greening.lifecycle import Kind, Situation, World, kind, kind_for, kinds, what_follows
from greening.models.base import Living
from greening.models.event import Event
from greening.roles import may, rights

#: Through these comes what a person asks. Without a person it is nobody's: the account was erased while it waited.
PEOPLES = {Event.Source.WEB, Event.Source.ADMIN, Event.Source.PHONE, Event.Source.OGC}


def _rights(change: Change, found: Kind, obj: Living) -> frozenset[str]:
    if change.actor is None and change.source in PEOPLES:
        return frozenset()
    return rights(change.actor, found.name, obj)


@dataclass(slots=True)
class Outcome:
    """What became of a change: the verdict, the values it replaced, and the row it waited in, if it did."""

    verdict: Verdict
    before: dict[str, Any] | None = None
    moved: bool = False  # whether the object has a new revision
    row: Event | None = None


class Desk:
    """The objects of one batch, read and locked once, changed in memory, written by the door."""

    def __init__(self, changes: list[Change]) -> None:
        self.objects: dict[uuid_module.UUID, Living] = {}
        self.created: dict[str, dict[uuid_module.UUID, Living]] = {}
        self.changed: dict[str, dict[uuid_module.UUID, tuple[Living, set[str]]]] = {}
        self.references: References = {}
        # Rows that a consequence reads may be out of date: `objects` holds those of this batch as they are now.
        self.world = World(references=self.references, objects=self.objects)
        self.decided: set[uuid_module.UUID] = set()  # changes of this batch with a final verdict
        self.touched: dict[
            uuid_module.UUID, dict[int, set[str]]
        ] = {}  # object → rev → fields, this batch
        self.shelf: dict[
            uuid_module.UUID, tuple[Change, uuid_module.UUID]
        ] = {}  # waiting, for what
        self.woken: dict[uuid_module.UUID, Event] = {}
        self.arrived: set[uuid_module.UUID] = set()  # predecessors decided in earlier batches
        self.read(changes)

    # --- reading ----------------------------------------------------------------------------------

    def read(self, changes: Iterable[Change]) -> None:
        """Read and lock the objects of `changes`, what they point to, and what their guards ask about."""
        changes = list(changes)
        names = {change.kind for change in changes}
        by_kind: dict[str, set[uuid_module.UUID]] = {}
        making: dict[str, set[uuid_module.UUID]] = {}
        for change in changes:
            if change.object_uuid not in self.objects:
                asked = making if change.create else by_kind
                asked.setdefault(change.kind, set()).add(change.object_uuid)
        self._refer(changes)
        for name, identifiers in making.items():
            # New objects are mostly not there.
            found = kind(name)
            if found and (known := present(found.model_class, "uuid", identifiers)):
                by_kind.setdefault(name, set()).update(known)
        for name, identifiers in by_kind.items():
            found = kind(name)
            if found is None:
                continue
            rows = found.model_class._default_manager.filter(uuid__in=identifiers)
            read = list(rows.select_for_update().order_by("pk"))
            self.objects.update((obj.uuid, obj) for obj in read)
            self._share_parents(found, read)
        # Kinds that changes only point to as well: what follows may change them, and their guards will ask.
        concerned = {type(obj) for obj in self.objects.values()}
        for found in kinds():
            if found.preload and (found.name in names or found.model_class in concerned):
                mine = [obj for obj in self.objects.values() if type(obj) is found.model_class]
                found.preload(mine, self.world)
        after = {change.after for change in changes if change.after} - self.arrived
        if after:
            arrived = Event.objects.filter(uuid__in=after).exclude(status=Event.Status.WAITING)
            self.arrived.update(arrived.values_list("uuid", flat=True))

    def _refer(self, changes: Iterable[Change]) -> None:
        """Read what the patches point to and is not known yet."""
        patches = [(found, change.patch) for change in changes if (found := kind(change.kind))]
        for model, wanted in wanted_references(patches).items():
            self._read_references(model, wanted)

    def _read_references(self, model: type[models.Model], wanted: set[uuid_module.UUID]) -> None:
        known = self.references.setdefault(model, {})
        for identifier in wanted - known.keys():
            held = self.objects.get(identifier)
            if held is not None and type(held) is model:
                known[identifier] = held
        missing = wanted - known.keys()
        if not missing:
            return
        rows = model._default_manager.filter(uuid__in=missing)
        if issubclass(model, Living):
            # Locked as well: two trees offered to one site at the same instant must queue.
            rows = rows.select_for_update().order_by("pk")
        read = list(rows)
        for obj in read:
            known[obj.uuid] = obj  # type: ignore[attr-defined]
            if isinstance(obj, Living):
                self.objects[obj.uuid] = obj
        found = kind_for(model)
        if found is not None:
            self._share_parents(found, read)  # type: ignore[arg-type]

    def _share_parents(self, found: Kind, rows: list[Living]) -> None:
        """Give rows that point to one living object the very same instance of it, locked like them."""
        for name in found.fields:
            field = found.model_class._meta.get_field(name)
            if not isinstance(field, models.ForeignKey) or not issubclass(
                field.related_model, Living
            ):
                continue
            parents = {
                obj.pk: obj for obj in self.objects.values() if type(obj) is field.related_model
            }
            missing = {getattr(row, field.attname) for row in rows} - parents.keys() - {None}
            fresh: list[Living] = []
            if missing:
                unread = field.related_model._default_manager.filter(pk__in=missing)
                fresh = list(unread.select_for_update().order_by("pk"))
                for above in fresh:
                    parents[above.pk] = self.objects.setdefault(above.uuid, above)
            for row in rows:
                parent = parents.get(getattr(row, field.attname))
                if parent is not None:
                    setattr(row, name, parent)
            kind_above = kind_for(field.related_model)
            if fresh and kind_above is not None:
                self._share_parents(kind_above, fresh)

    # --- deciding ---------------------------------------------------------------------------------

    def decide(self, change: Change) -> Iterator[tuple[Change, Outcome]]:
        """The change with its outcome, then everything that follows from it with theirs."""
        found = kind(change.kind)
        if found is None:
            yield (
                change,
                self._refuse(change, "unknown_kind", _("There is no kind “%s”.") % change.kind),
            )
            return
        outcome, situation = self._decide(found, change)
        if outcome.verdict.status != "waiting":
            self.decided.add(change.uuid)
        yield change, outcome
        if situation is None:
            return
        following = [
            Change(
                kind=each.kind,
                object_uuid=each.obj.uuid,
                patch={name: to_wire(value) for name, value in each.patch.items()},
                create=each.create,
                uuid=uuid_module.uuid5(change.uuid, f"{number}:{each.kind}"),
                source="system",
                device_time=change.device_time,
                cause=change.uuid,
                batch=change.batch,
            )
            for number, each in enumerate(what_follows(found, situation))
        ]
        # An object that only a consequence touches is read here: locked, and with its guards' questions answered.
        unread = [
            each for each in following if not each.create and each.object_uuid not in self.objects
        ]
        if unread:
            self.read(unread)
        self._refer(following)
        for each in following:
            yield from self.decide(each)

    def _decide(self, found: Kind, change: Change) -> tuple[Outcome, Situation | None]:
        if change.after and change.after not in self.decided and change.after not in self.arrived:
            sentence = _("An earlier change has not arrived yet.")
            return self._wait(change, "predecessor", sentence, change.after), None
        obj = self.objects.get(change.object_uuid)
        if obj is not None and type(obj) is not found.model_class:
            return self._refuse(
                change, "wrong_kind", _("This identifier belongs to another kind.")
            ), None
        if obj is None:
            if not change.create:
                return self._wait(
                    change,
                    "unknown_object",
                    _("This object is not known here yet."),
                    change.object_uuid,
                ), None
            return self._create(found, change)
        return self._update(found, change, obj)

    def _create(self, found: Kind, change: Change) -> tuple[Outcome, Situation | None]:
        obj = found.model_class(uuid=change.object_uuid, rev=1)
        try:
            values = self._values(found, change)
            self._need_required(found, values)
        except FieldRefusal as refused:
            return self._unreadable(change, refused), None
        for name, value in values.items():
            setattr(obj, name, value)
        situation = self._situation(found, change, obj, values, {}, created=True)
        refused_by = self._refusal(found, change, situation)
        if refused_by:
            return self._refuse(change, *refused_by), None
        self.objects[obj.uuid] = obj
        self.created.setdefault(found.name, {})[obj.uuid] = obj
        self.references.setdefault(found.model_class, {})[obj.uuid] = obj
        return self._land(
            found, change, situation, dict.fromkeys(change.patch), "applied"
        ), situation

    def _update(self, found: Kind, change: Change, obj: Living) -> tuple[Outcome, Situation | None]:
        try:
            values = self._values(found, change)
        except FieldRefusal as refused:
            return self._unreadable(change, refused), None
        news = {
            name: value for name, value in values.items() if not same(getattr(obj, name), value)
        }
        if not news:
            verdict = Verdict(change.uuid, "applied", "unchanged", rev=obj.rev, object_id=obj.pk)
            return Outcome(verdict, {}, row=self.woken.get(change.uuid)), None
        base = 0 if change.create and change.base_rev is None else change.base_rev
        status = "applied"
        if base is not None and base > obj.rev:
            return self._wait(
                change, "ahead", _("This change builds on one that has not arrived."), obj.uuid
            ), None
        if base is not None and base < obj.rev:
            clash = sorted(self._touched_since(obj, base) & news.keys() - set(found.soft))
            if clash:
                names = ", ".join(
                    str(field.verbose_name) for field in map(self._field(found), clash)
                )
                sentence = (
                    _("Someone changed the same in the meantime: %s. A person decides.") % names
                )
                verdict = Verdict(change.uuid, "conflict", "conflict", sentence, obj.rev, obj.pk)
                return Outcome(verdict, row=self.woken.get(change.uuid)), None
            status = "merged"
        before = {name: getattr(obj, name) for name in news}
        for name, value in news.items():
            setattr(obj, name, value)
        situation = self._situation(found, change, obj, news, before, created=False)
        refused_by = self._refusal(found, change, situation)
        if refused_by:
            for name, value in before.items():
                setattr(obj, name, value)
            return self._refuse(change, *refused_by), None
        obj.rev += 1
        if obj.uuid not in self.created.get(found.name, {}):
            held = self.changed.setdefault(found.name, {}).setdefault(obj.uuid, (obj, set()))
            held[1].update(news)
        return self._land(found, change, situation, before, status), situation

    def _land(
        self, found: Kind, change: Change, situation: Situation, before: dict[str, Any], status: Any
    ) -> Outcome:
        obj = situation.obj
        if found.remember:
            found.remember(situation)
        self.touched.setdefault(obj.uuid, {})[obj.rev] = set(before)
        warnings = tuple(str(text) for warner in found.warners if (text := warner(situation)))
        verdict = Verdict(change.uuid, status, "", "", obj.rev, obj.pk, warnings)
        wire = {name: to_wire(value) for name, value in before.items()}
        return Outcome(verdict, wire, moved=True, row=self.woken.get(change.uuid))

    # --- parts of a decision ----------------------------------------------------------------------

    def _values(self, found: Kind, change: Change) -> dict[str, Any]:
        return {
            name: from_wire(found, name, value, self.references)
            for name, value in change.patch.items()
        }

    @staticmethod
    def _field(found: Kind) -> Any:
        return found.model_class._meta.get_field

    @staticmethod
    def _need_required(found: Kind, values: dict[str, Any]) -> None:
        for name in found.fields:
            field: Any = found.model_class._meta.get_field(name)
            if name not in values and not (field.null or field.blank or field.has_default()):
                raise FieldRefusal(
                    "missing_field", _("%(field)s is needed.") % {"field": field.verbose_name}
                )

    def _situation(
        self,
        found: Kind,
        change: Change,
        obj: Living,
        patch: dict[str, Any],
        before: dict[str, Any],
        *,
        created: bool,
    ) -> Situation:
        return Situation(
            obj=obj,
            patch=patch,
            before=before,
            created=created,
            at=change.device_time or timezone.now(),
            rights=_rights(change, found, obj),
            override=change.override,
            world=self.world,
        )

    @staticmethod
    def _refusal(found: Kind, change: Change, situation: Situation) -> tuple[str, str] | None:
        action = "create" if situation.created else "move" if situation.moved_to else "edit"
        hides = "archived_at" in situation.patch and not may(situation.rights, "archive")
        if hides or not may(situation.rights, action, situation.moved_to):
            return "forbidden", _("Your role does not allow this change.")
        refused = found.refusal(situation)
        return (refused.code, str(refused.message)) if refused else None

    def _touched_since(self, obj: Living, base: int) -> set[str]:
        """Fields changed after revision `base`, in the history and in this batch."""
        here = self.touched.get(obj.uuid, {})
        names = {name for rev, fields in here.items() if rev > base for name in fields}
        rows = Event.objects.filter(object_uuid=obj.uuid, rev__gt=base).values_list(
            "before", "patch"
        )
        for before, patch in rows:
            names |= before.keys() or patch.keys()
        return names

    def _refuse(self, change: Change, code: str, message: str) -> Outcome:
        verdict = Verdict(change.uuid, "rejected", code, str(message))
        return Outcome(verdict, row=self.woken.get(change.uuid))

    def _unreadable(self, change: Change, refused: FieldRefusal) -> Outcome:
        if refused.missing is not None:
            return self._wait(change, refused.code, refused.message, refused.missing)
        return self._refuse(change, refused.code, refused.message)

    def _wait(self, change: Change, code: str, message: str, missing: uuid_module.UUID) -> Outcome:
        self.shelf[change.uuid] = (change, missing)
        verdict = Verdict(change.uuid, "waiting", code, message, waiting_for=missing)
        return Outcome(verdict, row=self.woken.get(change.uuid))
