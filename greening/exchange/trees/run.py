"""One import from first row to last: batches through the door, then what vanished, then the report."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid as uuid_module
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.events import Change, Verdict, apply
from greening.exchange import holders
from greening.exchange.shapes import Territory
from greening.exchange.trees import plausible
from greening.exchange.trees.changes import Asked, Asker
from greening.exchange.trees.place import Places
from greening.exchange.trees.profile import Profile
from greening.exchange.trees.read import Row, Table
from greening.exchange.trees.record import Reader, Record, Refused, Told
from greening.exchange.trees.report import Report
from greening.exchange.trees.seen import Seen
from greening.exchange.trees.species import Namer
from greening.models import Commune, Tree

BATCH = 1000


@dataclass
class Settings:
    """How a file is imported."""

    profile: Profile
    source: str
    mapping: Mapping[str, str]
    batch: uuid_module.UUID
    actor: Any = None
    strict: bool = False
    dry_run: bool = False
    keep_missing: bool = False
    own_numbers: bool = False
    limit: int | None = None


class _Again(Exception):
    """Rows of this batch were refused at the door: roll back, and try without them."""

    def __init__(self, refused: list[Told]) -> None:
        super().__init__()
        self.refused = refused


@dataclass
class Importer:
    """Runs one import. `after_batch` is called in the batch's own transaction."""

    settings: Settings
    table: Table
    report: Report
    after_batch: Callable[[Report], None] | None = None
    first_rows: list[Record] = field(default_factory=list)

    def run(self) -> Report:
        """Import the file. Killed at any instant, whole batches are in or nothing; the same again completes it."""
        settings, commune = self.settings, Commune.objects.the()
        self.places = Places(Territory.of(commune))
        self.namer = Namer()
        self.reader = Reader.of(settings.profile, self.table.headers, settings.mapping)
        self.asker = Asker(
            settings.profile,
            settings.source,
            commune,
            self.namer,
            settings.batch,
            settings.actor,
            settings.own_numbers,
        )
        rows = itertools.islice(self.table.rows(), settings.limit)
        with Seen() as self.seen:
            for lot in in_lots(rows):
                self._land(self._read(lot))
            if not self._is_a_part():
                self._vanish()
        return self.report

    def _is_a_part(self) -> bool:
        """Whether what the file lacks says nothing: it may hold a part only."""
        settings = self.settings
        return (
            settings.profile.keeps_all
            or settings.keep_missing
            or settings.own_numbers
            or settings.limit is not None
        )

    # --- rows -> records ----------------------------------------------------------------------------

    def _read(self, lot: Sequence[Row]) -> list[Record]:
        report, ready = self.report, []
        for line, cells, shape in lot:
            report.counts["read"] += 1
            try:
                record = self.reader.read(line, cells, shape)
                try:
                    self.places.settle(record)
                except Refused:
                    self._mark_seen(record)  # a row with a bad position has not vanished
                    raise
                plausible.check_sizes(record)
                self._identify(record)
                if self.settings.strict and (odd := _outside(record)):
                    self._mark_seen(record)
                    raise Refused(odd)
            except Refused as refused:
                self._refuse(refused.told)
                continue
            ready.append(record)
        return self._without_twins(ready)

    def _refuse(self, told: Told) -> None:
        self.report.counts["refused"] += 1
        self.report.tell([told])

    def _mark_seen(self, record: Record) -> None:
        if record.source_id:
            self.seen.add([(record.source_id, record.line)])

    def _identify(self, record: Record) -> None:
        """Rows without an identifier are known by their place: it stays the same from file to file."""
        if self.settings.own_numbers:
            if not record.source_id.isdigit():
                sentence = _("the identifier is not one of this town's numbers")
                raise Refused(Told(record.line, "refused", "id_not_integer", "", sentence))
        elif not record.source_id and not self.settings.profile.complete:
            record.source_id = f"@{record.lon:.6f},{record.lat:.6f}"

    def _without_twins(self, records: list[Record]) -> list[Record]:
        keys = [self.asker.key_of(record) for record in records]
        before = self.seen.lines(keys)
        single: list[Record] = []
        here: dict[str, int] = {}
        for key, record in zip(keys, records, strict=True):
            twin = before.get(key) or here.get(key)
            if twin is not None:
                sentence = (
                    _("it stands at the very place of line %d, and has no identifier")
                    if key.startswith("@")
                    else _("it repeats the identifier of line %d")
                ) % twin
                self._refuse(Told(record.line, "refused", "twin", "", sentence, record.source_id))
                continue
            here[key] = record.line
            single.append(record)
        self.seen.add(here.items())
        return single

    # --- records -> the door ------------------------------------------------------------------------

    def _land(self, records: list[Record]) -> None:
        """One batch in one transaction; a new tree that the door refuses takes its site with it."""
        refused: list[Told] = []
        told_so_far = [len(record.told) for record in records]
        while True:
            for record, length in zip(records, told_so_far, strict=True):
                del record.told[length:]
            try:
                with transaction.atomic():
                    tally = self._try(records)
                    if self.settings.dry_run:
                        transaction.set_rollback(True)
                    elif self.after_batch:
                        self._count(tally, records, refused)
                        self.after_batch(self.report)
                        return
                self._count(tally, records, refused)
                return
            except _Again as again:
                refused += again.refused
                lines = {told.line for told in again.refused}
                kept = [
                    (record, length)
                    for record, length in zip(records, told_so_far, strict=True)
                    if record.line not in lines
                ]
                records, told_so_far = [one for one, _n in kept], [length for _one, length in kept]

    def _count(self, tally: Mapping[str, int], records: list[Record], refused: list[Told]) -> None:
        self.report.counts.update(tally)
        for told in refused:
            self._refuse(told)
        for record in records:
            self.report.tell(record.told)
        if len(self.first_rows) < 10:
            self.first_rows += records[: 10 - len(self.first_rows)]

    def _try(self, records: list[Record]) -> dict[str, int]:
        asked = self.asker.ask(records)
        verdicts = apply([change for each in asked for change in each.changes])
        tally = {"created": 0, "updated": 0, "unchanged": 0, "restored": 0, "conflicts": 0}
        refused: list[Told] = []
        answers = iter(verdicts)
        for each in asked:
            given = list(itertools.islice(answers, len(each.changes)))
            bad = [verdict for verdict in given if not verdict.landed]
            if each.is_new and any(verdict.status == "rejected" for verdict in bad):
                refused.append(_refused(each, bad[0]))
                continue
            for verdict in bad:
                code = "conflict" if verdict.status == "conflict" else verdict.code
                tally["conflicts"] += verdict.status == "conflict"
                if verdict.status != "waiting":
                    each.record.tell(code, verdict.message, verdict="to check")
            tally[_fate(each, given)] += 1
        if refused:
            raise _Again(refused)
        return tally

    # --- what vanished ------------------------------------------------------------------------------

    def _vanish(self) -> None:
        """Trees of this source that the file no longer has are archived, unless somebody holds on to them."""
        source, last = self.settings.source, 0
        while True:
            rows = Tree.objects.filter(source=source, archived_at=None, pk__gt=last).exclude(
                source_id=""
            )
            trees = list(rows.select_related("site").order_by("pk")[:BATCH])
            if not trees:
                return
            last = trees[-1].pk
            seen = self.seen.lines([tree.source_id for tree in trees])
            gone = [tree for tree in trees if tree.source_id not in seen]
            if gone:
                self._archive(gone)

    def _archive(self, trees: list[Tree]) -> None:
        holds = holders.holds_on(trees)
        going = [tree for tree in trees if not any(hold.keeps for hold in holds.get(tree.uuid, ()))]
        sites = [tree.site for tree in going if tree.site.source == self.settings.source]
        others = Tree.objects.filter(site__in=sites, archived_at=None).exclude(
            pk__in=[t.pk for t in going]
        )
        shared = set(others.values_list("site_id", flat=True))
        now = timezone.now()
        with transaction.atomic():
            changes = [self._archival("tree", tree.uuid, now) for tree in going]
            changes += [
                self._archival("planting_site", site.uuid, now)
                for site in {site.pk: site for site in sites}.values()
                if site.pk not in shared and site.archived_at is None
            ]
            verdicts = {verdict.uuid: verdict for verdict in apply(changes)}
            if self.settings.dry_run:
                transaction.set_rollback(True)
            kept = {tree.uuid for tree in trees} - {
                change.object_uuid
                for change in changes
                if change.kind == "tree" and verdicts[change.uuid].landed
            }
            self.report.counts["archived"] += len(trees) - len(kept)
            self.report.counts["held"] += len(kept)
            for tree in trees:
                self.report.tell(
                    [_vanished(tree, holds.get(tree.uuid, []), kept=tree.uuid in kept)]
                )
            if self.after_batch and not self.settings.dry_run:
                self.after_batch(self.report)

    def _archival(self, kind: str, identifier: uuid_module.UUID, now: dt.datetime) -> Change:
        settings = self.settings
        patch = {"archived_at": now.isoformat()}
        return Change(
            kind, identifier, patch, actor=settings.actor, source="import", batch=settings.batch
        )


