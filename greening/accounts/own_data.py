"""What the town holds of one person: each floor says its part, for the download and for erasing the account.

A floor registers its part from its `apps.py`; the parts are read and erased in the order in which they came, the
account itself last. A part that is not registered is a part that stays: the test of erasure looks for the person in
every table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greening.errors import TownError

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def _no_files(_user: User) -> Iterable[tuple[str, Path]]:
    return ()


def _never(_user: User) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class OwnData:
    """One part of what is known of a person.

    `export` answers with what JSON can hold (dates and identifiers are written as text). `erase` takes the part
    away, or takes the person out of what law or history keeps; it runs inside one transaction with all the others,
    before the row of the user goes. `files` names files that belong in the download: (name in the archive, path).
    `in_use` says whether the person still uses the town through this part, so that an account which nobody signed in
    to for years is not taken for an unused one.
    """

    name: str
    export: Callable[[User], Any]
    erase: Callable[[User], None]
    files: Callable[[User], Iterable[tuple[str, Path]]] = _no_files
    in_use: Callable[[User], bool] = _never


_parts: dict[str, OwnData] = {}


def register(*parts: OwnData) -> None:
    """Make parts known; called from the `apps.py` of the app that holds them."""
    for part in parts:
        known = _parts.get(part.name)
        if known is not None and known != part:
            raise TownError(f"Two parts of a person's data are called {part.name}.")
        _parts[part.name] = part


def parts() -> list[OwnData]:
    """Every registered part, the account itself last: the others may still need it."""
    return sorted(_parts.values(), key=lambda part: part.name == ACCOUNT)


def export(user: User) -> dict[str, Any]:
    """Everything the town holds of `user`, by part."""
    return {part.name: part.export(user) for part in parts()}


def files(user: User) -> list[tuple[str, Path]]:
    """The files that belong to it, each under the name of its part."""
    return [(f"{part.name}/{name}", path) for part in parts() for name, path in part.files(user)]


#: The name of the part that the ground floor registers for the account itself.
ACCOUNT = "account"
