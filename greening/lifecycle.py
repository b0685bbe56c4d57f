"""The engine of lives: a kind, its states, its allowed moves, its guards. Nothing else decides a move.

Each kind stands in one table, declared by the app that owns it and registered from its `apps.py`:

>>> lamp = Kind(
...     name="lamp", model="shop.Lamp", starts=("off",),
...     moves=(Move("off", "on"), Move("on", "off", "broken"), Move("broken", "off")),
... )
>>> lamp.allows("off", "on"), lamp.allows("broken", "on"), sorted(lamp.states)
(True, False, ['broken', 'off', 'on'])
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from greening.errors import TownError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from greening.models.base import Living


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change is not made: a stable code for machines, a sentence for people."""

    code: str
    message: StrOrPromise


@dataclass(slots=True)
class Situation:
    """What a guard looks at: the object as it would become, and everything around the change."""

    obj: Living
    patch: Mapping[str, Any]  # the fields that change, as Python values
    before: Mapping[str, Any]  # their values until now; empty for a new object
    created: bool
    at: dt.datetime  # when it happened, by the server's reckoning
    rights: frozenset[str]  # of the person who did it
    override: str = ""  # a lead's reason for passing the guards that a lead may pass
    world: World = field(default_factory=lambda: World())

    @property
    def moved_to(self) -> str | None:
        """The state the object enters with this change, or None where its state stays."""
        return str(self.obj.state) if "state" in self.patch or self.created else None

    def overridden(self) -> bool:
        return bool(self.override) and "override" in self.rights


class World(dict[str, Any]):
    """What guards need to know beyond one object, read once for a whole batch and kept up to date in it."""


Guard = Callable[[Situation], Refusal | None]
Warner = Callable[[Situation], "StrOrPromise | None"]


@dataclass(frozen=True)
class Move:
    """One arrow set of a life: from a state to each of its targets, each subject to the guards."""

    source: str
    targets: tuple[str, ...]
    guards: tuple[Guard, ...] = ()

    def __init__(self, source: str, *targets: str, guards: Iterable[Guard] = ()) -> None:
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "targets", targets)
        object.__setattr__(self, "guards", tuple(guards))


@dataclass(frozen=True)
class Consequence:
    """A change that follows from another, made in the same transaction: (kind, object, patch).

    With `create`, `obj` is an unsaved instance whose `uuid` is known to be new.
    """

    kind: str
    obj: Living
    patch: Mapping[str, Any]
    create: bool = False


Follower = Callable[[Situation], Iterable[Consequence]]


@dataclass(frozen=True)
class Kind:
    """A kind of object with a life: its table of states and moves, its writable fields and its guards."""

    name: str
    model: str  # "app_label.Model"
    starts: tuple[str, ...]  # states a new object may be born in
    moves: tuple[Move, ...]
    fields: tuple[str, ...] = ()  # what an event may write besides `state`
    soft: tuple[str, ...] = ()  # fields where the later writer simply wins
    record: tuple[
        str, ...
    ] = ()  # fields of an existing object that only the right `record` changes
    guards: tuple[Guard, ...] = ()  # asked at every change
    warners: tuple[Warner, ...] = ()
    preload: Callable[[list[Living], World], None] | None = None
    remember: Callable[[Situation], None] | None = None  # keeps the world true within a batch
    consequences: Follower | None = None
    order: int = 0  # kinds that others point to are written first

    @cached_property
    def arrows(self) -> dict[tuple[str, str], tuple[Guard, ...]]:
        return {
            (move.source, target): move.guards for move in self.moves for target in move.targets
        }

    @cached_property
    def states(self) -> frozenset[str]:
        return frozenset(self.starts) | {state for arrow in self.arrows for state in arrow}

    @cached_property
    def model_class(self) -> type[Living]:
        return apps.get_model(self.model)

    def allows(self, source: str, target: str) -> bool:
        return (source, target) in self.arrows

    def next_states(self, source: str) -> list[str]:
        """Where an object in `source` may go, in the table's order."""
        return [target for move in self.moves if move.source == source for target in move.targets]

    def writable(self, names: Iterable[str], held: Collection[str]) -> list[str]:
        """Those of these fields that somebody with the rights `held` may correct in an existing object."""
        return [name for name in names if name not in self.record or "record" in held]

    def refusal(self, situation: Situation) -> Refusal | None:
        """The first rule that refuses this change, or None where all agree."""
        target = situation.moved_to
        guards = self.guards
        if target is not None:
            if situation.created:
                if target not in self.starts:
                    return Refusal(
                        "illegal_start",
                        _("A new %(kind)s cannot start as “%(target)s”.")
                        % {"kind": self.title, "target": self.label(target)},
                    )
            else:
                source = str(situation.before["state"])
                if source != target:
                    if not self.allows(source, target):
                        return Refusal("illegal_move", self._no_way(source, target))
                    guards = (*self.arrows[source, target], *guards)
        for guard in guards:
            refused = guard(situation)
            if refused is not None:
                return refused
        return None

    @property
    def title(self) -> StrOrPromise:
        return self.model_class._meta.verbose_name or self.name

    def label(self, state: str) -> str:
        field: Any = self.model_class._meta.get_field("state")  # type: ignore[misc]  # each kind declares its own
        choices = dict(field.flatchoices)
        return str(choices.get(state, state))

    def _no_way(self, source: str, target: str) -> str:
        ways = ", ".join(f"“{self.label(state)}”" for state in self.next_states(source))
        facts = {
            "kind": self.title,
            "source": self.label(source),
            "target": self.label(target),
            "ways": ways,
        }
        if not ways:
            return (
                _("This %(kind)s is “%(source)s”, which is an end: it cannot become “%(target)s”.")
                % facts
            )
        return (
            _(
                "This %(kind)s is “%(source)s” and cannot become “%(target)s”; it can become %(ways)s."
            )
            % facts
        )


_kinds: dict[str, Kind] = {}
_followers: dict[str, list[Follower]] = {}


def register(*kinds: Kind) -> None:
    """Make kinds known to the door; called from the `apps.py` of the app that owns them."""
    for kind in kinds:
        known = _kinds.get(kind.name)
        if known is not None and known.model != kind.model:
            raise TownError(f"Two kinds are called {kind.name}: {known.model} and {kind.model}.")
        _kinds[kind.name] = kind


def follow(name: str, follower: Follower) -> None:
    """Let changes of a kind have consequences that its own table need not know (care, upper floors)."""
    known = _followers.setdefault(name, [])
    if follower not in known:
        known.append(follower)


def what_follows(kind: Kind, situation: Situation) -> list[Consequence]:
    """Everything that follows from a change just made: the table's own consequences first."""
    own = [kind.consequences] if kind.consequences else []
    followers = (*own, *_followers.get(kind.name, ()))
    return [following for follower in followers for following in follower(situation)]


def kind(name: str) -> Kind | None:
    return _kinds.get(name)


def kinds() -> list[Kind]:
    """Every registered kind, those that others point to first."""
    return sorted(_kinds.values(), key=lambda each: each.order)


def kind_for(model: type[Any]) -> Kind | None:
    """The kind whose objects are rows of `model`, or None."""
    return next((each for each in _kinds.values() if each.model_class is model), None)


def kind_of(obj: Living) -> Kind:
    found = kind_for(type(obj))
    if found is None:
        raise TownError(f"{type(obj).__name__} has no registered life.")
    return found