def in_lots(rows: Iterator[Row], size: int = BATCH) -> Iterator[list[Row]]:
    while lot := list(itertools.islice(rows, size)):
        yield lot


def _outside(record: Record) -> Told | None:
    """Under --strict a tree outside the commune is refused."""
    told = next((one for one in record.told if one.code == "outside"), None)
    if told is None:
        return None
    sentence = _("the tree stands outside the commune, and the import is strict")
    return Told(record.line, "refused", "outside", "", sentence, record.source_id)


def _refused(each: Asked, verdict: Verdict) -> Told:
    record = each.record
    return Told(record.line, "refused", verdict.code, "", verdict.message, record.source_id)


def _fate(each: Asked, given: list[Verdict]) -> str:
    if each.is_new:
        return "created"
    if not any(verdict.landed and verdict.code != "unchanged" for verdict in given):
        return "unchanged"
    return "restored" if each.is_back else "updated"


def _vanished(tree: Tree, holds: Sequence[holders.Hold], *, kept: bool) -> Told:
    why = "; ".join(hold.sentence for hold in holds)
    if kept:
        sentence = _("Tree %(number)d is gone from the file and was left in place: %(why)s.")
    elif holds:
        sentence = _("Tree %(number)d is gone from the file and was archived, although %(why)s.")
    else:
        sentence = _("Tree %(number)d is gone from the file and was archived, with its history.")
    facts = {"number": tree.pk, "why": why}
    return Told(
        0,
        "to check" if kept or holds else "archived",
        "vanished",
        "",
        sentence % facts,
        tree.source_id,
    )
