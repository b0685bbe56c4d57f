"""A convention of writing trees in a file, and the registry of those that are known; upper floors may add their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greening.errors import BadInput
from greening.exchange.fields import folded
from greening.exchange.trees.targets import TARGETS

if TYPE_CHECKING:
    from greening.exchange.trees.record import Record


@dataclass(frozen=True)
class Profile:
    """One convention: the columns it has (folded name → word of `targets.TARGETS`) and what is its own.

    `sign` are columns that only this convention has: a file with all of one set is recognised by it.
    """

    name: str
    title: Any
    columns: Mapping[str, str] = field(default_factory=dict)
    sign: tuple[frozenset[str], ...] = ()
    source: str = ""  # what trees are called to come from, when nobody says
    licence: str = ""
    integer_ids: bool = False
    complete: bool = False  # an empty cell means empty (our own files), not "not known here"
    keeps_all: bool = (
        False  # a file may hold a part of the town: what is missing from it has not vanished
    )
    girth_at_m: float | None = None
    refine: Callable[[Record], None] | None = None  # what a table of columns cannot say
    write: Callable[[Path, Iterable[Any]], int] | None = (
        None  # trees → file; only where it can be written
    )
    file_name: Callable[[], str] | None = None  # in a folder

    def mapping(self, headers: Sequence[str]) -> dict[str, str]:
        """Column of the file → word, for those this convention knows."""
        found = {
            header: self.columns[name]
            for header in headers
            if (name := folded(header)) in self.columns
        }
        return found

    def recognises(self, headers: Sequence[str]) -> bool:
        names = {folded(header) for header in headers}
        return any(signature <= names for signature in self.sign)


_profiles: dict[str, Profile] = {}


def register(*profiles: Profile) -> None:
    """Make conventions known, in the order in which a file is held against them."""
    for profile in profiles:
        unknown = {
            word
            for word in profile.columns.values()
            if word not in TARGETS and not word.startswith(("details.", "own."))
        }
        if unknown:
            raise ValueError(f"profile {profile.name}: no such words: {', '.join(sorted(unknown))}")
        _profiles[profile.name] = profile


def profiles() -> list[Profile]:
    _load()
    return list(_profiles.values())


def profile(name: str) -> Profile:
    """The convention of that name. Raises BadInput."""
    _load()
    if name not in _profiles:
        raise BadInput(f"There is no profile “{name}”: there are {', '.join(_profiles)}.")
    return _profiles[name]


def recognised(headers: Sequence[str]) -> Profile:
    """The first convention whose own columns the file has; the generic one where none fits."""
    return next((each for each in profiles() if each.recognises(headers)), profile("generic"))


def _load() -> None:
    if "generic" not in _profiles:
        from greening.exchange.trees import profiles as own  # registers them

        register(*own.ALL, *[each for each in _profiles.values() if each not in own.ALL])
