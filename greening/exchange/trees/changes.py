"""From rows to what is asked at the door: new sites with their trees, and only what differs on known ones."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.events import Change
from greening.events.values import field_of, to_wire
from greening.exchange.trees.profile import Profile
from greening.exchange.trees.record import Record
from greening.exchange.trees.species import Named, Namer
from greening.lives import SITE, SITE_AFTER, TREE
from greening.models import Commune, Event, PlantingSite, Species, Street, Tree
from greening.models.base import Living, new_uuid
from greening.models.tree import ENDED_STATES

#: A tree planted within three years is still establishing (three growing seasons, domain.md).
ESTABLISHING_DAYS = 3 * 365
SAME_SIZE = 1e-9


@dataclass(slots=True)
class Asked:
    """What one row asks: its changes, and whether it is new, comes back, or brings nothing."""

    record: Record
    changes: list[Change] = field(default_factory=list)
    is_new: bool = False
    is_back: bool = False


@dataclass
class Asker:
    """Turns records into changes, for one run."""

    profile: Profile
    source: str
    commune: Commune
    namer: Namer
    batch: uuid_module.UUID
    actor: Any = None
    own_numbers: bool = (
        False  # the file's identifiers are our public numbers (a schema-arbre file of ours)
    )

    # --- reading what is there ----------------------------------------------------------------------

    def known(self, records: Sequence[Record]) -> dict[str, Tree]:
        """The trees that these rows are, by `key_of` their row."""
        trees = Tree.objects.select_related(
            "site", *(["replaced_by"] if self.profile.complete else [])
        )
        if self.profile.complete:
            rows = trees.filter(uuid__in=[record.own["uuid"] for record in records])
            return {str(tree.uuid): tree for tree in rows}
        if self.own_numbers:
            numbers = [int(record.source_id) for record in records]
            return {str(tree.pk): tree for tree in trees.filter(pk__in=numbers)}
        rows = trees.filter(
            source=self.source, source_id__in=[record.source_id for record in records]
        )
        return {tree.source_id: tree for tree in rows.order_by("archived_at", "-pk")[::-1]}

    def key_of(self, record: Record) -> str:
        return str(record.own["uuid"]) if self.profile.complete else record.source_id

    def ask(self, records: Sequence[Record]) -> list[Asked]:
        """What each row asks for, in order."""
        known = self.known(records)
        sites: dict[uuid_module.UUID, PlantingSite] = {}
        if self.profile.complete:
            wanted = {record.own["site_uuid"] for record in records}
            sites = {site.uuid: site for site in PlantingSite.objects.filter(uuid__in=wanted)}
        asked: list[Asked] = []
        made: set[uuid_module.UUID] = set(sites)
        differing: list[tuple[Asked, Tree, Wanted]] = []
        for record in records:
            each = Asked(record)
            asked.append(each)
            tree = known.get(self.key_of(record))
            wanted_values = self.wanted(record, tree)
            if tree is None:
                self._create(each, wanted_values, made)
            else:
                site = sites.get(record.own.get("site_uuid", tree.site.uuid), tree.site)
                wanted_values.keep_what_differs(tree, site, exactly=self.profile.complete)
                if wanted_values.has_news:
                    differing.append((each, tree, wanted_values))
        said = (
            {} if self.profile.complete else last_said([tree for _each, tree, _wanted in differing])
        )
        for each, tree, wanted_values in differing:
            self._update(each, tree, wanted_values, said)
        return asked

    # --- what a row wants ---------------------------------------------------------------------------

    def wanted(self, record: Record, tree: Tree | None) -> Wanted:
        """The row's values as our fields, with its name worked out."""
        values = Wanted(dict(record.tree), dict(record.site), record.tree.get("state"))
        values.tree.pop("state", None)
        values.site_state = values.site.pop("state", None)
        place = (record.lon, record.lat)
        values.tree["geom"] = place
        if self.profile.complete:
            self._complete(record, values)
            return values
        values.site["geom"] = place
        if not self.own_numbers:
            values.tree["source"] = values.site["source"] = self.source
            values.tree["source_id"] = record.source_id
        details = dict(record.details)
        if details.get("insee") == self.commune.insee:
            del details["insee"]
        self._names(record, values, details, tree)
        girth = values.tree.get("girth_m")
        if girth is not None and (tree is None or not same(tree.girth_m, girth)):
            if self.profile.girth_at_m:
                details["girth_at_m"] = self.profile.girth_at_m
            if record.own.get("diameter"):
                details["girth_from"] = "diameter"
        stage = record.own.get("stage_state")
        if tree is None and values.state is None:
            values.state = stage or self._state_by_age(values.tree.get("planted_on"))
        elif tree is not None and stage and details.get("stage") != tree.details.get("stage"):
            values.state = stage
        old = tree.details if tree is not None else {}
        values.tree["details"] = {**old, **details}
        if tree is not None and tree.archived_at:
            values.tree["archived_at"] = None
        if tree is not None and tree.site.archived_at:
            values.site["archived_at"] = None
        return values

    def _names(
        self, record: Record, values: Wanted, details: dict[str, Any], tree: Tree | None
    ) -> None:
        named: Named = self.namer.name(record.names) if record.names else Named()
        if tree is not None and self._name_is_as_it_was(named, tree):
            species = tree.species_id and self.namer.species.get(tree.species_id)
        else:
            species = named.species
            if named.text:
                values.tree["species_as_written"] = named.text
                values.tree["species"] = named.species
        common = record.names.get("common", "")
        if common and named.text != common and not (species and species.name_fr == common):
            details["common_name"] = common
        if named.text and named.species is None:
            record.tell(
                "species_unknown",
                _("“%s” is no species known here: kept as written, and queued for a person.")
                % named.text,
                "species",
            )

    @staticmethod
    def _name_is_as_it_was(named: Named, tree: Tree) -> bool:
        if not named.text or named.text == tree.species_as_written:
            return True  # a person may have settled it since
        return (
            named.is_settled and named.species is not None and named.species.pk == tree.species_id
        )

    def _complete(self, record: Record, values: Wanted) -> None:
        own = record.own
        values.tree["species"] = self.namer.of_parts(record.names) if record.names else None
        if (
            record.names
            and values.tree["species"] is None
            and not values.tree.get("species_as_written")
        ):
            values.tree["species_as_written"] = " ".join(record.names.values())[:160]
        for name, things in (("street", self.streets), ("target_species", self.species)):
            if f"site_{name}" in own:
                wanted = own[f"site_{name}"]
                values.site[name] = things.get(wanted)
                if wanted and wanted not in things:
                    sentence = _("%(field)s: nothing here has the identifier %(value)s.")
                    title = field_of(PlantingSite, name).verbose_name
                    record.tell(
                        "unknown_reference", sentence % {"field": title, "value": wanted}, name
                    )
        values.replaced_by = own.get("replaced_by")
        values.has_replacement = "replaced_by" in own
        if "site_lon" in own and "site_lat" in own:
            values.site["geom"] = (own["site_lon"], own["site_lat"])
        else:
            values.site["geom"] = values.tree["geom"]

    @cached_property
    def streets(self) -> dict[uuid_module.UUID, Street]:
        return {street.uuid: street for street in Street.objects.defer("geom")}

    @cached_property
    def species(self) -> dict[uuid_module.UUID, Species]:
        return {species.uuid: species for species in self.namer.species.values()}

    @staticmethod
    def _state_by_age(planted_on: dt.date | None) -> str:
        if planted_on and timezone.localdate() - planted_on < dt.timedelta(days=ESTABLISHING_DAYS):
            return "establishing"
        return "established"

    # --- changes ------------------------------------------------------------------------------------

    def _change(
        self, kind: str, identifier: uuid_module.UUID, patch: Mapping[str, Any], **more: Any
    ) -> Change:
        return Change(
            kind,
            identifier,
            patch,
            actor=self.actor,
            source="import",
            batch=self.batch,
            **more,
        )

    def _create(self, each: Asked, wanted: Wanted, made: set[uuid_module.UUID]) -> None:
        own = each.record.own
        each.is_new = True
        site, tree = own.get("site_uuid") or new_uuid(), own.get("uuid") or new_uuid()
        state = wanted.state or "established"
        site_state = (
            wanted.site_state
            or SITE_AFTER.get(state)
            or ("ready" if state == "reserved" else "occupied")
        )
        if site not in made:
            made.add(site)
            start = site_state if site_state in SITE.starts else "occupied"
            patch = {**on_the_wire(wanted.site), "state": start}
            each.changes.append(self._change("planting_site", site, patch, create=True))
            if start != site_state:
                each.changes.append(self._change("planting_site", site, {"state": site_state}))
        patch = {**on_the_wire(wanted.tree), "state": state, "site": str(site)}
        each.changes.append(self._change("tree", tree, patch, create=True))
        if (
            wanted.replaced_by
        ):  # on its own: where that tree is still to come, the door lets it wait
            link = {"replaced_by": str(wanted.replaced_by)}
            each.changes.append(self._change("tree", tree, link))

    def _update(self, each: Asked, tree: Tree, wanted: Wanted, said: Said) -> None:
        each.is_back = "archived_at" in wanted.tree and wanted.tree["archived_at"] is None
        if wanted.site_state:
            each.changes.append(
                self._change("planting_site", tree.site.uuid, {"state": wanted.site_state})
            )
        if wanted.site:
            each.changes += self._edits("planting_site", tree.site, wanted.site, said, each.record)
        if wanted.tree:
            each.changes += self._edits("tree", tree, wanted.tree, said, each.record)
        if wanted.has_replacement:
            link = {"replaced_by": wanted.replaced_by and str(wanted.replaced_by)}
            each.changes.append(self._change("tree", tree.uuid, link))
        if wanted.state and wanted.state != tree.state:
            steps = way(tree.state, wanted.state)
            if steps is None:
                each.record.tell(
                    "illegal_move",
                    _(
                        "The file says “%(wanted)s”, but a tree that is “%(now)s” cannot become that: state kept."
                    )
                    % {"wanted": TREE.label(wanted.state), "now": TREE.label(tree.state)},
                    "state",
                )
            for step in steps or ():
                each.changes.append(self._change("tree", tree.uuid, {"state": step}))

    def _edits(
        self, kind: str, obj: Living, news: dict[str, Any], said: Said, record: Record
    ) -> list[Change]:
        """One change with all that is new, unless a person changed the same here since the source last spoke."""
        free, contested, rev = {}, {}, None
        for name, value in on_the_wire(news).items():
            rev, before = said.get((obj.uuid, name), (None, None))
            if (
                rev is None
                or same_wire(before, to_wire(getattr(obj, name)))
                or name == "archived_at"
            ):
                free[name] = value
            elif same_wire(before, value):
                title = field_of(type(obj), name).verbose_name
                sentence = _("%s was changed here since the source last gave it: ours is kept.")
                record.tell("kept_ours", sentence % title, name)
            else:
                contested[name] = (value, rev)
        changes = [self._change(kind, obj.uuid, free)] if free else []
        changes += [
            self._change(kind, obj.uuid, {name: value}, base_rev=base)
            for name, (value, base) in contested.items()
        ]
        # The contested ones first: their base is an earlier revision, and what is free touches other fields.
        return changes[::-1]


@dataclass(slots=True)
class Wanted:
    """Python values by field; positions are (lon, lat)."""

    tree: dict[str, Any]
    site: dict[str, Any]
    state: str | None = None
    site_state: str | None = None
    replaced_by: uuid_module.UUID | None = None
    has_replacement: bool = False  # whether the file says anything of it

    @property
    def has_news(self) -> bool:
        return bool(self.tree or self.site or self.state or self.site_state or self.has_replacement)

    def keep_what_differs(self, tree: Tree, site: PlantingSite, *, exactly: bool) -> None:
        """Leave only what is news; a site moves with its tree, unless a person placed it apart."""
        stood_together = same_place(site.geom, (tree.geom.x, tree.geom.y))
        self.tree = {
            name: value for name, value in self.tree.items() if not same(getattr(tree, name), value)
        }
        if not exactly and ("geom" not in self.tree or not stood_together):
            self.site.pop("geom", None)
        self.site = {
            name: value for name, value in self.site.items() if not same(getattr(site, name), value)
        }
        if self.state == tree.state:
            self.state = None
        if self.site_state == site.state:
            self.site_state = None
        if self.has_replacement:
            held = tree.replaced_by.uuid if tree.replaced_by else None
            self.has_replacement = held != self.replaced_by


Said = dict[tuple[uuid_module.UUID, str], tuple[int, Any]]


def last_said(trees: Iterable[Tree]) -> Said:
    """(object, field) → (revision, wire value) that an import last gave it."""
    identifiers = [identifier for tree in trees for identifier in (tree.uuid, tree.site.uuid)]
    said: Said = {}
    if identifiers:
        rows = Event.objects.filter(object_uuid__in=identifiers, source="import", rev__isnull=False)
        for identifier, rev, patch in rows.order_by("rev").values_list(
            "object_uuid", "rev", "patch"
        ):
            for name, value in patch.items():
                said[identifier, name] = (rev or 0, value)
    return said


def way(start: str, end: str) -> list[str] | None:
    """The shortest legal way between two states of a tree that passes no end of life, or None.

    >>> way("establishing", "mature"), way("dead", "established")
    (['established', 'mature'], None)
    """
    queue: deque[list[str]] = deque([[start]])
    seen = {start}
    while queue:
        path = queue.popleft()
        for state in TREE.next_states(path[-1]):
            if state == end:
                return [*path[1:], state]
            if state not in seen and state not in ENDED_STATES:
                seen.add(state)
                queue.append([*path, state])
    return None


def on_the_wire(values: Mapping[str, Any]) -> dict[str, Any]:
    wire: dict[str, Any] = {}
    for name, value in values.items():
        if name == "geom":
            wire[name] = {"type": "Point", "coordinates": list(value)}
        else:
            wire[name] = value if type(value) in (str, float) else to_wire(value)
    return wire


def same(ours: Any, theirs: Any) -> bool:
    """Whether a file's value says what we have: sizes to the nanometre, texts but for their spaces."""
    if ours is theirs or ours == theirs:
        return True
    if isinstance(ours, Point) and isinstance(theirs, tuple):
        return same_place(ours, theirs)
    if isinstance(ours, float) and isinstance(theirs, float | int):
        return abs(ours - theirs) <= SAME_SIZE
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours.split() == theirs.split()
    return False


def same_place(ours: Point, theirs: tuple[float, float]) -> bool:
    """Within a tenth of a millimetre: files that print their coordinates move nothing."""
    return abs(ours.x - theirs[0]) <= SAME_SIZE and abs(ours.y - theirs[1]) <= SAME_SIZE


def same_wire(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict) and "coordinates" in one:
        pairs = zip(one["coordinates"], other.get("coordinates", ()), strict=False)
        return all(abs(a - b) <= SAME_SIZE for a, b in pairs)
    return same(one, other)
